"""CIFAR-10 and CIFAR-100 from their binary files: no pickle is read.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.  An image is a record of bytes::

    label | 1024 of red, row by row | 1024 of green | 1024 of blue

with two labels, the coarse and the fine, in CIFAR-100.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from ...data.download import download_file, is_whole
from ...errors import refusal
from ...serialization import open_atomic
from ..transforms.on_images import as_image
from .base import VisionDataset, folder_of

__all__ = ["CIFAR10", "CIFAR100"]

_SIZE = 32
_PIXELS = 3 * _SIZE * _SIZE


class CIFAR10(VisionDataset):
    """Small color photographs of ten kinds of things, 50,000 to train with and 10,000 to test.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that has ``cifar-10-batches-bin``, or the archive ``cifar-10-binary.tar.gz``; a download goes there.
    train : bool
        The training set, or the test set.
    transform : callable, optional
        Called on each image, a PIL image of mode RGB.
    target_transform : callable, optional
        Called on each label, an int.
    download : bool
        Whether to download the archive of 162 MiB if it is not there; its SHA-256 is checked.

    Attributes
    ----------
    data : numpy.ndarray
        uint8, ``(N, 32, 32, 3)``.
    targets : list of int
        The labels.
    classes : list of str
        Their names; ``class_to_idx`` gives each name's label.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        If a file is damaged.

    Examples
    --------
    >>> CIFAR10("no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: CIFAR10: batches.meta.txt is not in .../cifar-10-batches-bin. Use download=True to fetch it...
    """

    base_folder = "cifar-10-batches-bin"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    _sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    _bytes = 170_052_171
    _train: ClassVar[tuple[str, ...]] = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
    _test: ClassVar[tuple[str, ...]] = ("test_batch.bin",)
    _names = "batches.meta.txt"
    _labels = 1  # of each image, in the file; the last one counts

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
        if download:
            self._download()
        self.classes = self._path(self._names).read_text("utf-8").split()
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        parts = [self._read(self._path(name)) for name in (self._train if train else self._test)]
        self.data = np.concatenate([images for images, _ in parts])
        self.targets: list[int] = np.concatenate([labels for _, labels in parts]).tolist()

    def _path(self, name: str) -> Path:
        path = folder_of(self) / self.base_folder / name
        if not path.is_file():
            raise refusal("vision.no_cifar", type(self).__name__, name=name, folder=path.parent)
        return path

    def _read(self, path: Path) -> tuple[np.ndarray, np.ndarray]:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        record = self._labels + _PIXELS
        if not content.size or content.size % record:
            raise refusal("vision.cifar_size", str(path), size=content.size, record=record)
        rows = content.reshape(-1, record)
        labels = rows[:, self._labels - 1].astype(np.int64)
        if labels.max() >= len(self.classes):
            raise refusal("vision.cifar_label", str(path), label=labels.max(), count=len(self.classes))
        images = rows[:, self._labels :].reshape(-1, 3, _SIZE, _SIZE).transpose(0, 2, 3, 1)
        return np.ascontiguousarray(images), labels

    def _download(self) -> None:
        """Take the files out of the archive, which is downloaded if it is not there, whole."""
        folder, name = folder_of(self), self.url.rpartition("/")[2]
        wanted = [*self._train, *self._test, self._names]
        if all((folder / self.base_folder / file).is_file() for file in wanted):
            return
        if not is_whole(folder / name, self._sha256, self._bytes):
            download_file(name, folder, [self.url.rpartition("/")[0]], self._sha256, self._bytes)
        (folder / self.base_folder).mkdir(exist_ok=True)
        with tarfile.open(folder / name) as archive:
            for file in wanted:
                content = archive.extractfile(f"{self.base_folder}/{file}")
                with open_atomic(folder / self.base_folder / file) as target:
                    target.write(content.read() if content else b"")

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Give the image and label at `index`, transformed."""
        image: Image.Image = as_image(self.data[index], "RGB")
        return self.transformed(image, self.targets[index])

    def extra_repr(self) -> str:
        """Give which part of the set this is."""
        return f"Split: {'Train' if self.train else 'Test'}"


class CIFAR100(CIFAR10):
    """Small color photographs of a hundred kinds of things: the parameters and attributes of :class:`CIFAR10`.

    The labels are the fine ones.
    """

    base_folder = "cifar-100-binary"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"
    _sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"
    _bytes = 168_513_733
    _train = ("train.bin",)
    _test = ("test.bin",)
    _names = "fine_label_names.txt"
    _labels = 2
