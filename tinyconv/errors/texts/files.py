"""Saving and loading (:mod:`tinyconv.serialization`)."""

from ..install import install
from .text import Text

TEXTS = {
    # --- writing ---
    "save.folder": Text(
        FileNotFoundError,
        en="cannot write {path!r}: the folder {folder!r} does not exist",
        zh="无法写入 {path!r}：文件夹 {folder!r} 不存在",
    ),
    "save.depth": Text(
        ValueError,
        en="nested deeper than {limit} at {place}; does it contain itself?",
        zh="{place} 处的嵌套超过 {limit} 层；它是否包含了自己？",
    ),
    "save.type": Text(
        TypeError,
        en="cannot store {place} of type {obj.__class__.__name__}. Use Tensors, NumPy arrays, numbers, strings, bools, "
        "None, and dicts, lists and tuples of them.",
        zh="无法保存 {place}，它的类型是 {obj.__class__.__name__}。请用 Tensor、NumPy 数组、数字、字符串、bool、None，"
        "以及由它们组成的 dict、list 和 tuple。",
    ),
    "save.key": Text(
        TypeError,
        en="{place} has the key {key!r} of type {key.__class__.__name__}. "
        "Keys must be strings, numbers, bools or None.",
        zh="{place} 有类型为 {key.__class__.__name__} 的键 {key!r}。键必须是字符串、数字、bool 或 None。",
    ),
    "save.lazy": Text(
        ValueError,
        en="{place} is a lazy parameter that has no shape yet. Run one batch through the model before saving it.",
        zh="{place} 是还没有形状的惰性参数。保存之前请先用一个批次运行一遍模型。",
    ),
    "save.dtype": Text(
        TypeError,
        en="{place} has dtype {array.dtype}; only numbers and bools can be stored",
        zh="{place} 的 dtype 是 {array.dtype}；只能保存数字和 bool",
    ),
    # --- reading .npz ---
    "load.refused": Text(
        ValueError,
        en="{error}",
        zh="{error}",
    ),
    "load.not_npz": Text(
        ValueError,
        en="not an .npz file, or a damaged one ({error})",
        zh="不是 .npz 文件，或者文件已损坏（{error}）",
    ),
    "load.damaged": Text(
        ValueError,
        en="damaged .npz file ({error.__class__.__name__}: {error})",
        zh="损坏的 .npz 文件（{error.__class__.__name__}: {error}）",
    ),
    "load.bomb": Text(
        ValueError,
        en="{file_size} bytes that unpack to {needed}, more than the limit of {limit}. "
        "If you trust the file, give load a larger max_bytes.",
        zh="{file_size} 字节解压后有 {needed} 字节，超过上限 {limit}。如果信任这个文件，请给 load 更大的 max_bytes。",
    ),
    "load.memory": Text(
        ValueError,
        en="needs {needed} bytes, more than this machine has free",
        zh="需要 {needed} 字节，超过了这台机器的空闲内存",
    ),
    "load.member_kind": Text(
        ValueError,
        en="member {name!r} is neither an array (.npy) nor structure.json",
        zh="成员 {name!r} 既不是数组（.npy），也不是 structure.json",
    ),
    "load.compression": Text(
        ValueError,
        en="member {info.filename!r} uses compression {info.compress_type}; need 0 or 8",
        zh="成员 {info.filename!r} 的压缩方式是 {info.compress_type}；只能是 0 或 8",
    ),
    "load.json": Text(
        ValueError,
        en="member 'structure.json' is not valid JSON ({error})",
        zh="成员 'structure.json' 不是有效的 JSON（{error}）",
    ),
    "load.member_size": Text(
        ValueError,
        en="member {name!r} has shape {shape} and dtype {dtype}, which is {expected} bytes, but holds {found}",
        zh="成员 {name!r} 的形状是 {shape}、dtype 是 {dtype}，应有 {expected} 字节，实际有 {found} 字节",
    ),
    "load.not_npy": Text(
        ValueError,
        en="member {name!r} is not a .npy array ({error})",
        zh="成员 {name!r} 不是 .npy 数组（{error}）",
    ),
    "load.pickled": Text(
        ValueError,
        en="member {name!r} has dtype {dtype}: pickled Python objects, which are never loaded",
        zh="成员 {name!r} 的 dtype 是 {dtype}：这是 pickle 保存的 Python 对象，从不载入",
    ),
    "load.no_numbers": Text(
        ValueError,
        en="member {name!r} has dtype {dtype}: no numbers",
        zh="成员 {name!r} 的 dtype 是 {dtype}：不是数字",
    ),
    "load.shape": Text(
        ValueError,
        en="member {name!r} has the impossible shape {shape}",
        zh="成员 {name!r} 的形状 {shape} 不可能存在",
    ),
    "load.structure": Text(
        ValueError,
        en="structure.json is not one that tinyconv wrote, near {near}",
        zh="structure.json 不是 tinyconv 写的，问题在 {near} 附近",
    ),
    "load.no_list": Text(
        ValueError,
        en="structure.json has a {kind!r} that is no list, near {near}",
        zh="structure.json 里有一个 {kind!r} 不是列表，在 {near} 附近",
    ),
    "load.unknown_kind": Text(
        ValueError,
        en="structure.json has the unknown kind {kind!r}",
        zh="structure.json 里有不认识的种类 {kind!r}",
    ),
    "load.entry": Text(
        ValueError,
        en="structure.json has a dict entry that is no [key, value], near {near}",
        zh="structure.json 里有一个 dict 条目不是 [key, value]，在 {near} 附近",
    ),
    "load.missing": Text(
        ValueError,
        en="member {name!r} is missing; the file has {members}",
        zh="缺少成员 {name!r}；文件里有 {members}",
    ),
    # --- .safetensors ---
    "safetensors.package": Text(
        ImportError,
        en=f"A .safetensors file needs the safetensors package: {install('safetensors')}. "
        "A name that ends in .npz needs nothing.",
        zh=f".safetensors 文件需要 safetensors 包：{install('safetensors')}。以 .npz 结尾的文件名什么都不需要。",
    ),
    "safetensors.no_dict": Text(
        TypeError,
        en="a .safetensors file holds a dict of Tensors, got {obj.__class__.__name__}",
        zh=".safetensors 文件保存的是由 Tensor 组成的 dict，得到的是 {obj.__class__.__name__}",
    ),
    "safetensors.entry": Text(
        TypeError,
        en="a .safetensors file holds only Tensors under string keys, but obj[{key!r}] is of type "
        "{value.__class__.__name__}. Save nested objects as .npz.",
        zh=".safetensors 文件只保存以字符串为键的 Tensor，但 obj[{key!r}] 的类型是 {value.__class__.__name__}。"
        "嵌套的对象请保存为 .npz。",
    ),
    "safetensors.damaged": Text(
        ValueError,
        en="not a .safetensors file that can be read ({error.__class__.__name__}: {error})",
        zh="不是可以读取的 .safetensors 文件（{error.__class__.__name__}: {error}）",
    ),
}
