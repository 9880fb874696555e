"""Models written to ONNX files (:mod:`tinyconv.onnx`); the export heads the text, and names the operation."""

from ..kinds import NotExportable
from .text import Phrase, Text

TEXTS = {
    # --- the call (export.py, trace.py) ---
    "export.example": Text(
        TypeError,
        en="example_input must be a Tensor or several, got {kind}",
        zh="example_input 必须是一个或几个 Tensor，得到的是 {kind}",
    ),
    "export.results": Text(
        TypeError,
        en="the model must give a Tensor or a tuple of Tensors, got {kinds}",
        zh="模型必须给出 Tensor 或 Tensor 的 tuple，得到的是 {kinds}",
    ),
    "export.batch": Text(
        ValueError,
        en="the inputs {shapes} must share a first size N >= 1, the batch. For inputs without a batch axis use "
        "dynamic_batch=False",
        zh="输入 {shapes} 的第一个轴的大小 N 必须相同且 >= 1，它是批量。没有批量轴的输入请用 dynamic_batch=False",
    ),
    "export.names": Text(
        ValueError,
        en="the model has {count} {kind}; {names} does not name them, each by its own name",
        zh="模型有 {count} 个{kind}；{names} 没有给它们各取一个自己的名字",
    ),
    # --- what depends on the batch (export.py, graph.py) ---
    "export.other_path": Text(
        NotExportable,
        en="the model computes in another way for one sample more; use dynamic_batch=False",
        zh="多一个样本时，模型的计算方式就不同；请用 dynamic_batch=False",
    ),
    "export.other_number": Text(
        NotExportable,
        en="{operation} got {name}={value} for {samples} samples and {other} for {more}: a number that depends on the "
        "batch cannot be written down. Use dynamic_batch=False",
        zh="{operation} 在 {samples} 个样本时得到 {name}={value}，在 {more} 个样本时得到 {other}："
        "随批量而变的数无法写进文件。请用 dynamic_batch=False",
    ),
    "export.other_shape": Text(
        NotExportable,
        en="a value has shape {tensor.shape} for {samples} samples and {twin.shape} for {more}",
        zh="有一个值在 {samples} 个样本时形状是 {tensor.shape}，在 {more} 个样本时是 {twin.shape}",
    ),
    "export.unseen": Text(
        NotExportable,
        en="a value of shape {value.shape} depends on the batch, but was computed where it cannot be seen: "
        "outside tinyconv's operations, as from x.data or x.numpy()",
        zh="形状为 {value.shape} 的值取决于批量，但它是在看不到的地方算出的："
        "在 tinyconv 的运算之外，例如由 x.data 或 x.numpy() 算出",
    ),
    "export.stale": Text(
        NotExportable,
        en="{operation} uses a tensor of shape {value.shape} whose memory the model writes to where the export cannot "
        "follow: through another view of it, or after it was read as a constant. Use x = x + 1 in the place of x += 1",
        zh="{operation} 用到形状为 {value.shape} 的张量，而模型以导出无法跟踪的方式写入它的内存："
        "通过它的另一个视图，或在它已作为常量读出之后。请用 x = x + 1 代替 x += 1",
    ),
    "export.reshape_sizes": Text(
        NotExportable,
        en="a reshape to {shape} has {count} sizes that depend on the batch",
        zh="改成形状 {shape} 时，有 {count} 个大小取决于批量",
    ),
    "export.reshape_empty": Text(
        NotExportable,
        en="a reshape of the empty shape {x.shape} with an open batch axis",
        zh="批量轴不定时，改变空的形状 {x.shape}",
    ),
    "export.not_the_model": Text(
        RuntimeError,
        en="the file's {name} of shape {found.shape} is not the model's of shape {expected.shape}. The model computes "
        "where the export cannot see it: through x.data or x.numpy(), by writing into a part of a tensor, or with "
        "random numbers",
        zh="文件的 {name}（形状 {found.shape}）与模型的（形状 {expected.shape}）不同。模型在导出看不到的地方做了计算："
        "通过 x.data 或 x.numpy()，写入张量的一部分，或用了随机数",
    ),
    # --- operations without a form in ONNX (export.py, convert.py, convert_layers.py) ---
    "export.unknown": Text(
        NotExportable,
        en="{operation} has no form in ONNX that this package knows",
        zh="{operation} 在 ONNX 里没有这个包知道的写法",
    ),
    "export.taps": Text(
        NotExportable,
        en="the taps of a max pooling are used in a way that has no form in ONNX",
        zh="最大池化所取的位置的用法在 ONNX 里没有对应的写法",
    ),
    "export.several_indices": Text(
        NotExportable,
        en="an index of bools, or of several integer arrays",
        zh="布尔的下标，或几个整数数组的下标",
    ),
    "export.mixed_index": Text(
        NotExportable,
        en="an index that mixes an integer array with ints or None",
        zh="把整数数组与整数或 None 混在一起的下标",
    ),
    "export.write": Text(
        NotExportable,
        en="a write into a part of a tensor, or of values of another shape; use where or cat",
        zh="写入张量的一部分，或写入另一种形状的值；请用 where 或 cat",
    ),
    "export.float16_norm": Text(
        NotExportable,
        en="normalisation of float16 by its own statistics; use model.float()",
        zh="用 float16 自己的统计量做归一化；请用 model.float()",
    ),
    "export.pool_padding": Text(
        NotExportable,
        en="indices of a max pooling with padding {pairs}, not below the kernel",
        zh="填充 {pairs} 不小于池化窗口时，最大池化的下标",
    ),
    "export.dtype": Text(NotExportable, en="{name} of {dtype}", zh="{dtype} 的 {name}"),
    "export.keepdim": Text(NotExportable, en="{name} over all axes with keepdim", zh="对所有轴并带 keepdim 的 {name}"),
    "export.unbatched": Text(
        NotExportable,
        en="{name} of an unbatched input {x.shape}; use unsqueeze(0)",
        zh="对没有批量的输入 {x.shape} 做 {name}；请用 unsqueeze(0)",
    ),
    "export.adaptive_indices": Text(
        NotExportable,
        en="indices of adaptive max pooling from {size} to {out}, whose bins are not equal",
        zh="从 {size} 到 {out} 的自适应最大池化的下标，因为各区间不相等",
    ),
}

PHRASES = {
    "export.inputs": Phrase("inputs", "输入"),
    "export.outputs": Phrase("outputs", "输出"),
    "export.nothing": Phrase("nothing", "空的结果"),
}
