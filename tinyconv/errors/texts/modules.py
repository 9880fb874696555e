"""Modules: attributes, the tree, states, hooks (:mod:`tinyconv.nn`), and the parameters in them."""

from .text import Phrase, Text

TEXTS = {
    # --- a class of the user's ---
    "module.forward": Text(
        NotImplementedError,
        en="{module.__class__.__name__} must define forward(self, ...)",
        zh="{module.__class__.__name__} 必须定义 forward(self, ...)",
    ),
    "module.init": Text(
        AttributeError,
        en="{module.__class__.__name__}.__init__() must call super().__init__() first",
        zh="{module.__class__.__name__}.__init__() 必须先调用 super().__init__()",
    ),
    "module.assign_before_init": Text(
        AttributeError,
        en="cannot assign {what} before Module.__init__() call: write super().__init__() as the first line of "
        "{module.__class__.__name__}.__init__, before {name!r} is set",
        zh="在调用 Module.__init__() 之前不能放入 {what}：请把 super().__init__() 写成 "
        "{module.__class__.__name__}.__init__ 的第一行，放在设置 {name!r} 之前",
    ),
    # --- attributes ---
    "module.attribute": Text(
        AttributeError,
        en="{module.__class__.__name__!r} object has no attribute {name!r}{hint}",
        zh="{module.__class__.__name__!r} 对象没有属性 {name!r}{hint}",
    ),
    "module.assign_parameter": Text(
        TypeError,
        en="cannot assign {value.__class__.__name__} as parameter {name!r} (nn.Parameter or None expected); to change "
        "its numbers write {name}.data = ...",
        zh="不能把 {value.__class__.__name__} 赋给参数 {name!r}（应当是 nn.Parameter 或 None）；"
        "要改变它的数，请写 {name}.data = ...",
    ),
    "module.assign_buffer": Text(
        TypeError,
        en="cannot assign {value.__class__.__name__} as buffer {name!r} (Tensor or None expected); to change its "
        "numbers write {name}.data = ...",
        zh="不能把 {value.__class__.__name__} 赋给缓冲区 {name!r}（应当是 Tensor 或 None）；"
        "要改变它的数，请写 {name}.data = ...",
    ),
    "module.assign_child": Text(
        TypeError,
        en="cannot assign {value.__class__.__name__} as child module {name!r} (nn.Module or None expected)",
        zh="不能把 {value.__class__.__name__} 赋给子模块 {name!r}（应当是 nn.Module 或 None）",
    ),
    "module.parameter": Text(
        TypeError,
        en="cannot assign {value.__class__.__name__} as parameter {name!r} (nn.Parameter or None required)",
        zh="不能把 {value.__class__.__name__} 登记为参数 {name!r}（必须是 nn.Parameter 或 None）",
    ),
    "module.buffer": Text(
        TypeError,
        en="cannot assign {value.__class__.__name__} as buffer {name!r} (Tensor or None required)",
        zh="不能把 {value.__class__.__name__} 登记为缓冲区 {name!r}（必须是 Tensor 或 None）",
    ),
    "module.child": Text(
        TypeError,
        en="{given} is not a Module subclass{hint}",
        zh="{given} 不是 Module 的子类{hint}",
    ),
    "module.name": Text(
        KeyError,
        en="{what} name can't be empty or contain '.', got {name!r}",
        zh="{what} 的名字不能为空，也不能含有 '.'，得到的是 {name!r}",
    ),
    "module.name_taken": Text(
        KeyError,
        en="attribute {name!r} already exists in {module.__class__.__name__}: choose another {what} name",
        zh="{module.__class__.__name__} 已有属性 {name!r}：请给 {what} 换一个名字",
    ),
    # --- the tree ---
    "module.table": Text(
        TypeError,
        en="holds parameters, got {kind}; use nn.Parameter(tc.tensor(...)), or nn.ModuleList for layers",
        zh="只放参数，得到的是 {kind}；请用 nn.Parameter(tc.tensor(...))，层请用 nn.ModuleList",
    ),
    "module.member": Text(
        AttributeError,
        en="`{target}` is not a {what} of this module: {kind} has no {what} {part!r}",
        zh="`{target}` 不是这个模块的 {what}：{kind} 没有名为 {part!r} 的 {what}",
    ),
    "module.path": Text(
        AttributeError,
        en="{module.__class__.__name__} has no submodule {part!r} (of path {target!r})",
        zh="{module.__class__.__name__} 没有子模块 {part!r}（路径是 {target!r}）",
    ),
    "module.index": Text(
        IndexError,
        en="index {index} is out of range: this {module.__class__.__name__} holds {count} modules",
        zh="下标 {index} 超出范围：这个 {module.__class__.__name__} 有 {count} 个模块",
    ),
    "module.mode": Text(
        ValueError,
        en="training mode is expected to be boolean, got {mode!r}",
        zh="训练模式应当是 bool，得到的是 {mode!r}",
    ),
    "module.dtype": Text(
        TypeError,
        en="nn.Module.to only accepts floating point dtypes, but got desired dtype={dtype}",
        zh="nn.Module.to 只接受浮点 dtype，但要求的是 dtype={dtype}",
    ),
    "module.hook_gradients": Text(
        RuntimeError,
        en="Backward hook returned an invalid number of grad_input, got {got}, but expected {expected} (one for each "
        "input of {module.__class__.__name__})",
        zh="反向钩子返回的 grad_input 个数不对，得到 {got} 个，应当是 {expected} 个"
        "（{module.__class__.__name__} 的每个输入一个）",
    ),
    # --- states ---
    "state.lazy": Text(
        RuntimeError,
        en="{name!r} belongs to a lazy layer and has no shape before the first forward. Call the model once on an "
        "input first: model(x)",
        zh="{name!r} 属于惰性层，在第一次前向计算之前没有形状。请先用一个输入调用一次模型：model(x)",
    ),
    "state.type": Text(
        TypeError,
        en="Expected state_dict to be dict-like, got {state_dict.__class__.__name__}",
        zh="state_dict 应当是 dict 一类的对象，得到的是 {state_dict.__class__.__name__}",
    ),
    "state.problems": Text(
        RuntimeError,
        en="Error(s) in loading state_dict for {module.__class__.__name__}:\n\t{problems}",
        zh="为 {module.__class__.__name__} 载入 state_dict 时出错：\n\t{problems}",
    ),
    # --- parameters ---
    "parameter.no_shape": Text(
        RuntimeError,
        en="this parameter belongs to a lazy layer (in_channels or in_features None) and has no shape before the "
        "model's first forward: call the model once on an input, or load a state_dict",
        zh="这个参数属于惰性层（in_channels 或 in_features 为 None），在模型第一次前向计算之前没有形状："
        "请用一个输入调用一次模型，或载入 state_dict",
    ),
}

