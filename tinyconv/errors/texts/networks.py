"""Operations of networks: convolution, pooling, activation, normalisation, losses (:mod:`tinyconv.ops`)."""

from .text import Phrase, Text

_GROUPS = {
    "en": "{name} must be divisible by groups, got {name}={channels} and groups={groups} ({rest}). "
    "Use groups in {fits}",
    "zh": "{name} 必须能被 groups 整除，但得到 {name}={channels}、groups={groups}（{rest}）。可用的 groups 有 {fits}",
}
_NO_SPACE = {
    "en": "expected input (N, C, *D) with at least 3 dimensions, got {size}; use unsqueeze",
    "zh": "输入应当是 (N, C, *D)，至少 3 维，得到的是 {size}；请用 unsqueeze",
}

TEXTS = {
    # --- arguments of windows, and tensors among arguments ---
    "input.batch": Text(
        RuntimeError,
        en="Expected {unbatched}D (unbatched) or {batched}D (batched) input to {function}, but got input of size: "
        "{size}. The layout is (N, C, {axes}); use reshape or unsqueeze",
        zh="{function} 的输入应当是 {unbatched} 维（没有批量）或 {batched} 维（有批量），但得到的大小是 {size}。"
        "各维的次序是 (N, C, {axes})；请用 reshape 或 unsqueeze",
    ),
    # --- convolution ---
    "conv.weight": Text(
        RuntimeError,
        en="weight must have {ndim} dimensions, (channels, channels/groups, *kernel_size), none of the kernel's empty, "
        "got {size}",
        zh="权重必须有 {ndim} 维，即 (channels, channels/groups, *kernel_size)，卷积核的大小都不能是零，"
        "得到的是 {size}",
    ),
    "conv.channels": Text(
        RuntimeError,
        en="Given groups={groups}, weight of size {weight}, expected input{size} to have {expected} channels, but got "
        "{channels} channels instead: {share} channels per group * {groups} groups = {expected}. {hint}",
        zh="groups={groups}，权重大小 {weight}，因此输入 {size} 应当有 {expected} 个通道，但它有 {channels} 个："
        "每组 {share} 个通道 * {groups} 组 = {expected}。{hint}",
    ),
    "conv.groups": Text(ValueError, **_GROUPS),
    "conv.weight_groups": Text(RuntimeError, **_GROUPS),
    "conv.bias": Text(
        RuntimeError,
        en="Given weight of size {weight}, expected bias to be 1-dimensional with {channels} elements, but got bias of "
        "size {size} instead",
        zh="权重大小是 {weight}，因此偏置应当是 1 维、有 {channels} 个数，但得到的偏置大小是 {size}",
    ),
    "conv.border_mode": Text(
        ValueError,
        en="padding_mode={mode!r} must be 'zeros', 'reflect', 'replicate' or 'circular'",
        zh="padding_mode={mode!r} 必须是 'zeros'、'reflect'、'replicate' 或 'circular'",
    ),
    "conv.border": Text(
        RuntimeError,
        en="Padding size should be less than the corresponding input dimension, but got padding={padding} for spatial "
        "size {size}: padding_mode={mode!r} can fill at most {most} cells on a side. Use that, or "
        "padding_mode='zeros'",
        zh="填充应当小于输入在该轴上的大小，但得到 padding={padding}，空间大小为 {size}：padding_mode={mode!r} "
        "每侧最多能填 {most} 格。请用这个数，或用 padding_mode='zeros'",
    ),
    "unfold.no_space": Text(RuntimeError, **_NO_SPACE),
    "grid.size": Text(
        NotImplementedError,
        en="expects a size (N, C, H, W) or (N, C, D, H, W), got {size}",
        zh="size 必须是 (N, C, H, W) 或 (N, C, D, H, W)，得到的是 {size}",
    ),
    "grid.theta": Text(
        RuntimeError,
        en="expects theta (N, 2, 3) with size (N, C, H, W), or (N, 3, 4) with (N, C, D, H, W), got theta {theta.shape} "
        "with size={size}",
        zh="要的是 theta (N, 2, 3) 配 size (N, C, H, W)，或 (N, 3, 4) 配 (N, C, D, H, W)，得到的是 theta {theta.shape} "
        "和 size={size}",
    ),
    "grid.mode": Text(
        ValueError,
        en="expected mode 'bilinear' or 'nearest' and padding_mode 'zeros', 'border' or 'reflection', "
        "got mode={mode!r}, padding_mode={padding_mode!r}",
        zh="mode 必须是 'bilinear' 或 'nearest'，padding_mode 必须是 'zeros'、'border' 或 'reflection'，"
        "得到 mode={mode!r}、padding_mode={padding_mode!r}",
    ),
    "grid.sample": Text(
        RuntimeError,
        en="expects input (N, C, H, W) with grid (N, H_out, W_out, 2), or (N, C, D, H, W) with "
        "(N, D_out, H_out, W_out, 3), of one dtype and not empty, got input {input.shape} {input.dtype} with grid "
        "{grid.shape} {grid.dtype}",
        zh="要的是 input (N, C, H, W) 配 grid (N, H_out, W_out, 2)，或 (N, C, D, H, W) 配 (N, D_out, H_out, W_out, 3)，"
        "dtype 相同且不为空；得到 input {input.shape} {input.dtype} 和 grid {grid.shape} {grid.dtype}",
    ),
    "fold.output_size": Text(
        TypeError,
        en="output_size={size!r} must be a sequence with one size per spatial axis, such as ({size}, {size})",
        zh="output_size={size!r} 必须给每个空间轴一个大小，例如 ({size}, {size})",
    ),
    "fold.input": Text(
        RuntimeError,
        en="Given output_size={output}, kernel_size={kernel}, dilation={dilation}, padding={padding}, stride={stride}, "
        "expected input (N, C*{taps}, {expected}) with {windows} = {expected} windows, but got {size}",
        zh="由 output_size={output}、kernel_size={kernel}、dilation={dilation}、padding={padding}、stride={stride} "
        "可知，输入应当是 (N, C*{taps}, {expected})，共 {windows} = {expected} 个窗口，但得到的是 {size}",
    ),
    # --- deformable convolution ---
    "deform.input": Text(
        RuntimeError,
        en="expected input (N, C_in, H, W), got {size}; use unsqueeze(0) for a single image",
        zh="输入应当是 (N, C_in, H, W)，得到的是 {size}；单张图像请用 unsqueeze(0)",
    ),
    "deform.offset": Text(
        RuntimeError,
        en="offset must have shape (N, 2*offset_groups*kH*kW, H_out, W_out) = ({n}, {pairs}*offset_groups, {height}, "
        "{width}) with offset_groups dividing {channels} channels, got {offset.shape}",
        zh="offset 的形状必须是 (N, 2*offset_groups*kH*kW, H_out, W_out) = ({n}, {pairs}*offset_groups, {height}, "
        "{width})，并且 offset_groups 要能整除 {channels} 个通道，得到的是 {offset.shape}",
    ),
    "deform.mask": Text(
        RuntimeError,
        en="mask must have shape (N, offset_groups*kH*kW, H_out, W_out) = {expected}, got {mask.shape}",
        zh="mask 的形状必须是 (N, offset_groups*kH*kW, H_out, W_out) = {expected}，得到的是 {mask.shape}",
    ),
    # --- pooling and resizing ---
    "pool.divisor": Text(
        RuntimeError,
        en="divisor must be not zero; leave out divisor_override",
        zh="除数不能是零；请不要给 divisor_override",
    ),
    "pool.empty": Text(
        RuntimeError,
        en="Expected input to have non-zero size for its spatial axes, but the input has size {size}. Give at least "
        "one cell along each axis",
        zh="输入在各空间轴上的大小都不能是零，但输入的大小是 {size}。每个轴上至少要有一格",
    ),
    "unpool.index": Text(
        RuntimeError,
        en="Found an invalid max index: {index} (output planes are of size {size}, so an index must lie in "
        "[0, {cells})). Pass the indices that max_pool gave with return_indices=True, and the output_size of its input",
        zh="下标 {index} 不对（输出的每个平面大小是 {size}，下标必须在 [0, {cells}) 之内）。"
        "请传入 max_pool 用 return_indices=True 给出的下标，以及它的输入的大小作为 output_size",
    ),
    "unpool.indices": Text(
        RuntimeError,
        en="indices must be integers of the input's shape {shape}, got {indices.dtype} of shape {indices.shape}; pass "
        "what max_pool returned with return_indices=True",
        zh="indices 必须是整数，形状与输入的 {shape} 相同，得到的是 {indices.dtype}、形状 {indices.shape}；"
        "请传入 max_pool 用 return_indices=True 返回的下标",
    ),
    "unpool.size": Text(
        ValueError,
        en="invalid output_size {size}: each size must be within stride {stride} of (i - 1)*stride - 2*padding + "
        "kernel_size = {default}",
        zh="output_size {size} 不可用：每个大小与 (i - 1)*stride - 2*padding + kernel_size = {default} "
        "之差必须小于步幅 {stride}",
    ),
    "interpolate.one": Text(
        ValueError,
        en="only one of size or scale_factor should be defined, got size={size} and scale_factor={scale_factor}",
        zh="size 与 scale_factor 必须且只能给出一个，得到 size={size}、scale_factor={scale_factor}",
    ),
    "interpolate.no_space": Text(ValueError, **_NO_SPACE),
    "interpolate.size": Text(
        RuntimeError,
        en="Input and output sizes should be greater than 0, but got input {given} and output {target} from "
        "size={size}, scale_factor={scale_factor}; give one positive number, or {ndim} of them",
        zh="输入与输出的大小都应当大于 0，但输入是 {given}，由 size={size}、scale_factor={scale_factor} "
        "得到的输出是 {target}；请给一个正数，或给 {ndim} 个",
    ),
    # --- activation ---
    "softmax.dim": Text(
        TypeError,
        en="say along which dimension, e.g. dim=1 for (N, C) scores",
        zh="请说明沿哪一维，例如 (N, C) 的得分用 dim=1",
    ),
    "prelu.slopes": Text(
        RuntimeError,
        en="Mismatch of parameter numbers and input channel size. Found parameter numbers = {slopes} and channel size "
        "= {channels} (input {x.shape}). Use PReLU(num_parameters={channels}), or one parameter for all channels",
        zh="参数的个数与输入的通道数不符。参数有 {slopes} 个，通道有 {channels} 个（输入 {x.shape}）。"
        "请用 PReLU(num_parameters={channels})，或所有通道共用一个参数",
    ),
    "prelu.weight": Text(
        RuntimeError,
        en="Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}, shape {weight.shape}. "
        "Use weight.reshape(-1)",
        zh="`weight` 应当是标量或 1 维张量，但得到的是：ndim = {weight.ndim}，形状 {weight.shape}。"
        "请用 weight.reshape(-1)",
    ),
    "gelu.approximate": Text(
        RuntimeError,
        en="approximate argument must be either none or tanh, got {approximate!r}",
        zh="参数 approximate 必须是 none 或 tanh，得到的是 {approximate!r}",
    ),
    # --- normalisation ---
    "norm.empty": Text(
        RuntimeError,
        en="cannot normalise over the empty dimensions {dims} of {x.shape}",
        zh="{x.shape} 的维 {dims} 里没有元素，不能归一化",
    ),
    "norm.no_channels": Text(
        RuntimeError,
        en="Expected at least 2 dimensions (N, C, ...) for input tensor but received shape {x.shape}; use "
        "unsqueeze(0) for a single sample",
        zh="输入张量应当是 (N, C, ...)，至少 2 维，但得到的形状是 {x.shape}；单个样本请用 unsqueeze(0)",
    ),
    "norm.parameter": Text(
        RuntimeError,
        en="{name} should contain {channels} elements (the channels of input {x.shape}) not {count}",
        zh="{name} 应当有 {channels} 个数（输入 {x.shape} 的通道数），而不是 {count} 个",
    ),
    "norm.no_running": Text(
        RuntimeError,
        en="running_mean and running_var must be defined in evaluation mode; pass both, or training=True to normalise "
        "by the batch",
        zh="评估模式下必须给出 running_mean 和 running_var；请两个都给，或用 training=True，按这一批来归一化",
    ),
    "norm.eps": Text(
        ValueError,
        en="batch_norm eps must be {bound}, but got {eps}; use eps=1e-5",
        zh="batch_norm 的 eps {bound}，但得到 {eps}；请用 eps=1e-5",
    ),
    "norm.one_value": Text(
        ValueError,
        en="Expected more than 1 value per channel when training, got input size {size}: 1 sample * 1 cell. Use a "
        "larger batch, or eval()",
        zh="训练时每个通道要有多于 1 个值，但输入大小是 {size}：1 个样本 * 1 格。请用更大的批量，或用 eval()",
    ),
    "norm.one_cell": Text(
        ValueError,
        en="Expected more than 1 spatial element when training, got input size {size}",
        zh="训练时空间上要有多于 1 格，但输入大小是 {size}",
    ),
    "norm.shape": Text(
        RuntimeError,
        en="Given normalized_shape={given}, expected input with shape [*, {sizes}], but got input of size {size}",
        zh="normalized_shape={given}，因此输入的形状应当是 [*, {sizes}]，但得到的大小是 {size}",
    ),
    "norm.num_groups": Text(
        ValueError,
        en="Expected number of channels in input to be divisible by num_groups, but got input of shape {size} and "
        "num_groups={groups}",
        zh="输入的通道数应当能被 num_groups 整除，但得到的输入形状是 {size}，num_groups={groups}",
    ),
    # --- losses ---
    "loss.batch": Text(
        ValueError,
        en="Expected input batch_size ({samples}) to match target batch_size ({targets}): for scores {input.shape} = "
        "(N, C, ...) the class indices must have shape {expected} = (N, ...), got {target.shape}",
        zh="输入的批量（{samples}）应当与目标的批量（{targets}）相同：得分 {input.shape} = (N, C, ...)，"
        "因此类别下标的形状必须是 {expected} = (N, ...)，得到的是 {target.shape}",
    ),
    "loss.target_shape": Text(
        RuntimeError,
        en="for scores {input.shape} = (N, C, ...) the class indices must have shape {expected} = (N, ...), got "
        "{target.shape}; class probabilities have the shape of the scores",
        zh="得分 {input.shape} = (N, C, ...)，因此类别下标的形状必须是 {expected} = (N, ...)，得到的是 {target.shape}；"
        "若是类别的概率，形状与得分相同",
    ),
    "loss.one_hot": Text(
        RuntimeError,
        en="Expected floating point type for target with class probabilities, got {target.dtype} of the shape of the "
        "scores, {target.shape}. Use target.argmax({dim}) for one-hot targets, or target.float()",
        zh="类别的概率应当是浮点数，但得到的目标是 {target.dtype}，形状与得分相同：{target.shape}。"
        "若是 one-hot 目标，请用 target.argmax({dim})，或用 target.float()",
    ),
    "loss.soft_ignore": Text(
        RuntimeError,
        en="ignore_index is not supported for floating point target, got ignore_index={ignore_index}; use class "
        "indices, or give the samples to ignore probabilities of 0",
        zh="目标是概率时不能用 ignore_index，得到的是 ignore_index={ignore_index}；请用类别下标，"
        "或把要忽略的样本的概率都设为 0",
    ),
    "loss.target_dtype": Text(
        RuntimeError,
        en="expected target of dtype int64 for class indices, got {target.dtype}. Use target.long(); probabilities "
        "must have the input's shape {input.shape}",
        zh="类别下标的 dtype 应当是 int64，得到的是 {target.dtype}。请用 target.long()；"
        "若是概率，形状必须与输入的 {input.shape} 相同",
    ),
    "loss.class_weight": Text(
        RuntimeError,
        en="weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
        "shape: {size}",
        zh="weight 要么给全部 {classes} 个类别，要么不给，但得到的 weight 形状是 {size}",
    ),
    "loss.one_sample": Text(
        ValueError,
        en="For 1D input, 1D target must have size 1, but got target size: {size}. Scores {input.shape} = (C,) are one "
        "sample; use input.unsqueeze(1) for {count} samples of one class",
        zh="输入是 1 维时，1 维的目标大小必须是 1，但得到的大小是 {size}。得分 {input.shape} = (C,) 是一个样本；"
        "若是 {count} 个样本、一个类别，请用 input.unsqueeze(1)",
    ),
    "loss.smoothing": Text(
        RuntimeError,
        en="label_smoothing must be between 0.0 and 1.0. Got: {value}",
        zh="label_smoothing 必须在 0.0 和 1.0 之间，得到的是 {value}",
    ),
    "loss.beta": Text(
        ValueError,
        en="beta must not be negative, got {beta}",
        zh="beta 不能是负数，得到的是 {beta}",
    ),
    "loss.delta": Text(
        ValueError,
        en="delta must be positive, got {delta}",
        zh="delta 必须是正数，得到的是 {delta}",
    ),
    "loss.size": Text(
        ValueError,
        en="Target size ({target.shape}) must be the same as input size ({input.shape}); use target.reshape(...) or "
        "unsqueeze",
        zh="目标的大小（{target.shape}）必须与输入的大小（{input.shape}）相同；请用 target.reshape(...) 或 unsqueeze",
    ),
    "loss.cosine": Text(
        RuntimeError,
        en="inputs must both be (N, D) or (D,) with a target of (N,) or (), got {input1.shape}, {input2.shape} and "
        "{target.shape}",
        zh="两个输入应当都是 (N, D) 或 (D,)，目标是 (N,) 或 ()，"
        "得到的是 {input1.shape}、{input2.shape} 和 {target.shape}",
    ),
    "loss.variance": Text(
        ValueError,
        en="var is of incorrect size {size}: for input {input.shape} give the same size, or 1 or nothing in the last "
        "axis",
        zh="var 的大小 {size} 不对：输入是 {input.shape}，请给出相同的大小，或让最后一轴为 1 或省去",
    ),
    "loss.negative_variance": Text(ValueError, en="var has negative entries", zh="var 中有负数"),
    "loss.margin": Text(
        ValueError,
        en="margin must be greater than 0, got {margin}",
        zh="margin 必须大于 0，得到的是 {margin}",
    ),
    "loss.ranks": Text(
        RuntimeError,
        en="all tensors should have the same number of dimensions but got {shapes}; use unsqueeze or flatten",
        zh="各张量的维数应当相同，得到的是 {shapes}；请用 unsqueeze 或 flatten",
    ),
    "loss.margin_power": Text(
        ValueError,
        en="only p == 1 and p == 2 supported, got {p}",
        zh="p 只能是 1 或 2，得到的是 {p}",
    ),
    "loss.margin_target": Text(
        RuntimeError,
        en="inconsistent target size: {target.shape} for input of size {input.shape}, (N, C) or (C,); expected "
        "{expected}",
        zh="目标的大小不一致：输入的大小是 {input.shape}，即 (N, C) 或 (C,)，目标应当是 {expected}，"
        "得到的是 {target.shape}",
    ),
    "loss.weight_dims": Text(
        ValueError,
        en="weight must be one-dimensional, got shape {weight.shape}",
        zh="weight 必须是一维的，得到的形状是 {weight.shape}",
    ),
    # --- values of targets ---
    "label.range": Text(
        IndexError,
        en="Target {label} is out of bounds: with {classes} classes (the input's size along dimension 1) a target must "
        "lie in [0, {last}], or be ignore_index={ignored}. Labels that start at 1 need target - 1",
        zh="目标 {label} 超出范围：有 {classes} 个类别（输入第 1 维的大小），目标必须在 [0, {last}] 之内，"
        "或者是 ignore_index={ignored}。若标签从 1 开始，请用 target - 1",
    ),
    "label.classes": Text(
        RuntimeError,
        en="Class values must be non-negative and smaller than num_classes, but they range from {least} to {most} with "
        "num_classes={classes}. Use num_classes={enough} or more, and no negative ones",
        zh="类别的值不能是负数，并且必须小于 num_classes，但它们从 {least} 到 {most}，而 num_classes={classes}。"
        "请用 num_classes={enough} 或更大的数，且不要有负数",
    ),
    "label.outside": Text(
        RuntimeError,
        en="target is out of range: got class {label}, but the scores are of {classes} classes, {least} to {last}",
        zh="目标超出范围：得到类别 {label}，但得分有 {classes} 个类别，从 {least} 到 {last}",
    ),
    "label.probability": Text(
        RuntimeError,
        en="all elements of input should be between 0 and 1, but they range from {least:.6g} to {most:.6g}. Apply a "
        "sigmoid first, or use binary_cross_entropy_with_logits",
        zh="输入的值都应当在 0 和 1 之间，但它们从 {least:.6g} 到 {most:.6g}。请先用 sigmoid，"
        "或用 binary_cross_entropy_with_logits",
    ),
}

