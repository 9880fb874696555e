"""What the examples say in Chinese, by its English: ``--lang zh``, or the environment's ``TINYCONV_LANGUAGE=zh``.

``HELP`` is their help, ``SAID`` their refusals, what they print while they train, and the words in their pictures;
``command_line.say`` fills in the values.
"""

HELP = {
    # what each example is, the first line of its docstring
    "Train a small CNN on handwritten digits, and draw what it learnt.": (
        "用手写数字训练一个小卷积网络，并画出它学到了什么。"
    ),
    "Train a small CNN on handwritten digits with several processes, each learning from its part of every batch.": (
        "用多个进程训练认手写数字的小卷积网络，每个进程学每一批里自己的那一份。"
    ),
    "Train a small residual network on handwritten digits.": "用手写数字训练一个小残差网络。",
    "Denoise digits with a convolutional autoencoder, whose decoder is made of transposed convolutions.": (
        "用卷积自编码器给数字去噪，它的解码器由转置卷积组成。"
    ),
    "Tell wave forms apart under noise with a 1-d convolutional network.": "用一维卷积网络在噪声中分辨波形。",
    "Tell which way a digit moves with a 3-d convolutional network, whose kernels see space and time.": (
        "用三维卷积网络判断数字往哪边移动，它的卷积核同时看空间和时间。"
    ),
    "See what a digit classifier looks at, and fool it: gradients with respect to the picture, not the weights.": (
        "看看认数字的网络在看哪里，再骗过它：对图片求梯度，而不是对权重。"
    ),
    "Measure how data-parallel training scales on this machine, and what a model says about a cluster.": (
        "测量数据并行训练在这台机器上能快多少，再用一个模型估计在集群上会怎样。"
    ),
    # the options
    "language: en or zh": "语言：en 或 zh",
    "passes over the training set": "把训练集学几遍",
    "use only so many samples of each set, for a quick try": "每个集合只用这么多样本，用来快速试一下",
    "use only so many digits of each set, for a quick try": "每个集合只用这么多数字，用来快速试一下",
    "samples in a batch": "一批有几个样本",
    "samples in a batch of all ranks together": "所有进程合起来，一批有几个样本",
    "highest learning rate": "最高的学习率",
    "learning rate of the first epoch": "第一遍的学习率",
    "factor on the learning rate after each epoch": "每学完一遍，学习率乘以这个数",
    "where the random numbers start": "随机数的种子",
    "cpu, cuda, cuda:1": "cpu、cuda、cuda:1",
    "cpu; or cuda, of which each rank takes one": "cpu；或 cuda，每个进程用一块",
    "CPU threads; all by default": "CPU 线程数；默认用全部",
    "CPU threads of each rank; its part of the cores by default": "每个进程的 CPU 线程数；默认平分所有的核",
    "folder with the full MNIST as idx or idx.gz files": "存放完整 MNIST（idx 或 idx.gz 文件）的目录",
    "fetch the full MNIST into the cache": "下载完整的 MNIST，存进缓存",
    "folder for the pictures": "图片存到哪个目录",
    "folder for the pictures, drawn anew": "图片存到哪个目录；每次重画",
    "folder for the checkpoint": "检查点存到哪个目录",
    "folder for checkpoint, pictures and a page to draw on": "检查点、图片和手写网页存到哪个目录",
    "replace what an earlier run left in --out": "替换上一次运行留在 --out 里的东西",
    "go on from the checkpoint in --out": "从 --out 里的检查点接着训练",
    "save within an epoch too": "一遍之内也隔这么多步保存一次",
    "the one thing that ranks draw by themselves": "dropout 的比例；只有它由各进程自己抽取",
    "standard deviation of the noise; ink is 1": "噪声的标准差；墨迹是 1",
    "standard deviation of the noise; waves have 0.7 to 1.3": "噪声的标准差；波的振幅是 0.7 到 1.3",
    "a picture of your own in place of the drawn one": "用你自己的图片，代替画出来的那张",
    "a photo of one digit of your own to read": "你自己写的一个数字的照片，让网络来认",
    "a photo of one digit of your own to look at first": "你自己写的一个数字的照片，放在最前面一起看",
    "numbers of processes to try": "依次试几个进程",
    "steps, of which the fastest counts": "走几步，取最快的一步",
    "over all numbers of ranks, for a busy machine": "所有进程数轮流测几遍，以防机器正忙",
}

