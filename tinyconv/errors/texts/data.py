"""Data sets, batches and the files they come from (:mod:`tinyconv.data`)."""

from .text import Phrase, Text

TEXTS = {
    "dataset.no_index": Text(
        NotImplementedError, en="{owner} has no index; iterate over it", zh="{owner} 没有下标；请遍历它"
    ),
    # --- data sets (dataset.py) ---
    "data.tensor_lengths": Text(
        AssertionError,
        en="TensorDataset needs one or more tensors of equal length along the first axis, got shapes [{shapes}]",
        zh="TensorDataset 需要一个或多个 Tensor，它们第一个轴的长度要相同，得到的形状是 [{shapes}]",
    ),
    "data.subset_index": Text(
        IndexError,
        en="index {index} is out of range for a dataset of {size} samples",
        zh="下标 {index} 超出了有 {size} 个样本的数据集的范围",
    ),
    "data.subset_no_integer": Text(
        TypeError,
        en="indices must be a sequence of integers, got {item!r}. Of a mask of booleans give numpy.flatnonzero(mask)",
        zh="indices 必须是由整数组成的序列，得到 {item!r}。若是布尔掩码，请给 numpy.flatnonzero(mask)",
    ),
    "data.split_seed": Text(
        ValueError,
        en="give generator or seed, not both",
        zh="generator 和 seed 只能给一个",
    ),
    "data.split_negative": Text(
        ValueError,
        en="lengths must not be negative, got {lengths}",
        zh="lengths 不能有负数，得到 {lengths}",
    ),
    "data.split_sum": Text(
        ValueError,
        en="lengths {lengths} add up to {total}, but the dataset has {size} samples. "
        "Use lengths that add up to that, or fractions that add up to 1.",
        zh="lengths {lengths} 之和是 {total}，而数据集有 {size} 个样本。"
        "请让各长度之和等于样本数，或给出和为 1 的比例。",
    ),
    # --- batches (loader.py, collate.py) ---
    "loader.dataset": Text(
        TypeError,
        en="DataLoader needs a dataset with __len__ and __getitem__, got {kind}. Make a list of it first.",
        zh="DataLoader 需要有 __len__ 和 __getitem__ 的数据集，得到的是 {kind}。请先把它变成 list。",
    ),
    "loader.state": Text(
        ValueError,
        en="the state is of a dataset with {saved} samples, this one has {own}",
        zh="这个状态属于有 {saved} 个样本的数据集，而这里的数据集有 {own} 个",
    ),
    "loader.no_int": Text(
        TypeError,
        en="{name} must be an int, got {value!r} of type {kind}",
        zh="{name} 必须是整数，得到的是类型为 {kind} 的 {value!r}",
    ),
    "loader.too_small": Text(
        ValueError,
        en="{name} must be at least {least}, got {value}",
        zh="{name} 至少要是 {least}，得到 {value}",
    ),
    "loader.attribute": Text(
        ValueError,
        en="{name} attribute should not be set after DataLoader is initialized. Make another DataLoader",
        zh="DataLoader 建好之后不应再设置 {name}。请另建一个 DataLoader",
    ),
    "collate.none": Text(
        TypeError,
        en="cannot make a batch of None. Does __getitem__ return something in every case? For what may be missing give "
        "a number such as -1, or pass a collate_fn of your own to DataLoader",
        zh="不能把 None 组成一批。__getitem__ 在所有情形下都有返回值吗？可能缺失的值请给一个数，如 -1，"
        "或给 DataLoader 传入自己的 collate_fn",
    ),
    "collate.kind": Text(
        TypeError,
        en="default_collate cannot make a batch of {kind}. Give Tensors, arrays, numbers, strings, tuples, lists or "
        "dicts, or pass a collate_fn of your own to DataLoader.",
        zh="default_collate 不能把 {kind} 组成一批。请给 Tensor、数组、数、字符串、tuple、list 或 dict，"
        "或给 DataLoader 传入自己的 collate_fn。",
    ),
    "collate.kinds_differ": Text(
        TypeError,
        en="sample 0 of the batch is of type {first}, but sample {position} of type {kind}",
        zh="这一批的样本 0 的类型是 {first}，而样本 {position} 的类型是 {kind}",
    ),
    "collate.shapes_differ": Text(
        RuntimeError,
        en="sample 0 of the batch has shape {first}, but sample {position} has shape {other}. "
        "Give all samples the same, or pass a collate_fn of your own to DataLoader.",
        zh="这一批的样本 0 的形状是 {first}，而样本 {position} 的形状是 {other}。"
        "请让所有样本相同，或给 DataLoader 传入自己的 collate_fn。",
    ),
    "collate.keys_differ": Text(
        KeyError,
        en="sample 0 of the batch has keys {first}, but sample {position} has keys {other}. "
        "Give all samples the same, or pass a collate_fn of your own to DataLoader.",
        zh="这一批的样本 0 的键是 {first}，而样本 {position} 的键是 {other}。"
        "请让所有样本相同，或给 DataLoader 传入自己的 collate_fn。",
    ),
    "collate.lengths_differ": Text(
        RuntimeError,
        en="sample 0 of the batch has length {first}, but sample {position} has length {other}. "
        "Give all samples the same, or pass a collate_fn of your own to DataLoader.",
        zh="这一批的样本 0 的长度是 {first}，而样本 {position} 的长度是 {other}。"
        "请让所有样本相同，或给 DataLoader 传入自己的 collate_fn。",
    ),
    # --- idx files (idx.py); the file's name heads the text ---
    "idx.gzip": Text(
        ValueError,
        en="damaged or truncated gzip file of {size} bytes ({error})",
        zh="损坏或不完整的 gzip 文件，共 {size} 字节（{error}）",
    ),
    "idx.too_large": Text(
        ValueError,
        en="its header promises {shape} = {size} bytes, more than the limit of {limit}",
        zh="文件头说有 {shape} = {size} 字节，超过了上限 {limit}",
    ),
    "idx.truncated": Text(
        ValueError,
        en="its header promises {shape} = {size} bytes, but only {found} follow: the file is truncated",
        zh="文件头说有 {shape} = {size} 字节，但后面只有 {found} 字节：文件不完整",
    ),
    "idx.too_long": Text(
        ValueError,
        en="its header promises {shape} = {size} bytes, but more follow",
        zh="文件头说有 {shape} = {size} 字节，但后面还有更多",
    ),
    "idx.magic": Text(
        ValueError,
        en="magic number 0x{magic:08x}, expected 0x{expected:08x} ({wanted}); {hint}",
        zh="魔数是 0x{magic:08x}，应当是 0x{expected:08x}（{wanted}）；{hint}",
    ),
    "idx.header": Text(
        ValueError,
        en="the file ends within its header, {found} bytes into a part of {size}",
        zh="文件在文件头里就结束了：{size} 字节的一段只有 {found} 字节",
    ),
    "idx.dtype": Text(
        TypeError,
        en="write_idx writes arrays of dtype uint8, got {dtype}",
        zh="write_idx 只写 dtype 为 uint8 的数组，得到 {dtype}",
    ),
    # --- MNIST (mnist.py); of a file, its path heads the text ---
    "mnist.split": Text(
        ValueError,
        en="split must be 'train' or 'test', got {split!r}",
        zh="split 必须是 'train' 或 'test'，得到 {split!r}",
    ),
    "mnist.absent": Text(
        FileNotFoundError,
        en="MNIST's {split} {kind} are not in {folder}: looked for {names}, also in raw/ and MNIST/raw/. "
        "Use download=True to fetch them, or no root for the embedded sample.",
        zh="{folder} 里没有 MNIST 的 {split} {kind}：找过 {names}，也在 raw/ 和 MNIST/raw/ 里找过。"
        "请用 download=True 下载，或不给 root 而使用自带的样本。",
    ),
    "mnist.pixels": Text(
        ValueError,
        en="images of {height} × {width} pixels, expected 28 × 28",
        zh="图像是 {height} × {width} 像素，应当是 28 × 28",
    ),
    "mnist.counts": Text(
        ValueError,
        en="{labels} labels for the {images} images of {path}; the files do not belong together",
        zh="有 {labels} 个标签，而 {path} 有 {images} 幅图像；这两个文件不是一对",
    ),
    "mnist.empty": Text(
        ValueError,
        en="the file holds no images; get the full MNIST's files again",
        zh="文件里没有图像；请重新取得完整的 MNIST 文件",
    ),
    "mnist.labels": Text(
        ValueError,
        en="{count} labels are above 9, the first is {label} at position {position}",
        zh="有 {count} 个标签大于 9，第一个是位置 {position} 上的 {label}",
    ),
    # --- downloads (download.py) ---
    "download.failed": Text(
        RuntimeError,
        en="{name} could not be downloaded:\n{failures}\nFetch it in another way, put it into {folder}, and try again.",
        zh="无法下载 {name}：\n{failures}\n请用别的办法取得它，放进 {folder}，再试一次。",
    ),
    "download.scheme": Text(ValueError, en="only http:// and https:// are used", zh="只能用 http:// 和 https://"),
    "download.too_large": Text(ValueError, en="sent more than {limit} bytes", zh="发来的超过了 {limit} 字节"),
    "download.late": Text(
        TimeoutError,
        en="too slow: not complete after {seconds:g} seconds",
        zh="太慢：{seconds:g} 秒后仍未完成",
    ),
    "download.ended": Text(
        ValueError,
        en="the connection ended after {received} of {expected} bytes",
        zh="收到 {expected} 字节中的 {received} 字节后，连接就断了",
    ),
    "download.unpacked": Text(
        ValueError,
        en="unpacks to more than the {size} bytes expected",
        zh="解压后超过了应有的 {size} 字节",
    ),
    "download.checksum": Text(
        ValueError,
        en="{unpacked} bytes with SHA-256 {found}, expected {size} with {sha256}",
        zh="有 {unpacked} 字节，SHA-256 是 {found}；应当有 {size} 字节，SHA-256 是 {sha256}",
    ),
}

PHRASES = {
    "idx.labels": Phrase("labels", "标签"),
    "idx.images": Phrase("images", "图像"),
    "idx.axes": Phrase("{ndim} axes", "{ndim} 个轴"),
    "idx.other_file": Phrase("this is a file of {content}", "这是{content}的文件"),
    "idx.no_file": Phrase("this is no idx file of bytes", "这不是由字节组成的 idx 文件"),
}
