"""Pictures, grids, texts, errors and models as torchvision's."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tinyconv as tc
from tests.vision.programs import GROUPS, PROGRAMS, names
from tests.vision.record import RECORDED, keys, outcome, scores
from tinyconv import vision

RECORD = json.loads(RECORDED.read_text("utf-8"))
OUTCOMES = RECORD["outcomes"]
ON_TENSORS = [p for group in ("places", "resizes", "turns", "colors", "blurs", "grids") for p in GROUPS[group]]


# Of bytes, one pixel lies in the middle between two, but for the last digits of the floats in between.
TIES = ["F.resize(b, 9, max_size=10, interpolation=M.BILINEAR)"] + [
    f"F.rotate(b, 30, M.BILINEAR, fill={fill})" for fill in (None, 9, [1, 2, 3])
]


def test_every_program_is_recorded():
    assert OUTCOMES.keys() == set(PROGRAMS)


def alike(ours, theirs):
    """Equal, but for the last digits of floats."""
    if theirs.get("dtype") != "float32":
        return ours == theirs
    if ours.get("dtype") != "float32" or ours["shape"] != theirs["shape"]:
        return False
    return np.allclose(ours["values"], theirs["values"], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("group", GROUPS)
def test_as_torchvision(group):
    differing = {}
    for program in GROUPS[group]:
        ours = outcome(tc, vision, program)
        if program not in TIES and not alike(ours, OUTCOMES[program]):
            differing[program] = ours, OUTCOMES[program]
    assert not differing, "\n".join(f"{p}\n   ours: {o}\n   theirs: {t}" for p, (o, t) in differing.items())


@pytest.mark.parametrize("program", TIES)
def test_a_byte_differs_only_where_it_lies_in_the_middle(program):
    given = names(tc, vision)
    ours, theirs = eval(program, given), np.reshape(OUTCOMES[program]["values"], OUTCOMES[program]["shape"])
    differing = ours.numpy().astype(int) != theirs
    floats = eval(program, {**given, "b": given["b"].float()}).numpy()
    assert (abs(floats - theirs)[differing] < 0.5 + 1e-4).all()
    assert differing.sum() <= 1


@pytest.mark.parametrize("program", [program for program in PROGRAMS if "error" in OUTCOMES[program]])
def test_no_error_is_a_bare_text_of_python_or_numpy(program):
    with pytest.raises(Exception) as info:  # noqa: PT011 - which one, test_as_torchvision looks at
        eval(program, names(tc, vision))
    assert hasattr(info.value, "refusal"), info.value


def test_on_every_device(device, on_device):
    """Numbers stay where the Tensor is; weights and places are made on the host and go there."""
    for program in ON_TENSORS:
        if "(p" in program or "saved" in program or "error" in OUTCOMES[program]:
            continue
        result = eval(program, names(tc, vision, device))
        assert result.device == device, program
        assert result.numel() == len(OUTCOMES[program]["values"]), program


def test_names_and_shapes_of_weights():
    assert keys(vision.models.resnet18(num_classes=4)) == RECORD["resnet18"]
    assert keys(vision.models.vgg11(num_classes=4, init_weights=False)) == RECORD["vgg11"]


def test_scores_of_a_resnet():
    np.testing.assert_allclose(scores(vision.models, tc), RECORD["scores"], rtol=1e-3)