SAID = {
    # --- refusals: command_line.py ---
    "stopped by Ctrl-C": "已用 Ctrl-C 停止",
    "No module named {name!r}": "没有安装 {name}",
    "{why}. This example needs a progress bar and plots: {how}": "{why}。这个例子要用进度条和图：{how}",
    "{why}. This example needs a progress bar: {how}": "{why}。这个例子要用进度条：{how}",
    "{why}. These scripts draw pictures: {how}": "{why}。这些脚本要画图：{how}",
    "{prog}: {message} (--help lists the options)": "{prog}：{message}（--help 列出全部选项）",
    "{text!r} is not a whole number from {least} on": "{text!r} 不是不小于 {least} 的整数",
    "{text!r} is not {meaning}": "{text!r} 不是{meaning}",
    "a number above 0": "大于 0 的数",
    "a number from 0 on": "不小于 0 的数",
    "a number from 0 to below 1": "从 0 到 1（不含 1）的数",
    "the name is empty; give a folder": "名字是空的；请给一个目录",
    "--resume goes on with the earlier run and --overwrite replaces it; choose one": (
        "--resume 接着上一次的训练，--overwrite 替换它；两者只能选一个"
    ),
    "--resume: there is no {path}; run without --resume first, or set --out": (
        "--resume：没有 {path}；请先不加 --resume 运行，或用 --out 指明目录"
    ),
    "cannot write into {path!r}: {reason}; give another folder": "不能写入 {path!r}：{reason}；请换一个目录",
    "{out} holds {names} of an earlier run: {ways}": "{out} 里有上一次运行留下的 {names}：{ways}",
    "--overwrite replaces them, another --out keeps them": "--overwrite 替换它们，换一个 --out 则保留它们",
    "--resume goes on with that run, {ways}": "--resume 接着那一次训练，{ways}",
    "{folder} lacks MNIST's {split} {kind}; looked for {names}, also in raw/ and MNIST/raw/. "
    "Leave out --data for the digits that come with the package": (
        "{folder} 里缺少 MNIST 的文件；找过 {names}，也在 raw/ 和 MNIST/raw/ 里找过。不写 --data，就用随包附带的数字"
    ),
    "--resume: cannot go on from {path} ({told}); give another --out, or train anew with --overwrite": (
        "--resume：不能从 {path} 接着训练（{told}）；请换一个 --out，或用 --overwrite 从头训练"
    ),
    "--resume: {path} was made with {changed}; give the same options, or another --out": (
        "--resume：{path} 是用 {changed} 得到的；请给同样的选项，或换一个 --out"
    ),
    "{what} is {value}: training has diverged. Use a smaller --lr than {lr:g}": (
        "{what}是 {value}：训练发散了。请用比 {lr:g} 小的 --lr"
    ),
    # --- a picture of one's own: own_picture.py ---
    "reading a picture needs Pillow: pip install pillow": "读图片要用 Pillow：pip install pillow",
    "{name!r} is no picture that Pillow can read; give a PNG or JPEG": (
        "{name!r} 不是 Pillow 能读的图片；请给 PNG 或 JPEG"
    ),
    "cannot read {name!r}: {reason}": "不能读 {name!r}：{reason}",
    "{name!r} has more than 8 bits per colour; save it with 8, as PNG or JPEG": (
        "{name!r} 的每种颜色超过 8 位；请存成 8 位的 PNG 或 JPEG"
    ),
    "{name!r} has {width} x {height} pixels; give at least {least} x {least}": (
        "{name!r} 只有 {width} x {height} 个像素；至少要 {least} x {least}"
    ),
    "nothing stands out from the paper in {name!r}; give a picture of one digit": (
        "{name!r} 上看不出纸上写了什么；请给一张写着一个数字的图片"
    ),
    "{name} is read as {digit} ({ranking})": "{name} 被认成 {digit}（{ranking}）",
    # --- training: common.py, train_mnist.py, train_mnist_mpi.py ---
    "epoch {epoch}": "第 {epoch} 轮",
    "loss": "损失",
    "acc": "正确率",
    "img_s": "张/秒",
    "test accuracy": "测试正确率",
    "the loss of step {step} in epoch {epoch}": "第 {epoch} 轮第 {step} 步的损失",
    "the loss on rank {rank} in epoch {epoch}": "第 {epoch} 轮中进程 {rank} 的损失",
    "the {score} of epoch {epoch}": "第 {epoch} 轮的{score}",
    "a score after epoch {epoch}": "第 {epoch} 轮之后的一个分数",
    "epoch {epoch}: mean loss {loss:.4f}, {score} {value}": "第 {epoch} 轮：平均损失 {loss:.4f}，{score} {value}",
    "epoch {epoch}: mean loss {loss:.4f}, test accuracy {accuracy:.2%}": (
        "第 {epoch} 轮：平均损失 {loss:.4f}，测试正确率 {accuracy:.2%}"
    ),
    "epoch {epoch}: mean loss {loss:.4f}, test accuracy {accuracy:.2%}, {seconds:.1f} s": (
        "第 {epoch} 轮：平均损失 {loss:.4f}，测试正确率 {accuracy:.2%}，{seconds:.1f} 秒"
    ),
    "{train} samples to learn from, {test} to test on, {device}": (
        "{train} 个样本用来学习，{test} 个用来测试，设备 {device}"
    ),
    "{train} digits to learn from, {test} to test on, {device}": (
        "{train} 个数字用来学习，{test} 个用来测试，设备 {device}"
    ),
    "{digits} digits to learn from, {ranks} ranks, batches of {batch} in all, {device}": (
        "{digits} 个数字用来学习，{ranks} 个进程，每批共 {batch} 个，设备 {device}"
    ),
    "already trained for {epochs} epochs; a larger --epochs goes on": (
        "已经训练了 {epochs} 轮；把 --epochs 加大可以继续"
    ),
    "\nstopped; saved to {path}. Go on with --resume": "\n已停止，存到 {path}。加 --resume 接着训练",
    "saved {path}": "已存到 {path}",
    "wrote {path}": "写好了 {path}",
    "pictures: {paths}": "图片：{paths}",
    "draw a digit yourself: open {path}": "自己写一个数字：打开 {path}",
    "{seconds:.0f} s": "用时 {seconds:.0f} 秒",
    # --- their pictures ---
    "taken for": "认成",
    "is": "实际是",
    "each step": "每一步",
    "mean of {width} steps": "{width} 步的平均",
    "training loss": "训练损失",
    "step": "步",
    "test accuracy (%)": "测试正确率（%）",
    "epoch": "轮",
    "The first layer's filters": "第一层的卷积核",
    "input": "输入",
    "What each filter sees, after ReLU": "每个卷积核看到的，ReLU 之后",
    "Mistakes: {wrong} of {all} test digits": "认错的：{all} 个测试数字里有 {wrong} 个",
    "{digit} read as {guess}": "{digit} 认成 {guess}",
    "what the network sees": "网络看到的",
    "read as (%)": "认成（%）",
    # --- resnet.py ---
    "{count:,} parameters": "{count:,} 个参数",
    "test accuracy {right:.2%}: {wrong} of {all} digits wrong": "测试正确率 {right:.2%}：{all} 个数字错了 {wrong} 个",
    # --- denoise.py ---
    "test PSNR in dB": "测试峰值信噪比（dB）",
    "exact": "一模一样",
    "noise {level:g}": "噪声 {level:g}",
    "One digit under more and more noise; the model was trained at {trained:g}": (
        "同一个数字，噪声越来越大；模型是在噪声 {trained:g} 下训练的"
    ),
    "test digits against the clean ones: noisy {noisy:.2f} dB, blurred {blurred:.2f} dB, denoised {denoised:.2f} dB": (
        "测试数字与干净的相比：带噪声的 {noisy:.2f} dB，模糊过的 {blurred:.2f} dB，去噪后的 {denoised:.2f} dB"
    ),
    "noisy": "带噪声",
    "denoised": "去噪后",
    "clean": "干净的",
    "Test digits, which the network has never seen": "测试数字，网络从没见过",
    # --- time_series.py ---
    "sine": "正弦波",
    "triangle": "三角波",
    "square": "方波",
    "sawtooth": "锯齿波",
    "chirp": "扫频波",
    "read as {guess}": "认成{guess}",
    "Test series: dots are the input, the line is the wave without noise": ("测试序列：点是输入，线是没有噪声的波"),
    "The first layer's filters: 15 points of time each": "第一层的卷积核：每个有 15 个时间点",
    "test accuracy {right:.2%} of {all} series; guessing gives {chance:.0%}": (
        "{all} 个测试序列，正确率 {right:.2%}；瞎猜是 {chance:.0%}"
    ),
    "{right:.1%} of {all} test series right": "{all} 个测试序列，认对 {right:.1%}",
    # --- moving_digits.py ---
    "right": "右",
    "down right": "右下",
    "down": "下",
    "down left": "左下",
    "left": "左",
    "up left": "左上",
    "up": "上",
    "up right": "右上",
    "at rest": "不动",
    "{direction}\nread as {guess}": "{direction}\n认成{guess}",
    "frame {number}": "第 {number} 帧",
    "Test clips": "测试片段",
    "The first layer's filters, three frames each: red is positive, blue is negative": (
        "第一层的卷积核，每个三帧：红为正，蓝为负"
    ),
    "test accuracy {right:.2%} of {all} clips; guessing gives {chance:.0%}": (
        "{all} 个测试片段，正确率 {right:.2%}；瞎猜是 {chance:.0%}"
    ),
    "played backwards, {turned:.2%} are read as the opposite direction": "倒着放，{turned:.2%} 被认成相反的方向",
    "{right:.1%} of {all} test clips right": "{all} 个测试片段，认对 {right:.1%}",
    # --- saliency.py ---
    "picture": "图片",
    "gradient": "梯度",
    "smoothed\ngradient": "平滑后\n的梯度",
    "score of {label}": "{label} 的分数",
    "Ink on red raises the winning score, ink on blue lowers it": "墨迹在红处，最高分更高；在蓝处，它更低",
    "no adversarial pictures: every digit keeps its reading, or is misread from the start": (
        "没有对抗图片：每个数字都认得和原来一样，或者一开始就认错了"
    ),
    "digit": "数字",
    "digit\n+ step": "数字\n加一步",
    "The smallest sign step that changes the reading (steps up to {most:g} tried)": (
        "能改变答案的最小一步，每个像素只取符号（试到 {most:g}）"
    ),
    "random signs": "随机的符号",
    "signs of the loss's gradient": "损失梯度的符号",
    "size of the step (paper is 0, ink is 1)": "一步的大小（纸是 0，墨迹是 1）",
    "accuracy (%)": "正确率（%）",
    "The same change of every pixel, well or randomly aimed": "每个像素改动一样多：对准了的，和随机的",
    "of {all} test digits, {right:.2%} are read right": "{all} 个测试数字，认对 {right:.2%}",
    "after a step of {size:g} a pixel: {right:.2%}; of random signs: {random:.2%}": (
        "每个像素走一步 {size:g} 之后：{right:.2%}；符号随机时：{random:.2%}"
    ),
    "pictures made from noise: {hits} of 10 are read as the digit aimed at": (
        "从噪声做出的图片：10 张里有 {hits} 张被认成想要的数字"
    ),
    "Made from noise, one for each digit, and read as": "从噪声做出来，每个数字一张，被认成",
    # --- mpi_scaling.py ---
    "ranks": "进程数",
    "{way}: ms a step": "{way}：每步毫秒",
    "\n{model}: {count:,.0f} parameters, {megabytes:.2f} MB of gradients, global batch {batch}": (
        "\n{model}：{count:,.0f} 个参数，梯度 {megabytes:.2f} MB，一批共 {batch} 个"
    ),
    "| ranks | ms a step | of it averaging | images/s | speed-up | MB sent per rank and step (ring) |": (
        "| 进程数 | 每步毫秒 | 其中求平均 | 每秒图片数 | 加速比 | 每个进程每步发送的 MB（环） |"
    ),
    "\nAllreduce alone, microseconds:": "\n只做 Allreduce，微秒：",
    "  {ranks} ranks:": "  {ranks} 个进程：",
    "\nMODEL, not measured: {model}, each rank with a batch that takes {work:.0f} ms (weak scaling)": (
        "\n模型估计，不是测量：{model}，每个进程一批要 {work:.0f} 毫秒（弱扩展）"
    ),
    "{ranks} ranks need a batch of as many samples at least": "{ranks} 个进程，一批至少要有同样多的样本",
    "mpi4py and mpiexec are not installed beside Python: {how}": "Python 旁边没有装 mpi4py 和 mpiexec：{how}",
    # --- tutorials/ ---
    "drawn: {path}": "画好了：{path}",
    "channel {i}": "通道 {i}",
    # why_convolution.py
    "a dense layer from {height} x {width} pixels to as many numbers: {dense:,} weights": (
        "从 {height} x {width} 个像素到同样多的数，全连接层要 {dense:,} 个权重"
    ),
    "a 5 x 5 kernel: {shared} weights, each used at every place (sharing),": (
        "一个 5 x 5 的卷积核：{shared} 个权重，每个都用在所有位置（权重共享），"
    ),
    "and each result looks at {shared} of {cells:,} pixels (sparse connections)": (
        "每个结果只看 {cells:,} 个像素中的 {shared} 个（稀疏连接）"
    ),
    "layer": "层",
    "output": "输出",
    "The transposed layers bring the shape back, not the numbers: they are no inverse.\n": (
        "转置的层还原的是形状，不是数：它们不是逆运算。\n"
    ),
    "edge kernel": "边缘核",
    "random kernel": "随机核",
    "largest answer of the edge kernel: {most:.0f}": "边缘核最大的响应：{most:.0f}",
    "likeness to the picture: edge map {edges:.2f}, random map {random:.2f}": (
        "与原图的相似度：边缘核的特征图 {edges:.2f}，随机核的 {random:.2f}"
    ),
    "in the sky the edge kernel answers at most {most:.0f}": "在天空里，边缘核的响应至多 {most:.0f}",
    "the picture for the layer: {shape}": "给层的图片：{shape}",
    "after the convolution: {shape}": "卷积之后：{shape}",
    "the moved picture's map is the map, moved: a convolution is equivariant. Invariance would be no change.": (
        "图片移动，特征图也跟着移动：卷积是等变的。不变性则是毫无变化。"
    ),
    "the picture": "图片",
    # two_minutes.py
    "input: switched on at 0": "输入：在 0 时接通",
    "h(t): answer to a pulse": "h(t)：对脉冲的响应",
    "output: their convolution": "输出：两者的卷积",
    "inputs": "输入",
    "filters": "卷积核",
    "outputs": "输出",
    "outputs (stride=2)": "输出（stride=2）",
    "outputs (padding=1)": "输出（padding=1）",
    "outputs (dilation=2)": "输出（dilation=2）",
    "input 5x5": "输入 5x5",
    "kernel 2x2 of ones": "全是 1 的 2x2 卷积核",
    "features.shape: {shape} - four axes: 8 samples, 64 channels, 128 rows, 128 columns": (
        "features.shape：{shape}，四个轴：8 个样本，64 个通道，128 行，128 列"
    ),
    "{name:10} -> {shape}, weights {weights}, {count:,} parameters": (
        "{name} -> {shape}，权重 {weights}，{count:,} 个参数"
    ),
    "conv": "普通卷积",
    "grouped": "分组卷积",
    "separable": "可分离卷积",
    "transposed": "转置卷积",
    "separable: {ratio:.2f} times fewer multiplications": "可分离卷积：乘法只有普通卷积的 1/{ratio:.2f}",
    "ordinary": "普通卷积",
    "8 groups": "分 8 组",
    "parameters": "参数个数",
    "multiplications": "乘法次数",
    # cross_correlation.py
    "with the kernel reversed: {numbers}": "把卷积核翻转之后：{numbers}",
    "kernel": "卷积核",
    "cross-correlation": "互相关",
    "true convolution": "真正的卷积",
    "dense: {dense} free weights; local: 4 * {size}; local and the same everywhere: {size}": (
        "全连接：{dense} 个自由的权重；只看局部：4 * {size}；只看局部且处处相同：{size}"
    ),
    "1024 x 1024 x 3 pixels to 1000 hidden numbers: {dense:,} weights; 32 feature maps by 3x3 kernels: 896": (
        "1024 x 1024 x 3 个像素到 1000 个隐藏的数：{dense:,} 个权重；用 3x3 的卷积核得到 32 张特征图：896 个"
    ),
    "The same convolution as a dense layer's matrix": "同一个卷积，写成全连接层的矩阵",
    "input cell": "输入的格子",
    "output cell": "输出的格子",
    "learnt kernel: {numbers}": "学到的卷积核：{numbers}",
    "wanted": "想要的",
    "learnt": "学到的",
    # chainer_walkthrough.py
    "image.shape (height, width, channel) = {shape}": "image.shape（高、宽、通道）= {shape}",
    "input shape (batch index, channel, height, width) = {shape}": "输入的形状（样本、通道、高、宽）= {shape}",
    "a filter as drawn:": "随机抽出的一个卷积核：",
    "vertical edges": "竖直的边缘",
    "horizontal edges": "水平的边缘",
    "conv2(conv1(image)), stride 2: {shape}": "conv2(conv1(image))，步幅 2：{shape}",
    "max pooling: {shape}": "最大池化：{shape}",
    "picture moved by a pixel: mean change {before:.1f} without pooling, {after:.1f} after it": (
        "图片移动一个像素：不池化平均变化 {before:.1f}，池化后 {after:.1f}"
    ),
    "SimpleCNN: {own} - as printed, with the notebook's conv1 and conv2: {printed}": (
        "SimpleCNN：{own}；照原文印出来的，用笔记本里的 conv1 和 conv2：{printed}"
    ),
    "red": "红",
    "green": "绿",
    "blue": "蓝",
    # kinds_of_convolution.py
    "series": "序列",
    "mean of 9": "9 个的平均",
    "next 4 less last 4": "后 4 个减前 4 个",
    "3-d, a kernel for motion to the right, mean square of its answers: {told}": (
        "三维，响应向右运动的卷积核，响应的均方：{told}"
    ),
    "to the right": "向右",
    "to the left": "向左",
    "still": "不动",
    "answer: moving right": "响应：向右运动",
    "moving left": "向左运动",
    "0.299 red + 0.587 green + 0.114 blue": "0.299 红 + 0.587 绿 + 0.114 蓝",
    "red - blue": "红 - 蓝",
    "5x5 on 256 channels: {direct:,} parameters; 1x1 first: {cheap:,}": (
        "在 256 个通道上做 5x5：{direct:,} 个参数；先做 1x1：{cheap:,} 个"
    ),
    "the column (1, 2, 1)": "列 (1, 2, 1)",
    "then the row (-1, 0, 1): Sobel": "再用行 (-1, 0, 1)：Sobel",
    "dilated stacks, cells never seen: {holes}": "一串膨胀卷积，从没被看到的格子：{holes}",
    "dilations {dilations}\nunseen: {unseen} of {cells}": "膨胀 {dilations}\n没看到：{cells} 格中的 {unseen} 格",
    "taps in a grid": "排成网格",
    "twice as far": "远一倍",
    "turned by 58 degrees": "转 58 度",
    "the matrix M of a 2x2 kernel on 3x3 cells": "2x2 卷积核在 3x3 格上的矩阵 M",
    "transposed, stride 2: {size}": "转置卷积，步幅 2：{size}",
}

# reasons of the operating system's and Pillow's, as Python gives them, without what stands in brackets
SYSTEM = {
    "image file is truncated": "文件不完整",
    "No such file or directory": "没有这个文件或目录",
    "Is a directory": "这是一个目录",
    "Not a directory": "路径中有一段不是目录",
    "Permission denied": "没有权限",
    "File exists": "已有同名的文件",
    "Read-only file system": "文件系统是只读的",
    "No space left on device": "磁盘已满",
    "File name too long": "名字太长",
}
