"""Run the ONNX package's own backend node tests through tinyconv, and count them per operator.

``python tests/onnx/node_cases.py`` prints the table that docs/onnx.md shows.
"""

import functools
import warnings
from collections import defaultdict

import numpy as np

import tinyconv as tc
from tinyconv.onnx import NotSupported, load

OPERATORS = [
    "Conv", "ConvTranspose", "DeformConv", "MaxPool", "MaxUnpool", "AveragePool", "GlobalAveragePool",
    "GlobalMaxPool", "LpPool", "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Celu", "Gelu", "Mish", "Swish",
    "HardSigmoid", "HardSwish", "Hardmax", "Shrink", "Sigmoid", "Softplus", "Softsign", "Tanh",
    "ThresholdedRelu", "Clip", "Softmax", "LogSoftmax", "Gemm", "MatMul", "BatchNormalization",
    "LayerNormalization", "GroupNormalization", "InstanceNormalization", "LRN", "Pad", "ReduceL1", "ReduceL2",
    "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
    "ReduceSumSquare", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss", "Adam", "Momentum", "Adagrad",
    "Resize", "CumSum", "TopK", "GatherElements",
]  # fmt: skip


@functools.cache
def all_cases():
    """Every node test case of the installed onnx package, made once: a second call would find none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # making the data divides by zero and overflows
        from onnx.backend.test.case.node import collect_testcases

        return collect_testcases(None)


def cases_of(operator):
    """The test cases of an operator: those whose model is one node of that kind."""
    return [c for c in all_cases() if [node.op_type for node in c.model.graph.node] == [operator]]


def outcome(case):
    """'passed', or ('failed' or 'not supported', why)."""
    try:
        model = load(case.model.SerializeToString())
        for inputs, expected in case.data_sets:
            with tc.no_grad():
                given = [np.asarray(x) for x in inputs if x is not None]
                results = model(*[tc.as_tensor(x.copy()) for x in given])
            results = results if isinstance(results, tuple) else (results,)
            assert len(results) == len(expected)
            for result, wanted in zip(results, expected):
                assert result.dtype == wanted.dtype, f"dtype {result.dtype}, not {wanted.dtype}"
                assert result.shape == np.shape(wanted), f"shape {result.shape}, not {np.shape(wanted)}"
                np.testing.assert_allclose(result.numpy(), wanted, rtol=case.rtol, atol=case.atol)
    except NotSupported as error:
        return "not supported", str(error)
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"
    return "passed", ""


def results_of(operator):
    """``{case name: (outcome, why)}``."""
    return {case.name: outcome(case) for case in cases_of(operator)}


def table(all_results):
    """The Markdown table of counts."""
    lines = ["| operator | passed | failed | not supported |", "|---|---:|---:|---:|"]
    totals = defaultdict(int)
    for operator, results in all_results.items():
        counts = [sum(kind == o for o, _ in results.values()) for kind in ("passed", "failed", "not supported")]
        for i, n in enumerate(counts):
            totals[i] += n
        lines.append(f"| {operator} | " + " | ".join(map(str, counts)) + " |")
    lines.append("| **all** | " + " | ".join(str(totals[i]) for i in range(3)) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    everything = {operator: results_of(operator) for operator in OPERATORS}
    print(table(everything))
    for results in everything.values():
        for name, (kind, why) in results.items():
            if kind != "passed":
                print(f"{kind}: {name}: {why[:300]}")
