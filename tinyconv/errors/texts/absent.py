"""What :mod:`tinyconv.absent` says of names that are not here."""

from .text import Phrase, Text

TEXTS = {
    "absent.name": Text(
        AttributeError,
        en="{name} is PyTorch's, and not in tinyconv{reason}",
        zh="{name} 是 PyTorch 的名字，tinyconv 没有{reason}",
    ),
    "absent.import": Text(
        ModuleNotFoundError,
        en="{name} is PyTorch's, and not in tinyconv{reason}",
        zh="{name} 是 PyTorch 的名字，tinyconv 没有{reason}",
    ),
    "absent.module": Text(
        AttributeError,
        en="module {owner!r} has no attribute {name!r}",
        zh="模块 {owner!r} 没有属性 {name!r}",
    ),
}

PHRASES = {
    "absent.instead": Phrase(en="; use {instead}", zh="；请用 {instead}"),
    "absent.recurrent": Phrase(en=": recurrent layers are outside of what it is for", zh="：循环层不在它的范围之内"),
    "absent.attention": Phrase(
        en=": attention is outside of what it is for; write it with matmul and softmax",
        zh="：注意力不在它的范围之内；可以用 matmul 和 softmax 来写",
    ),
    "absent.linalg": Phrase(
        en=": of linear algebra it has norm and matmul alone; NumPy's linalg takes x.numpy()",
        zh="：线性代数只有 norm 和 matmul；可以对 x.numpy() 用 NumPy 的 linalg",
    ),
    "absent.sparse": Phrase(en=": its tensors are dense", zh="：它的张量都是稠密的"),
    "absent.complex": Phrase(en=": its numbers are real", zh="：它只有实数"),
    "absent.bfloat16": Phrase(
        en=": NumPy has no such numbers; use float16 or float32", zh="：NumPy 没有这种数；请用 float16 或 float32"
    ),
    "absent.quantized": Phrase(en=": it has no quantised tensors", zh="：它没有量化张量"),
    "absent.compiled": Phrase(en=": it runs every operation as it is called", zh="：它的每个运算都是立即执行的"),
    "absent.dtype": Phrase(
        en=": its dtypes are float16, float32, float64, uint8, int8 to int64 and bool",
        zh="：它的 dtype 只有 float16、float32、float64、uint8、int8 到 int64 和 bool",
    ),
    "absent.memory": Phrase(
        en=": a tensor's memory is a NumPy or CuPy array, x.array", zh="：张量的内存就是 NumPy 或 CuPy 数组 x.array"
    ),
    "absent.copy": Phrase(
        en=": write it with clone(): y = x.clone(); y[...] = values",
        zh="：可以用 clone() 来写：y = x.clone(); y[...] = values",
    ),
    "absent.backends": Phrase(en=": it computes with NumPy and CuPy alone", zh="：它只用 NumPy 和 CuPy 计算"),
    "absent.windows": Phrase(
        en=": NumPy has windows: from_numpy(numpy.hanning(n))", zh="：NumPy 有窗函数：from_numpy(numpy.hanning(n))"
    ),
    "absent.special": Phrase(en=": special functions are outside of what it is for", zh="：特殊函数不在它的范围之内"),
    "absent.drawing": Phrase(
        en=": NumPy's generators draw such numbers: from_numpy(numpy.random.default_rng(0).poisson(2.0, n))",
        zh="：这类随机数可以由 NumPy 的生成器产生：from_numpy(numpy.random.default_rng(0).poisson(2.0, n))",
    ),
    "absent.cuda": Phrase(
        en=": CuPy manages the memory and the streams of a GPU: cupy.cuda",
        zh="：GPU 的内存和流由 CuPy 管理：cupy.cuda",
    ),
    "absent.datasets": Phrase(
        en=": read its files with a Dataset of your own, or sort its images into the folders of an ImageFolder",
        zh="：请用自己的 Dataset 读取它的文件，或者把图像按 ImageFolder 的文件夹放好",
    ),
    "absent.models": Phrase(
        en=": it has LeNet, VGG11 and ResNet18; others are built from the layers of nn, their weights read by load",
        zh="：它有 LeNet、VGG11 和 ResNet18；其他模型用 nn 的层来搭建，权重用 load 读取",
    ),
    "absent.transforms": Phrase(
        en=": write it as a function on images, and put it into transforms.Lambda",
        zh="：请写成一个处理图像的函数，放进 transforms.Lambda",
    ),
    "absent.machinery": Phrase(en=": it is inner machinery of PyTorch's", zh="：这是 PyTorch 内部的部件"),
    "absent.other": Phrase(
        en=": it keeps to what multilayer perceptrons and convolutional networks need",
        zh="：它只保留多层感知机和卷积网络所需要的内容",
    ),
}
