"""What every test shares: the devices, seeding, the hypothesis profile, and a count of device tests."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

if "PYTEST_XDIST_WORKER" in os.environ and "numpy" not in sys.modules:
    # one worker per core: BLAS threads on top would only fight for the cores
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

import hypothesis

from tests import strict_device
from tinyconv import backend
from tinyconv.kernels import threads

strict_device.register()

# a script that needs CuPy; --doctest-modules would import it
collect_ignore = ["strict_device/generate_api.py"]

# --- hypothesis ---

hypothesis.settings.register_profile(
    "tinyconv",
    deadline=None,  # no test may fail for being slow on a busy machine
    max_examples=30,
    derandomize="CI" in os.environ,
    database=None,
    # `device` and `on_device` hold no state that one example could leave to the next
    # sizes are drawn freely and the large ones thrown away, so many draws may be
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.filter_too_much,
    ],
)
hypothesis.settings.load_profile("tinyconv")


# --- fixtures ---


def cuda_or_skip() -> None:
    """Skip the test without a GPU; fail it where the environment promises one."""
    if backend.cuda_is_available():
        return
    skip_unless_promised("TINYCONV_REQUIRE_GPU", str(backend._cupy_or_reason()[1]))


def skip_unless_promised(variable: str, reason: str) -> NoReturn:
    """Skip the test; fail it where the environment variable promises that it can run."""
    if os.environ.get(variable) == "1":
        pytest.fail(f"{variable}=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(params=["cpu", "strict", "cuda"])
def device(request: pytest.FixtureRequest) -> Iterator[backend.Device]:
    """Each device in turn: NumPy, the strict fake CuPy, and a GPU where there is one."""
    request.node.user_properties.append(("device", request.param))
    if request.param == "cuda":
        cuda_or_skip()
    strict_device.transfers.reset()
    this = backend.Device(request.param)
    yield this
    this.synchronize()  # an error in work still queued lands on the test that queued it


@pytest.fixture
def thread_count() -> Iterator[None]:
    """The kernels have as many threads after the test as before."""
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


@pytest.fixture
def on_device(device: backend.Device) -> Callable[[], contextlib.AbstractContextManager]:
    """Give ``on_device()``: a block in which nothing is copied between host and device.

    The strict device enforces it; elsewhere the block does nothing.
    """
    return strict_device.no_transfers if device.type == "strict" else contextlib.nullcontext


@pytest.fixture(autouse=True)
def _seeded() -> None:
    backend.manual_seed(0)


# --- a suite that silently left out the device would prove nothing ---

ran_on: Counter[str] = Counter()
met_devices: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    device_name = dict(report.user_properties).get("device")
    if not isinstance(device_name, str):  # a test without the `device` fixture
        return
    met_devices.add(device_name)
    if report.when == "call" and not report.skipped:
        ran_on[device_name] += 1


def selects_single_tests(config: pytest.Config) -> bool:
    """Tell whether the user asked for some tests by name, so that a device may rightly be left out."""
    return bool(config.option.keyword or config.option.markexpr or any("::" in arg for arg in config.args))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    is_xdist_worker = hasattr(session.config, "workerinput")
    if is_xdist_worker or selects_single_tests(session.config):
        return
    if met_devices and not ran_on["strict"] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    for reason, count in reasons.items():
        if "pip install" in reason:  # what a package would make run is said aloud
            terminalreporter.write_line(f"{count} not run: {reason.removeprefix('Skipped: ')}", yellow=True)
    if not met_devices:
        return
    counts = ", ".join(f"{ran_on[name]} on {name}" for name in ("cpu", "strict", "cuda"))
    terminalreporter.write_line(f"tests by device: {counts}")
    if not ran_on["strict"]:
        terminalreporter.write_line("No test ran on the strict device: the device path is unproven.", red=True)
