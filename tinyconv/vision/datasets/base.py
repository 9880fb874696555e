"""What the data sets of images have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...data.dataset import Dataset
from ...errors import refusal

__all__ = ["StandardTransform", "VisionDataset"]


class VisionDataset(Dataset):
    """The base of data sets of images.  A subclass writes ``__len__`` and ``__getitem__``.

    Parameters
    ----------
    root : str or os.PathLike, optional
        The folder of the files.
    transforms : callable, optional
        Called on image and target together; instead of the other two.
    transform : callable, optional
        Called on each image.
    target_transform : callable, optional
        Called on each target.

    Examples
    --------
    >>> class Nothing(VisionDataset):
    ...     def __len__(self):
    ...         return 0
    >>> Nothing("images")
    Dataset Nothing
        Number of datapoints: 0
        Root location: images
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        transforms: Callable[[Any, Any], Any] | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ):
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise refusal("vision.transforms", type(self).__name__)
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        self.transform, self.target_transform = transform, target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def transformed(self, image: Any, target: Any) -> tuple[Any, Any]:
        """Give what the transforms make of a sample."""
        image = self.transform(image) if self.transform is not None else image
        return image, self.target_transform(target) if self.target_transform is not None else target

    def extra_repr(self) -> str:
        """Give what ``repr`` says of this data set besides."""
        return ""

    def __repr__(self) -> str:
        root = [] if self.root is None else [f"Root location: {self.root}"]
        transforms = [] if self.transforms is None else [repr(self.transforms)]
        lines = [f"Number of datapoints: {len(self)}", *root, *self.extra_repr().splitlines(), *transforms]
        return "\n".join([f"Dataset {type(self).__name__}", *(f"    {line}" for line in lines)])


class StandardTransform:
    """One transform of images and one of targets.

    Examples
    --------
    >>> StandardTransform(None, str)(1, 2)
    (1, '2')
    """

    def __init__(
        self,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ):
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        """Give both, transformed."""
        image = self.transform(input) if self.transform is not None else input
        return image, self.target_transform(target) if self.target_transform is not None else target

    def __repr__(self) -> str:
        parts = [type(self).__name__]
        for head, transform in (("Transform: ", self.transform), ("Target transform: ", self.target_transform)):
            if transform is not None:
                parts.append(head + repr(transform).replace("\n", "\n" + " " * len(head)))
        return "\n".join(parts)


def folder_of(dataset: VisionDataset) -> Path:
    """Give the folder of a data set's files as a path.

    Examples
    --------
    >>> folder_of(VisionDataset("images")).name
    'images'
    """
    return Path(dataset.root or ".")
