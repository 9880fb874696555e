"""Memory that is free stays with the process, unless the user has said otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tinyconv.kernels import allocation

PROGRAM = """
import resource
import numpy as np
import tinyconv
from tinyconv.kernels.allocation import keep_freed_memory

def chain():
    a = np.ones(1 << 19, np.float32)
    for _ in range(20):
        a = a + 1

chain()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    chain()
print(keep_freed_memory(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def run(**environment: str) -> tuple[bool, int]:
    """Whether the setting is made, and how many pages a chain of additions on 2 MiB asked the system for."""
    clean = {name: value for name, value in os.environ.items() if name not in allocation.USERS_SETTINGS}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**clean, **environment}, capture_output=True, text=True, check=True
    )
    made, pages = done.stdout.split()
    return made == "True", int(pages)


@pytest.mark.skipif(sys.platform != "linux", reason="the setting is for Linux")
def test_freed_memory_is_used_again() -> None:
    made, pages = run()
    if not made:
        pytest.skip("this C library has no mallopt")
    assert pages < 512  # one array has 512


@pytest.mark.parametrize("name", allocation.USERS_SETTINGS)
def test_a_user_s_own_setting_stays(name: str) -> None:
    made, _ = run(**{name: "glibc.malloc.top_pad=131072" if name == "GLIBC_TUNABLES" else "131072"})
    assert not made


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation.sys, "platform", "win32")
    assert not allocation.keep_freed_memory()
