"""The scripts are run by the tests, and not collected."""

from tests.scripts.record import SCRIPTS

collect_ignore = [f"{name}.py" for name in SCRIPTS]
