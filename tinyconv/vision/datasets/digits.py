"""MNIST and the sets made in its manner: idx files of 28 x 28 gray images.

The checksums of the files are those that the catalogue of TensorFlow Datasets publishes.
"""

from __future__ import annotations

import os
import string
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from ...data import mnist
from ...data.download import download_file, is_whole
from ...data.idx import read_idx
from ...errors import phrase, refusal
from ...serialization import open_atomic
from ...tensor import Tensor, from_numpy
from ..transforms.on_images import as_image
from .base import VisionDataset, folder_of

__all__ = ["EMNIST", "KMNIST", "MNIST", "FashionMNIST"]

_GIB = 1 << 30  # EMNIST's largest file unpacks to 522 MiB


class MNIST(VisionDataset):
    """Handwritten digits, 60,000 to train with and 10,000 to test.

    Where the files are neither in `root` nor to be downloaded, the 8,000 and 2,000 of these digits that come with
    tinyconv take their place, with a warning that says so.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that has the files, as ``MNIST/raw/train-images-idx3-ubyte`` and so on, with or without ``.gz``;
        downloads go there.
    train : bool
        The training set, or the test set.
    transform : callable, optional
        Called on each image, a PIL image of mode L.
    target_transform : callable, optional
        Called on each label, an int.
    download : bool
        Whether to download files that are not there; their SHA-256 is checked.

    Attributes
    ----------
    data : Tensor
        uint8, ``(N, 28, 28)``.
    targets : Tensor
        int64, ``(N,)``.
    classes : list of str
        Their names; ``class_to_idx`` gives each name's label.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     digits = MNIST("no/such/folder", train=False)
    >>> digits
    Dataset MNIST
        Number of datapoints: 2000
        Root location: no/such/folder
        Split: Test
    >>> image, label = digits[0]
    >>> image.size, label, digits.data.shape
    ((28, 28), 5, (2000, 28, 28))
    """

    classes: list[str] = [  # noqa: RUF012 - a class attribute in PyTorch's place too
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six", "7 - seven", "8 - eight",
        "9 - nine",
    ]  # fmt: skip

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ):
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        images, labels = self._load(download)
        self.data: Tensor = from_numpy(images)
        self.targets: Tensor = from_numpy(labels)

    def _load(self, download: bool) -> tuple[np.ndarray, np.ndarray]:
        split = "train" if self.train else "test"
        try:
            return self._load_files(split, download)
        except (FileNotFoundError, RuntimeError) as error:  # absent, or no mirror has them; damaged is a ValueError
            images, labels = mnist.load(split=split)
            told = phrase("vision.mnist_sample", count=len(images), whole=60_000 if self.train else 10_000, why=error)
            warnings.warn(told, stacklevel=4)
            return images, labels

    def _load_files(self, split: str, download: bool) -> tuple[np.ndarray, np.ndarray]:
        try:
            return mnist.load(folder_of(self), split)
        except FileNotFoundError:
            if not download:
                raise
            return mnist.load(self.raw_folder, split, download=True)

    @property
    def raw_folder(self) -> str:
        """Where the files are, below `root`."""
        return str(folder_of(self) / type(self).__name__ / "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """Each class's label, by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Give the image and label at `index`, transformed."""
        image: Image.Image = as_image(self.data.array[index], "L")
        return self.transformed(image, int(self.targets.array[index]))

    def extra_repr(self) -> str:
        """Give which part of the set this is."""
        return f"Split: {'Train' if self.train else 'Test'}"


class _Published(MNIST):
    """A set of four gzip files; by their names, the SHA-256 and the bytes of each."""

    _mirrors: ClassVar[tuple[str, ...]] = ()
    _files: ClassVar[dict[str, tuple[str, int]]] = {}

    def _load(self, download: bool) -> tuple[np.ndarray, np.ndarray]:
        start = "train" if self.train else "t10k"
        images, labels = (
            self._find(f"{start}-{kind}-ubyte", download, self._files, self._mirrors)
            for kind in ("images-idx3", "labels-idx1")
        )
        return _read(images, labels)

    def _find(self, name: str, download: bool, files: dict[str, tuple[str, int]], mirrors: tuple[str, ...]) -> Path:
        folder = Path(self.raw_folder)
        for candidate in (folder / name, folder / f"{name}.gz"):
            if candidate.is_file():
                return candidate
        if not download:
            raise refusal("vision.absent", type(self).__name__, name=name, folder=folder)
        sha256, size = files[f"{name}.gz"]
        return download_file(f"{name}.gz", folder, mirrors, sha256, size)


def _read(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    images, labels = read_idx(images_path, 3, _GIB), read_idx(labels_path, 1, _GIB)
    if len(images) != len(labels):
        raise refusal("mnist.counts", str(labels_path), labels=len(labels), images=len(images), path=images_path)
    return images, labels.astype(np.int64)


class FashionMNIST(_Published):
    """Pieces of clothing, 60,000 to train with and 10,000 to test: the parameters and attributes of :class:`MNIST`.

    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", 2017 (arXiv:1708.07747).

    Raises
    ------
    FileNotFoundError
        If the files are not in ``root/FashionMNIST/raw``, and `download` is False.
    """

    classes: list[str] = [  # noqa: RUF012
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]  # fmt: skip
    _mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    )
    _files: ClassVar = {
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            26_421_880,
        ),
        "train-labels-idx1-ubyte.gz": ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
        "t10k-images-idx3-ubyte.gz": ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
        "t10k-labels-idx1-ubyte.gz": ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
    }


