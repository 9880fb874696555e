"""Optimisers, schedules of their learning rate, and clipping of gradients (:mod:`tinyconv.optim`)."""

from .text import Phrase, Text

TEXTS = {
    "optim.rho": Text(
        ValueError,
        en="Invalid rho value: {rho}. It is the share that is kept, from 0 to 1",
        zh="rho 不能是 {rho}：它是保留的比例，应在 0 到 1 之间",
    ),
    "optim.decoupled": Text(
        RuntimeError,
        en="decoupled_weight_decay=True is AdamW; use optim.AdamW",
        zh="decoupled_weight_decay=True 就是 AdamW；请用 optim.AdamW",
    ),
    "optim.way": Text(
        RuntimeError,
        en="{name}=True is not offered: a step is neither recorded in the graph nor captured. Leave it out",
        zh="不支持 {name}=True：更新步骤既不记入计算图，也不会被捕获。请去掉它",
    ),
    # --- what an optimiser is given (optimizer.py) ---
    "optim.one_tensor": Text(
        TypeError,
        en="params should be an iterable of Tensors or dicts, but is one Tensor. "
        "Put it in a list: {optimizer}([parameter], ...)",
        zh="params 应当是 Tensor 或 dict 的可迭代对象，但给的是单个 Tensor。请放进列表：{optimizer}([parameter], ...)",
    ),
    "optim.not_iterable": Text(
        TypeError,
        en="params should be an iterable of Tensors or dicts, but is a {kind}. "
        "Of a model give the parameters: {optimizer}(model.parameters(), ...)",
        zh="params 应当是 Tensor 或 dict 的可迭代对象，但给的是 {kind}。"
        "若是模型，请给它的参数：{optimizer}(model.parameters(), ...)",
    ),
    "optim.no_parameters": Text(
        ValueError,
        en="optimizer got an empty parameter list. Give it model.parameters() of a model that has parameters; "
        "a generator that was used before is empty",
        zh="优化器得到的参数列表是空的。请给有参数的模型的 model.parameters()；用过一次的生成器已经是空的",
    ),
    "optim.group_no_dict": Text(
        TypeError,
        en="param_group must be a dict, but got {kind}",
        zh="param_group 必须是 dict，但得到的是 {kind}",
    ),
    "optim.set_of_parameters": Text(
        TypeError,
        en="optimizer parameters need a fixed order, which a set has not: saved state is kept by position. "
        "Use a list instead",
        zh="优化器的参数要有固定的次序，而 set 没有：保存的状态按位置对应。请改用 list",
    ),
    "optim.partly_named": Text(
        ValueError,
        en="all optimizer params should be with names or without, got {named} of {count} named",
        zh="优化器的参数应当全都带名字，或全都不带，但 {count} 个里有 {named} 个带名字",
    ),
    "optim.no_tensor": Text(
        TypeError,
        en="optimizer can only optimize Tensors, but item {position} is {kind}",
        zh="优化器只能优化 Tensor，但第 {position} 项是 {kind}",
    ),
    "optim.no_leaf": Text(
        ValueError,
        en="can't optimize a non-leaf Tensor: item {position} of shape {param.shape} is the result of an operation, "
        "and a step on it would be lost. Give the Tensor it was computed from, or detach() it",
        zh="不能优化非叶子的 Tensor：第 {position} 项（形状 {param.shape}）是运算的结果，对它更新一步会丢失。"
        "请给计算它所用的 Tensor，或对它用 detach()",
    ),
    "optim.repeated": Text(
        ValueError,
        en="some parameters appear more than once, in one parameter group or in several, and would be changed twice "
        "in a step. Give each one once",
        zh="有的参数在一个或几个参数组里出现了不止一次，一步里会被更新两次。每个参数请只给一次",
    ),
    # --- options ---
    "optim.option_no_number": Text(
        TypeError,
        en="Invalid {name}: {value!r}. {option} must be a number, not {kind}",
        zh="{name}无效：{value!r}。{option} 必须是数，不能是 {kind}",
    ),
    "optim.option_negative": Text(
        ValueError,
        en="Invalid {name}: {value}. {option} must be a number >= 0",
        zh="{name}无效：{value}。{option} 必须是 >= 0 的数",
    ),
    "optim.option_not_finite": Text(
        ValueError,
        en="{name} must be a finite number, got {value!r}",
        zh="{name} 必须是有限的数，得到 {value!r}",
    ),
    "optim.option_switch": Text(
        TypeError,
        en="{name} must be True or False, got {value!r}",
        zh="{name} 必须是 True 或 False，得到 {value!r}",
    ),
    "optim.betas": Text(
        ValueError,
        en="betas must be two numbers in [0, 1), got {betas!r}",
        zh="betas 必须是 [0, 1) 内的两个数，得到 {betas!r}",
    ),
    "optim.beta": Text(
        ValueError,
        en="Invalid beta parameter at index {index}: {beta!r}. betas must be two numbers in [0, 1)",
        zh="下标 {index} 处的 beta 参数无效：{beta!r}。betas 必须是 [0, 1) 内的两个数",
    ),
    "optim.nesterov": Text(
        ValueError,
        en="Nesterov momentum requires a momentum and zero dampening, got momentum={momentum}, dampening={dampening}",
        zh="Nesterov 动量要求 momentum 大于零、dampening 为零，得到 momentum={momentum}、dampening={dampening}",
    ),
    # --- a step ---
    "optim.gradient_mismatch": Text(
        RuntimeError,
        en="{name} is {param.dtype} of shape {param.shape} on {param.device}, but its gradient is {grad.dtype} of "
        "shape {grad.shape} on {grad.device}. Call zero_grad() after changing or moving a parameter",
        zh="{name} 是 {param.device} 上的 {param.dtype}，形状 {param.shape}；它的梯度却是 {grad.device} 上的 "
        "{grad.dtype}，形状 {grad.shape}。改变或移动参数之后请调用 zero_grad()",
    ),
    "optim.read_only": Text(
        RuntimeError,
        en="{name} holds a read-only array. Give it one of its own: p.array = p.array.copy()",
        zh="{name} 的数组是只读的。请给它一个自己的数组：p.array = p.array.copy()",
    ),
    # --- saved state ---
    "optim.state_keys": Text(
        ValueError,
        en="loaded state dict must have the keys 'state' and 'param_groups', got {keys}; give it what "
        "{optimizer}.state_dict() returned",
        zh="载入的状态字典必须有 'state' 和 'param_groups' 两个键，得到的是 {keys}；"
        "请给 {optimizer}.state_dict() 返回的字典",
    ),
    "optim.state_of_nobody": Text(
        ValueError,
        en="loaded state dict has state for parameter {number}, which is in no group",
        zh="载入的状态字典里有参数 {number} 的状态，但它不在任何参数组里",
    ),
    "optim.state_groups": Text(
        ValueError,
        en="loaded state dict has a different number of parameter groups: {saved}, where this optimizer has {own}",
        zh="载入的状态字典的参数组数不同：它有 {saved} 组，这个优化器有 {own} 组",
    ),
    "optim.state_group_sizes": Text(
        ValueError,
        en="loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
        "it has {saved} parameters per group, this optimizer {own}",
        zh="载入的状态字典里有参数组的大小与优化器的不同：它各组的参数个数是 {saved}，这个优化器的是 {own}",
    ),
    "optim.state_shape": Text(
        ValueError,
        en="loaded state {key!r} has shape {shape}, but {name} has shape {param.shape}. "
        "The state was saved for another model, or in another order",
        zh="载入的状态 {key!r} 的形状是 {shape}，但{name} 的形状是 {param.shape}。"
        "这个状态是为另一个模型保存的，或者参数的次序不同",
    ),
    # --- clipping (clip.py) ---
    "clip.max_norm": Text(ValueError, en="max_norm must be >= 0, got {value}", zh="max_norm 必须 >= 0，得到 {value}"),
    "clip.norm_type": Text(
        ValueError,
        en="norm_type must be a nonzero number or inf, got {value}",
        zh="norm_type 必须是非零的数或 inf，得到 {value}",
    ),
    "clip.value": Text(ValueError, en="clip_value must be >= 0, got {value}", zh="clip_value 必须 >= 0，得到 {value}"),
    "clip.not_finite": Text(
        RuntimeError,
        en="The total norm of order {order} for gradients from `parameters` is non-finite: {total}, so it cannot be "
        "clipped. Look for the first batch with a NaN or infinite loss, or set error_if_nonfinite=False to scale the "
        "gradients by it anyway",
        zh="`parameters` 的梯度的 {order} 阶总范数不是有限的数：{total}，因此无法裁剪。"
        "请找出损失第一次成为 NaN 或无穷大的那一批，或设 error_if_nonfinite=False，仍然按它缩放梯度",
    ),
    # --- schedules (lr_scheduler.py) ---
    "schedule.no_optimizer": Text(TypeError, en="{kind} is not an Optimizer", zh="{kind} 不是 Optimizer"),
    "schedule.no_initial_lr": Text(
        KeyError,
        en="param 'initial_lr' is not specified in param_groups[{index}] when resuming a scheduler at "
        "last_epoch={last_epoch}. Load the optimizer's saved state first, or begin with -1",
        zh="从 last_epoch={last_epoch} 继续时，param_groups[{index}] 里没有 'initial_lr'。"
        "请先载入优化器保存的状态，或从 -1 开始",
    ),
    "schedule.state": Text(
        ValueError,
        en="{schedule} has no {unknown}: the state is another schedule's",
        zh="{schedule} 没有 {unknown}：这是另一种学习率调度的状态",
    ),
    "schedule.pct_start": Text(
        ValueError,
        en="Expected pct_start between 0 and 1, but got {value}",
        zh="pct_start 应当在 0 与 1 之间，但得到 {value}",
    ),
    "schedule.anneal_strategy": Text(
        ValueError,
        en="anneal_strategy must be one of 'cos' or 'linear', instead got {value!r}",
        zh="anneal_strategy 必须是 'cos' 或 'linear'，得到的是 {value!r}",
    ),
    "schedule.no_momentum": Text(
        ValueError,
        en="optimizer must support momentum or beta1 with `cycle_momentum` option enabled, and {optimizer} has "
        "neither. Pass cycle_momentum=False",
        zh="启用 `cycle_momentum` 时，优化器必须有 momentum 或 beta1，而 {optimizer} 两者都没有。"
        "请传入 cycle_momentum=False",
    ),
    "schedule.too_many_steps": Text(
        ValueError,
        en="Tried to step {step} times. The specified number of total steps is {total}. "
        "Make total_steps the number of all batches: epochs * len(loader)",
        zh="已要走第 {step} 步，而给定的总步数是 {total}。请让 total_steps 等于所有批的个数：epochs * len(loader)",
    ),
    "schedule.positive_int": Text(
        ValueError,
        en="Expected positive integer {name}, but got {value!r}",
        zh="{name} 应当是正整数，但得到 {value!r}",
    ),
    "schedule.positive": Text(
        ValueError,
        en="Expected {name} to be a finite number > 0, but got {value!r}",
        zh="{name} 应当是大于 0 的有限的数，但得到 {value!r}",
    ),
    "schedule.not_negative": Text(
        ValueError,
        en="Expected {name} to be a finite number >= 0, but got {value!r}",
        zh="{name} 应当是不小于 0 的有限的数，但得到 {value!r}",
    ),
    "schedule.milestones": Text(
        ValueError,
        en="Expected milestones to be integers, the epochs at which the rate changes, but got {value!r}",
        zh="milestones 应当是一些整数，即学习率改变时的轮次，但得到 {value!r}",
    ),
    "schedule.last_epoch": Text(
        ValueError,
        en="Expected last_epoch to be an integer >= -1, but got {value!r}",
        zh="last_epoch 应当是 >= -1 的整数，但得到 {value!r}",
    ),
    "schedule.no_function": Text(
        TypeError,
        en="lr_lambda must be a function of the epoch or a list of them, got {value!r}",
        zh="lr_lambda 必须是以轮次为参数的函数，或由它们组成的列表，得到的是 {value!r}",
    ),
    "schedule.rate": Text(
        ValueError,
        en="the learning rate of group {index} at epoch {epoch} is {rate!r}, and not a finite number",
        zh="第 {index} 组在轮次 {epoch} 的学习率是 {rate!r}，不是有限的数",
    ),
    "schedule.group_added": Text(
        ValueError,
        en="the schedule knows {known} parameter groups, but the optimizer has {count}. Add all groups before making "
        "the schedule, or make a new schedule after add_param_group",
        zh="这个学习率调度知道 {known} 个参数组，而优化器有 {count} 个。请在建立调度之前加入所有的参数组，"
        "或在 add_param_group 之后重新建立调度",
    ),
    "schedule.total_steps": Text(
        ValueError,
        en="You must define either total_steps OR (epochs AND steps_per_epoch)",
        zh="必须给出 total_steps，或者同时给出 epochs 和 steps_per_epoch",
    ),
    "schedule.per_group": Text(
        ValueError,
        en="Expected {count} values for {name}, one per parameter group, but got {given}",
        zh="{name} 应当有 {count} 个值，每个参数组一个，但得到 {given} 个",
    ),
    "schedule.fraction": Text(
        ValueError,
        en="Expected {name} in {bracket}0, 1], but got {value!r}",
        zh="{name} 应当在 {bracket}0, 1] 之内，但得到 {value!r}",
    ),
    "schedule.plateau_factor": Text(
        ValueError,
        en="Expected factor in [0, 1), so that the rate becomes lower, but got {value!r}",
        zh="factor 应当在 [0, 1) 之内，学习率才会降低，但得到 {value!r}",
    ),
    "schedule.count": Text(
        ValueError,
        en="Expected {name} to be an integer >= 0, but got {value!r}",
        zh="{name} 应当是 >= 0 的整数，但得到 {value!r}",
    ),
    "schedule.choice": Text(
        ValueError,
        en="{name} must be one of {choices}, got {value!r}",
        zh="{name} 必须是 {choices} 之一，得到的是 {value!r}",
    ),
    "schedule.no_schedulers": Text(
        ValueError,
        en="expected a list of at least one scheduler, got {given!r}",
        zh="应当得到至少含一个学习率调度的列表，得到的是 {given!r}",
    ),
    "schedule.no_member": Text(
        TypeError,
        en="{kind} at index {index} cannot be a member: it must be a schedule whose step() takes no value. "
        "Call the step(metrics) of a ReduceLROnPlateau yourself",
        zh="下标 {index} 处的 {kind} 不能作为成员：它必须是 step() 不需要数值的学习率调度。"
        "ReduceLROnPlateau 的 step(metrics) 请自己调用",
    ),
    "schedule.other_optimizer": Text(
        ValueError,
        en="the {kind} at index {index} was made for another optimizer; make all of them for one",
        zh="下标 {index} 处的 {kind} 是为另一个优化器建立的；请都为同一个优化器建立",
    ),
    "schedule.members": Text(
        ValueError,
        en="the state has {given} schedules and this has {count}",
        zh="这个状态里有 {given} 个学习率调度，而这里有 {count} 个",
    ),
    "schedule.sequence": Text(
        ValueError,
        en="SequentialLR needs one milestone fewer than schedulers, but got {milestones} milestones for {schedulers} "
        "schedulers",
        zh="SequentialLR 的 milestones 应当比 schedulers 少一个，"
        "但得到 {milestones} 个，而 schedulers 有 {schedulers} 个",
    ),
    "schedule.restart_epoch": Text(
        ValueError,
        en="Expected epoch to be a number >= 0, but got {value!r}",
        zh="epoch 应当是 >= 0 的数，但得到 {value!r}",
    ),
}

