"""Write which of the calls PyTorch refuses: ``python -m tests.arguments.record`` with PyTorch 2.13 installed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from .programs import programs

RECORDED = Path(__file__).parent / "recorded.json"


def main() -> None:
    import numpy as np
    import torch as t

    names = {"t": t, "F": t.nn.functional, "nn": t.nn, "np": np}
    verdicts: dict[str, str] = {}
    warnings.simplefilter("ignore")
    for name, argument, program in programs():
        place = f"{name} {argument}"
        verdicts[place] = verdicts.get(place, "") + _verdict(program, names)
    lines = ",\n".join(f"  {json.dumps(place)}: {json.dumps(letters)}" for place, letters in verdicts.items())
    RECORDED.write_text(f'{{"torch": "{t.__version__}", "verdicts": {{\n{lines}\n}}}}\n')


def _verdict(program: str, names: dict[str, Any]) -> str:
    """The first letter of the error, or a dot for a call that is answered."""
    try:
        eval(program, names)
    except Exception as error:
        return type(error).__name__[0]
    return "."


if __name__ == "__main__":
    main()
