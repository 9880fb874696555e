"""Checked gradients and what explains a model (:mod:`tinyconv.gradcheck`, :mod:`tinyconv.explain`)."""

from ..install import install
from ..kinds import GradcheckError
from .text import Phrase, Text

TEXTS = {
    # --- gradcheck (gradcheck.py) and its report (explain/report.py) ---
    "gradcheck.no_input": Text(
        ValueError,
        en="gradcheck expects at least one input tensor to require gradient: use requires_grad=True",
        zh="gradcheck 要求至少有一个输入张量需要梯度：请用 requires_grad=True",
    ),
    "gradcheck.other_way": Text(
        ValueError,
        en="{name}: tinyconv computes gradients by backward alone, of one seed. Leave the argument out",
        zh="{name}：tinyconv 只用 backward、由一个种子计算梯度。请不要写这个参数",
    ),
    "gradcheck.seeds": Text(
        ValueError,
        en="grad_outputs have the shapes {given}, but the float outputs {expected}. Give one for each, of its shape",
        zh="grad_outputs 的形状是 {given}，而浮点输出的形状是 {expected}。请为每个输出给出一个同形状的张量",
    ),
    "gradcheck.no_output": Text(
        ValueError,
        en="no output requires grad, so there is nothing to check",
        zh="没有输出需要梯度，因此没有可检查的",
    ),
    "gradcheck.mismatch": Text(
        GradcheckError,
        en="Jacobian mismatch for input {position} (shape {shape}) at element {index}, where it is {value:.6g}: "
        "analytic {analytic:.8g}, numeric {numeric:.8g}, difference {difference:.3g} > atol {atol:g} + rtol {rtol:g} "
        "* |numeric|{hint}",
        zh="输入 {position}（形状 {shape}）在元素 {index} 处（值为 {value:.6g}）的雅可比矩阵不符："
        "解析值 {analytic:.8g}，数值 {numeric:.8g}，相差 {difference:.3g} > atol {atol:g} + rtol {rtol:g} "
        "* |numeric|{hint}",
    ),
    "gradcheck.second_derivative": Text(GradcheckError, en="second derivative: {mismatch}", zh="二阶导数：{mismatch}"),
    "report.no_input": Text(
        ValueError,
        en="no input requires grad; use requires_grad=True",
        zh="没有输入需要梯度；请用 requires_grad=True",
    ),
    "report.no_output": Text(
        ValueError, en="the function returns no Tensor of floats", zh="函数没有返回浮点数的 Tensor"
    ),
    # --- windows (window.py) ---
    "explain.axes": Text(
        RuntimeError,
        en="has {ndim} spatial axes, but the input's spatial size is {size}. Give {ndim} sizes",
        zh="有 {ndim} 个空间轴，但输入的空间大小是 {size}。请给 {ndim} 个大小",
    ),
    "explain.no_window": Text(
        TypeError,
        en="{kind} has no window to explain; use a Conv, ConvTranspose, MaxPool, AvgPool or Adaptive...Pool layer of "
        "1, 2 or 3 dimensions",
        zh="{kind} 没有可以说明的窗口；请用 1、2 或 3 维的 Conv、ConvTranspose、MaxPool、AvgPool 或 Adaptive...Pool 层",
    ),
    "explain.dimensions": Text(
        RuntimeError,
        en="expected an input of {batched} dimensions (N, C, *size), or {unbatched} without batch, got {shape}",
        zh="输入应当有 {batched} 维 (N, C, *size)，没有批量时 {unbatched} 维，得到的是 {shape}",
    ),
    "explain.channels": Text(
        RuntimeError,
        en="expected {expected} channels, but the input of shape {shape} has {channels}",
        zh="应当有 {expected} 个通道，但形状为 {shape} 的输入有 {channels} 个",
    ),
    # --- single cells (cell.py) ---
    "explain.index_length": Text(
        IndexError,
        en="the {what} has {ndim} dimensions, shape {shape}; the index {index} has {given}",
        zh="{what}有 {ndim} 维，形状 {shape}；下标 {index} 有 {given} 维",
    ),
    "explain.index_range": Text(
        IndexError,
        en="index {index} is out of range for the {what}'s shape {shape}",
        zh="下标 {index} 超出了{what}的形状 {shape}",
    ),
    "explain.divisor": Text(
        RuntimeError,
        en="divisor must be not zero; leave out divisor_override",
        zh="除数不能是零；请不要给 divisor_override",
    ),
    "explain.grad_output": Text(
        RuntimeError,
        en="grad_output must have the output's shape {expected}, got {shape}",
        zh="grad_output 的形状必须是输出的形状 {expected}，得到 {shape}",
    ),
    "explain.needs_values": Text(
        TypeError,
        en="which output a cell reaches depends on its neighbours; give x, not its shape",
        zh="一格会影响哪个输出取决于它的邻居；请给 x，而不是它的形状",
    ),
    # --- a convolution's other faces (faces.py) ---
    "explain.no_convolution": Text(
        TypeError,
        en="{kind} is not a convolution; use Conv1d, Conv2d, Conv3d or ConvTranspose1d, 2d, 3d",
        zh="{kind} 不是卷积；请用 Conv1d、Conv2d、Conv3d 或 ConvTranspose1d、2d、3d",
    ),
    "explain.empty_batch": Text(
        ValueError,
        en="there is nothing to show in an empty batch, shape {shape}; give one sample",
        zh="空的一批（形状 {shape}）里没有可以展示的；请给一个样本",
    ),
    "explain.vector": Text(
        ValueError,
        en="SparseMatrix @ vector: a matrix of {rows} x {columns} takes a vector of shape ({columns},), got {shape}. "
        "Use x.reshape(-1) of one sample",
        zh="SparseMatrix @ vector：{rows} x {columns} 的矩阵要乘形状为 ({columns},) 的向量，得到 {shape}。"
        "请用一个样本的 x.reshape(-1)",
    ),
    "explain.matrix_size": Text(
        ValueError,
        en="{layer} on an input of {shape} has a matrix of {weights} weights * {places} places = {entries} entries, "
        "more than {most}. Use a smaller input",
        zh="{layer} 作用于 {shape} 的输入时，矩阵有 {weights} 个权重 * {places} 个位置 = {entries} 个元素，"
        "超过了 {most}。请用更小的输入",
    ),
    # --- pictures (graph.py, show.py) and receptive fields (receptive.py) ---
    "explain.detail": Text(
        ValueError,
        en="detail={detail!r} must be 'auto', 'operations' or 'modules'",
        zh="detail={detail!r} 必须是 'auto'、'operations' 或 'modules'",
    ),
    "explain.no_graph": Text(
        ValueError,
        en="there is no graph: nothing that led here has requires_grad=True, or it was computed under no_grad. "
        "Use requires_grad=True on an input, or draw(model, x)",
        zh="没有计算图：参与计算的都没有 requires_grad=True，或者是在 no_grad 下计算的。"
        "请对某个输入用 requires_grad=True，或用 draw(model, x)",
    ),
    "explain.file_type": Text(
        ValueError,
        en="{name!r} must end in one of {endings}",
        zh="{name!r} 的后缀必须是 {endings} 之一",
    ),
    "explain.no_matplotlib": Text(
        ImportError,
        en=f"plots need matplotlib, which is not installed. Install it with: {install('examples')}",
        zh=f"画图需要 matplotlib，而它没有安装。请安装：{install('examples')}",
    ),
    "explain.no_pillow": Text(
        ImportError,
        en=f"a GIF needs Pillow, which is not installed. Save an .svg, or install it with: {install('vision')}",
        zh=f"写 GIF 需要 Pillow，而它没有安装。请保存成 .svg，或安装它：{install('vision')}",
    ),
    "explain.no_frame": Text(
        ValueError,
        en="there is no frame to show of an input of shape {shape} with most={most}. Give one sample, and most of at "
        "least 1",
        zh="形状为 {shape} 的输入在 most={most} 时没有可以展示的画面。请给一个样本，most 不小于 1",
    ),
    # --- the figure to drive (widget.py) ---
    "explain.widget_both": Text(
        TypeError,
        en="a layer brings its own options, but {options} is given too. Give the layer, or options without one",
        zh="层自带各个选项，却又给了 {options}。请只给层，或只给选项",
    ),
    "explain.widget_input": Text(
        TypeError,
        en="an input goes with a layer, and has a size of its own. Use widget(layer, input), or size= without an input",
        zh="输入要和层一起给，而且自有大小。请用 widget(layer, input)，或者不给输入而用 size=",
    ),
    "explain.widget_kind": Text(
        ValueError, en="kind={kind!r} must be one of {known}", zh="kind={kind!r} 必须是 {known} 之一"
    ),
    "explain.widget_axes": Text(
        ValueError,
        en="size has {axes} axes, but the figure shows 1 or 2. Use size=5, or size=(5,) for one axis",
        zh="size 有 {axes} 个轴，而图只能显示 1 或 2 个。请用 size=5，一个轴时用 size=(5,)",
    ),
    "explain.widget_controls": Text(
        ValueError,
        en="there is no slider {unknown!r} for this layer. Use some of {known}",
        zh="这个层没有滑块 {unknown!r}。请从 {known} 中选用",
    ),
    "explain.widget_size": Text(
        ValueError,
        en="an input of shape {shape} cannot be shown: at most {cells} cells an axis and {channels} channels can be "
        "read, in and out. Give a piece of it, such as x[:1, :1, :8, :8]",
        zh="形状为 {shape} 的输入无法显示：每个轴最多 {cells} 格，输入和输出最多各 {channels} 个通道。"
        "请给其中一块，例如 x[:1, :1, :8, :8]",
    ),
    "explain.widget_finite": Text(
        ValueError,
        en="the input has NaN or infinite values, which the figure cannot show. Use nan_to_num",
        zh="输入中有 NaN 或无穷大，图中无法显示。请用 nan_to_num",
    ),
    "explain.widget_layer": Text(
        ValueError,
        en="{layer} cannot be shown, because of {option}: the figure has 1 or 2 axes, a window of one size and padding "
        "of zeros. Use explain_cell or animate",
        zh="{layer} 无法显示，因为 {option}：图只有 1 或 2 个轴，窗口大小固定，填充为零。请用 explain_cell 或 animate",
    ),
    "explain.no_spatial_axes": Text(
        RuntimeError,
        en="expected an input (N, C, *size) with spatial axes, got {shape}",
        zh="输入应当是有空间轴的 (N, C, *size)，得到 {shape}",
    ),
    "explain.only_padding": Text(
        ValueError,
        en="the cell at {place} sees nothing but padding; choose another place",
        zh="{place} 处的格子只看得到填充；请换一个位置",
    ),
    # --- the page to draw on (draw_page.py) ---
    "explain.page_model": Text(
        TypeError,
        en="expected an nn.Sequential, whose layers are called one after the other, got {kind}. Put the model's layers "
        "into one: nn.Sequential(model.conv1, nn.ReLU(), ...)",
        zh="应当给一个 nn.Sequential，它的层一个接一个地调用，得到的是 {kind}。"
        "请把模型的层放进去：nn.Sequential(model.conv1, nn.ReLU(), ...)",
    ),
    "explain.page_layer": Text(
        TypeError,
        en="layer {name!r} is a {kind}, which the page cannot compute. It knows {known}",
        zh="层 {name!r} 是 {kind}，网页不会计算它。它认识的有 {known}",
    ),
    "explain.page_option": Text(
        ValueError,
        en="layer {name!r}, {layer}: the page cannot compute it with {what}",
        zh="层 {name!r}，{layer}：网页不会按 {what} 计算它",
    ),
    "explain.page_linear": Text(
        ValueError,
        en="layer {name!r}, {layer}: expected an input of shape (N, features), got {shape}. Put an nn.Flatten() before "
        "it",
        zh="层 {name!r}，{layer}：输入应当是二维的 (N, features)，得到的形状是 {shape}。请在它前面放一个 nn.Flatten()",
    ),
    "explain.page_hooks": Text(
        ValueError,
        en="layer {name!r} ({kind}) has forward hooks, and the page cannot run them. Remove them first",
        zh="层 {name!r}（{kind}）挂有前向钩子，网页不能运行它们。请先取下",
    ),
    "explain.page_scores": Text(
        ValueError,
        en="the model must give scores of shape (N, classes), one for each of the {labels} labels; it gives {shape}",
        zh="模型应当给出形状为 (N, classes) 的得分，{labels} 个标签各一个；它给出的是 {shape}",
    ),
    "explain.page_nonfinite": Text(
        ValueError,
        en="the model gives scores that are not finite: its training has diverged. Train it anew, with a smaller "
        "learning rate",
        zh="模型给出的得分不是有限的数：训练已经发散。请用更小的学习率重新训练",
    ),
    "explain.page_examples": Text(
        ValueError,
        en="examples must be uint8 pictures of shape (N, 28, 28) and N classes that labels has names for; got {dtype} "
        "{shape} and {classes}",
        zh="examples 应当是形状为 (N, 28, 28) 的 uint8 图片，和 N 个在 labels 里有名字的类别；"
        "得到 {dtype} {shape} 和 {classes}",
    ),
    # --- the command line (__main__.py) ---
    "explain.input_axes": Text(
        ValueError, en="--input has {axes} axes; 1 to 3 can be shown", zh="--input 有 {axes} 个轴；只能展示 1 到 3 个"
    ),
    "explain.option_axes": Text(
        ValueError,
        en="--{option} gives {given} numbers, but --input has {axes} axes; give {axes}, or one for all",
        zh="--{option} 给了 {given} 个数，而 --input 有 {axes} 个轴；请给 {axes} 个，或给一个用于所有轴",
    ),
    "explain.cover_all": Text(
        ValueError,
        en="--cover-all is for max pooling; average pooling has --ceil-mode",
        zh="--cover-all 只用于最大池化；平均池化有 --ceil-mode",
    ),
    "explain.count": Text(
        ValueError,
        en="{option} must give {count} numbers, got {given}",
        zh="{option} 必须给 {count} 个数，得到 {given} 个",
    ),
}

