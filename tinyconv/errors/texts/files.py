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
        en="damaged {kind} file ({error.__class__.__name__}: {error})",
        zh="损坏的 {kind} 文件（{error.__class__.__name__}: {error}）",
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
    # --- PyTorch's files ---
    "save.torch_type": Text(
        TypeError,
        en="a .pt file cannot store {place} of type {obj.__class__.__name__}. Use Tensors (tc.from_numpy(array)), "
        "numbers, strings, bools, None, and dicts, lists and tuples of them; of a model, save model.state_dict()",
        zh=".pt 文件无法保存 {place}，它的类型是 {obj.__class__.__name__}。请用 Tensor（tc.from_numpy(array)）、"
        "数字、字符串、bool、None，以及由它们组成的 dict、list 和 tuple；对于模型，请保存 model.state_dict()",
    ),
    "load.two_devices": Text(
        TypeError,
        en="map_location (PyTorch's word) and device both say where the Tensors go; give one of them",
        zh="map_location（PyTorch 的写法）和 device 都指定 Tensor 的去处；请只给一个",
    ),
    "load.map_location": Text(
        TypeError,
        en="map_location must be a device, a dict of devices or a function, got {given!r}. Use map_location='cpu'",
        zh="map_location 应当是设备、设备的 dict 或函数，得到 {given!r}。请用 map_location='cpu'",
    ),
    "load.at_end": Text(
        ValueError,
        en="nothing is left to read: the file is empty, or stands at its end after writing. "
        "Use file.seek(0) before load",
        zh="没有可读的内容：文件是空的，或者写入后停在末尾。请在 load 之前用 file.seek(0)",
    ),
    "load.not_torch": Text(
        ValueError,
        en="not a file of torch.save or tc.save, or a damaged one ({error})",
        zh="不是 torch.save 或 tc.save 写的文件，或者文件已损坏（{error}）",
    ),
    "load.torchscript": Text(
        ValueError,
        en="a TorchScript program, which is code. Save the numbers alone: torch.save(model.state_dict(), 'model.pth')",
        zh="这是 TorchScript 程序，即代码。请只保存数值：torch.save(model.state_dict(), 'model.pth')",
    ),
    "load.torch_legacy": Text(
        ValueError,
        en="the parts of the old PyTorch form do not fit together; the file is damaged. "
        "If PyTorch can read it, let torch.save write it again",
        zh="PyTorch 旧格式的各部分对不上；文件已损坏。如果 PyTorch 能读，请用 torch.save 重新写一遍",
    ),
    "load.torch_name": Text(
        ValueError,
        en="the file asks for {name}, which load does not build: it runs no code of a file. If this is a whole model, "
        "save its numbers in its place: torch.save(model.state_dict(), 'model.pth'); "
        "of other objects, save numbers and Tensors",
        zh="文件要求 {name}，load 不会建立它：load 不运行文件里的代码。如果这是整个模型，请改为只保存数值："
        "torch.save(model.state_dict(), 'model.pth')；其他对象请保存为数字和 Tensor",
    ),
    "load.torch_dtype": Text(
        ValueError,
        en="the file holds {name}, an element type that NumPy lacks. Convert before saving: model.float(), x.float()",
        zh="文件里有 {name}，NumPy 没有这种元素类型。请在保存前转换：model.float()、x.float()",
    ),
    "load.torch_storage": Text(
        ValueError,
        en="the pickle describes a storage in a way that PyTorch does not; the file is damaged",
        zh="pickle 对存储的描述不是 PyTorch 的写法；文件已损坏",
    ),
    "load.storage_size": Text(
        ValueError,
        en="storage {name!r} should have {expected} bytes, but has {found}",
        zh="存储 {name!r} 应有 {expected} 字节，实际有 {found} 字节",
    ),
    "load.torch_sizes": Text(
        ValueError,
        en="a tensor has the impossible size or stride {given}",
        zh="有一个张量的大小或步长 {given} 不可能存在",
    ),
    "load.torch_dims": Text(
        ValueError,
        en="a tensor has {count} dimensions, more than the 32 of NumPy",
        zh="有一个张量是 {count} 维，超过了 NumPy 的 32 维",
    ),
    "load.torch_view": Text(
        ValueError,
        en="a tensor of shape {shape} and dtype {dtype} reaches beyond its storage",
        zh="形状为 {shape}、dtype 为 {dtype} 的张量超出了它的存储",
    ),
    "load.torch_value": Text(
        ValueError,
        en="the file holds {kind}, which is no value by itself. Save the Tensor",
        zh="文件里的 {kind} 本身不是一个值。请保存 Tensor",
    ),
    "load.torch_depth": Text(
        ValueError,
        en="nested deeper than {limit}",
        zh="嵌套超过 {limit} 层",
    ),
    "load.pickle": Text(
        ValueError,
        en="the pickle is damaged before byte {position} ({error.__class__.__name__}: {error})",
        zh="pickle 在第 {position} 字节之前已损坏（{error.__class__.__name__}: {error}）",
    ),
    "load.pickle_ends": Text(
        ValueError,
        en="the pickle ends in the middle: {wanted} bytes are needed, {found} are there",
        zh="pickle 中途结束：需要 {wanted} 字节，只有 {found} 字节",
    ),
    "load.pickle_code": Text(
        ValueError,
        en="the pickle has the code {code!r} at byte {position}, which plain values and Tensors do not need",
        zh="pickle 在第 {position} 字节有代码 {code!r}，普通的值和 Tensor 用不到它",
    ),
    "load.pickle_call": Text(
        ValueError,
        en="the pickle calls a value of type {kind}, which is no function",
        zh="pickle 调用了类型为 {kind} 的值，它不是函数",
    ),
    "load.pickle_state": Text(
        ValueError,
        en="the pickle gives attributes to a value of type {kind}; only a state dict has some, its _metadata",
        zh="pickle 给类型为 {kind} 的值设置属性；只有状态字典有属性 _metadata",
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
