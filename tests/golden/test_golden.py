"""Every case of golden.npz, computed by tinyconv, against the numbers PyTorch gave."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import tinyconv as tc

from .archive import Reader
from .make_golden import all_cases
from .runner import Arrays, run

READER = Reader()
CASES = READER.description["cases"]
CLIP = {"clip_grad_norm_": tc.nn.utils.clip_grad_norm_, "clip_grad_value_": tc.nn.utils.clip_grad_value_}

# relative and absolute difference allowed, by the kind of the result
TOLERANCE = {"f8": (1e-10, 1e-10), "f4": (1e-5, 1e-6), "i8": (0, 0)}
OPTIMIZER_TOLERANCE = {"f8": (1e-12, 1e-12), "f4": (1e-6, 1e-6)}


def _names(case: dict[str, Any]) -> str:
    return case["name"]


def _load(references: dict[str, dict[str, Any]]) -> Arrays:
    return {name: READER.get(reference) for name, reference in references.items()}


def test_the_archive_holds_the_cases_of_the_tables() -> None:
    stored = [{k: v for k, v in case.items() if k not in ("arrays", "results")} for case in CASES]
    assert stored == json.loads(json.dumps([case.form for case in all_cases()]))
    assert set(READER.description["versions"]) == {"torch", "numpy", "python"}


@pytest.mark.parametrize("case", CASES, ids=_names)
def test_case(case: dict[str, Any]) -> None:
    expected = _load(case["results"])
    actual = run(tc, case, _load(case["arrays"]), CLIP)
    assert set(actual) == set(expected)
    tolerance = OPTIMIZER_TOLERANCE if case["kind"] == "optimizer" else TOLERANCE
    for name, array in expected.items():
        assert (actual[name].shape, actual[name].dtype) == (array.shape, array.dtype), name
        rtol, atol = tolerance[array.dtype.str[1:]]
        np.testing.assert_allclose(actual[name], array, rtol, atol, err_msg=name)
