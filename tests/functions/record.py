"""Write what PyTorch makes of the calls: ``python -m tests.functions.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.functions.programs import PROGRAMS
from tests.signatures.record import outcome

RECORDED = Path(__file__).with_name("recorded.json")

if __name__ == "__main__":
    import torch

    recorded = {"torch": torch.__version__, "outcomes": {name: outcome(torch, name) for name in PROGRAMS}}
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
