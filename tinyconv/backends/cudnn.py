"""cuDNN's switches.  tinyconv does not use cuDNN, so they are kept and have no effect.

Examples
--------
>>> import tinyconv as tc
>>> tc.backends.cudnn.benchmark = True
"""

__all__ = ["benchmark", "deterministic", "enabled", "is_available", "version"]

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Say no: convolutions are tinyconv's own on every device."""
    return False


def version() -> None:
    """Give None: there is no cuDNN."""
