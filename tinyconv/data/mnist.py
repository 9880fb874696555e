"""MNIST, the handwritten digits: an embedded sample, a folder of idx files, or a checked download.

Y. LeCun, C. Cortes, C. J. C. Burges: "The MNIST database of handwritten digits";
Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: "Gradient-based learning applied to document recognition", 1998.
Credit and licence of the embedded sample: ``mnist_sample.md`` beside this file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import refusal
from ..tensor import Tensor, from_numpy
from .dataset import Dataset
from .download import cache_folder, download_gzip
from .idx import read_idx

__all__ = ["MEAN", "MIRRORS", "MNIST", "STD", "load", "to_float"]

MEAN, STD = 0.1307, 0.3081  # of all training pixels, scaled to [0, 1]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)

_SAMPLE = Path(__file__).with_name("mnist_sample.npz")
_SHAPE = (28, 28)

# SHA-256 and size of the unpacked files
_FILES = {
    ("train", "images"): (
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        47_040_016,
    ),
    ("train", "labels"): (
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        60_008,
    ),
    ("test", "images"): (
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        7_840_016,
    ),
    ("test", "labels"): (
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        10_008,
    ),
}


def load(
    root: str | os.PathLike[str] | None = None,
    split: str = "train",
    download: bool = False,
    mirrors: Sequence[str] = MIRRORS,
    timeout: float = 30.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Give MNIST's images and labels as arrays.

    Without arguments: the embedded sample of 8,000 training and 2,000 test digits, which needs no network.

    Parameters
    ----------
    root : str or os.PathLike, optional
        A folder with the full set's idx files, as ``train-images-idx3-ubyte`` or ``train-images.idx3-ubyte``,
        with or without ``.gz``; they may be below it in ``MNIST/raw``, where torchvision puts them.
    split : {'train', 'test'}
        60,000 or 10,000 digits of the full set.
    download : bool
        Download the files which `root` lacks, or, without `root`, which the cache folder lacks
        (``$TINYCONV_HOME/mnist``, else ``~/.cache/tinyconv/mnist``).  Their SHA-256 is checked.
    mirrors : sequence of str
        Where to download from, in this order.
    timeout : float
        Seconds after which a silent mirror is given up.

    Returns
    -------
    images : numpy.ndarray
        uint8, ``(N, 28, 28)``; 0 is paper, 255 is ink.
    labels : numpy.ndarray
        int64, ``(N,)``, 0 to 9.

    Raises
    ------
    FileNotFoundError
        If `root` lacks a file; the text lists the names looked for.
    ValueError
        If a file is not what it should be; the text names it and what is wrong.
    RuntimeError
        If no mirror gave a right file.

    Examples
    --------
    >>> images, labels = load(split="test")
    >>> images.shape, images.dtype, labels.shape, labels.dtype
    ((2000, 28, 28), dtype('uint8'), (2000,), dtype('int64'))
    """
    if split not in ("train", "test"):
        raise refusal("mnist.split", "mnist.load", split=split)
    if root is None and not download:
        return _load_sample(split)
    folder = cache_folder() / "mnist" if root is None else Path(root)
    paths = [_find(folder, split, kind, download, mirrors, timeout) for kind in ("images", "labels")]
    return _read_pair(*paths)


def to_float(images: np.ndarray, normalize: bool = True) -> np.ndarray:
    """Give images ``(N, 28, 28)`` of bytes as float32 ``(N, 1, 28, 28)``, the input of a convolution.

    ``x / 255``, and, if `normalize`, ``(x / 255 - 0.1307) / 0.3081``, of mean 0 and variance 1 over the
    training set.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, ``(N, 28, 28)``.
    normalize : bool
        Whether to subtract the mean and divide by the standard deviation.

    Returns
    -------
    numpy.ndarray
        float32, ``(N, 1, 28, 28)``.

    Examples
    --------
    >>> import numpy
    >>> to_float(numpy.full((1, 28, 28), 255, "uint8"))[0, 0, 0, 0].item()
    2.821486...
    """
    # x / 255 rounded once to float32 is what torchvision's ToTensor gives
    x = images[:, None].astype(np.float32) / np.float32(255)
    return (x - np.float32(MEAN)) / np.float32(STD) if normalize else x


