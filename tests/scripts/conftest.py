"""The scripts, and what some of them share, are run by the tests, and not collected."""

from tests.scripts.record import SCRIPTS

collect_ignore = ["telling.py", *(f"{name}.py" for name in SCRIPTS)]