class KMNIST(_Published):
    """Handwritten Japanese characters, 60,000 and 10,000: the parameters and attributes of :class:`MNIST`.

    T. Clanuwat et al., "Deep Learning for Classical Japanese Literature", 2018 (arXiv:1812.01718).

    Raises
    ------
    FileNotFoundError
        If the files are not in ``root/KMNIST/raw``, and `download` is False.
    """

    classes: list[str] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]  # noqa: RUF012
    _mirrors = ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    _files: ClassVar = {
        "train-images-idx3-ubyte.gz": (
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            18_165_135,
        ),
        "train-labels-idx1-ubyte.gz": ("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", 29_497),
        "t10k-images-idx3-ubyte.gz": ("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", 3_041_136),
        "t10k-labels-idx1-ubyte.gz": ("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", 5_120),
    }


_MERGED = set("cijklmopsuvwxyz")  # these look alike as small and as large letters
_ALL = sorted(string.digits + string.ascii_letters)
_BALANCED = [name for name in _ALL if name not in _MERGED]


class EMNIST(_Published):
    """Handwritten letters and digits: the parameters and attributes of :class:`MNIST`, and the split.

    The images lie on their sides, as in the files: transpose them to read them.

    G. Cohen et al., "EMNIST: an extension of MNIST to handwritten letters", 2017 (arXiv:1702.05373).

    Parameters
    ----------
    root : str or os.PathLike
        As of :class:`MNIST`; the files are in ``root/EMNIST/raw``.
    split : {'byclass', 'bymerge', 'balanced', 'letters', 'digits', 'mnist'}
        Which of the six sets.
    **kwargs
        As of :class:`MNIST`.  What `download` gets is one archive of 536 MiB for all splits.

    Raises
    ------
    ValueError
        For another split.
    FileNotFoundError
        If the files are not there, and `download` is False.
    """

    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict: ClassVar[dict[str, list[str]]] = {
        "byclass": _ALL,
        "bymerge": _BALANCED,
        "balanced": _BALANCED,
        "letters": ["N/A", *string.ascii_lowercase],  # its labels begin with 1
        "digits": list(string.digits),
        "mnist": list(string.digits),
    }
    _mirrors = ("https://biometrics.nist.gov/cs_links/EMNIST/",)
    _archive: ClassVar = ("gzip.zip", "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e", 561_753_746)

    def __init__(self, root: str | os.PathLike[str], split: str, **kwargs: Any):
        if split not in self.splits:
            raise refusal("vision.split", "EMNIST", split=split, splits=", ".join(self.splits))
        self.split = split
        self.classes = self.classes_split_dict[split]
        super().__init__(root, **kwargs)

    def _load(self, download: bool) -> tuple[np.ndarray, np.ndarray]:
        start = f"emnist-{self.split}-{'train' if self.train else 'test'}"
        names = [f"{start}-images-idx3-ubyte", f"{start}-labels-idx1-ubyte"]
        folder = Path(self.raw_folder)
        if download and not all((folder / n).is_file() or (folder / f"{n}.gz").is_file() for n in names):
            self._unpack(folder, names)
        return _read(*(self._find(name, False, {}, ()) for name in names))

    def _unpack(self, folder: Path, names: list[str]) -> None:
        """Take the files out of the archive, which is downloaded if it is not there, whole."""
        name, sha256, size = self._archive
        if not is_whole(folder / name, sha256, size):
            download_file(name, folder, self._mirrors, sha256, size)
        with zipfile.ZipFile(folder / name) as archive:
            for wanted in names:
                with open_atomic(folder / f"{wanted}.gz") as file:
                    file.write(archive.read(f"gzip/{wanted}.gz"))