PHRASES = {
    "module.init_hint": Phrase(
        en="; did its __init__ call super().__init__() first?",
        zh="；它的 __init__ 是否先调用了 super().__init__()？",
    ),
    "module.hint_class": Phrase(
        en=": it is a class, and a layer is made of it by calling it. Write {name}(...)",
        zh="：它是一个类，要调用它才得到一层。请写 {name}(...)",
    ),
    "module.hint_list": Phrase(
        en=". Of a list of layers make arguments with a star: Sequential(*layers)",
        zh="。要把层的列表当作参数，请加星号：Sequential(*layers)",
    ),
    "module.hint_function": Phrase(
        en=": it is a function. Use the layer of that name (nn.ReLU() for F.relu), or call {name} in your forward",
        zh="：它是一个函数。请用同名的层（F.relu 对应 nn.ReLU()），或在自己的 forward 里调用 {name}",
    ),
    "state.unexpected": Phrase(
        en="Unexpected key(s) in state_dict: {keys}.",
        zh="state_dict 里有多余的键：{keys}。",
    ),
    "state.missing": Phrase(
        en="Missing key(s) in state_dict: {keys}.",
        zh="state_dict 里缺少键：{keys}。",
    ),
    "state.no_array": Phrase(
        en='While copying "{name}": expected a Tensor or an array, got {value.__class__.__name__}.',
        zh='复制 "{name}" 时：应当是 Tensor 或数组，得到的是 {value.__class__.__name__}。',
    ),
    "state.no_shape": Phrase(
        en='While copying "{name}": the checkpoint holds a lazy parameter that has no shape yet.',
        zh='复制 "{name}" 时：检查点里是还没有形状的惰性参数。',
    ),
    "state.shape": Phrase(
        en="size mismatch for {name}: copying a param with shape {value.shape} from checkpoint, the shape in current "
        "model is {expected}.",
        zh="{name} 的大小不一致：检查点里的形状是 {value.shape}，当前模型里的形状是 {expected}。",
    ),
    "state.no_numbers": Phrase(
        en='While copying "{name}": expected real numbers, got dtype {value.dtype}.',
        zh='复制 "{name}" 时：应当是实数，得到的 dtype 是 {value.dtype}。',
    ),
    "state.not_exact": Phrase(
        en='While copying "{name}": the values are {value.dtype}, and {member.dtype} in current model cannot hold them '
        "all.",
        zh='复制 "{name}" 时：值的 dtype 是 {value.dtype}，当前模型里的 {member.dtype} 无法容纳其中所有的数。',
    ),
    "state.read_only": Phrase(
        en='While copying "{name}": its array in current model is read-only.',
        zh='复制 "{name}" 时：当前模型里它的数组是只读的。',
    ),
}
