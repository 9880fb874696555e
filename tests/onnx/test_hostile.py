"""Model files that ask for too much, or for what does not fit: each is refused, with its node and its file."""

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.onnx import load

from .test_load import array, helper, model_of, one_node, onnx


class TestBounds:
    """Loops and the sum of results are bounded as single results are."""

    def test_a_norm_wider_than_the_channels(self):
        x = tc.randn(2, 3, 4)
        wide = load(one_node("LRN", size=10**12, alpha=1e12))(x)
        expected = x / (1.0 + (x * x).sum(1, keepdim=True)) ** 0.75
        np.testing.assert_allclose(wide.tolist(), expected.tolist(), rtol=1e-5)

    @pytest.mark.parametrize("kind", ["MaxPool", "AveragePool", "LpPool"])
    def test_a_kernel_of_padding(self, kind):
        model = load(one_node(kind, kernel_shape=[10**8], pads=[10**8 - 1, 10**8 - 1]))
        with pytest.raises(ValueError, match="a window of 100000000 cells"):
            model(tc.ones(1, 1, 4))

    def test_the_sum_of_results(self):
        names = [f"y{i}" for i in range(8)]
        nodes = [helper.make_node("ConstantOfShape", ["s"], [name]) for name in names]
        model = load(model_of(nodes, [array("s", [1000])], inputs=(), outputs=names), max_bytes=20_000)
        with pytest.raises(ValueError, match="needs 4000 bytes beside 20000 of other results"):
            model()
        nodes = [helper.make_node("Neg", ["x"], [name]) for name in names]
        with pytest.raises(ValueError, match="with its results 24000 bytes are held, more than the limit of 20000"):
            load(model_of(nodes, outputs=names), max_bytes=20_000)(tc.ones(1000))

    def test_what_is_read_no_more_does_not_count(self):
        nodes = [helper.make_node("Neg", [f"a{i}"], [f"a{i + 1}"]) for i in range(30)]
        model = load(model_of(nodes, inputs=("a0",), outputs=("a30",)), max_bytes=10_000)
        with tc.no_grad():
            assert model(tc.ones(1000)).shape == (1000,)

    def test_views_count_once(self):
        nodes = [helper.make_node("Flatten", ["x"], [f"y{i}"]) for i in range(9)]
        model = load(model_of(nodes, outputs=[f"y{i}" for i in range(9)]), max_bytes=5000)
        assert len(model(tc.ones(10, 100))) == 9

    @pytest.mark.parametrize(
        ("kind", "arrays"),
        [("Tile", [array("r", [1 << 40, 0])]), ("Tile", [array("r", [-1, 1])]), ("Tile", [array("r", [2])]),
         ("Pad", [array("p", [1 << 40, 0, -(1 << 40), 0])]), ("Expand", [array("s", [1 << 62, 1 << 62, 1, 1])]),
         ("OneHot", [array("d", -1), array("v", [0, 1])])],
    )  # fmt: skip
    def test_sizes_that_only_look_small(self, kind, arrays):
        with pytest.raises(ValueError, match=rf"{kind} \(x"):
            load(one_node(kind, ["x", *[a.name for a in arrays]], arrays))(tc.ones(2, 2))

    def test_many_classes_of_nothing(self):
        model = load(one_node("OneHot", ["x", "d", "v"], [array("d", 1 << 40), array("v", [0, 1])]))
        with pytest.raises(ValueError, match=r"OneHot.*more than the limit"):
            model(tc.zeros(0))

    def test_many_outputs_take_no_time_by_their_square(self):
        """Names are looked up among 30,000: by a list that would be 9e8 comparisons."""
        names = [f"y{i}" for i in range(30_000)]
        model = model_of([helper.make_node("Relu", ["x"], [name]) for name in names], outputs=names)
        loaded = load(model)
        assert len(loaded.output_names) == 30_000


