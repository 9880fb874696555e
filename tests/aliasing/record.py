"""Write what PyTorch does with the programs: ``python -m tests.aliasing.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from tests.aliasing.programs import PROGRAMS

RECORDED = Path(__file__).with_name("recorded.json")


def outcome(lib: Any, name: str) -> dict[str, Any]:
    """What a program gives, or the type and text of its error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"result": PROGRAMS[name](lib)}
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}


if __name__ == "__main__":
    import torch

    recorded = {"torch": torch.__version__, "outcomes": {name: outcome(torch, name) for name in PROGRAMS}}
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
