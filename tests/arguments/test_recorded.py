"""8,000 calls with one wrong argument: what PyTorch refuses is refused here too, in words of this package."""

from __future__ import annotations

import collections
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinyconv as tc
from tests.arguments.programs import FUNCTIONS, LAYERS, WRONG, programs

VERDICTS = json.loads((Path(__file__).parent / "recorded.json").read_text())["verdicts"]
NAMES = {"t": tc, "F": tc.nn.functional, "nn": tc.nn, "np": np}
BY_NAME = collections.defaultdict(list)
for _name, _argument, _program in programs():
    BY_NAME[_name].append((_argument, _program))

ANY = "any argument"
# wrong in PyTorch, and right here: which value, for which arguments, and why
TAKEN = {
    "2**100": (ANY, "a number that a float holds, or a stride that leaves one window"),
    "np.ones(3)": ({"input", "other", "exponent"}, "an array is an operand"),
    "t.ones(2, 2) > 0": ({"input"}, "bools count as 0 and 1"),
    "None": ({"output_size", "dim", "end", "m", "size", "in_channels", "in_features", "running_mean", "running_var"},
             "the size of the input, all dimensions, read off the input, no running values"),
    "[]": ({"dim"}, "all dimensions, as for sum"),
    "float('nan')": ({"input", "other"}, "a number is an operand"),
    "True": ({"input", "other", "condition"}, "a number is an operand"),
    "2.5": ({"input", "other"}, "a number is an operand"),
    "-1": ({"input", "other", "condition", "shape", "dims"}, "a number is an operand, and one size needs no list"),
    "0": ({"input", "other", "condition", "size", "dims"}, "a number is an operand, and one size needs no list"),
}  # fmt: skip


def answer(program: str) -> Exception | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            eval(program, dict(NAMES))
        except Exception as error:
            return error
    return None


def is_told(error: Exception) -> bool:
    """Does the error speak this package's words, or Python's of a missing or unknown argument?"""
    return hasattr(error, "refusal") or (isinstance(error, TypeError) and "required positional argument" in str(error))


@pytest.mark.parametrize("name", BY_NAME)
def test_what_pytorch_refuses_is_refused_here(name: str) -> None:
    count: collections.Counter[str] = collections.Counter()
    bare, taken = [], []
    for argument, program in BY_NAME[name]:
        place = count[argument]
        count[argument] += 1
        error, verdict, wrong = answer(program), VERDICTS[f"{name} {argument}"][place], WRONG[place]
        if error is not None and not is_told(error):
            bare.append((program, repr(error)))
        allowed, _ = TAKEN.get(wrong, ((), ""))
        if error is None and verdict != "." and allowed != ANY and argument not in allowed:
            taken.append(program)
    assert not bare
    assert not taken


@pytest.mark.parametrize("name", BY_NAME)
def test_the_call_as_it_stands_is_right(name: str) -> None:
    if name in FUNCTIONS:
        fixed = "t.tensor([0, 3]), " if name == "F.one_hot" else ""
        program = f"{name}({fixed}{', '.join(f'{key}={value}' for key, value in FUNCTIONS[name].items())})"
    else:
        arguments, inputs = LAYERS[name]
        program = f"{name}({', '.join(f'{key}={value}' for key, value in arguments.items())})({inputs})"
    assert answer(program) is None


def test_in_chinese_too() -> None:
    with tc.use_language("zh"), pytest.raises(TypeError, match=r"参数 'input' 应当是 张量 .*不能是 None.*return"):
        tc.nn.functional.relu(None)
