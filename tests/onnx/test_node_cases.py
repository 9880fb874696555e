"""The ONNX package's own backend tests, run through tinyconv."""

import re
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from tinyconv.onnx import load  # noqa: E402

from . import node_cases  # noqa: E402

DOCS = Path(__file__).parents[2] / "docs" / "onnx.md"
NOT_SUPPORTED = {  # the reasons are in docs/onnx.md
    r"celu_bfloat16": "dtype number 16",
    r"resize_.*antialias": "antialias=1",
    r"resize_.*exclude_outside": "exclude_outside=1",
    r"resize_tf_crop.*": "tf_crop_and_resize",
    r"resize_.*_not_(larger|smaller)": "keep_aspect_ratio_policy",
}


@pytest.mark.parametrize("operator", node_cases.OPERATORS)
def test_operator(operator):
    results = node_cases.results_of(operator)
    print(node_cases.table({operator: results}))
    assert results, f"the onnx package has no cases for {operator}"
    assert {name: why for name, (kind, why) in results.items() if kind == "failed"} == {}
    for name, (kind, why) in results.items():
        if kind == "not supported":
            assert any(re.fullmatch(f"test_{kinds}", name) and text in why for kinds, text in NOT_SUPPORTED.items())


def test_the_table_in_the_docs_is_what_comes_out():
    text = DOCS.read_text()
    version = re.search(r"onnx (\d+\.\d+\.\d+)", text).group(1)
    if version != onnx.__version__:
        pytest.skip(f"the table was made with onnx {version}")
    everything = {operator: node_cases.results_of(operator) for operator in node_cases.OPERATORS}
    assert node_cases.table(everything) in text


def _folders():
    import onnx.backend.test

    data = Path(onnx.backend.test.__file__).parent / "data"
    return sorted(path.parent for path in data.glob("pytorch-*/*/model.onnx"))


@pytest.mark.parametrize("folder", _folders(), ids=lambda folder: folder.name)
def test_a_model_written_by_pytorch(folder):
    """Files of old operator sets, with results recorded from PyTorch."""
    model = load(folder / "model.onnx")
    if any(node.get("broadcast") for node in model._nodes):
        pytest.skip("the broadcast attribute, which operator set 7 took away")
    for data in folder.glob("test_data_set_*"):
        arrays = {
            kind: [
                onnx.numpy_helper.to_array(onnx.load_tensor(str(path)))
                for path in sorted(data.glob(f"{kind}_*.pb"), key=lambda p: int(p.stem.split("_")[1]))
            ]
            for kind in ("input", "output")
        }
        results = model(*arrays["input"])
        results = results if isinstance(results, tuple) else (results,)
        assert len(results) == len(arrays["output"])
        for result, expected in zip(results, arrays["output"]):
            np.testing.assert_allclose(result.detach().numpy(), expected, rtol=1e-3, atol=1e-5)
