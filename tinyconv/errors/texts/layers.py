"""Layers: their options and inputs, and the first values of their weights (:mod:`tinyconv.nn`)."""

from .text import Phrase, Text

TEXTS = {
    "layer.positive": Text(
        ValueError,
        en="{name} must be a positive integer, got {value!r}",
        zh="{name} 必须是正整数，得到的是 {value!r}",
    ),
    # --- fully connected ---
    "linear.features": Text(
        RuntimeError,
        en="mat1 and mat2 shapes cannot be multiplied ({rows}x{last} and {n_in}x{n_out}): the input {input.shape} has "
        "{last} features, the layer expects in_features={n_in}. Use Linear({last}, {n_out}), or Linear(None, {n_out}) "
        "to let the first call decide",
        zh="mat1 与 mat2 的形状不能相乘（{rows}x{last} 和 {n_in}x{n_out}）：输入 {input.shape} 有 {last} 个特征，"
        "而该层要求 in_features={n_in}。请用 Linear({last}, {n_out})，或用 Linear(None, {n_out})，由第一次调用决定",
    ),
    # --- convolution ---
    "conv.padding_mode": Text(
        ValueError,
        en="padding_mode must be one of {modes}, but got padding_mode={mode!r}",
        zh="padding_mode 必须是 {modes} 之一，但得到 padding_mode={mode!r}",
    ),
    "conv.lazy_input": Text(
        RuntimeError,
        en="a lazy layer cannot read in_channels off an input of shape {x.shape}; expected (N, C, ...) with {batched} "
        "dimensions, or {unbatched} unbatched",
        zh="惰性层无法从形状 {x.shape} 的输入得知 in_channels；应当是 (N, C, ...)，有 {batched} 维，"
        "没有批量时有 {unbatched} 维",
    ),
    "conv.transposed_padding_mode": Text(
        ValueError,
        en='Only "zeros" padding mode is supported, got {mode!r}',
        zh='只支持 "zeros" 填充方式，得到的是 {mode!r}',
    ),
    "conv.transposed_padding": Text(
        ValueError,
        en="padding must be numbers, got {padding!r}; choose output_padding for the size",
        zh="padding 必须是数字，得到的是 {padding!r}；输出大小请用 output_padding 选择",
    ),
    # --- pooling and resizing ---
    "pool.no_space": Text(
        RuntimeError,
        en="expected (N, C, ...) with a spatial axis, but got input of shape {x.shape}",
        zh="输入应当是 (N, C, ...)，并且有空间轴，但得到的形状是 {x.shape}",
    ),
    # --- normalisation ---
    "norm.ndim": Text(
        ValueError,
        en="expected {wanted} input (got {x.ndim}D input of shape {x.shape})",
        zh="输入应当是 {wanted}（得到的是 {x.ndim}D，形状 {x.shape}）",
    ),
    "norm.channels": Text(
        RuntimeError,
        en="expected {expected} channels in dimension {axis}, but the input of shape {x.shape} has {channels}. "
        "Use num_features={channels}",
        zh="维 {axis} 应当有 {expected} 个通道，但形状 {x.shape} 的输入有 {channels} 个。请用 num_features={channels}",
    ),
    "norm.groups": Text(
        ValueError,
        en="num_channels ({channels}) must be divisible by num_groups ({groups}): "
        "{channels} = {quotient}*{groups} + {rest}",
        zh="num_channels（{channels}）必须能被 num_groups（{groups}）整除：{channels} = {quotient}*{groups} + {rest}",
    ),
    # --- dropout ---
    "dropout.probability": Text(
        ValueError,
        en="dropout probability has to be between 0 and 1, but got {p}",
        zh="dropout 的概率必须在 0 和 1 之间，但得到 {p}",
    ),
    "dropout.ndim": Text(
        RuntimeError,
        en="expected {unbatched}D (unbatched) or {batched}D (batched) input, but got input of shape {input.shape}",
        zh="输入应当是 {unbatched} 维（没有批量）或 {batched} 维（有批量），但得到的形状是 {input.shape}",
    ),
    "dropout.features": Text(
        RuntimeError,
        en="Feature dropout requires at least 2 dimensions in the input, (N, C, *), got shape {input.shape}",
        zh="按特征 dropout 的输入至少要有 2 维，即 (N, C, *)，得到的形状是 {input.shape}",
    ),
    "bilinear.weight": Text(
        RuntimeError,
        en="weight must be (out_features, in1_features, in2_features), got shape {weight.shape}",
        zh="weight 应当是 (out_features, in1_features, in2_features)，得到的形状是 {weight.shape}",
    ),
    "bilinear.batch": Text(
        RuntimeError,
        en="input batch dimensions do not match: {input1.shape} and {input2.shape} must be equal up to the last",
        zh="输入的批量维不一致：{input1.shape} 和 {input2.shape} 除最后一维外必须相同",
    ),
    "bilinear.features": Text(
        RuntimeError,
        en="{name} size does not match weight size: got {got} but expected {expected}",
        zh="{name} 的大小与 weight 不符：得到 {got}，应当是 {expected}",
    ),
    # --- labels and losses ---
    "one_hot.dtype": Text(
        RuntimeError,
        en="class indices must be integers, got {target.dtype}. Use target.long()",
        zh="类别下标必须是整数，得到的是 {target.dtype}。请用 target.long()",
    ),
    "one_hot.classes": Text(
        TypeError,
        en="num_classes must be an int, got {value!r}",
        zh="num_classes 必须是整数，得到的是 {value!r}",
    ),
    "one_hot.too_few": Text(
        RuntimeError,
        en="Class values must be smaller than num_classes, got num_classes={classes}; use num_classes=-1 to count them",
        zh="类别的值必须小于 num_classes，得到的是 num_classes={classes}；请用 num_classes=-1，由最大的值得出",
    ),
    "one_hot.empty": Text(
        RuntimeError,
        en="Can not infer total number of classes from empty tensor (num_classes={classes}); say how many there are",
        zh="不能由空的张量得出类别数（num_classes={classes}）；请写出有几类",
    ),
    "loss.cell_weight": Text(
        ValueError,
        en="weights and input must have the same size, but got {weight.shape} and {input.shape}",
        zh="权重和输入的形状必须相同，得到的是 {weight.shape} 和 {input.shape}",
    ),
    "loss.reduction": Text(
        ValueError,
        en="{reduction!r} is not a valid value for reduction: 'none', 'mean' or 'sum'",
        zh="{reduction!r} 不是 reduction 的有效值：应当是 'none'、'mean' 或 'sum'",
    ),
    # --- first values of weights ---
    "init.fans": Text(
        ValueError,
        en="fan in and fan out can not be computed for a tensor with fewer than 2 dimensions, got shape {tensor.shape}",
        zh="少于 2 维的张量无法计算 fan in 与 fan out，得到的形状是 {tensor.shape}",
    ),
    "init.nonlinearity": Text(
        ValueError,
        en="Unsupported nonlinearity {nonlinearity!r}: use one of {known}",
        zh="不支持的非线性函数 {nonlinearity!r}：请用 {known} 之一",
    ),
    "init.interval": Text(
        ValueError,
        en="almost nothing drawn with mean {mean} and std {std} lies in [{a}, {b}]; choose a < b around the mean",
        zh="均值 {mean}、标准差 {std} 的抽样几乎不会落在 [{a}, {b}] 中；请在均值附近选 a < b",
    ),
    "init.dims": Text(
        ValueError,
        en="only tensors with {wanted} dimensions are supported, got shape {tensor.shape}",
        zh="张量的维数只能是 {wanted}，得到的形状是 {tensor.shape}",
    ),
    "init.groups": Text(
        ValueError,
        en="dim 0 must be divisible by groups, got {channels} channels and groups={groups}",
        zh="第 0 维必须能被 groups 整除，得到 {channels} 个通道，groups={groups}",
    ),
    "init.type": Text(
        TypeError,
        en="expected a Tensor or an array to fill, got {tensor.__class__.__name__}",
        zh="要填充的应当是 Tensor 或数组，得到的是 {tensor.__class__.__name__}",
    ),
    "init.dtype": Text(
        RuntimeError,
        en="cannot draw values for a tensor of dtype {tensor.dtype}; it needs a float dtype",
        zh="无法为 dtype 是 {tensor.dtype} 的张量抽取数值；它需要浮点 dtype",
    ),
    "init.fan_mode": Text(
        ValueError,
        en="Mode {mode!r} not supported, please use one of ['fan_in', 'fan_out']",
        zh="不支持的 mode {mode!r}，请用 ['fan_in', 'fan_out'] 之一",
    ),
}

PHRASES = {
    "norm.or": Phrase(en=" or ", zh=" 或 "),
    "layer.renamed": Phrase(
        en="keyword argument `{old}` is deprecated and renamed to `{new}`", zh="关键字参数 `{old}` 已改名为 `{new}`"
    ),
}
