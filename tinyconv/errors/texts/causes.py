"""The mistakes that a gradient check suspects (:mod:`tinyconv.explain.causes`): the mistake, the evidence, the fix."""

from .text import Phrase, Text

TEXTS: dict[str, Text] = {}

PHRASES = {
    "cause.told": Phrase("{name}: {evidence}. {fix}", "{name}：{evidence}。{fix}"),
    "cause.random": Phrase(
        "the function is random\n"
        "two calls on the same input give different values\n"
        "Call tc.manual_seed in it, or model.eval() if it has dropout",
        "函数是随机的\n同一个输入调用两次，得到的值不同\n请在里面调用 tc.manual_seed；有 dropout 时调用 model.eval()",
    ),
    "cause.broadcast": Phrase(
        "missing sum over a broadcast axis\n"
        "forward spread an input of shape {expected} to {got}, and the gradient still has that shape\n"
        "In {operation}'s gradient method, sum over axes {axes}; or set {operation}.broadcasts = True",
        "广播过的轴上少了求和\n"
        "前向把形状为 {expected} 的输入扩展成了 {got}，而梯度还是那个形状\n"
        "请在 {operation} 的 gradient 方法里对轴 {axes} 求和；或设 "
        "{operation}.broadcasts = True",
    ),
    "cause.rounding": Phrase(
        "rounding of {dtype}\n"
        "with the same numbers in float64 every element agrees; {dtype} cannot resolve a step of "
        "{eps:g}\n"
        "The gradient is right: check in float64, x.double()",
        "{dtype} 的舍入\n"
        "同样的数用 float64 计算，每个元素都一致；{dtype} 分辨不出 {eps:g} 的一"
        "步\n"
        "梯度是对的：请用 float64 检查，x.double()",
    ),
    "cause.jump": Phrase(
        "the function jumps\n"
        "input {position} at {index}, where it is {value:.6g}: values differ by more than any slope "
        "could make them within {eps:g}\n"
        "There is no derivative at a jump (of sign, round, a comparison): check away from it",
        "函数在这里跳变\n"
        "输入 {position} 在 {index} 处（值为 {value:.6g}）：在 "
        "{eps:g} 之内，值的变化超过了任何斜率能造成的\n"
        "跳变处（sign、round、比较）没有导数：请避开它再检查",
    ),
    "cause.nonfinite": Phrase(
        "NaN or infinity in backward\n"
        "the gradient of input {position} at {index}, where it is {value:.6g}, is {gradient}\n"
        "Look for 0/0, log(0), 0*inf or a root of 0; tc.detect_anomaly() names the operation",
        "反向传播中出现 NaN 或无穷大\n"
        "输入 {position} 在 {index} 处（值为 {value:.6g}）的梯度是 "
        "{gradient}\n"
        "请找 0/0、log(0)、0*inf 或 0 的平方根；tc.detect_anomaly()"
        " 会指出是哪个运算",
    ),
    "cause.cut": Phrase(
        "the graph is cut\n"
        "the gradient of input {position} {how}, and yet the output depends on it\n"
        "Look for detach(), .data, .numpy(), no_grad(), or a gradient method that returns None",
        "计算图断了\n"
        "输入 {position} 的梯度{how}，而输出却取决于它\n"
        "请找 detach()、.data、.numpy()、no_grad()，或返回 None 的 "
        "gradient 方法",
    ),
    "cause.zeros": Phrase(
        "arrives as zeros",
        "传来的全是零",
    ),
    "cause.never": Phrase(
        "never arrives",
        "从没有传来",
    ),
    "cause.uses": Phrase(
        "missing accumulation\n"
        "input {position} gets {count} gradients in all, whose sum is right if every tensor that was "
        "used more than once adds up what it gets{detail}\n"
        "Look for = where the engine should have +=",
        "少了累加\n"
        "输入 {position} 共得到 {count} 份梯度；凡是用过不止一次的张量，都把得到的加"
        "起来，和就是对的{detail}\n"
        "请找引擎里该写 += 却写了 = 的地方",
    ),
    "cause.kept": Phrase(
        ", and backward kept number {number} of them alone",
        "，而反向传播只留下了第 {number} 份",
    ),
    "cause.sign": Phrase(
        "wrong sign\nthe gradient of input {position} is the negative of what it should be\nLook for a minus",
        "符号反了\n输入 {position} 的梯度是应有值的相反数\n请找一个负号",
    ),
    "cause.mean_of_places": Phrase(
        "wrong sum over a broadcast axis\n"
        "the gradient of input {position} is 1/{repeats} of what it should be, and forward spread it "
        "over {repeats} places\n"
        "The gradient of what was broadcast is the sum over these places, not the mean",
        "广播过的轴上求和不对\n"
        "输入 {position} 的梯度是应有值的 1/{repeats}，而前向把它扩展到了 "
        "{repeats} 处\n"
        "被广播者的梯度是这些位置之和，不是平均",
    ),
    "cause.factor": Phrase(
        "missing factor\n"
        "the gradient of input {position} is {factor:.4g} times what it should be, everywhere\n"
        "Look for a factor of {missing:.4g}: the 2 of a square, the 1/n of a mean, or a tensor that is "
        "used twice and got one of its gradients",
        "少了一个因子\n"
        "输入 {position} 的梯度处处是应有值的 {factor:.4g} 倍\n"
        "请找 {missing:.4g} 这个因子：平方的 2、平均的 1/n，或用了两次却只得到一份梯"
        "度的张量",
    ),
    "cause.inner": Phrase(
        "missing inner derivative\n"
        "the gradient of input {position} would be right if it were multiplied by {tensor}\n"
        "The chain rule: incoming gradient times the derivative at the saved value",
        "少了内层导数\n输入 {position} 的梯度乘以{tensor}就对了\n链式法则：传来的梯度乘以在保存的值处的导数",
    ),
    "cause.the_input": Phrase(
        "the input",
        "这个输入",
    ),
    "cause.twice_the_input": Phrase(
        "twice the input",
        "输入的两倍",
    ),
    "cause.input": Phrase(
        "input {position}",
        "输入 {position}",
    ),
    "cause.output": Phrase(
        "output {position}",
        "输出 {position}",
    ),
    "cause.inverse": Phrase(
        "1 / {tensor}",
        "{tensor} 的倒数",
    ),
    "cause.flipped": Phrase(
        "flipped kernel\n"
        "turned around along its spatial axes\n"
        "Convolution layers cross-correlate: forward does not flip, and backward spreads each gradient "
        "through the kernel as forward read it",
        "卷积核翻转了\n沿空间轴翻转了\n卷积层做的是互相关：前向不翻转，反向把每份梯度按前向读取的样子经卷积核散布开",
    ),
    "cause.transposed": Phrase(
        "transposed matrix\ntransposed\nLook for a missing or an extra .T; square matrices hide it, as all shapes fit",
        "矩阵转置了\n转置了\n请找少写或多写的 .T；方阵的形状总是相合，会把它掩盖",
    ),
    "cause.right_but": Phrase(
        "the gradient of input {position} is right but {how}",
        "输入 {position} 的梯度是对的，只是{how}",
    ),
    "cause.right_for": Phrase(
        "the gradient of input {position} is right for input {other} {how}",
        "输入 {position} 的梯度，在输入 {other} {how}的情况下才是对的",
    ),
    "cause.axes": Phrase(
        "sum over the wrong axes\n"
        "the gradient of input {position} is the incoming one summed over axes {axes}; summed over "
        "{right} it is right\n"
        "Sum over every axis but the one along which forward added it",
        "求和的轴不对\n"
        "输入 {position} 的梯度是传来的梯度对轴 {axes} 求和；对 {right} 求和"
        "才对\n"
        "除了前向相加所沿的那个轴，其余的轴都要求和",
    ),
    "cause.one_place": Phrase(
        "wrong sum over a broadcast axis\n"
        "forward spread input {position} along axes {axes} of the output, and its gradient is that of "
        "the {which} place alone\n"
        "Sum the gradient over axes {axes}",
        "广播过的轴上求和不对\n"
        "前向把输入 {position} 沿输出的轴 {axes} 扩展开，而它的梯度只取了"
        "{which}那一处的\n"
        "请把梯度对轴 {axes} 求和",
    ),
    "cause.first": Phrase(
        "first",
        "第一个",
    ),
    "cause.last": Phrase(
        "last",
        "最后一个",
    ),
    "cause.places": Phrase(
        "missing accumulation\n"
        "input {position} at {index} reaches the output on {count} ways, which give {listed}; their sum "
        "is {right:.4g}, and the analytic {given:.4g} is one of them alone\n"
        "Look for = where += is due: overlapping windows (col2im), or an index that occurs twice",
        "少了累加\n"
        "输入 {position} 在 {index} 处有 {count} 条路通到输出，它们给出 "
        "{listed}；和是 {right:.4g}，而解析值 {given:.4g} 只是其中一个\n"
        "请找该写 += 却写了 = 的地方：重叠的窗口（col2im），或出现两次的下标",
    ),
    "cause.mean": Phrase(
        "missing term through a mean or sum\n"
        "the error in the gradient of input {position} is the same all along axes {axes}{hint}\n"
        "The mean (or sum) over these axes depends on the input too: add its gradient",
        "少了经过平均或求和的一项\n"
        "输入 {position} 的梯度的误差沿轴 {axes} 处处相同{hint}\n"
        "这些轴上的平均（或和）也取决于输入：请加上它的梯度",
    ),
    "cause.sums_to_zero": Phrase(
        "; the right one sums to 0, as adding a constant there changes nothing",
        "；对的梯度之和是 0，因为在那里加一个常数什么也不改变",
    ),
    "cause.moved": Phrase(
        "backward's window at the wrong places\n"
        "the gradient of input {position} is right but moved by {places} along axis {axis}\n"
        "Stride, padding and dilation must be the same in backward, and the padding cropped off at the "
        "end",
        "反向传播的窗口放错了位置\n"
        "输入 {position} 的梯度是对的，只是沿轴 {axis} 移动了 {places}\n"
        "反向传播里的步幅、填充和膨胀必须和前向相同，最后还要把填充裁掉",
    ),
    "cause.elsewhere": Phrase(
        "backward's window at the wrong places\n"
        "of input {position}, {findings}\n"
        "Stride, padding and dilation must be the same in backward, and the padding cropped off at the "
        "end",
        "反向传播的窗口放错了位置\n"
        "输入 {position} 的梯度里，{findings}\n"
        "反向传播里的步幅、填充和膨胀必须和前向相同，最后还要把填充裁掉",
    ),
    "cause.missed": Phrase(
        "{count} elements that matter get exactly 0",
        "有 {count} 个起作用的元素得到的正好是 0",
    ),
    "cause.stray": Phrase(
        "{count} elements that no output depends on get a gradient",
        "有 {count} 个与输出无关的元素得到了梯度",
    ),
    "cause.same_total": Phrase(
        "the sum of all elements is right",
        "所有元素之和是对的",
    ),
    "cause.and": Phrase(
        " and ",
        "，并且",
    ),
    "cause.fails": Phrase(
        "backward fails\nStart from this message",
        "反向传播出错\n请从这条消息查起",
    ),
    "cause.unknown": Phrase(
        "none of the common mistakes\n"
        "no pattern fits{rest}\n"
        "Check smaller pieces: each operation alone, on 1 x 1 cells, without options, then add them one by one",
        "不是常见的错误\n"
        "没有一种模式相符{rest}\n"
        "请检查更小的部分：每个运算单独查，只用 1 x 1 格、不带选项，再逐个加上去",
    ),
    "cause.others_right": Phrase(
        "; the gradients of inputs {inputs} are right, so what they share is too",
        "；输入 {inputs} 的梯度是对的，所以它们共用的部分也对",
    ),
}
