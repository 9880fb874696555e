"""The help of the examples in Chinese, by its English: ``--lang zh``, or the environment's ``TINYCONV_LANGUAGE=zh``."""

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
    "numbers of processes to try": "依次试几个进程",
    "steps, of which the fastest counts": "走几步，取最快的一步",
    "over all numbers of ranks, for a busy machine": "所有进程数轮流测几遍，以防机器正忙",
}
