"""What a test sets in Matplotlib, as a command in Chinese sets its font, ends with the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def matplotlib_s_settings_come_back() -> Iterator[None]:
    try:
        from matplotlib import rc_context
    except ImportError:
        yield
        return
    with rc_context():
        yield