class TestWhatDoesNotFit:
    """Whatever is wrong with a node, the error is a ValueError with the node and the file."""

    @pytest.mark.parametrize(
        ("kind", "arrays", "attributes", "text"),
        [
            ("Softmax", [], {"axis": 2}, "axis 2 is outside the 2 axes"),
            ("LayerNormalization", [array("s", [1, 1], np.float32)], {"axis": -3}, "axis -3 is outside"),
            ("Concat", [], {"axis": 5}, "axis 5 is outside"),
            ("Gather", [array("i", [0])], {"axis": 2}, "axis 2 is outside"),
            ("GatherElements", [array("i", [[0]])], {"axis": -3}, "axis -3 is outside"),
            ("Flatten", [], {"axis": 3}, "axis 3 is outside"),
            ("ArgMax", [], {"axis": 2}, "axis 2 is outside"),
            ("ArgMax", [], {"keepdims": 2}, "keepdims=2 must be 0 or 1"),
            ("ReduceSum", [array("a", [2])], {}, "axis 2 is outside"),
            ("ReduceSum", [array("a", [0])], {"keepdims": 2}, "keepdims=2 must be 0 or 1"),
            ("Unsqueeze", [array("a", [4])], {}, "axis 4 is outside the 3 axes"),
            ("Unsqueeze", [array("a", [0, 0])], {}, "name an axis twice"),
            ("Squeeze", [array("a", [2])], {}, "axis 2 is outside"),
            ("Slice", [array("b", [0, 0]), array("e", [1, 1]), array("a", [1, -1])], {}, "name an axis twice"),
            ("Slice", [array("b", [0]), array("e", [1]), array("a", [2])], {}, "axis 2 is outside"),
            ("Split", [], {"axis": 2}, "axis 2 is outside"),
            ("Transpose", [], {"perm": [0, 2]}, "axis 2 is outside"),
            ("Reshape", [array("s", [7])], {}, "do not fit the operator"),
            ("Pad", [array("p", [1, 1])], {}, "must give"),
            ("DepthToSpace", [], {"blocksize": 0}, "do not fit the operator"),
        ],
    )  # fmt: skip
    def test_a_node(self, kind, arrays, attributes, text, tmp_path):
        onnx.save(one_node(kind, ["x", *[a.name for a in arrays]], arrays, **attributes), str(tmp_path / "m.onnx"))
        with pytest.raises(ValueError, match=rf"m\.onnx\): {kind} \(x.*{text}"):
            load(tmp_path / "m.onnx")(tc.ones(2, 2))

    @pytest.mark.parametrize("sizes", [[2, -2], [4]])
    def test_impossible_sizes(self, sizes):
        nothing = np.zeros(0, np.float32)
        model = load(
            one_node("Resize", ["x", "r", "f", "s"], [array("r", nothing), array("f", nothing), array("s", sizes)])
        )
        with pytest.raises(ValueError, match=r"one size or scale >= 0"):
            model(tc.ones(2, 2))

    def test_an_exclusive_sum_past_infinity(self):
        model = load(one_node("CumSum", ["x", "a"], [array("a", 0)], exclusive=1))
        assert model(tc.tensor([1.0, float("inf"), 2.0])).tolist() == [0.0, 1.0, float("inf")]

    def test_a_triangle_of_a_vector(self):
        with pytest.raises(ValueError, match=r"Trilu .*needs matrices, got the shape \(4,\)"):
            load(one_node("Trilu"))(tc.ones(4))

    @pytest.mark.parametrize("inputs", [["x"], ["x", ""], ["x", "", "w"]])
    def test_an_input_left_out(self, inputs):
        w = array("w", [1.0], np.float32)
        with pytest.raises(ValueError, match=r"model\): Conv .*: input number 1 is left out"):
            load(one_node("Conv", inputs, [w]))(tc.ones(1, 1, 4))

    @pytest.mark.parametrize("version", [-1, 0])
    def test_no_such_operator_set(self, version):
        with pytest.raises(ValueError, match=f"there is no operator set {version}"):
            load(model_of([helper.make_node("Relu", ["x"], ["y"])], opset=version))

    @pytest.mark.parametrize("name", [b"Relu", b"in_x", b"out_y", b"attr_a", b"init_w"])
    def test_a_name_that_is_not_utf8(self, name):
        node = helper.make_node("Relu", ["in_x"], ["out_y"], attr_a=1)
        content = model_of([node], [array("init_w", [1])], ("in_x",), ("out_y",)).SerializeToString()
        assert name in content
        with pytest.raises(ValueError, match=r"model: .*not UTF-8|model: not an ONNX file"):
            load(content.replace(name, b"\xff" * len(name)))
