"""Models read from ONNX files, and their operators (:mod:`tinyconv.onnx`).

The file's name heads what is wrong with the file, the node what is wrong with an operator: ``Conv (x, w) -> (y)``.
"""

from ..install import install
from ..kinds import NotSupported
from .text import Text

TEXTS = {
    "onnx.no_package": Text(
        ImportError,
        en=f"tinyconv.onnx needs the onnx package to read and write files. Use {install('onnx')}",
        zh=f"tinyconv.onnx 读写文件需要 onnx 包。请用 {install('onnx')}",
    ),
    # --- the file (files.py) ---
    "onnx.file_size": Text(
        ValueError,
        en="more than the limit of {limit} bytes; give load a larger max_bytes",
        zh="超过了 {limit} 字节的上限；请给 load 更大的 max_bytes",
    ),
    "onnx.no_file": Text(
        ValueError,
        en="not an ONNX file, or a damaged one ({error})",
        zh="不是 ONNX 文件，或者已经损坏（{error}）",
    ),
    "onnx.no_graph": Text(ValueError, en="holds no graph with an output", zh="里面没有带输出的计算图"),
    "onnx.functions": Text(
        NotSupported,
        en="functions are not supported (the first is {name!r})",
        zh="不支持函数（第一个是 {name!r}）",
    ),
    "onnx.sparse": Text(NotSupported, en="sparse initialisers are not supported", zh="不支持稀疏的初始值"),
    "onnx.name": Text(ValueError, en="the name {name!r} is not UTF-8", zh="名字 {name!r} 不是 UTF-8"),
    "onnx.opset": Text(ValueError, en="there is no operator set {version}", zh="没有编号为 {version} 的算子集"),
    "onnx.unreadable": Text(ValueError, en="its graph cannot be read ({error})", zh="读不出它的计算图（{error}）"),
    "onnx.nodes": Text(
        ValueError, en="{count} nodes, more than the limit of {limit}", zh="有 {count} 个节点，超过了上限 {limit}"
    ),
    "onnx.input_kind": Text(
        NotSupported,
        en="the input {name!r} is a {kind}, not a tensor",
        zh="输入 {name!r} 是 {kind}，不是张量",
    ),
    "onnx.input_dtype": Text(
        NotSupported,
        en="the input {name!r} has ONNX's dtype number {number}, which is not supported",
        zh="输入 {name!r} 的类型在 ONNX 里的编号是 {number}，不支持这种类型",
    ),
    "onnx.domain": Text(
        NotSupported,
        en="operator {kind!r} of the domain {domain!r} is not ONNX's own",
        zh="域 {domain!r} 的算子 {kind!r} 不是 ONNX 自己的",
    ),
    "onnx.subgraph": Text(
        NotSupported,
        en="{kind}: graphs within graphs (loops and branches) are not supported",
        zh="{kind}: 不支持计算图里的计算图（循环与分支）",
    ),
    "onnx.attribute": Text(
        NotSupported,
        en="{kind}: the attribute {name!r} is of a type that is not supported",
        zh="{kind}: 属性 {name!r} 的类型不支持",
    ),
    # --- its tensors (files.py) ---
    "onnx.tensor_shape": Text(
        ValueError,
        en="tensor {name!r} has the impossible shape {shape}",
        zh="张量 {name!r} 的形状 {shape} 不可能存在",
    ),
    "onnx.tensor_limit": Text(
        ValueError,
        en="tensors up to {name!r} need more than the limit of {limit} bytes; give load a larger max_bytes",
        zh="到 {name!r} 为止的张量需要的字节超过了上限 {limit}；请给 load 更大的 max_bytes",
    ),
    "onnx.tensor_damaged": Text(
        ValueError,
        en="tensor {name!r} of shape {shape} is damaged: {error}",
        zh="张量 {name!r}（形状 {shape}）已损坏：{error}",
    ),
    "onnx.tensor_dtype": Text(
        NotSupported,
        en="tensor {name!r} has ONNX's dtype number {number}, which is not supported",
        zh="张量 {name!r} 的类型在 ONNX 里的编号是 {number}，不支持这种类型",
    ),
    "onnx.external_place": Text(
        ValueError,
        en="tensor {name!r} has a damaged offset or length",
        zh="张量 {name!r} 的偏移或长度已损坏",
    ),
    "onnx.external_size": Text(
        ValueError,
        en="tensor {name!r} of shape {shape} needs {size} bytes at {offset} of {file!r}, which holds {held}, and says "
        "that it has {length}",
        zh="张量 {name!r}（形状 {shape}）需要 {file!r} 里从 {offset} 起的 {size} 字节，而该文件有 {held} 字节，"
        "张量又说自己有 {length} 字节",
    ),
    "onnx.external_folder": Text(
        ValueError,
        en="tensor {name!r} lies in another file, {location!r}; load the model from its folder",
        zh="张量 {name!r} 在另一个文件 {location!r} 里；请从模型所在的文件夹载入",
    ),
    "onnx.external_outside": Text(
        ValueError,
        en="tensor {name!r} points to {location!r}, outside the model's folder; this is refused",
        zh="张量 {name!r} 指向模型文件夹之外的 {location!r}；这不允许",
    ),
    "onnx.external_absent": Text(
        ValueError,
        en="tensor {name!r} points to {location!r}, which is not a file beside the model",
        zh="张量 {name!r} 指向 {location!r}，但模型旁边没有这个文件",
    ),
    # --- the model (model.py) ---
    "onnx.operators": Text(NotSupported, en="operators that are not supported: {names}", zh="有不支持的算子：{names}"),
    "onnx.no_output": Text(
        ValueError,
        en="the model file computes no value for its output {name!r}",
        zh="模型文件没有计算它的输出 {name!r}",
    ),
    "onnx.inputs": Text(
        TypeError,
        en="the file has the inputs {inputs}, got {by_position} by position and {by_name} by name",
        zh="文件的输入是 {inputs}，按位置给了 {by_position} 个，按名字给了 {by_name}",
    ),
    "onnx.not_computed": Text(
        ValueError, en="{node}: nothing before it computes {name!r}", zh="{node}: 在它之前没有节点计算 {name!r}"
    ),
    "onnx.does_not_fit": Text(
        ValueError,
        en="{node}: the file's inputs or attributes do not fit the operator: {error}",
        zh="{node}: 文件里的输入或属性与这个算子不合：{error}",
    ),
    "onnx.omitted": Text(
        ValueError,
        en="{node}: input number {place} is left out, but the operator needs it",
        zh="{node}: 第 {place} 个输入没有给，而这个算子需要它",
    ),
    "onnx.axis": Text(
        ValueError,
        en="{node}: axis {axis} is outside the {ndim} axes that there are",
        zh="{node}: 轴 {axis} 超出了现有的 {ndim} 个轴",
    ),
    "onnx.axes_twice": Text(
        ValueError, en="{node}: the axes {axes} name an axis twice", zh="{node}: axes {axes} 里有一个轴出现了两次"
    ),
    "onnx.flag": Text(
        ValueError, en="{node}: {name}={value} must be 0 or 1", zh="{node}: {name}={value} 必须是 0 或 1"
    ),
    "onnx.taps": Text(
        ValueError,
        en="{node}: a window of {count} cells; at most {limit} are computed",
        zh="{node}: 窗口有 {count} 格；最多只算 {limit} 格",
    ),
    "onnx.repeats": Text(
        ValueError,
        en="{node}: repeats {repeats} must give one number >= 0 for each of {ndim} axes",
        zh="{node}: repeats {repeats} 必须给 {ndim} 个轴各一个 >= 0 的数",
    ),
    "onnx.matrix": Text(
        ValueError,
        en="{node}: needs matrices, got the shape {x.shape}",
        zh="{node}: 需要矩阵，得到的形状是 {x.shape}",
    ),
    "onnx.output_count": Text(
        NotSupported, en="{node}: only {count} outputs are available", zh="{node}: 只有 {count} 个输出可用"
    ),
    "onnx.result_size": Text(
        ValueError,
        en="{node}: a result of shape {shape} needs {needed} bytes beside {node.live} of other results, more than the "
        "limit of {node.max_bytes}. "
        "If you trust the file, give load a larger max_bytes",
        zh="{node}: 形状为 {shape} 的结果需要 {needed} 字节，其他结果已占 {node.live} 字节，"
        "超过了上限 {node.max_bytes}。"
        "若信任这个文件，请给 load 更大的 max_bytes",
    ),
    "onnx.results_size": Text(
        ValueError,
        en="{node}: with its results {live} bytes are held, more than the limit of {node.max_bytes}. "
        "If you trust the file, give load a larger max_bytes",
        zh="{node}: 加上它的结果共占 {live} 字节，超过了上限 {node.max_bytes}。"
        "若信任这个文件，请给 load 更大的 max_bytes",
    ),
    # --- convolution and pooling (layers.py) ---
    "onnx.window": Text(
        ValueError,
        en="{node}: kernel {kernel}, strides {strides}, dilations {dilations} do not fit one another",
        zh="{node}: 卷积核 {kernel}、strides {strides}、dilations {dilations} 互不相合",
    ),
    "onnx.pads": Text(
        ValueError,
        en="{node}: pads {pads} must give (before, after) >= 0 for each of {ndim} spatial axes",
        zh="{node}: pads {pads} 必须给 {ndim} 个空间轴各一对 >= 0 的（前，后）",
    ),
    "onnx.kernel_shape": Text(
        ValueError,
        en="{node}: kernel_shape {kernel} is not that of the weight {weight.shape}",
        zh="{node}: kernel_shape {kernel} 与权重 {weight.shape} 的不同",
    ),
    "onnx.weight": Text(
        ValueError,
        en="{node}: a weight of shape {weight.shape} does not fit an input of shape {x.shape}",
        zh="{node}: 形状为 {weight.shape} 的权重与形状为 {x.shape} 的输入不合",
    ),
    "onnx.group": Text(
        ValueError,
        en="{node}: a weight of shape {weight.shape} and group={groups} do not fit an input of shape {x.shape}",
        zh="{node}: 形状为 {weight.shape} 的权重和 group={groups} 与形状为 {x.shape} 的输入不合",
    ),
    "onnx.deform_axes": Text(
        NotSupported,
        en="{node}: {ndim} spatial axes; deformable convolution here has 2",
        zh="{node}: 有 {ndim} 个空间轴；这里的可变形卷积只有 2 个",
    ),
    "onnx.pool_kernel": Text(
        ValueError,
        en="{node}: kernel_shape {kernel} does not fit an input of shape {x.shape}",
        zh="{node}: kernel_shape {kernel} 与形状为 {x.shape} 的输入不合",
    ),
    "onnx.no_place": Text(
        ValueError,
        en="{node}: no window of {span} cells fits an axis of {lo} + {size} + {hi} cells",
        zh="{node}: {lo} + {size} + {hi} 格的轴放不下 {span} 格的窗口",
    ),
    "onnx.unpool": Text(
        ValueError,
        en="{node}: indices of shape {indices.shape} do not fit values {x.shape} in planes of {size}",
        zh="{node}: 形状为 {indices.shape} 的下标与大小为 {size} 的平面里的值 {x.shape} 不合",
    ),
    "onnx.per_channel": Text(
        ValueError,
        en="{node}: {name} of shape {value.shape} must have one element for each of {channels} channels",
        zh="{node}: {name} 的形状是 {value.shape}，它必须给 {channels} 个通道各一个数",
    ),
    "onnx.gemm": Text(
        ValueError,
        en="{node}: Gemm multiplies matrices, got shapes {a.shape} and {b.shape}",
        zh="{node}: Gemm 把矩阵相乘，得到的形状是 {a.shape} 和 {b.shape}",
    ),
    # --- shapes and indices (shape.py) ---
    "onnx.constant": Text(NotSupported, en="{node}: a constant that is no number", zh="{node}: 常数不是数"),
    "onnx.range": Text(
        ValueError,
        en="{node}: Range from {first} to {last} by {step} does not end",
        zh="{node}: 从 {first} 到 {last}、步长为 {step} 的 Range 没有尽头",
    ),
    "onnx.cast": Text(
        NotSupported,
        en="{node}: a cast to ONNX's dtype number {number}",
        zh="{node}: 要转换成在 ONNX 里编号为 {number} 的类型",
    ),
    "onnx.squeeze": Text(
        ValueError,
        en="{node}: cannot squeeze axes {axes} of shape {x.shape}: only a size of 1 can be dropped",
        zh="{node}: 不能去掉形状 {x.shape} 的轴 {axes}：只有大小为 1 的轴可以去掉",
    ),
    "onnx.concat": Text(ValueError, en="{node}: nothing to concatenate", zh="{node}: 没有可以连接的"),
    "onnx.index": Text(
        ValueError,
        en="{node}: an index is outside the axis of {size} elements",
        zh="{node}: 有下标超出了大小为 {size} 的轴",
    ),
    "onnx.gather_shape": Text(
        ValueError,
        en="{node}: indices of shape {indices.shape} need as many axes as {x.shape}, none longer but "
        "the one picked along",
        zh="{node}: 形状为 {indices.shape} 的下标要有与 {x.shape} 同样多的轴，除被取的轴外都不能更长",
    ),
    "onnx.reduction": Text(
        NotSupported, en="{node}: reduction={reduction!r}", zh="{node}: 不支持 reduction={reduction!r}"
    ),
    "onnx.resize_rule": Text(
        NotSupported,
        en="{node}: {rule}; nearest, linear and cubic are available, without antialias, excluded or cropped cells",
        zh="{node}: {rule}；支持 nearest、linear 与 cubic，不支持抗锯齿、排除或裁剪",
    ),
    "onnx.resize_axes": Text(
        ValueError,
        en="{node}: resizing {x.shape} to {target}: one size or scale >= 0 is needed for each axis",
        zh="{node}: 把 {x.shape} 缩放到 {target}：每个轴要有一个 >= 0 的大小或比例",
    ),
    "onnx.mode": Text(NotSupported, en="{node}: mode={mode!r}", zh="{node}: 不支持 mode={mode!r}"),
    # --- element by element (elementwise.py), and training (training.py) ---
    "onnx.legacy_broadcast": Text(
        NotSupported,
        en="{node}: the broadcast attribute of operator sets before 7",
        zh="{node}: 算子集 7 以前的 broadcast 属性",
    ),
    "onnx.clip": Text(
        ValueError, en="{node}: the limits of Clip must be single numbers", zh="{node}: Clip 的界限必须各是一个数"
    ),
    "onnx.training_mode": Text(
        NotSupported,
        en="{node}: training_mode: its random mask is no file's to say",
        zh="{node}: training_mode：它的随机掩码不由文件决定",
    ),
    "onnx.states": Text(
        ValueError,
        en="{node}: a parameter, its gradient and its states differ in shape",
        zh="{node}: 参数、它的梯度与它的状态形状不同",
    ),
}
