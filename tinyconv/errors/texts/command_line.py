"""What the commands print: argparse's own words, ``python -m tinyconv``, ``python -m tinyconv.explain``."""

from .text import Phrase, Text

TEXTS: dict[str, Text] = {}

PHRASES = {
    # --- argparse's words; the English is argparse's (command_line.py) ---
    "command.usage": Phrase("usage: ", "用法："),
    "command.positional": Phrase("positional arguments", "位置参数"),
    "command.options": Phrase("options", "选项"),
    "command.help": Phrase("show this help message and exit", "显示这段帮助，然后退出"),
    "command.default": Phrase(" (default: %(default)s)", "（默认 %(default)s）"),
    "command.error": Phrase("{prog}: error: {message}\n", "{prog}：错误：{message}\n"),
    "command.language": Phrase("language: en or zh", "语言：en 或 zh"),
    "command.argument": Phrase("argument {name}: {message}", "参数 {name}：{message}"),
    "command.required": Phrase("the following arguments are required: {names}", "缺少必需的参数：{names}"),
    "command.unrecognized": Phrase("unrecognized arguments: {names}", "不认识的参数：{names}"),
    "command.choice": Phrase(
        "invalid choice: {value} (choose from {choices})", "没有 {value} 这个选择（可选的有 {choices}）"
    ),
    "command.invalid": Phrase("invalid {kind} value: {value}", "{value} 不能读作 {kind}"),
    "command.one": Phrase("expected one argument", "后面要有一个值"),
    "command.at_least_one": Phrase("expected at least one argument", "后面至少要有一个值"),
    "command.at_most_one": Phrase("expected at most one argument", "后面至多有一个值"),
    "command.several": Phrase("expected {count} arguments", "后面要有 {count} 个值"),
    "command.not_allowed": Phrase("not allowed with argument {other}", "不能和参数 {other} 一起用"),
    "command.one_of": Phrase("one of the arguments {names} is required", "这些参数必须给一个：{names}"),
    "command.explicit": Phrase("ignored explicit argument {value}", "不接受值，却给了 {value}"),
    "command.ambiguous": Phrase(
        "ambiguous option: {option} could match {matches}", "选项 {option} 不明确，可能是 {matches}"
    ),
    # --- python -m tinyconv (__main__.py) ---
    "main.about": Phrase(
        "What is installed here, what it runs on, and where to start.", "这里装了什么、在什么上面运行、从哪里开始。"
    ),
    "main.arrays": Phrase("Arrays", "数组"),
    "main.threads_title": Phrase("BLAS and threads", "BLAS 与线程"),
    "main.cpu": Phrase(
        "cpu   NumPy {version} on {machine}, {cores} cores for this process",
        "cpu   NumPy {version}，{machine}，本进程可用 {cores} 个核",
    ),
    "main.no_cuda": Phrase("cuda  not available: {reason}", "cuda  不可用：{reason}"),
    "main.as_built": Phrase("{blas}, as NumPy was built", "{blas}（NumPy 编译时所用）"),
    "main.one_thread": Phrase(
        "convolutions run in one Python thread, BLAS in its own; with threadpoolctl they share their tiles\n"
        "among threads: {install}",
        "卷积在一个 Python 线程里运行，BLAS 用它自己的线程；装上 threadpoolctl，卷积就把各块分给多个线程：\n{install}",
    ),
    "main.blas": Phrase(
        "{name} {version}, {threads} threads ({architecture})", "{name} {version}，{threads} 个线程（{architecture}）"
    ),
    "main.shares": Phrase(
        "tinyconv shares a convolution's tiles among {count} threads: tinyconv.set_num_threads(n)",
        "tinyconv 把一次卷积的各块分给 {count} 个线程：tinyconv.set_num_threads(n)",
    ),
    "main.start": Phrase(
        """\
Where to start
  python -m tinyconv.explain conv --input 5x5 --kernel 2x2 --stride 2
                                 a window sliding over an input, in this terminal (also: transposed, pool)
  python examples/train_mnist.py a small CNN learns handwritten digits in a quarter of a minute
  >>> import tinyconv as tc
  >>> conv = tc.nn.Conv2d(1, 8, kernel_size=3)
  >>> conv(tc.randn(4, 1, 28, 28)).shape
  (4, 8, 26, 26)
  >>> help(tc.nn.Conv2d)         every class and function has an example that runs
  Read tensor.py, operation.py and backward.py in tinyconv/autograd/ first: they are the engine.
  python -m tinyconv --lang zh   \
the same in Chinese; TINYCONV_LANGUAGE=zh, or tc.set_language("zh"), for everything""",
        """\
从哪里开始
  python -m tinyconv.explain --lang zh conv --input 5x5 --kernel 2x2 --stride 2
                                 在这个终端里看窗口滑过输入（还有 transposed、pool）
  python examples/train_mnist.py 一个小卷积网络用十几秒学会认手写数字
  >>> import tinyconv as tc
  >>> conv = tc.nn.Conv2d(1, 8, kernel_size=3)
  >>> conv(tc.randn(4, 1, 28, 28)).shape
  (4, 8, 26, 26)
  >>> help(tc.nn.Conv2d)         每个类、每个函数都有能运行的例子
  读源码先读 tinyconv/autograd/ 里的 tensor.py、operation.py 和 backward.py：它们是发动机。
  TINYCONV_LANGUAGE=zh           \
这个环境变量让所有命令都说中文；在程序里用 tc.set_language("zh")""",
    ),
    # --- python -m tinyconv.explain (explain/__main__.py): its help ---
    "explain.about": Phrase(
        "Show the arithmetic of a layer's output size, and its window as it slides over the input.",
        "写出一个层的输出尺寸怎么算，并展示它的窗口怎样滑过输入。",
    ),
    "explain.help_conv": Phrase("a convolution", "卷积"),
    "explain.help_transposed": Phrase("a transposed convolution", "转置卷积"),
    "explain.help_pool": Phrase("max or average pooling", "最大池化或平均池化"),
    "explain.help_input": Phrase("spatial size: 8, 5x5 or 3x4x4", "空间大小：8、5x5 或 3x4x4"),
    "explain.help_kernel": Phrase("size of the window", "窗口的大小"),
    "explain.help_stride": Phrase("its step (default: 1; of a pooling: the kernel)", "步幅（默认 1；池化为窗口大小）"),
    "explain.help_frames": Phrase("pictures to show, 0 for all (4)", "展示几幅图，0 表示全部（4）"),
    "explain.help_values": Phrase("the input's numbers (default: 0, 1, 2 ...)", "输入里的数（默认 0, 1, 2 ...）"),
    "explain.help_save": Phrase(
        "also keep all pictures as a film, FILE.svg or FILE.gif", "另外把所有的图存成动画，FILE.svg 或 FILE.gif"
    ),
    "explain.help_dilation": Phrase("distance of the kernel's taps (1)", "卷积核相邻两格的间距（1）"),
    "explain.help_weights": Phrase("the kernel's numbers (default: 0, 1 ...)", "卷积核里的数（默认 0, 1 ...）"),
    "explain.help_conv_padding": Phrase(
        "cells added on each side (0), 0:1 before and after, or same", "每侧补几格（0）；0:1 表示前后各补几格；或 same"
    ),
    "explain.help_padding": Phrase("cells added on each side (0)", "每侧补几格（0）"),
    "explain.help_padding_mode": Phrase("what the added cells hold (zeros)", "补的格子里放什么（zeros）"),
    "explain.help_conv_cover": Phrase(
        "Chainer's rule: every input cell is seen", "Chainer 的规则：输入的每一格都要被看到"
    ),
    "explain.help_output_padding": Phrase("cells added at the end", "在末尾补几格"),
    "explain.help_mode": Phrase("the largest number or the mean (max)", "取最大的数，还是取平均（max）"),
    "explain.help_ceil": Phrase("round the output size up (PyTorch's rule)", "输出尺寸向上取整（PyTorch 的规则）"),
    "explain.help_pool_cover": Phrase(
        "round the output size up (Chainer's rule; max only)", "输出尺寸向上取整（Chainer 的规则；只用于 max）"
    ),
    # --- and what it prints ---
    "explain.kernel": Phrase("kernel", "卷积核"),
    "explain.window_of": Phrase("window {count} of {total}", "第 {count} 个窗口，共 {total} 个"),
    "explain.more": Phrase("{count} more; --frames 0 shows them all", "还有 {count} 个；--frames 0 会全部展示"),
    "explain.film_of": Phrase("{path}: a film of {count} pictures", "{path}：{count} 幅图的动画"),
    "explain.stopped": Phrase("stopped by Ctrl-C", "已用 Ctrl-C 停止"),
    "explain.output_size": Phrase("output size: {size}", "输出尺寸：{size}"),
    "explain.axis": Phrase("axis {axis}: {arithmetic}", "轴 {axis}：{arithmetic}"),
    "explain.adaptive_window": Phrase(
        "window p along an axis of i cells: from floor(p*i/o) up to, but not with, ceil((p + 1)*i/o)",
        "在 i 格的轴上，第 p 个窗口从 floor(p*i/o) 开始，到 ceil((p + 1)*i/o) 之前为止",
    ),
    "explain.dropped": Phrase(
        "        the last window would start in the padding, and is dropped",
        "        最后一个窗口会从填充里开始，所以舍去",
    ),
    "explain.unread": Phrase(
        "        the window never reaches the last {count} cells", "        窗口从不经过最后 {count} 格"
    ),
    "explain.unread_one": Phrase("        the window never reaches the last cell", "        窗口从不经过最后一格"),
    "explain.spreads": Phrase("{cell} = {value} spreads: {told}", "{cell} = {value} 散布到：{told}"),
    "explain.spreads_nothing": Phrase("nothing, for the padding cuts it all away", "没有，因为填充把它们全部裁掉了"),
}
