"""What :mod:`tinyconv.arguments` says of an argument of another kind."""

from .text import Phrase, Text

TEXTS = {
    "argument.kind": Text(
        TypeError,
        en="argument '{name}' must be {wanted}, not {given}{hint}",
        zh="参数 '{name}' 应当是 {wanted}，不能是 {given}{hint}",
    ),
}

PHRASES = {
    "argument.or": Phrase(en=" or ", zh="或"),
    "argument.tensor": Phrase(en="a Tensor", zh="张量 (Tensor)"),
    "argument.int": Phrase(en="an int", zh="整数 (int)"),
    "argument.number": Phrase(en="a number", zh="数"),
    "argument.flag": Phrase(en="True or False", zh="True 或 False"),
    "argument.str": Phrase(en="a str", zh="字符串 (str)"),
    "argument.none": Phrase(en="None", zh="None"),
    "argument.ints": Phrase(en="a list or tuple of ints", zh="整数的列表或元组"),
    "argument.numbers": Phrase(en="a list or tuple of numbers", zh="数的列表或元组"),
    "argument.tensors": Phrase(en="a list or tuple of Tensors", zh="张量的列表或元组"),
    "argument.dtype": Phrase(en="a dtype such as tinyconv.float32", zh="数据类型（如 tinyconv.float32）"),
    "argument.device": Phrase(en="a device such as 'cpu'", zh="设备（如 'cpu'）"),
    "argument.function": Phrase(en="a function", zh="函数"),
    "argument.iterable": Phrase(en="a list or another iterable", zh="列表等可迭代对象"),
    "argument.dict": Phrase(en="a dict", zh="字典 (dict)"),
    "argument.use_tensor": Phrase(en="; use tinyconv.tensor({name})", zh="；请用 tinyconv.tensor({name})"),
    "argument.forgot_return": Phrase(
        en=" (did a function or a forward() before it forget its return?)",
        zh="（前面的函数或 forward() 是不是忘了 return？）",
    ),
    "argument.use_int": Phrase(en="; use {value} or int({name})", zh="；请用 {value} 或 int({name})"),
}
