"""The layers once more, under the name of the folder in which PyTorch keeps them; its files are those of ``nn``.

Examples
--------
>>> from tinyconv.nn.modules import Conv2d, Module
>>> issubclass(Conv2d, Module)
True
"""

from . import *  # noqa: F403
from . import __all__ as __all__

__path__: list[str] = []  # so that tinyconv.alias is asked for torch.nn.modules.conv
