"""What :mod:`tinyconv.absent` says of names that are not here."""

from .text import Phrase, Text

TEXTS = {
    "absent.name": Text(
        AttributeError,
        en="{name} is PyTorch's, and not in tinyconv{reason}",
        zh="{name} 是 PyTorch 的名字，tinyconv 没有{reason}",
    ),
    "absent.module": Text(
        AttributeError,
        en="module {owner!r} has no attribute {name!r}",
        zh="模块 {owner!r} 没有属性 {name!r}",
    ),
}

PHRASES = {
    "absent.instead": Phrase(en="; use {instead}", zh="；请用 {instead}"),
    "absent.recurrent": Phrase(en=": recurrent layers are outside of what it is for", zh="：循环层不在它的范围之内"),
    "absent.attention": Phrase(
        en=": attention is outside of what it is for; write it with matmul and softmax",
        zh="：注意力不在它的范围之内；可以用 matmul 和 softmax 来写",
    ),
    "absent.linalg": Phrase(
        en=": of linear algebra it has norm and matmul alone; NumPy's linalg takes x.numpy()",
        zh="：线性代数只有 norm 和 matmul；可以对 x.numpy() 用 NumPy 的 linalg",
    ),
    "absent.sparse": Phrase(en=": its tensors are dense", zh="：它的张量都是稠密的"),
    "absent.complex": Phrase(en=": its numbers are real", zh="：它只有实数"),
    "absent.bfloat16": Phrase(
        en=": NumPy has no such numbers; use float16 or float32", zh="：NumPy 没有这种数；请用 float16 或 float32"
    ),
    "absent.quantized": Phrase(en=": it has no quantised tensors", zh="：它没有量化张量"),
    "absent.compiled": Phrase(en=": it runs every operation as it is called", zh="：它的每个运算都是立即执行的"),
}
