"""What PyTorch's scripts say out of habit (:mod:`tinyconv.amp`, :mod:`tinyconv.typed`, :mod:`tinyconv.settings`)."""

from .text import Phrase, Text

TEXTS = {
    "amp.autocast": Text(
        RuntimeError,
        en="tinyconv has no mixed precision: leave the block out, or use autocast(..., enabled=False); for float16 "
        "use model.half() and x.half()",
        zh="tinyconv 没有混合精度：请去掉这个 with 块，或用 autocast(..., enabled=False)；要用 float16，"
        "请写 model.half() 和 x.half()",
    ),
    "amp.scaler": Text(
        RuntimeError,
        en="tinyconv has no mixed precision, so no loss needs scaling: use GradScaler(enabled=False), or "
        "loss.backward() and optimizer.step()",
        zh="tinyconv 没有混合精度，损失不需要缩放：请用 GradScaler(enabled=False)，"
        "或直接 loss.backward() 和 optimizer.step()",
    ),
    "device.no_accelerator": Text(
        RuntimeError,
        en="there is no accelerator here. Ask accelerator.is_available() first",
        zh="这里没有加速设备。请先问 accelerator.is_available()",
    ),
    "device.no_mps": Text(
        RuntimeError,
        en="tinyconv does not compute on Apple's GPUs. Use the CPU, or CUDA where it is available",
        zh="tinyconv 不在 Apple 的 GPU 上计算。请用 CPU，或在有 CUDA 的地方用 CUDA",
    ),
    "settings.precision": Text(
        ValueError,
        en="expected 'highest', 'high' or 'medium', got {precision!r}",
        zh="应当是 'highest'、'high' 或 'medium'，得到的是 {precision!r}",
    ),
    "settings.profile": Text(
        ValueError,
        en="profile={profile!r} is not one of {known}",
        zh="profile={profile!r} 不是 {known} 之一",
    ),
    "testing.tolerances": Text(
        ValueError,
        en="rtol and atol go together, got rtol={rtol} and atol={atol}; give both or neither",
        zh="rtol 与 atol 要一起给，得到 rtol={rtol}、atol={atol}；请两个都给，或都不给",
    ),
    "typed.dtype": Text(
        TypeError,
        en="got a Tensor of {given}, expected {dtype}. To convert it use x.to({dtype.name!r})",
        zh="得到的是 {given} 的 Tensor，应当是 {dtype}。要转换它请用 x.to({dtype.name!r})",
    ),
    "typed.number": Text(
        TypeError,
        en="got the number {value!r}, expected a list of numbers or sizes. For one number use tensor({value!r})",
        zh="得到数 {value!r}，应当是由数组成的列表或大小。要放一个数请用 tensor({value!r})",
    ),
    "variable.no_tensor": Text(
        TypeError,
        en="data has to be a tensor, but got {kind}. Use tensor(data)",
        zh="data 必须是张量，得到的是 {kind}。请用 tensor(data)",
    ),
    "random.generator": Text(
        TypeError,
        en="generator must be a Generator (or one of NumPy's), got {kind}. Use Generator().manual_seed(0)",
        zh="generator 必须是 Generator（或 NumPy 的），得到的是 {kind}。请用 Generator().manual_seed(0)",
    ),
    "parallel.devices": Text(
        ValueError,
        en="device_ids={devices} are several devices; here a model runs on one. Leave device_ids out; for several "
        "processes see tinyconv.distributed",
        zh="device_ids={devices} 是多个设备；这里一个模型在一个设备上运行。请去掉 device_ids；"
        "要用多个进程见 tinyconv.distributed",
    ),
    "functional.outputs": Text(
        TypeError,
        en="the function must return a Tensor or a tuple of Tensors, and take a Tensor or a tuple of them; got {kind}",
        zh="函数必须返回 Tensor 或由 Tensor 组成的元组，参数也是；得到的是 {kind}",
    ),
    "functional.scalar": Text(
        RuntimeError,
        en="the function must return one number, got a result of shape {shape}. Use .sum() or jacobian",
        zh="函数必须返回一个数，得到的结果形状是 {shape}。请用 .sum() 或 jacobian",
    ),
    "functional.vector": Text(
        RuntimeError,
        en="v must have the shapes {expected}, got {given}",
        zh="v 的形状必须是 {expected}，得到 {given}",
    ),
    "functional.no_vector": Text(
        RuntimeError,
        en="v may be left out only for a single number, got shape {shape}",
        zh="只有单个数时才能省去 v，得到的形状是 {shape}",
    ),
    "functional.independent": Text(
        RuntimeError,
        en="output {output} does not depend on input {input}, which strict=True forbids",
        zh="输出 {output} 不依赖于输入 {input}，而 strict=True 不允许这样",
    ),
    "vector.length": Text(
        ValueError,
        en="the vector has {given} elements, the parameters have {expected}",
        zh="向量有 {given} 个元素，而参数共有 {expected} 个",
    ),
    "vector.no_tensor": Text(
        TypeError,
        en="expected a Tensor, got {kind}",
        zh="应当是 Tensor，得到的是 {kind}",
    ),
    "sampler.empty": Text(
        ValueError,
        en="num_samples should be a positive integer value, but got num_samples={count}",
        zh="num_samples 应当是正整数，得到 num_samples={count}",
    ),
    "sampler.weights": Text(
        ValueError,
        en="weights must be numbers of 0 and more in one dimension with a positive sum, and without replacement at "
        "least num_samples of them above 0; got {count} weights, {positive} above 0, for num_samples={samples}",
        zh="weights 必须是一维的非负数，和大于 0；不放回时大于 0 的至少要有 num_samples 个；"
        "得到 {count} 个权重，其中 {positive} 个大于 0，num_samples={samples}",
    ),
    "data.concat_empty": Text(
        ValueError,
        en="needs at least one dataset",
        zh="至少需要一个数据集",
    ),
    "data.concat_iterable": Text(
        ValueError,
        en="an IterableDataset has no length and cannot be joined here; use ChainDataset",
        zh="IterableDataset 没有长度，不能在这里连接；请用 ChainDataset",
    ),
    "data.concat_index": Text(
        IndexError,
        en="index {index} is out of range for {size} samples",
        zh="下标 {index} 超出了 {size} 个样本的范围",
    ),
    "loader.exclusive": Text(
        ValueError,
        en="{one} and {other} exclude one another; give one of them",
        zh="{one} 与 {other} 互相排斥；请只给其中一个",
    ),
    "loader.timeout": Text(
        RuntimeError,
        en="no batch within {seconds} seconds; use a larger timeout, or 0 for none",
        zh="{seconds} 秒之内没有得到批；请用更大的 timeout，或用 0 表示不限",
    ),
    "loader.no_state": Text(
        RuntimeError,
        en="a loader with a sampler, batch_sampler or an IterableDataset has no order of its own to save; save the "
        "sampler's state",
        zh="带有 sampler、batch_sampler 或 IterableDataset 的加载器没有自己的顺序可存；请保存 sampler 的状态",
    ),
}

PHRASES = {
    "compile.nothing": Phrase(
        en="compile: tinyconv has no compiler; the model runs as it is written",
        zh="compile：tinyconv 没有编译器；模型按写的那样运行",
    ),
}
