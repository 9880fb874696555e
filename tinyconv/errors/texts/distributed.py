"""Training on several processes (:mod:`tinyconv.distributed`)."""

from ..install import install
from .text import Phrase, Text

TEXTS = {
    "distributed.no_mpi4py": Text(
        RuntimeError,
        en="mpiexec started {processes} processes, but mpi4py is not installed in this Python, so they cannot talk to "
        f"one another. Install it with: {install('mpi')}",
        zh="mpiexec 启动了 {processes} 个进程，但这个 Python 没有安装 mpi4py，进程之间无法通信。"
        f"请安装：{install('mpi')}",
    ),
    # --- the same call on every rank (agreement.py) ---
    "distributed.timeout_value": Text(
        ValueError,
        en="timeout must be a number of seconds above 0, or None to wait for any time; got {value}",
        zh="timeout 必须是大于 0 的秒数，或者用 None 表示无限等待；得到 {value}",
    ),
    "distributed.timeout": Text(
        RuntimeError,
        en="rank {rank} waited {seconds:g} seconds for the other ranks to make this call, and not all came. One of "
        "them has ended, does something else, or went through fewer batches: every rank must make the same calls in "
        "the same order. DistributedSampler and in_step give all the same number of batches; if a rank just needs "
        "longer, use create_communicator(timeout=...)",
        zh="进程 {rank} 等其余的进程也做这个调用，等了 {seconds:g} 秒，还有进程没来。它可能已经结束、在做别的事，"
        "或者批数较少：每个进程必须按同样的顺序做同样的调用。DistributedSampler 和 in_step 让各进程的批数相同；"
        "如果某个进程只是需要更久，请用 create_communicator(timeout=...)",
    ),
    "distributed.calls": Text(
        RuntimeError,
        en="the ranks do different things: rank {own} makes this call while rank {rank} calls {other}. "
        "Every rank must make the same calls in the same order: no such call belongs under 'if comm.is_main:'",
        zh="各进程做的事不同：进程 {own} 在做这个调用，而进程 {rank} 在调用 {other}。"
        "每个进程必须按同样的顺序做同样的调用：这样的调用不能放在 'if comm.is_main:' 下面",
    ),
    "distributed.layouts": Text(
        RuntimeError,
        en="the ranks' arrays differ: rank {own} has one of shape {x.shape} and {x.dtype}, rank {rank} one of another "
        "shape or dtype. Give the same on every rank",
        zh="各进程的数组不同：进程 {own} 的形状是 {x.shape}、类型是 {x.dtype}，进程 {rank} 的形状或类型与它不同。"
        "请在每个进程给出同样的形状和类型",
    ),
    "distributed.one_value": Text(
        ValueError,
        en="Expected more than 1 value per channel when training, but the batches of all {ranks} ranks have {cells}. "
        "Use a larger batch, or eval()",
        zh="训练时每个通道应当有不止 1 个值，但全部 {ranks} 个进程的批合起来只有 {cells} 个。请用更大的批，或用 eval()",
    ),
    # --- the same model everywhere (parameters.py) ---
    "distributed.parameter_counts": Text(
        RuntimeError,
        en="the ranks' models differ: rank 0 has {first} parameters, rank {rank} has {other}{missing}. "
        "Build the same model on every rank",
        zh="各进程的模型不同：进程 0 有 {first} 个参数，进程 {rank} 有 {other} 个{missing}。请在每个进程建立同样的模型",
    ),
    "distributed.parameters": Text(
        RuntimeError,
        en="the ranks' models differ: rank 0 has {mine[0]!r} of shape {mine[1]} and {mine[2]}, where rank {rank} "
        "has {theirs[0]!r} of shape {theirs[1]} and {theirs[2]}. Build the same model on every rank",
        zh="各进程的模型不同：进程 0 的 {mine[0]!r} 形状是 {mine[1]}、类型是 {mine[2]}，而进程 {rank} 在这里是 "
        "{theirs[0]!r}，形状是 {theirs[1]}、类型是 {theirs[2]}。请在每个进程建立同样的模型",
    ),
    "distributed.start_values": Text(
        RuntimeError,
        en="the ranks' models differ: {name!r} has other values on the ranks {others} than on rank 0, and they would "
        "train apart. Call broadcast_parameters(model, comm) before the first step",
        zh="各进程的模型不同：{name!r} 在进程 {others} 上的值与进程 0 不同，它们会各自训练下去。"
        "请在第一步之前调用 broadcast_parameters(model, comm)",
    ),
    "distributed.lazy": Text(
        RuntimeError,
        en="{name!r} belongs to a lazy layer and has no shape before the first forward, so ranks cannot exchange it. "
        "Call the model once on an input first: model(x)",
        zh="{name!r} 属于一个惰性的层，第一次前向计算之前没有形状，进程之间无法交换它。"
        "请先用一个输入调用一次模型：model(x)",
    ),
    # --- a step (optimizer.py, packing.py) ---
    "distributed.no_optimizer": Text(
        TypeError,
        en="DistributedOptimizer wraps an Optimizer, got {kind}",
        zh="DistributedOptimizer 用来包装 Optimizer，得到的是 {kind}",
    ),
    "distributed.weighed": Text(
        RuntimeError,
        en="average_gradients() has weighed this step already: call step() without samples=",
        zh="average_gradients() 已经给这一步加过权：调用 step() 时请不要给 samples=",
    ),
    "distributed.samples_no_number": Text(
        TypeError,
        en="samples must be a number, got {samples!r} of type {kind}",
        zh="samples 必须是数，得到的是类型为 {kind} 的 {samples!r}",
    ),
    "distributed.samples_negative": Text(
        ValueError,
        en="samples must be a number >= 0, got {samples}: how many samples the loss is the mean of",
        zh="samples 必须是 >= 0 的数，得到 {samples}：它是损失对多少个样本求的平均",
    ),
    "distributed.devices": Text(
        RuntimeError,
        en="DistributedOptimizer needs all parameters on one device, but they are on {devices}",
        zh="DistributedOptimizer 要求所有参数在同一个设备上，但它们在 {devices} 上",
    ),
    "distributed.uncounted": Text(
        RuntimeError,
        en="{uncounted:.0f} of {ranks} ranks called step() without samples=, the others with it. "
        "Give step(samples=...) on all of them, the number of samples of each one's own batch",
        zh="{ranks} 个进程里有 {uncounted:.0f} 个调用 step() 时没有给 samples=，其余的给了。"
        "请在所有进程上都用 step(samples=...)，给出各自那一批的样本数",
    ),
    "distributed.idle": Text(
        RuntimeError,
        en="{idle:.0f} of {ranks} ranks have no gradient at all, and would count as much as the others. "
        "Give step(samples=...): the number of samples of each rank's batch, 0 where there is none",
        zh="{ranks} 个进程里有 {idle:.0f} 个完全没有梯度，却会与其余的同样计入。"
        "请用 step(samples=...) 给出每个进程那一批的样本数，没有的给 0",
    ),
    "distributed.not_finite": Text(
        RuntimeError,
        en="the gradients of the ranks {which} hold an infinity or a NaN, which the mean would carry to all ranks. "
        "Look at the batches and losses there, or lower the learning rate",
        zh="进程 {which} 的梯度里有无穷大或 NaN，求平均会把它带到所有进程。请检查那里的批和损失，或降低学习率",
    ),
    "distributed.nothing": Text(
        RuntimeError,
        en="step(samples=0) on every rank: there is nothing to learn from",
        zh="每个进程都是 step(samples=0)：没有可以学习的样本",
    ),
    # --- data (sampler.py) ---
    "distributed.batch_size": Text(
        ValueError,
        en="batch_size must be at least 1, got {value}",
        zh="batch_size 至少要是 1，得到 {value}",
    ),
    "distributed.lengths": Text(
        RuntimeError,
        en="the ranks' datasets have {lengths} samples; give all ranks the same one",
        zh="各进程的数据集分别有 {lengths} 个样本；请给所有进程同一个数据集",
    ),
    # --- checkpoints (checkpoint.py) ---
    "distributed.not_saved": Text(
        RuntimeError,
        en="rank 0 could not save {path}: {error}",
        zh="进程 0 无法保存 {path}：{error}",
    ),
    "distributed.not_loaded": Text(
        RuntimeError,
        en="rank 0 could not load {path}: {error}",
        zh="进程 0 无法载入 {path}：{error}",
    ),
    "distributed.rng_states": Text(
        ValueError,
        en="the checkpoint holds the random states of {saved} ranks, but there are {own} now. "
        "Run mpiexec -n {saved}, or seed anew with manual_seed",
        zh="检查点里有 {saved} 个进程的随机状态，而现在有 {own} 个进程。请用 mpiexec -n {saved} 运行，"
        "或用 manual_seed 重新设种子",
    ),
}

PHRASES = {
    "distributed.missing": Phrase(" (only one of them has {names})", "（只有其中一个有 {names}）"),
}
