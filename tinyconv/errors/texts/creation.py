"""Making tensors: sizes, ranges, random numbers (:mod:`tinyconv.creation`)."""

from .text import Text

TEXTS = {
    "arange.endless": Text(
        RuntimeError,
        en="unsupported range: {first} -> {last} in steps of {step}; the three must be finite",
        zh="无法生成的范围：{first} -> {last}，步长 {step}；三个数都必须是有限的",
    ),
    "normal.size": Text(
        ValueError,
        en="numbers need a size, and Tensors have one, but got size={size}",
        zh="均值和标准差是数时要给 size，是张量时不用给；得到的是 size={size}",
    ),
    "normal.std": Text(
        RuntimeError,
        en="a standard deviation must not be negative, but got {std}",
        zh="标准差不能是负数，得到的是 {std}",
    ),
    "sizes.ints": Text(
        TypeError,
        en="sizes must be ints, got {value!r}; numbers to put into a tensor go to tensor(...)",
        zh="大小必须是整数，得到的是 {value!r}；要放进张量的数请交给 tensor(...)",
    ),
    "sizes.negative": Text(
        RuntimeError,
        en="Trying to create tensor with negative dimension: {sizes}",
        zh="要创建的张量有负的大小：{sizes}",
    ),
    "arange.zero_step": Text(
        RuntimeError,
        en="step must be nonzero",
        zh="step 不能是零",
    ),
    "arange.direction": Text(
        RuntimeError,
        en="upper bound and lower bound inconsistent with step sign: from {first} to {last} by {step}",
        zh="上下界与 step 的符号不一致：从 {first} 到 {last}，每步 {step}",
    ),
    "linspace.steps": Text(
        RuntimeError,
        en="number of steps must be non-negative, but got {steps}",
        zh="steps 不能是负数，但得到 {steps}",
    ),
    "random.dtype": Text(
        RuntimeError,
        en="random numbers of rand, randn and normal need a floating point dtype, got {dtype}; use randint",
        zh="rand、randn 和 normal 的随机数要用浮点 dtype，得到的是 {dtype}；请用 randint",
    ),
    "random.seed": Text(
        ValueError,
        en="a seed must be an integer from -2**63 to 2**64 - 1, got {seed!r}",
        zh="种子必须是从 -2**63 到 2**64 - 1 的整数，得到的是 {seed!r}",
    ),
    "randint.range": Text(
        RuntimeError,
        en="expects low < high, but got low={low} and high={high}",
        zh="必须 low < high，但得到 low={low}、high={high}",
    ),
    "randint.dtype": Text(
        RuntimeError,
        en="{dtype} cannot hold all integers from {low} to {last}; use dtype=int64",
        zh="{dtype} 放不下从 {low} 到 {last} 的所有整数；请用 dtype=int64",
    ),
}
