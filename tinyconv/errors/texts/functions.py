"""Functions on tensors: rounding, products, sorting, gathering, rearranging, drawing (:mod:`tinyconv.ops`)."""

from .text import Text

TEXTS = {
    "round.decimals": Text(
        NotImplementedError,
        en="decimals={decimals} needs floating point numbers, got {x.dtype}; use x.float()",
        zh="decimals={decimals} 需要浮点数，得到的是 {x.dtype}；请用 x.float()",
    ),
    "round.frac": Text(
        NotImplementedError,
        en="numbers of {x.dtype} have no fraction; use x.float()",
        zh="{x.dtype} 的数没有小数部分；请用 x.float()",
    ),
    "close.tolerance": Text(
        RuntimeError,
        en="rtol and atol must be greater than or equal to zero, but got rtol={rtol} and atol={atol}",
        zh="rtol 和 atol 不能是负数，得到 rtol={rtol}、atol={atol}",
    ),
    "close.dtypes": Text(
        RuntimeError,
        en="dtypes differ: {first} and {second}; convert one, as in x.to(y.dtype)",
        zh="dtype 不同：{first} 和 {second}；请转换其中一个，例如 x.to(y.dtype)",
    ),
    "rank.least": Text(
        RuntimeError,
        en="input tensor must have at least {least} dimensions, got shape {x.shape}; use unsqueeze",
        zh="输入至少要有 {least} 维，得到的形状是 {x.shape}；请用 unsqueeze",
    ),
    # --- put together and cut apart ---
    "parts.vector": Text(
        RuntimeError,
        en="expects a 1D vector, got shape {x.shape}; use x.flatten()",
        zh="应当是一维向量，得到的形状是 {x.shape}；请用 x.flatten()",
    ),
    "parts.matrices": Text(
        RuntimeError,
        en="Input tensors must have 2 or fewer dimensions. Input {position} has {x.ndim} dimensions",
        zh="输入的张量至多有 2 维。第 {position} 个有 {x.ndim} 维",
    ),
    "parts.count": Text(
        RuntimeError,
        en="the number must be non-negative but got {r}",
        zh="这个数不能是负数，得到的是 {r}",
    ),
    "parts.sections": Text(
        RuntimeError,
        en="number of sections must be larger than 0, got {parts}",
        zh="份数必须大于 0，得到的是 {parts}",
    ),
    "parts.even": Text(
        RuntimeError,
        en="attempted to split along dimension {dim}, but the size of the dimension {size} is not divisible by "
        "{parts}; tensor_split cuts parts of unlike sizes",
        zh="沿第 {dim} 维切分，但这一维的大小 {size} 不能被 {parts} 整除；tensor_split 可以切成不等的份",
    ),
    "pairs.dtypes": Text(
        RuntimeError,
        en="both tensors must have one dtype, got {input.dtype} and {other.dtype}; use values.to(input.dtype)",
        zh="两个张量的 dtype 必须相同，得到 {input.dtype} 和 {other.dtype}；请用 values.to(input.dtype)",
    ),
    "pairs.numbers": Text(
        TypeError,
        en="one of the two must be a Tensor; of two numbers use a ** b",
        zh="两者之一必须是 Tensor；两个数请用 a ** b",
    ),
    "cov.rank": Text(
        RuntimeError,
        en="expected input to have two or fewer dimensions but got an input with {x.ndim} dimensions",
        zh="输入至多有两维，得到的有 {x.ndim} 维",
    ),
    # --- limits of dtypes ---
    "typeinfo.float": Text(
        TypeError,
        en="finfo requires a floating point dtype, got {dtype}. Use iinfo for integers",
        zh="finfo 要求浮点的 dtype，得到 {dtype}。整数请用 iinfo",
    ),
    "typeinfo.int": Text(
        TypeError,
        en="iinfo requires an integer dtype, got {dtype}. Use finfo for floats",
        zh="iinfo 要求整数的 dtype，得到 {dtype}。浮点数请用 finfo",
    ),
    # --- products ---
    "inner.last": Text(
        RuntimeError,
        en="the last dimension must match on both input tensors but got shapes {input.shape} and {other.shape}",
        zh="两个输入的最后一维必须相同，得到的形状是 {input.shape} 和 {other.shape}",
    ),
    "cross.ranks": Text(
        RuntimeError,
        en="inputs must have the same number of dimensions, got {input.shape} and {other.shape}",
        zh="两个输入的维数必须相同，得到 {input.shape} 和 {other.shape}",
    ),
    "cross.size": Text(
        RuntimeError,
        en="no dimension of size 3 where the vectors should be, in shape {shape}; a cross product is of 3 numbers",
        zh="向量所在的维大小不是 3，形状是 {shape}；叉积是 3 个数的",
    ),
    "product.rank": Text(
        RuntimeError,
        en="{name} must have {ndim} dimension(s), got {x.ndim}, of shape {x.shape}; matmul takes any number",
        zh="{name} 必须有 {ndim} 维，得到的有 {x.ndim} 维，形状是 {x.shape}；matmul 的维数不限",
    ),
    "product.grows": Text(
        RuntimeError,
        en="input of shape {input.shape} does not broadcast to the product's {shape}",
        zh="形状为 {input.shape} 的 input 不能广播成乘积的形状 {shape}",
    ),
    "bmm.batch": Text(
        RuntimeError,
        en="Expected as many matrices in both, got {first.shape} and {second.shape}; matmul broadcasts",
        zh="两边的矩阵个数必须相同，得到的是 {first.shape} 和 {second.shape}；matmul 能广播",
    ),
    "addcdiv.integers": Text(
        RuntimeError,
        en="integers divided by integers are not supported; use tensor1.float()",
        zh="不支持整数除以整数；请用 tensor1.float()",
    ),
    "tensordot.dims": Text(
        RuntimeError,
        en="dims={dims} do not pair dimensions of equal sizes of {a.shape} and {b.shape}",
        zh="dims={dims} 没有把 {a.shape} 与 {b.shape} 中大小相同的维配成对",
    ),
    "bincount.options": Text(
        RuntimeError,
        en="minlength={minlength} must not be negative, and weights must have the input's shape {x.shape}",
        zh="minlength={minlength} 不能是负数，weights 的形状必须与输入的 {x.shape} 相同",
    ),
    "tensordot.pair": Text(
        ValueError,
        en="dims must be a number, or two lists of as many dimensions, such as ([1, 2], [1, 0]), not {dims!r}",
        zh="dims 必须是一个数，或两个等长的维列表，例如 ([1, 2], [1, 0])，而不是 {dims!r}",
    ),
    "cdist.rows": Text(
        RuntimeError,
        en="X1 and X2 must be at least 2-d, with rows of one length, got {x1.shape} and {x2.shape}",
        zh="X1 与 X2 至少是 2 维的，且各行长度相同，得到的是 {x1.shape} 和 {x2.shape}",
    ),
    "einsum.operands": Text(
        RuntimeError,
        en="{equation!r} names {count} operand(s), but {given} tensor(s) were given",
        zh="{equation!r} 写了 {count} 个操作数，但给了 {given} 个张量",
    ),
    "einsum.dims": Text(
        RuntimeError,
        en="{part!r} in {equation!r} does not name the {x.ndim} dimension(s) of operand {position}, of shape {x.shape}",
        zh="{equation!r} 中的 {part!r} 与第 {position} 个操作数的 {x.ndim} 维（形状 {x.shape}）对不上",
    ),
    "einsum.result": Text(
        RuntimeError,
        en="what comes after -> in {equation!r} must be letters of the operands, each once",
        zh="{equation!r} 中 -> 之后必须是操作数里的字母，每个一次",
    ),
    "einsum.letters": Text(
        RuntimeError,
        en="subscripts in {equation!r} must be letters a-z, A-Z and ...",
        zh="{equation!r} 的下标必须是字母 a-z、A-Z 和 ...",
    ),
    "einsum.size": Text(
        RuntimeError,
        en="subscript {label!r} has size {size} in operand {position}, but {other} before",
        zh="下标 {label!r} 在第 {position} 个操作数里的大小是 {size}，而之前是 {other}",
    ),
    # --- rearranging ---
    "repeat.count": Text(
        RuntimeError,
        en="The number of repeats {counts} is too small for a tensor of shape {x.shape}",
        zh="重复次数 {counts} 的个数不能少于张量的维数，张量的形状是 {x.shape}",
    ),
    "repeat.negative": Text(
        RuntimeError, en="repeats must be non-negative, got {counts}", zh="重复次数不能是负数，得到的是 {counts}"
    ),
    "repeat.one_for_each": Text(
        RuntimeError,
        en="repeats of shape {repeats.shape} and {repeats.dtype} must be integers, one for each of {size} elements",
        zh="repeats（形状 {repeats.shape}，{repeats.dtype}）必须是整数，{size} 个元素每个一个",
    ),
    "meshgrid.indexing": Text(
        RuntimeError,
        en="indexing must be 'xy' or 'ij', got {indexing!r}",
        zh="indexing 必须是 'xy' 或 'ij'，得到的是 {indexing!r}",
    ),
    "meshgrid.axis": Text(
        RuntimeError,
        en="expects vectors or numbers, got a tensor of shape {axis.shape}",
        zh="应当给向量或数，得到的张量形状是 {axis.shape}",
    ),
    "roll.shifts": Text(
        RuntimeError,
        en="shifts and dimensions must align, one for one: shifts {shifts}, dims {dims}",
        zh="shifts 与 dims 必须一一对应：shifts 是 {shifts}，dims 是 {dims}",
    ),
    "movedim.dims": Text(
        RuntimeError,
        en="source {source} and destination {destination} must name as many dimensions, each once",
        zh="source {source} 与 destination {destination} 的维数必须相同，每一维只写一次",
    ),
    "rot90.dims": Text(
        RuntimeError,
        en="dims={dims} must be two different dimensions of a tensor with two at least, got shape {x.shape}",
        zh="dims={dims} 必须是两个不同的维，张量至少要有两维，得到的形状是 {x.shape}",
    ),
    "select.index": Text(
        IndexError,
        en="index {index} out of range for tensor of size {x.shape} at dimension {dim}",
        zh="下标 {index} 超出范围：张量大小 {x.shape}，第 {dim} 维",
    ),
    "narrow.start": Text(
        IndexError,
        en="start {start} out of range for a dimension of size {size}",
        zh="start {start} 超出了大小为 {size} 的维",
    ),
    "narrow.length": Text(
        RuntimeError,
        en="start ({start}) + length ({length}) exceeds dimension size ({size}), or is negative",
        zh="start ({start}) + length ({length}) 超过了这一维的大小 ({size})，或是负数",
    ),
    "diagonal.dims": Text(
        RuntimeError,
        en="diagonal dimensions cannot be identical: {dim1}, {dim2}",
        zh="取对角线的两维不能相同：{dim1}、{dim2}",
    ),
    "diag.dims": Text(
        RuntimeError,
        en="supports 1D or 2D tensors, got {x.ndim}D; use diagonal(dim1=-2, dim2=-1)",
        zh="只支持 1 维或 2 维张量，得到的是 {x.ndim} 维；请用 diagonal(dim1=-2, dim2=-1)",
    ),
    # --- sorting and counting ---
    "topk.count": Text(
        RuntimeError,
        en="selected index k out of range: k={k}, and dimension {dim} has {size} elements",
        zh="k 超出范围：k={k}，而第 {dim} 维有 {size} 个元素",
    ),
    "searchsorted.side": Text(
        RuntimeError,
        en="side must be 'left' or 'right' and agree with right, got side={side!r} and right={right}",
        zh="side 必须是 'left' 或 'right'，并与 right 一致，得到的是 side={side!r} 和 right={right}",
    ),
    "searchsorted.no_dim": Text(
        RuntimeError,
        en="the sorted sequence must have a dimension; one of one number is x.reshape(1)",
        zh="有序序列至少要有一维；只有一个数的序列请写成 x.reshape(1)",
    ),
    "searchsorted.rows": Text(
        RuntimeError,
        en="leading sizes must be equal, got sequences {sequence.shape} and values {values.shape}",
        zh="前面各维大小必须相同，得到的序列是 {sequence.shape}，值是 {values.shape}",
    ),
    "quantile.between": Text(
        RuntimeError,
        en="interpolation must be one of {known}, got {interpolation!r}",
        zh="interpolation 必须是 {known} 之一，得到的是 {interpolation!r}",
    ),
    "quantile.share": Text(
        RuntimeError,
        en="q must be a number or a vector in the range [0, 1], got {q}",
        zh="q 必须是 [0, 1] 之内的数或向量，得到的是 {q}",
    ),
    "bincount.input": Text(
        RuntimeError,
        en="only supports 1-d non-negative integral inputs, got {x.dtype} of shape {x.shape}",
        zh="只支持 1 维的非负整数，得到的是 {x.dtype}，形状 {x.shape}",
    ),
    "histc.range": Text(
        RuntimeError,
        en="needs bins > 0 and max >= min, got {bins} bins from {least} to {most}",
        zh="要求 bins > 0 且 max >= min，得到的是从 {least} 到 {most} 的 {bins} 格",
    ),
    # --- gathering ---
    "index.bounds": Text(
        RuntimeError,
        en="index {index} is out of bounds for dimension {dim} with size {size}",
        zh="下标 {index} 超出第 {dim} 维的范围，其大小是 {size}",
    ),
    "index.rows": Text(
        IndexError,
        en="index out of range: {index}, in dimension {dim} of size {size}",
        zh="下标超出范围：{index}，第 {dim} 维的大小是 {size}",
    ),
    "index.vector": Text(
        IndexError,
        en="index must be a vector, got shape {index.shape}; use index.flatten()",
        zh="下标必须是向量，得到的形状是 {index.shape}；请用 index.flatten()",
    ),
    "index.source": Text(
        RuntimeError,
        en="source must have shape {expected}, as the index asks, got {source.shape}",
        zh="按下标，source 的形状应当是 {expected}，得到的是 {source.shape}",
    ),
    "masked_scatter.source": Text(
        RuntimeError,
        en="mask is True {count} times, but source has only {elements} elements; give as many, or use masked_fill",
        zh="掩码中有 {count} 个 True，但 source 只有 {elements} 个元素；请给出足够的元素，或用 masked_fill",
    ),
    "fill_diagonal.sizes": Text(
        RuntimeError,
        en="a tensor of more than 2 dimensions must have one size in all, got {x.shape}; use diagonal(dim1=, dim2=)",
        zh="多于 2 维的张量，各维大小须相同，得到的是 {x.shape}；请用 diagonal(dim1=, dim2=)",
    ),
    "gather.rank": Text(
        RuntimeError,
        en="index must have as many dimensions as the input {x.shape}, got shape {index.shape}",
        zh="下标的维数必须与输入（{x.shape}）相同，得到的形状是 {index.shape}",
    ),
    "gather.sizes": Text(
        RuntimeError,
        en="Expected index {index.shape} to be no larger than the input {x.shape} apart from dimension {dim}, and no "
        "larger than the source",
        zh="下标 {index.shape} 除第 {dim} 维外不能大于输入 {x.shape}，也不能大于 src",
    ),
    "scatter.reduce": Text(
        RuntimeError,
        en="reduce={reduce!r} is not offered; use scatter_add to add",
        zh="不提供 reduce={reduce!r}；要相加请用 scatter_add",
    ),
    # --- drawing ---
    "bernoulli.probability": Text(
        RuntimeError,
        en="Expected probabilities from 0 to 1; use sigmoid to make some of any numbers",
        zh="概率必须在 0 到 1 之间；任意的数可以先用 sigmoid",
    ),
    "uniform.range": Text(
        RuntimeError,
        en="expects a range [low, high) with low <= high, but got low={low} and high={high}",
        zh="范围 [low, high) 必须满足 low <= high，但得到 low={low}、high={high}",
    ),
    "exponential.rate": Text(
        RuntimeError,
        en="expects a rate above 0, but got lambd={rate}",
        zh="速率必须大于 0，但得到 lambd={rate}",
    ),
    "multinomial.dims": Text(
        RuntimeError,
        en="weights must be a vector or a matrix, got shape {x.shape}",
        zh="权重必须是向量或矩阵，得到的形状是 {x.shape}",
    ),
    "multinomial.count": Text(
        RuntimeError,
        en="cannot draw {count} samples of {size} weights; with more samples than weights use replacement=True",
        zh="不能从 {size} 个权重中抽 {count} 个；要抽得比权重多，请用 replacement=True",
    ),
    "multinomial.weights": Text(
        RuntimeError,
        en="probability tensor contains either inf, nan or element < 0; use softmax to make weights of any numbers",
        zh="权重中有 inf、nan 或负数；任意的数可以先用 softmax",
    ),
    "multinomial.zero": Text(
        RuntimeError,
        en="invalid multinomial distribution (sum of probabilities <= 0)",
        zh="权重之和必须大于 0",
    ),
}
