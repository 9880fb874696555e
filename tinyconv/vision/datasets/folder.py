"""One's own files, in one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from ...errors import refusal
from .base import VisionDataset, folder_of

__all__ = ["IMG_EXTENSIONS", "DatasetFolder", "ImageFolder", "pil_loader"]

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def pil_loader(path: str | os.PathLike[str]) -> Image.Image:
    """Read an image file, in red, green and blue."""
    with Image.open(path) as image:
        return image.convert("RGB")


class DatasetFolder(VisionDataset):
    """Files of any kind: ``root/class/.../file``; classes are numbered in the order of their names.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that has one for each class.
    loader : callable
        Gives a sample for a file's path.
    extensions : tuple of str, optional
        How the names of the files end, in small letters; either this or `is_valid_file`.
    transform : callable, optional
        Called on each sample.
    target_transform : callable, optional
        Called on each label, an int.
    is_valid_file : callable, optional
        Tells of a path whether it is one of the files.
    allow_empty : bool
        Whether a class may have no file.

    Attributes
    ----------
    classes : list of str
        The folders' names; ``class_to_idx`` gives each name's label.
    samples : list of tuple
        Each file's path and label.
    targets : list of int
        The labels.

    Raises
    ------
    FileNotFoundError
        If there is no class, or one without a file.
    ValueError
        If both `extensions` and `is_valid_file` are given, or neither is.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> root = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("cat", "dog"):
    ...     (root / name).mkdir()
    ...     _ = (root / name / "a.txt").write_text(name)
    >>> data = DatasetFolder(root, lambda path: pathlib.Path(path).read_text(), (".txt",))
    >>> data.classes, data[1]
    (['cat', 'dog'], ('dog', 1))
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ):
        super().__init__(root, transform=transform, target_transform=target_transform)
        if (extensions is None) == (is_valid_file is None):
            raise refusal("vision.extensions", type(self).__name__)
        self.loader, self.extensions = loader, extensions
        self.classes, self.class_to_idx = self.find_classes(folder_of(self))
        self.samples = self._files(is_valid_file or self._ends_right)
        self.targets = [label for _, label in self.samples]
        missing = [name for name, label in self.class_to_idx.items() if label not in set(self.targets)]
        if missing and not allow_empty:
            names = ", ".join(sorted(missing))
            raise refusal("vision.empty_class", type(self).__name__, names=names, extensions=extensions)

    def find_classes(self, directory: str | os.PathLike[str]) -> tuple[list[str], dict[str, int]]:
        """Give the classes' names, and each name's label; a subclass may choose others."""
        classes = sorted(path.name for path in Path(directory).glob("*") if path.is_dir())
        if not classes:
            raise refusal("vision.no_class", type(self).__name__, folder=directory)
        return classes, {name: i for i, name in enumerate(classes)}

    def _ends_right(self, path: str) -> bool:
        return path.lower().endswith(self.extensions or ())

    def _files(self, is_valid_file: Callable[[str], bool]) -> list[tuple[str, int]]:
        found = []
        for name in sorted(self.class_to_idx):
            for folder, _, files in sorted(os.walk(folder_of(self) / name, followlinks=True)):
                paths = [str(Path(folder) / file) for file in sorted(files)]
                found += [(path, self.class_to_idx[name]) for path in paths if is_valid_file(path)]
        return found

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Give the sample and label at `index`, transformed."""
        path, target = self.samples[index]
        return self.transformed(self.loader(path), target)


class ImageFolder(DatasetFolder):
    """Image files: ``root/cat/one.png``, ``root/dog/two.jpg``; read in red, green and blue.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that has one for each class.
    transform : callable, optional
        Called on each image, a PIL image.
    target_transform : callable, optional
        Called on each label, an int.
    loader : callable
        Gives an image for a file's path.
    is_valid_file : callable, optional
        Tells of a path whether it is one of the files; by default the usual endings are.
    allow_empty : bool
        Whether a class may have no file.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[str], Any] = pil_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ):
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples
