"""Activations of pieces, resizing, pixels and channels, sizes and distances, tables (:mod:`tinyconv.ops`)."""

from .text import Text

TEXTS = {
    # --- resizing ---
    "interpolate.mode": Text(
        NotImplementedError,
        en="mode={mode!r} is not available; use one of {modes}",
        zh="没有 mode={mode!r}；可用的有 {modes}",
    ),
    "interpolate.antialias": Text(
        NotImplementedError,
        en="antialias=True is not available; use mode='area' to make a picture smaller without aliasing",
        zh="没有 antialias=True；要缩小图像而不产生混叠，请用 mode='area'",
    ),
    "interpolate.axes": Text(
        NotImplementedError,
        en="Got {ndim}D input {size}, but {mode} mode needs {wanted}D input; for this input use one of {fits}",
        zh="得到 {ndim} 维的输入 {size}，但 {mode} 需要 {wanted} 维的输入；这样的输入可以用 {fits}",
    ),
    "interpolate.corners": Text(
        ValueError,
        en="align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
        "trilinear, but got align_corners={align_corners} with mode={mode!r}; leave it out",
        zh="align_corners 只能与 linear、bilinear、bicubic、trilinear 一起使用，但得到 mode={mode!r}、"
        "align_corners={align_corners}；请不要给出它",
    ),
    "interpolate.recompute": Text(
        ValueError,
        en="recompute_scale_factor is not meaningful with an explicit size; give scale_factor, or leave it out",
        zh="给出 size 时 recompute_scale_factor 没有意义；请改用 scale_factor，或不要给出它",
    ),
    # --- pixels and channels ---
    "pixel.ndim": Text(
        RuntimeError,
        en="expects input to have at least 3 dimensions, but got shape {x.shape}; use unsqueeze",
        zh="输入至少要有 3 维，但得到的形状是 {x.shape}；请用 unsqueeze",
    ),
    "pixel.factor": Text(
        RuntimeError, en="expects a positive {name}, but got {factor}", zh="{name} 必须是正数，但得到 {factor}"
    ),
    "pixel.channels": Text(
        RuntimeError,
        en="expects its input's channel dimension to be divisible by the square of upscale_factor, but {channels} "
        "channels are not divisible by {factor}**2 = {square}",
        zh="输入的通道数必须能被 upscale_factor 的平方整除，但 {channels} 不能被 {factor}**2 = {square} 整除",
    ),
    "pixel.side": Text(
        RuntimeError,
        en="expects {name} to be divisible by downscale_factor, but {size} is not divisible by {factor}; pad or crop",
        zh="{name} 必须能被 downscale_factor 整除，但 {size} 不能被 {factor} 整除；请先填充或裁剪",
    ),
    "pixel.groups": Text(
        RuntimeError,
        en="Number of channels must be divisible by groups. Got {channels} channels and {groups} groups",
        zh="通道数必须能被 groups 整除，但得到 {channels} 个通道、{groups} 组",
    ),
    # --- activations ---
    "hardtanh.bounds": Text(
        ValueError,
        en="min_val cannot be greater than max_val, got min_val={low}, max_val={high}",
        zh="min_val 不能大于 max_val，得到 min_val={low}、max_val={high}",
    ),
    "softshrink.lambd": Text(
        RuntimeError, en="lambd must be a number >= 0, but found {lambd}", zh="lambd 必须是 >= 0 的数，但得到 {lambd}"
    ),
    "celu.alpha": Text(RuntimeError, en="alpha cannot be 0: it divides", zh="alpha 不能是 0：它是除数"),
    "glu.no_dim": Text(
        RuntimeError,
        en="does not support 0-dimensional tensors: there is nothing to halve",
        zh="不支持 0 维的张量：没有可以对半分开的维",
    ),
    "glu.odd": Text(
        RuntimeError,
        en="Halving dimension must be even, but dimension {dim} is size {size}",
        zh="要对半分开的维必须是偶数，但第 {dim} 维的大小是 {size}",
    ),
    # --- sizes and distances ---
    "magnitude.no_space": Text(
        ValueError,
        en="Expected 3D or higher dimensionality input (N, C, *), got {size}; use unsqueeze",
        zh="输入应当是 (N, C, *)，至少 3 维，得到的是 {size}；请用 unsqueeze",
    ),
    "magnitude.size": Text(
        RuntimeError,
        en="size should be greater than zero, but got {size}: it counts the channels of a window",
        zh="size 应当大于 0，但得到 {size}：它是一个窗口里的通道数",
    ),
    "distance.shapes": Text(
        RuntimeError,
        en="x1 of shape {x1.shape} and x2 of shape {x2.shape} do not broadcast together",
        zh="形状为 {x1.shape} 的 x1 与形状为 {x2.shape} 的 x2 不能一起广播",
    ),
    # --- tables ---
    "embedding.dtype": Text(
        RuntimeError,
        en="Expected the numbers of rows to be integers, but got {input.dtype}; use input.long()",
        zh="行号应当是整数，但得到 {input.dtype}；请用 input.long()",
    ),
    "embedding.weight": Text(
        RuntimeError,
        en="'weight' must be 2-D, (num_embeddings, embedding_dim), but got shape {weight.shape}",
        zh="'weight' 必须是 2 维，即 (num_embeddings, embedding_dim)，但得到的形状是 {weight.shape}",
    ),
    "embedding.option": Text(
        ValueError,
        en="{name}=True is not available; without it gradients are dense and every use counts once",
        zh="没有 {name}=True；不用它时梯度是稠密的，每次使用都算一次",
    ),
    "embedding.range": Text(
        IndexError,
        en="index out of range: {number} is no row of a table with {rows} rows; numbers go from 0 to {last}",
        zh="下标超出范围：表有 {rows} 行，没有第 {number} 行；行号从 0 到 {last}",
    ),
    "embedding.padding": Text(
        AssertionError,
        en="padding_idx must be within num_embeddings, got {padding_idx} for {rows} rows",
        zh="padding_idx 必须是表中的一行，但得到 {padding_idx}，而表有 {rows} 行",
    ),
}
