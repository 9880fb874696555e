"""The directive ``draw-digit``: a page to draw on inside a page of the documentation, in the language it is given.

The network is trained when the documentation is built, on the digits that come with tinyconv.
"""

from __future__ import annotations

import functools
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.util import logging

import tinyconv as tc
from tinyconv import nn
from tinyconv.data import MNIST, DataLoader
from tinyconv.explain import draw_page

logger = logging.getLogger(__name__)

EPOCHS = 3


@functools.cache
def trained_model() -> nn.Sequential:
    """Train a small CNN for a few seconds: two convolutions, one linear layer, 7,000 numbers."""
    tc.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, kernel_size=3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 6 * 6, 10),
    )
    optimizer = tc.optim.Adam(model.parameters(), lr=3e-3)
    schedule = tc.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    for _ in range(EPOCHS):
        for images, labels in DataLoader(MNIST(), batch_size=64, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
        schedule.step()
    return model


def accuracy(model: nn.Module) -> float:
    """The share of the embedded test digits that it reads rightly."""
    images, labels = MNIST(train=False).take(slice(None))
    with tc.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


class DrawDigit(Directive):
    """``{draw-digit} zh``: the page to draw on, opened in Chinese."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Train the network if no page has yet, and give the page's HTML."""
        model = trained_model()
        logger.info("draw-digit: the network reads %.1f %% of the test digits", 100 * accuracy(model))
        page = draw_page(model, language=self.arguments[0])
        return [nodes.raw("", page.fragment(), format="html")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("draw-digit", DrawDigit)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
