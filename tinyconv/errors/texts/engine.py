"""The engine: tensors, graphs, backward, writes in place (:mod:`tinyconv.autograd`)."""

from .text import Text

TEXTS = {
    # --- tensors ---
    "tensor.array_shape": Text(
        ValueError,
        en="cannot set .array of a tensor of shape {shape} to an array of shape {given}; make a new tensor instead",
        zh="形状为 {shape} 的张量，不能把形状为 {given} 的数组赋给它的 .array；请新建一个张量",
    ),
    "tensor.len_of_0d": Text(TypeError, en="len() of a 0-d tensor", zh="0 维张量没有 len()"),
    "tensor.iteration_over_0d": Text(TypeError, en="iteration over a 0-d tensor", zh="0 维张量不能遍历"),
    "tensor.only_floats_require_grad": Text(
        RuntimeError,
        en="only Tensors of floating point dtype can require gradients, got {dtype}. Use x.float() first",
        zh="只有浮点类型的张量才能要求梯度，得到的是 {dtype}。请先用 x.float()",
    ),
    "tensor.not_a_leaf": Text(
        RuntimeError,
        en="you can only change requires_grad flags of leaf variables. Use x.detach()",
        zh="只能改变叶子张量的 requires_grad。请用 x.detach()",
    ),
    "tensor.detach_view": Text(
        RuntimeError,
        en="Can't detach views in-place. Use x = x.detach()",
        zh="不能就地分离一个视图。请用 x = x.detach()",
    ),
    "tensor.hook_no_function": Text(
        TypeError,
        en="register_hook takes a function of the gradient, got {kind}",
        zh="register_hook 需要一个以梯度为参数的函数，得到的是 {kind}",
    ),
    "tensor.grad_no_tensor": Text(
        TypeError,
        en="assigned grad expected to be a Tensor or None but got grad of type {kind}; use tinyconv.tensor(...)",
        zh=".grad 只能是 Tensor 或 None，得到的是 {kind}；请用 tinyconv.tensor(...)",
    ),
    "tensor.grad_misfit": Text(
        RuntimeError,
        en=(
            "assigned grad has data of a different size or place: shape {given.shape} on {given.device} for a tensor "
            "of "
            "shape {tensor.shape} on {tensor.device}"
        ),
        zh=(
            "赋给 .grad 的梯度大小或位置不对：梯度形状 {given.shape}，在 {given.device}；张量形状 {tensor.shape}，在 "
            "{tensor.device}"
        ),
    ),
    "tensor.hook_without_grad": Text(
        RuntimeError,
        en="cannot register a hook on a tensor that doesn't require gradient",
        zh="张量不要求梯度，不能在它上面登记钩子",
    ),
    "tensor.retain_without_grad": Text(
        RuntimeError,
        en="can't retain_grad on Tensor that has requires_grad=False",
        zh="requires_grad=False 的张量不能用 retain_grad",
    ),
    "tensor.numpy_of_grad": Text(
        RuntimeError,
        en="Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        zh="要求梯度的张量不能调用 numpy()。请用 tensor.detach().numpy()",
    ),
    "dlpack.requires_grad": Text(
        BufferError,
        en="Can't export tensors that require gradient, use tensor.detach()",
        zh="要求梯度的张量不能交给别的库，请用 tensor.detach()",
    ),
    "dlpack.none": Text(
        TypeError,
        en="expected an array with __dlpack__ and __dlpack_device__, got {kind}. "
        "Use tc.tensor(data) for lists and numbers",
        zh="需要带有 __dlpack__ 和 __dlpack_device__ 的数组，得到的是 {kind}。列表和数字请用 tc.tensor(data)",
    ),
    "dlpack.device": Text(
        BufferError,
        en="the array is on a device of DLPack's type {kind}; tinyconv knows CPU (1) and CUDA (2). Copy it there first",
        zh="数组所在设备的 DLPack 类型是 {kind}；tinyconv 只认识 CPU (1) 和 CUDA (2)。请先复制到那里",
    ),
    "dlpack.copy": Text(
        BufferError,
        en="going from {source} to {target} needs a copy, which copy=False forbids. Use copy=None",
        zh="从 {source} 到 {target} 需要复制，而 copy=False 不允许。请用 copy=None",
    ),
    "tensor.numpy_of_device": Text(
        TypeError,
        en=(
            "can't convert {device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory "
            "first."
        ),
        zh="{device} 设备上的张量不能直接变成 NumPy 数组。请先用 Tensor.cpu() 把它复制到主机内存",
    ),
    "tensor.array_needs_copy": Text(
        ValueError,
        en="cannot give a {dtype} tensor as {wanted} without a copy",
        zh="不复制就不能把 {dtype} 张量变成 {wanted}",
    ),
    "tensor.item": Text(
        RuntimeError,
        en="a Tensor with {count} elements cannot be converted to Scalar",
        zh="有 {count} 个元素的张量不能变成一个数",
    ),
    "tensor.number": Text(
        ValueError,
        en="only one element tensors can be converted to Python scalars, got {count} elements. Use x.tolist() for all",
        zh="只有一个元素的张量才能变成 Python 的数，得到 {count} 个元素。要全部请用 x.tolist()",
    ),
    "tensor.index_of_float": Text(
        TypeError,
        en="only integer tensors of a single element can be converted to an index, got {dtype} of shape {shape}",
        zh="只有一个元素的整数张量才能当作下标，得到的是形状为 {shape} 的 {dtype}",
    ),
    "tensor.contains": Text(
        RuntimeError,
        en="`in` looks for a number or a Tensor, but got {value!r}; compare the shapes and use (a == b).all()",
        zh="`in` 只能查找数或 Tensor，但得到的是 {value!r}；请比较形状，并用 (a == b).all()",
    ),
    "tensor.truth": Text(
        RuntimeError,
        en="Boolean value of Tensor with {count} values is ambiguous. Use (a == b).all() or .any()",
        zh="有 {count} 个值的张量，真假不明确。请用 (a == b).all() 或 .any()",
    ),
    "tensor.deepcopy": Text(
        RuntimeError,
        en="Only leaf tensors can be deep-copied: this one has a graph; use x.detach().clone()",
        zh="只有叶子张量才能深复制：这一个带着计算图；请用 x.detach().clone()",
    ),
    "tensor.pickle": Text(
        RuntimeError,
        en="Only leaf tensors can be pickled: this one has a graph; use x.detach()",
        zh="只有叶子张量才能用 pickle 保存：这一个带着计算图；请用 x.detach()",
    ),
    "tensor.ragged": Text(
        ValueError,
        en="cannot make a tensor from nested lists of unequal lengths: {reason}",
        zh="长度不等的嵌套列表不能变成张量：{reason}",
    ),
    "tensor.no_numbers": Text(
        TypeError,
        en="cannot make a tensor from {kind} of dtype {dtype}: expected numbers",
        zh="不能用 dtype 为 {dtype} 的 {kind} 做张量：需要的是数",
    ),
    "tensor.from_numpy": Text(
        TypeError,
        en="expected np.ndarray (got {kind}); use tensor(...) for other data",
        zh="需要 np.ndarray（得到 {kind}）；其他数据请用 tensor(...)",
    ),
    "shape.resize": Text(
        RuntimeError,
        en=(
            "a tensor of shape {shape} cannot become one of {size}: here it keeps all its numbers. Give sizes with "
            "that product, or make another tensor with empty(...) or by indexing"
        ),
        zh=(
            "形状 {shape} 的张量不能变成 {size}：这里要保留全部的数。请给出乘积相同的大小，"
            "或者用 empty(...) 或索引得到另一个张量"
        ),
    ),
    "shape.resize_grad": Text(
        RuntimeError,
        en="cannot resize a tensor that requires grad. Use x = x.reshape(...), which the graph records",
        zh="不能改变需要梯度的张量的大小。请用 x = x.reshape(...)，计算图会记录它",
    ),
    "shape.view": Text(
        RuntimeError,
        en=(
            "view size is not compatible with input tensor's size and stride: the elements of shape {shape} do not lie "
            "in memory so that {sizes} could look into them. Use .reshape(...), which copies where it must"
        ),
        zh=(
            "view 的大小与张量的大小和步长不相容：形状 {shape} 的元素在内存里的排列，不能直接看成 {sizes}。请用 "
            ".reshape(...)，它在必要时会复制"
        ),
    ),
    # --- recording ---
    "autograd.list": Text(
        TypeError,
        en="{operation}.forward returned a list; return an array, or a tuple of arrays",
        zh="{operation}.forward 返回了列表；请返回一个数组，或数组的元组",
    ),
    "autograd.reserved_name": Text(
        TypeError,
        en="{operation}.forward: {name!r} cannot be an argument's name: gradients read something else by it",
        zh="{operation}.forward：参数不能叫 {name!r}：梯度用这个名字读别的东西",
    ),
    "autograd.unknown_name": Text(
        TypeError,
        en=(
            "{operation}: a gradient reads {name!r}, which is no single argument of forward and was not kept by "
            "self.keep({name}=...)"
        ),
        zh="{operation}：梯度要读 {name!r}，可它既不是 forward 的参数，也没有用 self.keep({name}=...) 留下",
    ),
    "class.must_define": Text(NotImplementedError, en="{owner} must define {method}", zh="{owner} 必须定义 {method}"),
    "function.no_backward": Text(
        NotImplementedError,
        en="a Function to be differentiated must define the static method backward(ctx, *grads)",
        zh="要求导的 Function 必须定义静态方法 backward(ctx, *grads)",
    ),
    "autograd.no_gradient": Text(
        NotImplementedError,
        en="{operation} must define grad_<argument>(self, g, ...), or vjp(self, g, ...), to be differentiated",
        zh="{operation} 要能求导，就必须定义 grad_<参数>(self, g, ...) 或 vjp(self, g, ...)",
    ),
    "autograd.saved_changed": Text(
        RuntimeError,
        en=(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            "{operation} saved an array of shape {array.shape}, and it was written to before backward. Assign to a "
            "copy (x.clone()), or do it after backward"
        ),
        zh=(
            "求梯度要用的一个变量被原地操作改过了：{operation} 保存了一个形状为 {array.shape} 的数组，而它在 backward "
            "之前被写过。请写到副本里（x.clone()），或在 backward 之后再写"
        ),
    ),
    "autograd.freed": Text(
        RuntimeError,
        en=(
            "Trying to backward through the graph a second time: what {operation} saved was freed by the first "
            "backward. Use backward(retain_graph=True) the first time, or compute the result again"
        ),
        zh=(
            "第二次沿着同一个计算图 backward：{operation} 保存的东西在第一次 backward 时已经释放。请在第一次用 "
            "backward(retain_graph=True)，或重新计算结果"
        ),
    ),
    "autograd.devices": Text(
        RuntimeError,
        en=(
            "Expected all tensors to be on the same device, but found {found}. Move them first, e.g. x.to({other!r}), "
            "or the model: model.to({first!r})"
        ),
        zh=(
            "所有张量应在同一个设备上，但发现 {found}。请先移动它们，如 x.to({other!r})，或移动模型："
            "model.to({first!r})"
        ),
    ),
    # --- gradients ---
    "autograd.no_tensor": Text(
        TypeError,
        en=(
            "{operation} returned a {kind} as a gradient; it must return Tensors (or None), computed with Tensor "
            "operations so that they can be differentiated again"
        ),
        zh="{operation} 返回的梯度是 {kind}；应当返回用张量运算算出的 Tensor（或 None），这样才能再次求导",
    ),
    "autograd.gradient_shape": Text(
        RuntimeError,
        en=(
            "{operation} returned a gradient of shape {got} for an input of shape {expected}; they must be equal (sum "
            "over the axes that forward broadcast)"
        ),
        zh=(
            "{operation} 对形状为 {expected} 的输入返回了形状为 {got} 的梯度；两者必须相同（请沿 forward 里广播的轴求"
            "和）"
        ),
    ),
    "autograd.gradient_device": Text(
        RuntimeError,
        en="a gradient came on {given} for a tensor on {device}; move it, e.g. gradient.to({device})",
        zh="张量在 {device} 上，传来的梯度却在 {given} 上；请移动它，如 gradient.to({device})",
    ),
    "autograd.gradient_count": Text(
        RuntimeError,
        en=(
            "{operation} returned an incorrect number of gradients (expected {expected}, got {got}): return one, or "
            "None, per argument"
        ),
        zh="{operation} 返回的梯度个数不对（应为 {expected} 个，得到 {got} 个）：每个参数返回一个梯度或 None",
    ),
    "autograd.nan_forward": Text(
        RuntimeError,
        en=(
            "{operation} made NaN in {bad} of {cells} values of its output although its inputs (shapes {shapes}) have "
            "none; called at\n{where}"
        ),
        zh=(
            "{operation} 的输出在 {cells} 个值里出现了 {bad} 个 NaN，而它的输入（形状 {shapes}）没有 NaN；调用处：\n"
            "{where}"
        ),
    ),
    "autograd.nan_backward": Text(
        RuntimeError,
        en=(
            "{operation} made NaN in the gradient of its input {position} although the incoming gradient has none; the "
            "forward call was at\n{where}"
        ),
        zh="{operation} 在第 {position} 个输入的梯度里产生了 NaN，而传来的梯度没有 NaN；前向调用处：\n{where}",
    ),
    "autograd.hook_result": Text(
        RuntimeError,
        en=(
            "a hook returned {given} for a gradient of shape {shape}; it must return a Tensor of that shape, or None "
            "to "
            "leave the gradient as it is"
        ),
        zh="钩子对形状为 {shape} 的梯度返回了 {given}；应当返回同样形状的 Tensor，或返回 None 表示不改梯度",
    ),
    # --- backward and grad ---
    "autograd.no_graph": Text(
        RuntimeError,
        en=(
            "element 0 of tensors does not require grad and does not have a grad_fn: nothing that led to this tensor "
            "of "
            "shape {shape} had requires_grad=True (or it was computed under no_grad, or detached)"
        ),
        zh=(
            "这个张量不要求梯度，也没有 grad_fn：算出这个形状为 {shape} 的张量的一切都没有 requires_grad=True（或者它"
            "是在 "
            "no_grad 里算出的，或经过了 detach）"
        ),
    ),
    "autograd.scalar_only": Text(
        RuntimeError,
        en=(
            "grad can be implicitly created only for scalar outputs, but the output has shape {shape}. Reduce it first "
            "(y.sum().backward()), or pass gradient= of that shape"
        ),
        zh=(
            "只有标量输出才能自动取起始梯度 1，而这里输出的形状是 {shape}。请先归约（y.sum().backward()），或传入同样"
            "形状的 "
            "gradient="
        ),
    ),
    "autograd.seed_shape": Text(
        RuntimeError,
        en="Mismatch in shape: gradient has a shape of {given} and output has a shape of {shape}; they must be equal",
        zh="形状不符：起始梯度的形状是 {given}，输出的形状是 {shape}；两者必须相同",
    ),
    "autograd.seed_count": Text(
        RuntimeError,
        en="got {outputs} outputs and {seeds} grad_outputs; give one (or None) per output",
        zh="有 {outputs} 个输出，却有 {seeds} 个 grad_outputs；每个输出给一个（或 None）",
    ),
    "autograd.inputs": Text(
        TypeError,
        en="outputs and inputs must be Tensors, or lists of them, but one is of type {kind}",
        zh="outputs 和 inputs 必须是张量或张量的列表，但其中一个的类型是 {kind}",
    ),
    "autograd.no_inputs": Text(
        RuntimeError,
        en="inputs cannot be empty. Leave the argument out to reach all leaves, or name some",
        zh="inputs 不能为空。要到达所有叶子请不要写这个参数，否则请给出几个",
    ),
    "autograd.input_without_grad": Text(
        RuntimeError,
        en="input {position} (shape {shape}) does not require grad",
        zh="第 {position} 个输入（形状 {shape}）不要求梯度",
    ),
    "autograd.unused": Text(
        RuntimeError,
        en=(
            "input {position} (shape {shape}) appears to not have been used in the graph of the outputs. Set "
            "allow_unused=True if that is meant, to get None for it"
        ),
        zh=(
            "第 {position} 个输入（形状 {shape}）没有在输出的计算图里用到。如果本意如此，请设 allow_unused=True，它的"
            "梯度就是 "
            "None"
        ),
    ),
    # --- operations in PyTorch's form ---
    "function.not_static": Text(
        TypeError,
        en=(
            "{name}: a Function is written with static methods: @staticmethod before forward(ctx, ...) and "
            "backward(ctx, *grads). For an operation on arrays subclass tinyconv.autograd.Operation"
        ),
        zh=(
            "{name}：Function 要用静态方法来写：在 forward(ctx, ...) 和 backward(ctx, *grads) 前面加 @staticmethod。"
            "要写数组上的运算，请继承 tinyconv.autograd.Operation"
        ),
    ),
    "function.gradient_of_no_tensor": Text(
        RuntimeError,
        en=(
            "{name}.backward returned a gradient at position {position}, where forward got no Tensor: return one "
            "gradient, or None, per argument of forward, in their order"
        ),
        zh=(
            "{name}.backward 在第 {position} 个位置返回了梯度，而 forward 在那里得到的不是张量：请按 forward 参数的"
            "顺序，每个参数返回一个梯度或 None"
        ),
    ),
    "function.reserved_name": Text(
        AttributeError,
        en="{name}: ctx.{attribute} is the graph's own; choose another name for what you keep",
        zh="{name}：ctx.{attribute} 是计算图自己用的；请给要保存的东西换个名字",
    ),
    "function.save_tensors": Text(
        TypeError,
        en="{name}: save_for_backward can only save Tensors, but one argument is of type {kind}; set ctx.name = value",
        zh="{name}：save_for_backward 只能保存张量，但有一个参数的类型是 {kind}；其他东西请写 ctx.名字 = 值",
    ),
    "function.once": Text(
        RuntimeError,
        en="trying to differentiate twice a function that was marked with @once_differentiable",
        zh="对标记了 @once_differentiable 的函数求了第二次导",
    ),
    # --- writes in place ---
    "inplace.shape_of_leaf": Text(
        RuntimeError,
        en="a leaf Variable that requires grad is being used in an in-place operation. Use x = x.{function}(...), or "
        "work in `with no_grad():`",
        zh="要求梯度的叶子张量不能就地改变形状。请用 x = x.{function}(...)，或在 `with no_grad():` 中进行",
    ),
    "inplace.leaf": Text(
        RuntimeError,
        en=(
            "a leaf Variable that requires grad is being used in an in-place operation ({how}). Do it under no_grad(), "
            "or on a clone"
        ),
        zh="对要求梯度的叶子张量做了原地操作（{how}）。请在 no_grad() 里做，或对副本做",
    ),
    "inplace.view_of_leaf": Text(
        RuntimeError,
        en=(
            "a view of a leaf Variable that requires grad is being used in an in-place operation ({how}). Do it under "
            "no_grad(), or on a clone"
        ),
        zh="对要求梯度的叶子张量的视图做了原地操作（{how}）。请在 no_grad() 里做，或对副本做",
    ),
    "inplace.view_of_no_grad": Text(
        RuntimeError,
        en=(
            "A view of shape {shape} was created in no_grad mode, and it, its base or another view of its base has "
            "been "
            "modified inplace with grad mode enabled. Make the view with recording on, or write under no_grad() too"
        ),
        zh=(
            "形状为 {shape} 的视图是在 no_grad 里建立的，而它自己、它的底张量或另一个视图在记录梯度时被原地修改了。请"
            "在记录"
            "打开时建立视图，或写入时也用 no_grad()"
        ),
    ),
    "inplace.handed_through": Text(
        RuntimeError,
        en=(
            "an operation gave one of its inputs back as its output, of shape {shape}: it is a view and is being "
            "modified "
            "inplace, or its memory was. Return x.clone() or x.view_as(x) from forward, or call ctx.mark_dirty(x)"
        ),
        zh=(
            "运算把自己的一个输入（形状 {shape}）原样当作输出返回：它是视图，而它或它的内存被原地修改了。请在 "
            "forward "
            "里返回 x.clone() 或 x.view_as(x)，或调用 ctx.mark_dirty(x)"
        ),
    ),
    "inplace.hooked_input": Text(
        RuntimeError,
        en=(
            "an input of shape {shape} of a module with backward hooks is a view and is being modified inplace, or its "
            "memory was. Write to a copy (x.clone()), or take the hooks off"
        ),
        zh=(
            "带反向钩子的模块的一个输入（形状 {shape}）是视图，而它或它的内存被原地修改了。请写到副本里（x.clone()）"
            "，或取下钩子"
        ),
    ),
    "inplace.shared_cells": Text(
        RuntimeError,
        en=(
            "this memory is read-only: it was expanded, so that several elements share one place, or wraps a read-only "
            "array. Write to a copy: x.clone()"
        ),
        zh="这块内存是只读的：它是扩展出来的，几个元素共用一个位置，或者包着一个只读数组。请写到副本里：x.clone()",
    ),
    "inplace.shape": Text(
        RuntimeError,
        en="output with shape {shape} doesn't match the broadcast shape {result}",
        zh="输出的形状 {shape} 与广播后的形状 {result} 不符",
    ),
    "inplace.dtype": Text(
        RuntimeError,
        en=(
            "result type {result} can't be cast to the desired output type {dtype}; convert the tensor first, e.g. "
            "x = x.float()"
        ),
        zh="结果的类型 {result} 不能变成输出要求的类型 {dtype}；请先转换张量，如 x = x.float()",
    ),
    "inplace.value": Text(
        ValueError,
        en="cannot assign a value of shape {given} into {shape}: {reason}",
        zh="不能把形状为 {given} 的值写进 {shape}：{reason}",
    ),
    "inplace.index": Text(
        IndexError,
        en="cannot assign a value of shape {given} into {shape}: {reason}",
        zh="不能把形状为 {given} 的值写进 {shape}：{reason}",
    ),
}
