"""The Chinese of the examples, loaded from its file: the examples are no package."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
HAN = re.compile("[\u4e00-\u9fff]")
_spec = importlib.util.spec_from_file_location("chinese_words", EXAMPLES / "chinese.py")
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
HELP: dict[str, str] = _module.HELP
SAID: dict[str, str] = _module.SAID