PHRASES = {
    "optim.learning_rate": Phrase("learning rate", "学习率"),
    "optim.decay_rate": Phrase("rho value", "rho 的值"),
    "optim.epsilon": Phrase("epsilon value", "epsilon 的值"),
    "optim.weight_decay": Phrase("weight_decay value", "weight_decay 的值"),
    "optim.momentum_decay": Phrase("momentum_decay value", "momentum_decay 的值"),
    "optim.momentum": Phrase("momentum value", "momentum 的值"),
    "optim.alpha": Phrase("alpha value", "alpha 的值"),
    "optim.lr_decay": Phrase("lr_decay value", "lr_decay 的值"),
    "optim.initial_accumulator": Phrase("initial_accumulator_value value", "initial_accumulator_value 的值"),
    "optim.parameter": Phrase("parameter {position} of group {index}", "第 {index} 组的参数 {position}"),
    "optim.named_parameter": Phrase(
        "parameter {position} of group {index} ({name!r})", "第 {index} 组的参数 {position} {name!r}"
    ),
    "optim.some_parameter": Phrase("a parameter", "某个参数"),
    "schedule.before_optimizer": Phrase(
        "Detected call of `lr_scheduler.step()` before `optimizer.step()`: the first learning rate of the schedule is "
        "skipped. Call optimizer.step() first, then scheduler.step()",
        "在 `optimizer.step()` 之前调用了 `lr_scheduler.step()`：学习率计划里的第一个学习率被跳过了。"
        "请先调用 optimizer.step()，再调用 scheduler.step()",
    ),
}