PHRASES = {
    "norm.positive": Phrase(en="positive during training", zh="在训练时必须是正数"),
    "norm.not_negative": Phrase(en="non-negative", zh="不能是负数"),
    "conv.use_channels": Phrase(
        en="Use a layer with in_channels={channels}",
        zh="请用 in_channels={channels} 的层",
    ),
    "conv.use_permute": Phrase(
        en="The last dimension has that size: for an image (H, W, C) use x.permute(2, 0, 1), for (N, H, W, C) "
        "x.permute(0, 3, 1, 2)",
        zh="最后一维正好是这个大小：图像若是 (H, W, C)，请用 x.permute(2, 0, 1)；若是 (N, H, W, C)，"
        "请用 x.permute(0, 3, 1, 2)",
    ),
    "loss.mean_of_cells": Phrase(
        en="kl_div: reduction 'mean' divides the total loss by the number of cells; the divergence is that of "
        "reduction='batchmean', which divides by the batch size",
        zh="kl_div：reduction 'mean' 除以元素的个数；散度的定义是 reduction='batchmean'，即除以批量大小",
    ),
    "loss.sizes_differ": Phrase(
        en="{function}: Using a target size {target.shape} that is different to the input size {input.shape}. This "
        "will likely lead to incorrect results due to broadcasting; reshape one of them",
        zh="{function}: 目标的大小 {target.shape} 与输入的大小 {input.shape} 不同。两者会被广播，"
        "结果多半不对；请用 reshape 改变其中一个",
    ),
}
