"""Images: data sets, transforms, models (:mod:`tinyconv.vision`)."""

from ..install import install
from .text import Phrase, Text

TEXTS = {
    "vision.no_pillow": Text(
        ImportError,
        en=f"tinyconv.vision needs Pillow: {install('vision')}, or pip install pillow",
        zh=f"tinyconv.vision 需要 Pillow：{install('vision')}，或 pip install pillow",
    ),
    # --- what is given (transforms/functional.py) ---
    "vision.no_image": Text(
        TypeError,
        en="expected a PIL image or a Tensor (..., C, H, W), got {kind}",
        zh="需要 PIL 图像或 Tensor (..., C, H, W)，得到的是 {kind}",
    ),
    "vision.no_pil_image": Text(
        TypeError,
        en="expected a PIL image, got {kind}. Put it before ToTensor() if a transform has made a Tensor already",
        zh="需要 PIL 图像，得到的是 {kind}。如果前面的变换已经给出 Tensor，请把它放在 ToTensor() 之前",
    ),
    "vision.no_tensor": Text(
        TypeError,
        en="expected a Tensor or an array, got {kind}",
        zh="需要 Tensor 或数组，得到的是 {kind}",
    ),
    "vision.no_tensor_yet": Text(
        TypeError,
        en="expected a Tensor, got {kind}. Put it after ToTensor()",
        zh="需要 Tensor，得到的是 {kind}。请把它放在 ToTensor() 之后",
    ),
    "vision.no_picture": Text(
        TypeError,
        en="expected an image (..., C, H, W), got a Tensor of shape {shape}",
        zh="需要图像 (..., C, H, W)，得到形状为 {shape} 的 Tensor",
    ),
    "vision.no_channels": Text(
        ValueError,
        en="expected an image (..., C, H, W), got shape {shape}. Use x.unsqueeze(0) for one without channels",
        zh="需要图像 (..., C, H, W)，得到形状 {shape}。没有通道的图像请用 x.unsqueeze(0)",
    ),
    "vision.no_floats": Text(
        TypeError,
        en="expected floats, got {dtype}. Use x.float() or convert_image_dtype(x) first",
        zh="需要浮点数，得到 {dtype}。请先用 x.float() 或 convert_image_dtype(x)",
    ),
    "vision.channels": Text(
        TypeError,
        en="colors are for images of 1 or 3 channels (..., C, H, W), got shape {shape}",
        zh="颜色变换只用于 1 或 3 个通道的图像 (..., C, H, W)，得到形状 {shape}",
    ),
    "vision.axes": Text(
        ValueError,
        en="an image has 2 or 3 axes, got shape {shape}. Of a batch, take one image: x[0]",
        zh="图像有 2 或 3 个轴，得到形状 {shape}。若是一批图像，请取其中一幅：x[0]",
    ),
    "vision.too_many_channels": Text(
        ValueError,
        en="a PIL image has 1 to 4 channels, got {channels}. A Tensor is (C, H, W), an array (H, W, C)",
        zh="PIL 图像有 1 到 4 个通道，得到 {channels} 个。Tensor 是 (C, H, W)，数组是 (H, W, C)",
    ),
    "vision.no_mode": Text(
        TypeError,
        en="there is no PIL image of {channels} channels of {dtype}. Use floats within [0, 1], or uint8",
        zh="没有 {channels} 个 {dtype} 通道的 PIL 图像。请用 [0, 1] 内的浮点数，或 uint8",
    ),
    "vision.other_mode": Text(
        ValueError,
        en="mode {mode} does not fit {channels} channels of {dtype}; use one of {modes}",
        zh="模式 {mode} 不适合 {channels} 个 {dtype} 通道；请用 {modes} 之一",
    ),
    "vision.no_safe_cast": Text(
        RuntimeError,
        en="the cast from {old} to {new} cannot be performed safely: {old} cannot tell all integers of {new} apart",
        zh="从 {old} 到 {new} 的转换不安全：{old} 无法区分 {new} 的所有整数",
    ),
    # --- sizes and places ---
    "vision.size": Text(
        ValueError,
        en="size must be one number or two, (height, width), got {size}",
        zh="size 应当是一个数或两个数 (height, width)，得到 {size}",
    ),
    "vision.size_kind": Text(
        TypeError,
        en="size must be an int or a sequence (height, width), got {kind}",
        zh="size 应当是整数或序列 (height, width)，得到的是 {kind}",
    ),
    "vision.max_size_of_two": Text(
        ValueError,
        en="max_size goes with one number, the shorter side's, got size {size}",
        zh="max_size 只能和一个数（短边）一起用，得到 size {size}",
    ),
    "vision.max_size": Text(
        ValueError,
        en="max_size = {max_size} must be larger than the shorter side's size = {size}",
        zh="max_size = {max_size} 必须大于短边的 size = {size}",
    ),
    "vision.interpolation": Text(
        TypeError,
        en="interpolation must be an InterpolationMode or one of Pillow's numbers, got {given!r}. "
        "Use InterpolationMode.BILINEAR, for example",
        zh="interpolation 应当是 InterpolationMode 或 Pillow 的数，得到 {given!r}。例如请用 InterpolationMode.BILINEAR",
    ),
    "vision.tensor_mode": Text(
        ValueError,
        en="interpolation {mode!r} is not there for Tensors. Use nearest or bilinear (resize: bicubic too), "
        "or transform the PIL image before ToTensor()",
        zh="Tensor 不支持插值 {mode!r}。请用 nearest 或 bilinear（resize 还有 bicubic），"
        "或在 ToTensor() 之前变换 PIL 图像",
    ),
    "vision.padding": Text(
        ValueError,
        en="padding must be an int, or 1, 2 (left and right, top and bottom) or 4 (left, top, right, bottom) ints, "
        "got {padding!r}",
        zh="padding 应当是一个整数，或 1、2（左右，上下）或 4（左，上，右，下）个整数，得到 {padding!r}",
    ),
    "vision.padding_mode": Text(
        ValueError,
        en="padding_mode must be constant, edge, reflect or symmetric, got {mode!r}",
        zh="padding_mode 应当是 constant、edge、reflect 或 symmetric，得到 {mode!r}",
    ),
    "vision.pad_fill": Text(
        TypeError,
        en="the fill of a Tensor is one number, got {given}",
        zh="Tensor 的 fill 是一个数，得到 {given}",
    ),
    "vision.reflect": Text(
        RuntimeError,
        en="reflect pads by fewer pixels than there are, got {before} and {after} for {size}. Use symmetric, or less",
        zh="reflect 填充的像素要少于已有的像素，得到 {before} 和 {after}，而只有 {size} 个。"
        "请用 symmetric，或少填充一些",
    ),
    "vision.fill": Text(
        ValueError,
        en="give one number, or one for each of the {channels} channels, got {given}",
        zh="请给一个数，或给 {channels} 个通道各一个数，得到 {given}",
    ),
    "vision.translate": Text(
        ValueError,
        en="translate must be two numbers, to the right and down, got {translate}",
        zh="translate 应当是两个数：向右和向下，得到 {translate}",
    ),
    "vision.scale": Text(
        ValueError,
        en="scale must be positive, got {scale}",
        zh="scale 必须是正数，得到 {scale}",
    ),
    "vision.shear": Text(
        ValueError,
        en="shear must be one angle or two, along x and along y, got {shear}",
        zh="shear 应当是一个或两个角度：沿 x 和沿 y，得到 {shear}",
    ),
    "vision.crop_size": Text(
        ValueError,
        en="required crop size {size} is larger than the image's {image}. Use padding or pad_if_needed=True",
        zh="要裁剪的大小 {size} 超过了图像的 {image}。请用 padding 或 pad_if_needed=True",
    ),
    # --- values ---
    "vision.std": Text(
        ValueError,
        en="a standard deviation is 0 in {dtype}: std={std}",
        zh="有一个标准差在 {dtype} 中是 0：std={std}",
    ),
    "vision.gray_channels": Text(
        ValueError,
        en="num_output_channels must be 1 or 3, got {channels}",
        zh="num_output_channels 应当是 1 或 3，得到 {channels}",
    ),
    "vision.factor": Text(
        ValueError,
        en="{name} ({factor}) is not non-negative",
        zh="{name}（{factor}）不能是负数",
    ),
    "vision.hue": Text(
        ValueError,
        en="hue_factor ({factor}) is not in [-0.5, 0.5]",
        zh="hue_factor（{factor}）不在 [-0.5, 0.5] 内",
    ),
    # --- what is drawn ---
    "vision.no_function": Text(
        TypeError,
        en="expected a function, got {kind}",
        zh="需要一个函数，得到的是 {kind}",
    ),
    "vision.chances": Text(
        ValueError,
        en="p has {chances} numbers for {count} transforms",
        zh="p 有 {chances} 个数，而变换有 {count} 个",
    ),
    "vision.angle": Text(
        ValueError,
        en="{name}, if it is a single number, must be non negative, got {given}",
        zh="{name} 若是一个数，不能是负数，得到 {given}",
    ),
    "vision.angles": Text(
        ValueError,
        en="{name} must be a number or a sequence of length {sizes}, got {given!r}",
        zh="{name} 应当是一个数，或长度为 {sizes} 的序列，得到 {given!r}",
    ),
    "vision.range": Text(
        TypeError,
        en="{name} must be two numbers, the least and the most, got {given!r}",
        zh="{name} 应当是两个数：最小和最大，得到 {given!r}",
    ),
    "vision.range_order": Text(
        ValueError,
        en="{name} must be (least, most), got {given}",
        zh="{name} 应当先小后大，得到 {given}",
    ),
    "vision.pair": Text(
        ValueError,
        en="{name} must be one number or two, along x and along y, got {given}",
        zh="{name} 应当是一个数或两个数（沿 x 和沿 y），得到 {given}",
    ),
    "vision.kernel_size": Text(
        ValueError,
        en="kernel_size should have odd and positive integers, got {given}",
        zh="kernel_size 应当是正的奇数，得到 {given}",
    ),
    "vision.sigma": Text(
        ValueError,
        en="sigma must be a positive number, or two, the least and the most, got {sigma}",
        zh="sigma 应当是一个正数，或先小后大的两个正数，得到 {sigma}",
    ),
    "vision.no_bytes": Text(
        TypeError,
        en="only uint8 Tensors have bits to keep, got {dtype}; use (img * 255).to(tc.uint8)",
        zh="只有 uint8 的 Tensor 才有比特可留，得到 {dtype}；请用 (img * 255).to(tc.uint8)",
    ),
    "vision.threshold": Text(
        TypeError,
        en="threshold {threshold} is greater than white in {dtype}",
        zh="threshold {threshold} 大于 {dtype} 的白色值",
    ),
    "vision.channel_axis": Text(
        TypeError,
        en="expected a Tensor (..., C, H, W), got shape {shape}; use img.unsqueeze(0) for one channel",
        zh="应当是 (..., C, H, W) 的 Tensor，得到的形状是 {shape}；单通道请用 img.unsqueeze(0)",
    ),
    "vision.jitter": Text(
        ValueError,
        en="{name} must lie between {low} and {high}, the least first, got {given}",
        zh="{name} 应当在 {low} 和 {high} 之间，小的在前，得到 {given}",
    ),
    "vision.translations": Text(
        ValueError,
        en="translate must be two parts of width and height between 0 and 1, got {translate}",
        zh="translate 应当是宽和高的两个比例，在 0 和 1 之间，得到 {translate}",
    ),
    "vision.scales": Text(
        ValueError,
        en="scale must be two positive numbers, got {scale}",
        zh="scale 应当是两个正数，得到 {scale}",
    ),
    "vision.parts": Text(
        ValueError,
        en="scale must lie between 0 and 1, got {scale}",
        zh="scale 应当在 0 和 1 之间，得到 {scale}",
    ),
    "vision.probability": Text(
        ValueError,
        en="p must lie between 0 and 1, got {p}",
        zh="p 应当在 0 和 1 之间，得到 {p}",
    ),
    "vision.erase_word": Text(
        ValueError,
        en="value must be a number, one for each channel, or 'random', got {value!r}",
        zh="value 应当是一个数、每个通道一个数或 'random'，得到 {value!r}",
    ),
    # --- grids (utils.py) ---
    "vision.grid": Text(
        TypeError,
        en="expected a Tensor (B, C, H, W) or a list of Tensors, got {kind}",
        zh="需要 Tensor (B, C, H, W) 或由 Tensor 组成的 list，得到的是 {kind}",
    ),
    "vision.grid_axes": Text(
        ValueError,
        en="expected images (B, C, H, W), (C, H, W) or (H, W), got shape {shape}",
        zh="需要图像 (B, C, H, W)、(C, H, W) 或 (H, W)，得到形状 {shape}",
    ),
    # --- data sets (datasets/); of a file, its path heads the text ---
    "vision.transforms": Text(
        ValueError,
        en="give transforms, or transform and target_transform, not both",
        zh="transforms 与 transform、target_transform 只能给一种",
    ),
    "vision.absent": Text(
        FileNotFoundError,
        en="{name} is not in {folder}. Use download=True to fetch it, or put it there, as it is or with .gz",
        zh="{folder} 里没有 {name}。请用 download=True 下载，或把它放进去（可以带 .gz）",
    ),
    "vision.split": Text(
        ValueError,
        en="split must be one of {splits}, got {split!r}",
        zh="split 应当是 {splits} 之一，得到 {split!r}",
    ),
    "vision.no_cifar": Text(
        FileNotFoundError,
        en="{name} is not in {folder}. Use download=True to fetch it, or unpack the binary version there: the Python "
        "version's files are pickles, which are not read",
        zh="{folder} 里没有 {name}。请用 download=True 下载，或把 binary 版本解压到那里："
        "Python 版本的文件是 pickle，不会被读取",
    ),
    "vision.cifar_size": Text(
        ValueError,
        en="{size} bytes are no whole number of records of {record}: the file is damaged",
        zh="{size} 字节不是每条 {record} 字节的整数条记录：文件已损坏",
    ),
    "vision.cifar_label": Text(
        ValueError,
        en="a label is {label}, but there are {count} classes: the file is damaged",
        zh="有一个标签是 {label}，而只有 {count} 个类：文件已损坏",
    ),
    "vision.extensions": Text(
        ValueError,
        en="give extensions or is_valid_file, one of the two",
        zh="extensions 和 is_valid_file 要给其中一个",
    ),
    "vision.no_class": Text(
        FileNotFoundError,
        en="couldn't find any class folder in {folder}: expected one folder of files for each class",
        zh="在 {folder} 里没有类的文件夹：每个类应当有一个放文件的文件夹",
    ),
    "vision.empty_class": Text(
        FileNotFoundError,
        en="found no valid file for the classes {names}. Known endings: {extensions}. "
        "Use allow_empty=True to let a class be empty",
        zh="类 {names} 没有可用的文件。认得的后缀：{extensions}。请用 allow_empty=True 允许空的类",
    ),
    # --- models ---
    "vision.weights": Text(
        ValueError,
        en="no trained weights come with tinyconv. Make the model with weights=None, and load a file that you have: "
        "model.load_state_dict(tc.load('{model}.pth'))",
        zh="tinyconv 不带训练好的权重。请用 weights=None 建立模型，再读入自己的文件："
        "model.load_state_dict(tc.load('{model}.pth'))",
    ),
}

PHRASES = {
    "vision.mnist_sample": Phrase(
        "MNIST: the {count:,} digits that come with tinyconv stand in for the {whole:,} of MNIST, whose files are not "
        "there: {why}",
        "MNIST：找不到它的文件，用 tinyconv 自带的 {count:,} 个数字代替 MNIST 的 {whole:,} 个：{why}",
    ),
}
