"""Transforms made of others: one after the other, one of them, some of the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...backend import generator
from ...errors import refusal

__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]


class Compose:
    """Transforms one after the other.

    Parameters
    ----------
    transforms : sequence of callable
        In this order.

    Examples
    --------
    >>> from tinyconv.vision import transforms
    >>> transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    Compose(
        ToTensor()
        Normalize(mean=(0.5,), std=(0.5,))
    )
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]):
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """Give what the last one makes of what the others made."""
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return "\n".join([f"{type(self).__name__}(", *(f"    {t}" for t in self._shown()), ")"])

    def _shown(self) -> list[Any]:
        return list(self.transforms)


class Lambda:
    """A function of one's own as a transform.

    Parameters
    ----------
    lambd : callable
        Of an image.

    Examples
    --------
    >>> Lambda(lambda x: x + 1)(2)
    3
    """

    def __init__(self, lambd: Callable[[Any], Any]):
        if not callable(lambd):
            raise refusal("vision.no_function", "Lambda", kind=type(lambd).__name__)
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """Give what the function makes of it."""
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class RandomApply(Compose):
    """Transforms one after the other, or none of them.

    Parameters
    ----------
    transforms : sequence of callable
        In this order.
    p : float
        How likely they are done.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5):
        super().__init__(transforms)
        self.p = p

    def __call__(self, img: Any) -> Any:
        """Give the image, or what the transforms make of it."""
        return super().__call__(img) if generator().random() < self.p else img

    def _shown(self) -> list[Any]:
        return [f"p={self.p}", *self.transforms]


class RandomOrder(Compose):
    """Transforms one after the other, in an order drawn anew each time."""

    def __call__(self, img: Any) -> Any:
        """Give what the transforms make of it."""
        for i in generator().permutation(len(self.transforms)):
            img = self.transforms[i](img)
        return img


class RandomChoice(Compose):
    """One of several transforms, drawn anew each time.

    Parameters
    ----------
    transforms : sequence of callable
        To choose from.
    p : sequence of float, optional
        How often each comes, compared to the others; equally often by default.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None):
        super().__init__(transforms)
        if p is not None and len(p) != len(transforms):
            raise refusal("vision.chances", "RandomChoice", chances=len(p), count=len(transforms))
        self.p = p

    def __call__(self, *args: Any) -> Any:
        """Give what the chosen one makes of it."""
        chances = None if self.p is None else [chance / sum(self.p) for chance in self.p]
        return self.transforms[generator().choice(len(self.transforms), p=chances)](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
