"""Operations on tensors: dtypes, shapes, indices, reductions, products (:mod:`tinyconv.ops`)."""

from .text import Phrase, Text

TEXTS = {
    # --- dtypes ---
    "dtype.overflow": Text(
        RuntimeError,
        en="value {value} cannot be converted to {dtype} without overflow; convert the tensor first, e.g. x.long() or "
        "x.float()",
        zh="把 {value} 转换成 {dtype} 会溢出；请先转换张量，例如 x.long() 或 x.float()",
    ),
    "div.rounding_mode": Text(
        RuntimeError,
        en="rounding_mode must be None, 'floor' or 'trunc', not {rounding_mode!r}",
        zh="rounding_mode 只能是 None、'floor' 或 'trunc'，不能是 {rounding_mode!r}",
    ),
    "dtype.operand": Text(
        TypeError,
        en="an operand must be a Tensor, a number or an array, not {x.__class__.__name__}; use tinyconv.tensor(...)",
        zh="运算对象应当是张量、数或数组，不能是 {x.__class__.__name__}；请用 tinyconv.tensor(...)",
    ),
    "dtype.no_float": Text(
        RuntimeError,
        en='"{function}" not implemented for {x.dtype} input of shape {x.shape}; it needs floating point numbers. '
        "Use x.float()",
        zh='"{function}" 不能用于 {x.dtype} 的输入（形状 {x.shape}），它需要浮点数。请用 x.float()',
    ),
    "dtype.no_bool": Text(
        NotImplementedError,
        en='"{function}" not implemented for bool; use x.long()',
        zh='"{function}" 不能用于 bool；请用 x.long()',
    ),
    # --- element by element ---
    "elementwise.alpha": Text(
        RuntimeError,
        en="For integral input tensors, argument alpha must not be a floating point number, got {alpha}; use x.float()",
        zh="整数张量的参数 alpha 不能是浮点数，得到的是 {alpha}；请用 x.float()",
    ),
    "elementwise.shapes": Text(
        RuntimeError,
        en="shapes {shapes} do not broadcast: compared from the right, two sizes must be equal or one of them 1. "
        "Use reshape or unsqueeze to line the axes up",
        zh="形状 {shapes} 不能广播：从右边比起，两个大小必须相等，或其中一个是 1。请用 reshape 或 unsqueeze 把各轴对齐",
    ),
    "elementwise.refused": Text(RuntimeError, en="{error}", zh="数组库不能计算：{error}"),
    "sub.bool": Text(
        RuntimeError,
        en="Subtraction, the `-` operator, with a bool tensor is not supported. Use `~` to invert a mask, `^` for what "
        "differs in two, or x.long() for numbers",
        zh="bool 张量不能做减法（运算符 `-`）。要把掩码取反，请用 `~`；要找出两个掩码不同之处，请用 `^`；"
        "要当作数，请用 x.long()",
    ),
    "neg.bool": Text(
        RuntimeError,
        en="Negation, the `-` operator, on a bool tensor is not supported. Use `~` to invert a mask",
        zh="bool 张量不能取负（运算符 `-`）。要把掩码取反，请用 `~`",
    ),
    "pow.bool": Text(
        RuntimeError,
        en="not implemented for bool tensors; use x.long()",
        zh="不能用于 bool 张量；请用 x.long()",
    ),
    "pow.negative": Text(
        RuntimeError,
        en="Integers to negative integer powers are not allowed ({power}); use x.float() ** {power}",
        zh="整数不能求负整数次幂（{power}）；请用 x.float() ** {power}",
    ),
    "where.condition": Text(
        RuntimeError,
        en="expected condition to be a boolean tensor, but got one of {condition.dtype} and shape {condition.shape}; "
        "compare first, as in where(x > 0, ...)",
        zh="条件应当是 bool 张量，但得到的是 {condition.dtype}、形状 {condition.shape}；"
        "请先比较，例如 where(x > 0, ...)",
    ),
    "masked_fill.mask": Text(
        RuntimeError,
        en="only supports boolean masks, but got mask with dtype {mask.dtype}; use mask.bool()",
        zh="掩码必须是 bool 的，但得到的 dtype 是 {mask.dtype}；请用 mask.bool()",
    ),
    "masked_fill.value": Text(
        RuntimeError,
        en="only supports a 0-dimensional value tensor, but got tensor with {value.ndim} dimension(s); "
        "use where(mask, value, x)",
        zh="填入的值必须是 0 维张量，但得到的有 {value.ndim} 维；请用 where(mask, value, x)",
    ),
    "floor_divide.zero": Text(
        RuntimeError,
        en="an integer was divided by 0; use x.float() to get inf or NaN",
        zh="有整数除以了 0；若想得到 inf 或 NaN，请用 x.float()",
    ),
    "remainder.zero": Text(
        RuntimeError,
        en="an integer was divided by 0; use x.float() to get NaN",
        zh="有整数除以了 0；若想得到 NaN，请用 x.float()",
    ),
    "bitwise.float": Text(
        RuntimeError,
        en="not implemented for {dtype}; compare first, as in (x > 0) & (y > 0)",
        zh="不能用于 {dtype}；请先比较，例如 (x > 0) & (y > 0)",
    ),
    "bitwise.invert": Text(
        TypeError,
        en="~ (operator.invert) is only implemented on integer and bool tensors, got {x.dtype}",
        zh="~（operator.invert）只能用于整数和 bool 张量，得到的是 {x.dtype}",
    ),
    "clamp.bounds": Text(
        ValueError,
        en="at least one of min or max must not be None",
        zh="min 与 max 不能都是 None",
    ),
    # --- shapes ---
    "shape.dim": Text(
        IndexError,
        en="Dimension out of range (expected to be in range of [{least}, {most}], but got {dim})",
        zh="没有这一维（应当在 [{least}, {most}] 之内，但得到 {dim}）",
    ),
    "shape.no_dim": Text(
        TypeError,
        en="a dimension must be an int, got {value!r}",
        zh="维必须是整数，得到的是 {value!r}",
    ),
    "shape.size_of_0d": Text(
        IndexError,
        en="Dimension specified as {dim} but tensor has no dimensions",
        zh="指定了第 {dim} 维，但 0 维张量没有维",
    ),
    "linalg.matrix_norm": Text(
        NotImplementedError,
        en="of the norms of matrices there is 'fro' alone, got ord={ord!r}; for the norm of all elements use "
        "linalg.vector_norm, for others NumPy's linalg.norm of x.numpy()",
        zh="矩阵的范数只有 'fro'，得到的是 ord={ord!r}；所有元素的范数请用 linalg.vector_norm，"
        "其它的请对 x.numpy() 用 NumPy 的 linalg.norm",
    ),
    "linalg.rank": Text(
        RuntimeError,
        en="a norm is of vectors or matrices, over one or two dims, got dim={dim} for {A.shape}; "
        "for one over all elements use linalg.vector_norm",
        zh="范数是向量或矩阵的，取一个或两个维，得到的是 dim={dim}，形状 {A.shape}；"
        "要对所有元素取范数请用 linalg.vector_norm",
    ),
    "linalg.of_vectors": Text(
        RuntimeError,
        en="ord={ord!r} is a norm of matrices: it takes two dims, or a matrix",
        zh="ord={ord!r} 是矩阵的范数：需要两个维，或一个矩阵",
    ),
    "unfold.windows": Text(
        RuntimeError,
        en="windows of size={size}, step={step} do not fit: dimension {dim} has {length} elements, and 0 <= size <= "
        "{length} and step >= 1 are needed",
        zh="size={size}、step={step} 的窗口放不下：第 {dim} 维有 {length} 个元素，"
        "必须 0 <= size <= {length} 且 step >= 1",
    ),
    "shape.no_size": Text(
        TypeError,
        en="a size must be an int, got {value!r}; use // to divide sizes, or int(...)",
        zh="大小必须是整数，得到的是 {value!r}；大小相除请用 //，或用 int(...)",
    ),
    "shape.no_sizes": Text(
        TypeError,
        en="sizes must be a tuple of ints, got {sizes!r}",
        zh="各大小必须写成整数的 tuple，得到的是 {sizes!r}",
    ),
    "shape.sizes": Text(
        RuntimeError,
        en="shape '{sizes}' is invalid for input of size {size}: the given sizes multiply to {known}{hint}. "
        "Use -1 for one size to let it be worked out",
        zh="形状 '{sizes}' 不适合有 {size} 个元素的输入：给出的各大小乘起来是 {known}{hint}。"
        "有一个大小可以写成 -1，由其余的算出",
    ),
    "shape.order": Text(
        RuntimeError,
        en="dims={dims} is not an order of the {x.ndim} dimensions of {x.shape}",
        zh="dims={dims} 不是形状 {x.shape} 的 {x.ndim} 维的一个次序",
    ),
    "shape.matrix": Text(
        RuntimeError,
        en="expects a tensor with <= 2 dimensions, but self is {x.ndim}D, of shape {x.shape}. "
        "Use mT or transpose(dim0, dim1)",
        zh="张量最多只能有 2 维，但它有 {x.ndim} 维，形状是 {x.shape}。请用 mT 或 transpose(dim0, dim1)",
    ),
    "shape.flatten": Text(
        RuntimeError,
        en="invalid args: start_dim={start_dim} comes after end_dim={end_dim}",
        zh="参数不对：start_dim={start_dim} 排在 end_dim={end_dim} 之后",
    ),
    "shape.expand": Text(
        RuntimeError,
        en="a tensor of shape {x.shape} cannot be expanded to {sizes}: compared from the right, each size must be "
        "equal or 1",
        zh="形状为 {x.shape} 的张量不能扩展成 {sizes}：从右边比起，每个大小都必须相等，或者是 1",
    ),
    "shape.twice": Text(
        RuntimeError,
        en="dims={dims} names a dimension twice",
        zh="dims={dims} 里有一维写了两次",
    ),
    "join.no_list": Text(
        TypeError,
        en="argument 'tensors' must be a list or tuple of Tensors",
        zh="参数 'tensors' 必须是 Tensor 组成的 list 或 tuple",
    ),
    "join.empty": Text(
        RuntimeError,
        en="expected a non-empty list of Tensors",
        zh="Tensor 的列表不能是空的",
    ),
    "cat.sizes": Text(
        RuntimeError,
        en="Sizes of tensors must match except in dimension {axis}: tensor {model} has shape {first}, tensor "
        "{position} has {shape}",
        zh="除了第 {axis} 维，各张量的大小必须相同：张量 {model} 的形状是 {first}，张量 {position} 的形状是 {shape}",
    ),
    "cat.no_dim": Text(
        RuntimeError,
        en="zero-dimensional tensor (at position {position}) cannot be concatenated; use stack for 0-d tensors",
        zh="零维张量（第 {position} 个）不能拼接；0 维张量请用 stack",
    ),
    "stack.sizes": Text(
        RuntimeError,
        en="expects each tensor to be equal size, but got {first} at entry 0 and {shape} at entry {position}",
        zh="各张量的大小必须相同，但第 0 个是 {first}，第 {position} 个是 {shape}",
    ),
    "split.no_dim": Text(
        RuntimeError,
        en="expects at least a 1-dimensional tensor, but got a 0-d one; use unsqueeze(0)",
        zh="张量至少要有 1 维，但得到的是 0 维的；请用 unsqueeze(0)",
    ),
    "split.size": Text(
        RuntimeError,
        en="expects split_size be positive, but got split_size={size}",
        zh="split_size 必须是正数，但得到 split_size={size}",
    ),
    "split.negative": Text(
        RuntimeError,
        en="sizes must not be negative, but got {sizes}",
        zh="大小不能是负数，但得到 {sizes}",
    ),
    "split.sum": Text(
        RuntimeError,
        en="sizes {sizes} add up to {total}, but dimension {dim} of {x.shape} has {n}",
        zh="大小 {sizes} 加起来是 {total}，而形状 {x.shape} 的第 {dim} 维是 {n}",
    ),
    "chunk.no_count": Text(
        TypeError,
        en="`chunks` must be an int, got {value!r}",
        zh="`chunks` 必须是整数，得到的是 {value!r}",
    ),
    "chunk.count": Text(
        RuntimeError,
        en="expects `chunks` to be greater than 0, got: {chunks}",
        zh="`chunks` 必须大于 0，得到的是 {chunks}",
    ),
    "pad.entries": Text(
        ValueError,
        en="pad={pad} must give (before, after) for each of at most {x.ndim} dimensions, the last dimension first",
        zh="pad={pad} 要给每一维一对 (before, after)，从最后一维写起，最多 {x.ndim} 维",
    ),
    "pad.mode": Text(
        ValueError,
        en="mode={mode!r} must be 'constant', 'reflect', 'replicate' or 'circular'",
        zh="mode={mode!r} 必须是 'constant'、'reflect'、'replicate' 或 'circular'",
    ),
    "pad.crop": Text(
        RuntimeError,
        en="negative padding {pairs} crops more than shape {x.shape} has",
        zh="负的填充 {pairs} 要裁掉的比形状 {x.shape} 所有的还多",
    ),
    "pad.size": Text(
        RuntimeError,
        en="Padding size should be less than the corresponding input dimension, but got: padding ({lo}, {hi}) at "
        "dimension {dim} of input {x.shape}; mode={mode!r} can fill 0 to {most} cells there",
        zh="填充应当小于输入在该维上的大小，但输入 {x.shape} 的第 {dim} 维上得到的填充是 ({lo}, {hi})；"
        "mode={mode!r} 在那里能填 0 到 {most} 格",
    ),
    # --- indices ---
    "index.device": Text(
        RuntimeError,
        en="indices should be either on cpu or on the device of the indexed tensor ({x.device}), but got one on "
        "{key.device}; use index.cpu()",
        zh="下标应当在 cpu 上，或在被索引的张量所在的设备（{x.device}）上，但有一个在 {key.device} 上；"
        "请用 index.cpu()",
    ),
    "index.dtype": Text(
        IndexError,
        en="tensors used as indices must be integer or bool, got {key.dtype}; use index.long()",
        zh="用作下标的张量必须是整数或 bool，得到的是 {key.dtype}；请用 index.long()",
    ),
    "index.take_dtype": Text(
        RuntimeError,
        en="indices must be integers, got {indices.dtype}; use indices.long()",
        zh="下标必须是整数，得到的是 {indices.dtype}；请用 indices.long()",
    ),
    "index.shape": Text(
        IndexError,
        en="index {key} does not fit a tensor of shape {x.shape}: {error}",
        zh="下标 {key} 不适合形状为 {x.shape} 的张量：{error}",
    ),
    "index.take": Text(
        RuntimeError,
        en="indices of shape {indices.shape} must broadcast against the input {x.shape}, with as many dimensions, "
        "except along dim {dim}",
        zh="下标的形状 {indices.shape} 必须与输入的形状 {x.shape} 维数相同，并且除了第 {dim} 维能互相广播",
    ),
    # --- reductions ---
    "reduce.dims": Text(
        TypeError,
        en="dim must be an int, several ints or None, got {dim!r}",
        zh="dim 必须是一个整数、几个整数或 None，得到的是 {dim!r}",
    ),
    "reduce.two_corrections": Text(
        TypeError,
        en="unbiased={unbiased} and correction={correction} both say what is taken off n; give correction alone",
        zh="unbiased={unbiased} 与 correction={correction} 说的都是从 n 里减去多少；请只给 correction",
    ),
    "reduce.twice": Text(
        ValueError,
        en="dim={dims} names a dimension twice",
        zh="dim={dims} 里有一维写了两次",
    ),
    "reduce.float": Text(
        RuntimeError,
        en="could not infer output dtype. Input dtype must be a floating point dtype. Got: {x.dtype}. "
        "Use x.float().{function}()",
        zh="无法确定结果的 dtype。输入的 dtype 必须是浮点的，得到的是 {x.dtype}。请用 x.float().{function}()",
    ),
    "reduce.empty": Text(
        RuntimeError,
        en="Expected reduction dim {dim} to have non-zero size, input is {x.shape}",
        zh="归约的维 {dim} 大小不能是零，输入的形状是 {x.shape}",
    ),
    "reduce.empty_dim": Text(
        IndexError,
        en="Expected reduction dim {dim} to have non-zero size, input is {x.shape}",
        zh="归约的维 {dim} 大小不能是零，输入的形状是 {x.shape}",
    ),
    "reduce.of_two": Text(
        TypeError,
        en="of two tensors takes neither dim nor keepdim; reduce first, or use maximum or minimum",
        zh="对两个张量时不能再给 dim 或 keepdim；请先归约，或用 maximum、minimum",
    ),
    "reduce.power": Text(
        TypeError,
        en="p must be a number, inf, -inf or 'fro', got {p!r}",
        zh="p 必须是数、inf、-inf 或 'fro'，得到的是 {p!r}",
    ),
    # --- products of matrices ---
    "matmul.dims": Text(
        RuntimeError,
        en="both arguments need to be at least 1D, but they have shapes {shapes}",
        zh="两个参数都至少要有 1 维，但它们的形状是 {shapes}",
    ),
    "matmul.inner": Text(
        RuntimeError,
        en="mat1 and mat2 shapes cannot be multiplied ({left} and {right}): the last size of the first, {last}, must "
        "equal the first size of the matrix after it, {first}",
        zh="mat1 与 mat2 的形状不能相乘（{left} 和 {right}）：前一个的最后一个大小 {last}，"
        "必须等于后一个矩阵的第一个大小 {first}",
    ),
    "matmul.leading": Text(
        RuntimeError,
        en="leading dimensions of {a.shape} and {b.shape} do not broadcast: {left} against {right}",
        zh="{a.shape} 与 {b.shape} 前面的维不能广播：{left} 对 {right}",
    ),
}

PHRASES = {
    "index.uint8": Phrase(
        en="indexing with uint8 takes it for a mask, as PyTorch does; use mask.bool() for a mask, index.long() for "
        "indices",
        zh="用 uint8 索引时，与 PyTorch 一样把它当作掩码；若是掩码请用 mask.bool()，若是下标请用 index.long()",
    ),
    "elementwise.and": Phrase(en=" and ", zh=" 和 "),
    "shape.not_divided": Phrase(en=", which does not divide {size}", zh="，除不尽 {size}"),
}