PHRASES = {
    "gradcheck.coarse": Phrase(
        "gradcheck: an input of shape {input.shape} is {input.dtype}, whose rounding is larger than the differences "
        "taken here; use float64 (x.double())",
        "gradcheck：形状为 {input.shape} 的输入是 {input.dtype}，它的舍入误差比这里取的差还大；"
        "请用 float64（x.double()）",
    ),
    "explain.leaf": Phrase("leaf", "叶子"),
    "explain.parameter": Phrase("parameter", "参数"),
    "explain.one_operation": Phrase("1 operation", "1 个运算"),
    "explain.operations": Phrase("{count} operations", "{count} 个运算"),
    "explain.one_parameter": Phrase("1 parameter", "1 个参数"),
    "explain.parameters": Phrase("{count} parameters", "{count} 个参数"),
    "explain.with_parameters": Phrase("{operations}, {parameters}", "{operations}，含 {parameters}"),
    "explain.chain": Phrase("{count} steps in a row", "连续 {count} 步"),
    "explain.graph": Phrase("Graph of {boxes} boxes and {edges} edges", "{boxes} 个方框、{edges} 条边的计算图"),
    "explain.open_modules": Phrase(
        "Click a box of several operations to see inside it.", "点一下含有多个运算的方框，看它的内部。"
    ),
    "explain.page_title": Phrase("Draw a digit", "写一个数字"),
    "explain.page_still": Phrase(
        "Scripts do not run here, so this picture stands still: a digit, what the first layer sees in it, and the "
        "network's probabilities. Where scripts run, you draw the digit yourself.",
        "这里不运行脚本，所以图是静止的：一个数字、第一层在它里面看到的，以及网络给出的概率。"
        "能运行脚本的地方，数字由你来写。",
    ),
    "gradcheck.slopes": Phrase(
        ". The slopes to its left and right differ ({left:.6g}, {right:.6g})",
        "。它左右两侧的斜率不同（{left:.6g}、{right:.6g}）",
    ),
    "explain.no_chinese_font": Phrase(
        "no font with Chinese characters is installed, so figures show boxes in their place. Install one such as "
        "{families}",
        "没有找到带汉字的字体，图里的汉字会显示成方框。请安装一种，例如 {families}",
    ),
    # --- cells, tables and reports ---
    "explain.padding": Phrase("padding", "填充"),
    "explain.pad": Phrase("pad", "填充"),
    "explain.bias": Phrase("bias: {value}", "偏置：{value}"),
    "explain.plus_bias": Phrase("{value} (bias)", "{value}（偏置）"),
    "explain.none_reaches": Phrase("0 (no input reaches it)", "0（没有输入到达它）"),
    "explain.elided": Phrase("... ({count} more) ...", "...（还有 {count} 项）..."),
    "explain.way": Phrase("{output} with weight{factor} {weight}", "{output}，权重{factor} {weight}"),
    "explain.reaches": Phrase(
        "{cell} reaches {reached} of {total} outputs:", "{cell} 影响 {total} 个输出中的 {reached} 个："
    ),
    "explain.gradient_of_sum": Phrase("gradient of the outputs' sum: {total}", "输出之和的梯度：{total}"),
    "explain.summary_head": Phrase(
        "layer|kind|output shape|parameters|multiply-adds|activation|im2col",
        "层|种类|输出形状|参数|乘加次数|激活值|im2col",
    ),
    "explain.whole_model": Phrase("(model)", "（整个模型）"),
    "explain.total": Phrase("total", "合计"),
    "explain.largest": Phrase(" (largest)", "（最大的）"),
    "explain.frozen": Phrase(
        "{frozen:,} of {parameters:,} parameters are frozen", "{parameters:,} 个参数中有 {frozen:,} 个已冻结"
    ),
    "explain.fields_head": Phrase(
        "layer|kind|output|size|jump|start|middle cell|sees|measured",
        "层|种类|输出|大小|间隔|起点|中间一格|看到|实测",
    ),
    "explain.sees_nothing": Phrase("nothing", "什么也没有"),
    "explain.untouched": Phrase("{untouched} of {total} cells untouched", "{total} 格中有 {untouched} 格没有碰到"),
    "explain.none_arrived": Phrase("none arrived", "没有传来"),
    "explain.steps_head": Phrase(
        "step|operation|formula|gradient in|gradients out", "步|运算|公式|传入的梯度|传出的梯度"
    ),
    "explain.range": Phrase(
        "from {low:.4g} to {high:.4g}, mean {mean:.4g}", "从 {low:.4g} 到 {high:.4g}，平均 {mean:.4g}"
    ),
    "explain.untouched_share": Phrase(
        "{untouched} of {total} cells untouched ({share:.0%})", "{total} 格中有 {untouched} 格没有碰到（{share:.0%}）"
    ),
    "explain.matrix": Phrase(
        "[{rows} x {columns}, {filled} of {entries} entries not zero]",
        "[{rows} x {columns}，{entries} 个元素中有 {filled} 个不是零]",
    ),
    "explain.entries": Phrase("{size}, {count} entries", "{size}，{count} 个元素"),
    "explain.share": Phrase(
        "[{size}, {count} entries: {share:.2%} of them]", "[{size}，{count} 个元素：占 {share:.2%}]"
    ),
    "explain.way_loops": Phrase("1. loops: {count} multiply-adds", "1. 循环：{count} 次乘加"),
    "explain.way_columns": Phrase(
        "2. im2col: kernels as rows, windows as columns; kernels @ columns",
        "2. im2col：卷积核作行，窗口作列；kernels @ columns",
    ),
    "explain.way_columns_back": Phrase(
        "2. im2col: columns = kernels.T @ x, each added back onto its window",
        "2. im2col：columns = kernels.T @ x，每一列加回它的窗口",
    ),
    "explain.kernels": Phrase("kernels:", "kernels（卷积核）："),
    "explain.columns": Phrase("columns:", "columns（窗口）："),
    "explain.first_group": Phrase("(of the first of {count} groups)", "（{count} 组中的第一组）"),
    "explain.way_matrix": Phrase("3. matrix: vec(y) = W @ vec(x), W is", "3. 矩阵：vec(y) = W @ vec(x)，W 是"),
    "explain.way_matrix_back": Phrase(
        "3. matrix: vec(y) = W @ vec(x), W, the transpose of a convolution's matrix, is",
        "3. 矩阵：vec(y) = W @ vec(x)，W 是一个卷积的矩阵的转置：",
    ),
    "explain.three_differ": Phrase(
        "largest difference between the three: {difference:.3g}", "三者之间最大的差：{difference:.3g}"
    ),
    "explain.plot_kernels": Phrase("kernels as rows", "卷积核作行"),
    "explain.plot_columns": Phrase("im2col: windows as columns", "im2col：窗口作列"),
    "explain.plot_matrix": Phrase("the sparse matrix W", "稀疏矩阵 W"),
    "explain.step_of": Phrase("step {count} of {total}", "第 {count} 步，共 {total} 步"),
    "explain.step_at": Phrase("    at    {where}", "    位置  {where}"),
    "explain.step_in": Phrase("    in    {grad}", "    传入  {grad}"),
    "explain.step_out": Phrase("    out   {grad}  to {target}", "    传出  {grad}  给 {target}"),
    "explain.leaf_of": Phrase("leaf of shape {shape}", "形状为 {shape} 的叶子"),
    "explain.see_backward": Phrase("see its backward", "见它的 backward"),
    "explain.see_gradient": Phrase("see its gradient methods", "见它的 gradient 方法"),
    "report.failed": Phrase(
        "gradcheck: backward failed with {kind}: {error}", "gradcheck：backward 出错，{kind}：{error}"
    ),
    "report.agrees": Phrase(
        "gradcheck: all {total} elements of 1 input agree", "gradcheck：1 个输入的 {total} 个元素全部一致"
    ),
    "report.all_agree": Phrase(
        "gradcheck: all {total} elements of {inputs} inputs agree",
        "gradcheck：{inputs} 个输入的 {total} 个元素全部一致",
    ),
    "report.wrong": Phrase(
        "gradcheck: {wrong} of {total} elements are wrong", "gradcheck：{total} 个元素中有 {wrong} 个错了"
    ),
    "report.kink": Phrase(
        "  input {position}, element {index}: a kink or a tie, where the slope is {left:.6g} to the left "
        "and {right:.6g} to the right; {analytic:.6g} is one of the values that will do",
        "  输入 {position}，元素 {index}：这里是折点或并列，左侧斜率 {left:.6g}，右侧 {right:.6g}；"
        "{analytic:.6g} 是可以接受的一个值",
    ),
    "report.right": Phrase("right", "正确"),
    "report.some_wrong": Phrase("{count} of {size} wrong", "{size} 个中有 {count} 个错了"),
    "report.input": Phrase("input {position}, shape {shape}", "输入 {position}，形状 {shape}"),
    "report.more": Phrase("  ... and {count} more", "  ……还有 {count} 个"),
    "report.cause": Phrase("likely cause:", "可能的原因："),
    "report.causes": Phrase("likely causes:", "可能的原因，最可能的在前："),
    "report.titles": Phrase("element|value|analytic|numeric|difference|ratio", "元素|值|解析梯度|数值梯度|差|比"),
    "explain.input": Phrase("input", "输入"),
    "explain.output": Phrase("output", "输出"),
    "explain.no_size": Phrase(
        "{text!r} is not a size; write 5x5, or 5 for one axis", "{text!r} 不是大小；请写 5x5，只有一个轴时写 5"
    ),
    "explain.least": Phrase("{text!r} must be {least} or more", "{text!r} 必须不小于 {least}"),
    "explain.no_numbers": Phrase(
        "{text!r} are not numbers; write them as 0,1,2,3", "{text!r} 不是一列数；请写成 0,1,2,3"
    ),
}