class MNIST(Dataset):
    """The digits as a dataset of ``(image, label)``, with torchvision's arguments.

    Parameters
    ----------
    root, download
        As for :func:`load`; without them, the embedded sample.
    train : bool
        Training or test set.
    transform : callable, optional
        Called on each image, a float32 array ``(1, 28, 28)``.  Without it, batches are made by one index.
    target_transform : callable, optional
        Called on each label, an int.
    normalize : bool
        Whether images have mean 0 and variance 1, else they are within [0, 1].

    Attributes
    ----------
    images : numpy.ndarray
        uint8, ``(N, 28, 28)``.
    labels : numpy.ndarray
        int64, ``(N,)``.

    Examples
    --------
    >>> from tinyconv.data import MNIST, DataLoader
    >>> digits = MNIST(train=False)
    >>> digits
    MNIST(2000 images, train=False, normalize=True)
    >>> image, label = digits[0]
    >>> image.shape, label
    ((1, 28, 28), 5)
    >>> x, y = next(iter(DataLoader(digits, batch_size=64)))
    >>> x.shape, y.shape
    ((64, 1, 28, 28), (64,))
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[np.ndarray], Any] | None = None,
        target_transform: Callable[[int], Any] | None = None,
        download: bool = False,
        normalize: bool = True,
    ):
        self.images, self.labels = load(root, "train" if train else "test", download)
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        self.normalize = normalize

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image = to_float(self.images[index][None], self.normalize)[0]
        label = int(self.labels[index])
        return (
            self.transform(image) if self.transform else from_numpy(image),
            self.target_transform(label) if self.target_transform else label,
        )

    def take(self, indices: np.ndarray) -> Any:
        """Give a batch: images ``(B, 1, 28, 28)`` and labels ``(B,)``."""
        if self.transform or self.target_transform:
            return super().take(indices)
        images: Tensor = from_numpy(to_float(self.images[indices], self.normalize))
        return images, from_numpy(self.labels[indices])

    def __repr__(self) -> str:
        return f"MNIST({len(self)} images, train={self.train}, normalize={self.normalize})"


def _load_sample(split: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(_SAMPLE, allow_pickle=False) as sample:
        return sample[f"{split}_images"], sample[f"{split}_labels"].astype(np.int64)


def _find(folder: Path, split: str, kind: str, download: bool, mirrors: Sequence[str], timeout: float) -> Path:
    name, sha256, size = _FILES[split, kind]
    other = name.replace("-idx", ".idx")
    candidates = [name, f"{name}.gz", other, f"{other}.gz"]
    for place in (folder, folder / "raw", folder / "MNIST" / "raw"):
        for candidate in candidates:
            if (place / candidate).is_file():
                return place / candidate
    if download:
        return download_gzip(f"{name}.gz", folder, mirrors, sha256, size, timeout)
    raise refusal("mnist.absent", split=split, kind=kind, folder=folder, names=", ".join(candidates))


def _read_pair(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read both files of a split, and check that they belong together."""
    images, labels = read_idx(images_path, ndim=3), read_idx(labels_path, ndim=1)
    if images.shape[1:] != _SHAPE:
        raise refusal("mnist.pixels", str(images_path), height=images.shape[1], width=images.shape[2])
    if len(images) != len(labels):
        raise refusal("mnist.counts", str(labels_path), labels=len(labels), images=len(images), path=images_path)
    if not len(images):
        raise refusal("mnist.empty", str(images_path))
    wrong = np.flatnonzero(labels > 9)
    if len(wrong):
        raise refusal("mnist.labels", str(labels_path), count=len(wrong), label=labels[wrong[0]], position=wrong[0])
    return images, labels.astype(np.int64)
