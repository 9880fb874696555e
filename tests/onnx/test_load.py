import contextlib
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinyconv as tc
from tinyconv import nn
from tinyconv.onnx import NotSupported, export, load

from . import models

onnx = pytest.importorskip("onnx")
helper = onnx.helper

FLOAT, INT64 = 1, 7


def info(name, shape, dtype=FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def array(name, value, dtype=np.int64):
    return onnx.numpy_helper.from_array(np.asarray(value, dtype), name)


def model_of(nodes, arrays=(), inputs=("x",), outputs=("y",), opset=21, domains=()):
    graph = helper.make_graph(
        list(nodes), "g", [info(n, None) for n in inputs], [info(n, None) for n in outputs], list(arrays)
    )
    opsets = [helper.make_opsetid("", opset), *[helper.make_opsetid(d, 1) for d in domains]]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def one_node(kind, inputs=("x",), arrays=(), **attributes):
    return model_of([helper.make_node(kind, list(inputs), ["y"], **attributes)], arrays)


def tensors_of(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.fixture
def linear(tmp_path):
    """A model file, its path and the model."""
    model = nn.Linear(3, 2)
    export(model, tc.zeros(1, 3), tmp_path / "m.onnx")
    return tmp_path / "m.onnx", model


class TestLoading:
    def test_from_path_string_bytes_and_proto(self, linear):
        path, model = linear
        x = tc.randn(4, 3)
        for source in (path, str(path), path.read_bytes(), onnx.load(str(path))):
            np.testing.assert_allclose(load(source)(x).tolist(), model(x).tolist(), rtol=1e-6)

    def test_state_dict_goes_back_into_the_model(self, linear):
        path, model = linear
        fresh = nn.Linear(3, 2)
        fresh.load_state_dict(load(path).state_dict())
        assert fresh.weight.tolist() == model.weight.tolist()

    def test_training_goes_on(self, linear):
        path, _ = linear
        loaded = load(path)
        optimizer = tc.optim.SGD(loaded.parameters(), lr=0.1)
        x = tc.randn(8, 3)
        losses = []
        for _ in range(20):
            loss = (loaded(x) ** 2).mean()
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert losses[-1] < 0.5 * losses[0]

    @pytest.mark.parametrize("name", models.MODELS)
    def test_on_a_device(self, name, device, on_device, tmp_path):
        model, x = models.make(name)
        export(model.eval(), x, tmp_path / "m.onnx")
        loaded = load(tmp_path / "m.onnx")
        expected = tensors_of(loaded(x))
        loaded.to(device)
        there = x.to(device)
        loaded(there)  # copies constants
        with on_device():
            outputs = tensors_of(loaded(there))
        for output, value in zip(outputs, expected):
            assert output.device == device
            np.testing.assert_allclose(output.detach().to("cpu").numpy(), value.detach().numpy(), rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize("kind", ["Gather", "GatherElements", "ScatterElements"])
    @pytest.mark.parametrize("index", [4, -5])
    def test_an_index_outside(self, kind, index, device):
        inputs = ("x", "i", "u") if kind == "ScatterElements" else ("x", "i")
        x = tc.zeros(4, device=device)
        indices = tc.tensor([1, index]).to(device)
        loaded = load(model_of([helper.make_node(kind, list(inputs), ["y"])], inputs=inputs))
        given = (x, indices, tc.ones(2, device=device))[: len(inputs)]
        if device.type == "cpu":
            with pytest.raises(ValueError, match="outside the axis of 4"):
                loaded(*given)
            return
        assert loaded(*given).to("cpu").isnan().tolist()[-1]

    @pytest.mark.parametrize("kind", ["Gather", "GatherElements"])
    def test_indices_inside(self, kind, device):
        loaded = load(model_of([helper.make_node(kind, ["x", "i"], ["y"])], inputs=("x", "i")))
        x, indices = tc.tensor([5.0, 6.0, 7.0]).to(device), tc.tensor([2, -3]).to(device)
        assert loaded(x, indices).tolist() == [7.0, 5.0]

    def test_writing_into_a_result_changes_no_constant(self, device):
        nodes = [helper.make_node("Identity", ["c"], ["y"]), helper.make_node("CastLike", ["c", "x"], ["z"])]
        loaded = load(model_of(nodes, [array("c", [1, 2])], outputs=("y", "z"))).to(device)
        x = tc.tensor([0]).to(device)
        for _ in range(2):
            for result in loaded(x):
                assert result.tolist() == [1, 2]
                result += 1

    def test_writing_into_a_result_changes_no_weight(self):
        nodes = [helper.make_node("Identity", ["w"], ["a"]), helper.make_node("MatMul", ["x", "w"], ["y"])]
        loaded = load(model_of(nodes, [array("w", np.ones((2, 2)), np.float32)], outputs=("a", "y")))
        with tc.no_grad():
            for _ in range(2):
                weight, product = loaded(tc.ones(1, 2))
                assert product.tolist() == [[2, 2]]
                weight += 1

    def test_large_constants_are_copied_once(self, device, on_device):
        value = onnx.numpy_helper.from_array(np.ones((40, 40), np.float32))
        nodes = [helper.make_node("Constant", [], ["w"], value=value), helper.make_node("MatMul", ["x", "w"], ["y"])]
        loaded = load(model_of(nodes)).to(device)
        x = tc.ones(1, 40, device=device)
        loaded(x)
        with on_device():
            y = loaded(x)
        assert set(y.flatten().tolist()) == {40.0}

    def test_large_integers_are_weights(self, device):
        nodes = [helper.make_node("CastLike", ["w", "x"], ["v"]), helper.make_node("MatMul", ["x", "v"], ["y"])]
        loaded = load(model_of(nodes, [array("w", np.ones((80, 80)), np.int8)])).to(device)
        assert loaded.state_dict()["w"].shape == (80, 80)
        assert loaded(tc.ones(1, 80, device=device)).tolist()[0][0] == 80.0

    def test_a_range_computed_on_a_device(self, device):
        nodes = [
            helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
            helper.make_node("Range", ["zero", "m", "one"], ["r"]),
            helper.make_node("Add", ["x", "r"], ["y"]),
        ]
        arrays = [array("zero", 0, np.float32), array("one", 1, np.float32)]
        loaded = load(model_of(nodes, arrays)).to(device)
        assert loaded(tc.tensor([0.0, 1.0, 3.0]).to(device)).tolist() == [0, 2, 5]

    def test_a_callers_indices_are_not_moved(self, device):
        if device.type == "cpu":
            pytest.skip("needs two devices")
        loaded = load(model_of([helper.make_node("Gather", ["x", "i"], ["y"])], inputs=("x", "i")))
        with pytest.raises(RuntimeError, match="same device"):
            loaded(tc.ones(3, device=device), tc.tensor([0]))

    def test_a_callers_tensor_is_not_moved(self, linear, device):
        if device.type == "cpu":
            pytest.skip("needs two devices")
        with pytest.raises(RuntimeError, match="same device"):
            load(linear[0]).to(device)(tc.zeros(1, 3))

    def test_running_statistics_are_no_parameters(self, tmp_path):
        export(nn.BatchNorm1d(3), tc.zeros(2, 3), tmp_path / "bn.onnx")
        loaded = load(tmp_path / "bn.onnx")
        assert sorted(name for name, _ in loaded.named_parameters()) == ["bias", "weight"]
        assert sorted(loaded.state_dict()) == ["bias", "running_mean", "running_var", "weight"]

    def test_names_that_would_hide_a_method(self):
        arrays = [array(name, [1.0], np.float32) for name in ("forward", "__class__", "_modules", "training", "a b")]
        nodes = [helper.make_node("Sum", [a.name for a in arrays] + ["x"], ["y"])]
        loaded = load(model_of(nodes, arrays))
        assert loaded(tc.zeros(1)).tolist() == [5.0]
        assert type(loaded).__name__ == "OnnxModel"
        assert len(loaded.state_dict()) == 5

    def test_wrong_inputs(self, linear):
        loaded = load(linear[0])
        for call in (
            lambda: loaded(),
            lambda: loaded(1, 2),
            lambda: loaded(z=1),
            lambda: loaded(tc.ones(1, 3), input=1),
        ):
            with pytest.raises(TypeError, match=r"the file has the inputs \['input'\]"):
                call()

    def test_unknown_operators_are_all_named(self):
        nodes = [helper.make_node("StringNormalizer", ["x"], ["a"]), helper.make_node("Loop2", ["a"], ["y"])]
        with pytest.raises(NotSupported, match="not supported: Loop2, StringNormalizer"):
            load(model_of(nodes))

    def test_no_such_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "none.onnx")


class TestDamage:
    @pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x0a", np.random.default_rng(0).bytes(1000)])
    def test_no_onnx_file(self, content, tmp_path):
        (tmp_path / "f.onnx").write_bytes(content)
        with pytest.raises(ValueError, match=r"f\.onnx: "):
            load(tmp_path / "f.onnx")

    def test_a_value_that_nothing_computes(self):
        with pytest.raises(ValueError, match="nothing before it computes 'nowhere'"):
            load(one_node("Relu", ["nowhere"]))(tc.ones(1))

    def test_an_output_that_nothing_computes(self):
        with pytest.raises(ValueError, match="computes no value for its output 'z'"):
            load(model_of([helper.make_node("Relu", ["x"], ["y"])], outputs=("y", "z")))(tc.ones(1))

    def test_a_tensor_larger_than_its_data(self):
        tensor = onnx.TensorProto(name="w", dims=[1000], data_type=FLOAT, raw_data=b"1234")
        with pytest.raises(ValueError, match=r"'w' of shape .* is damaged"):
            load(one_node("Add", ["x", "w"], [tensor]))

    @pytest.mark.parametrize("dims", [[-1], [1] * 40])
    def test_impossible_shapes(self, dims):
        tensor = onnx.TensorProto(name="w", dims=dims, data_type=FLOAT, raw_data=b"1234")
        with pytest.raises(ValueError, match="impossible shape"):
            load(one_node("Add", ["x", "w"], [tensor]))

    @pytest.mark.parametrize(
        "attributes",
        [{"strides": [0]}, {"strides": [1, 1]}, {"dilations": [-1]}, {"pads": [1]}, {"pads": [-9, 0]}, {"group": 0},
         {"group": 7}, {"kernel_shape": [5]}, {"strides": "ab"}, {"pads": 1.5}],
    )  # fmt: skip
    def test_attributes_that_do_not_fit(self, attributes):
        w = array("w", np.ones((2, 2, 3)), np.float32)
        model = load(one_node("Conv", ["x", "w"], [w], **attributes))
        with pytest.raises((ValueError, RuntimeError)):
            model(tc.ones(1, 2, 8))

    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_flipped_bytes_give_an_error_or_a_result(self, data):
        content = bytearray(_CONTENT)
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        allowed = (ValueError, RuntimeError, IndexError, TypeError)  # anything else, or a crash, fails
        with contextlib.suppress(*allowed), np.errstate(all="ignore"):  # weights become inf and NaN
            load(bytes(content), max_bytes=1 << 22)(tc.ones(1, 1, 6, 6))


def _small_file():
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("MaxPool", ["a"], ["b"], kernel_shape=[2, 2], pads=[0, 0, 1, 1]),
        helper.make_node("Pad", ["b", "p"], ["c"]),
        helper.make_node("Expand", ["c", "s"], ["d"]),
        helper.make_node("Reshape", ["d", "r"], ["e"]),
        helper.make_node("Softmax", ["e"], ["y"], axis=1),
    ]
    arrays = [
        array("w", np.ones((2, 1, 3, 3)), np.float32), array("p", [0, 0, 1, 1, 0, 0, 1, 1]), array("s", [3, 1, 1, 1]),
        array("r", [0, -1]),
    ]  # fmt: skip
    return model_of(nodes, arrays).SerializeToString()


_CONTENT = _small_file()


class TestHugeResults:
    """Small files that ask for more memory than there is are refused before it is taken."""

    HUGE = 1 << 40

    @pytest.mark.parametrize(
        ("kind", "arrays", "attributes"),
        [
            ("Expand", [array("a", [1 << 40, 2, 2])], {}),
            ("Pad", [array("a", [0, 0, 0, 1 << 40])], {}),
            ("Pad", [array("a", [0, 0, 0, 1 << 40])], {"mode": "edge"}),
            ("Tile", [array("a", [1 << 20, 1 << 20])], {}),
            ("Resize", [array("e", []), array("a", [1, 1, 1e6, 1e6], np.float32)],
             {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
            ("OneHot", [array("a", 1 << 40), array("v", [0, 1], np.float32)], {}),
        ],
    )  # fmt: skip
    def test_grown_by(self, kind, arrays, attributes):
        x = tc.ones(1, 1, 2, 2) if kind == "Resize" else tc.ones(2, 2)
        model = load(one_node(kind, ["x", *[a.name for a in arrays]], arrays, **attributes))
        with pytest.raises(ValueError, match="more than the limit of 2147483648"):
            model(x)

    @pytest.mark.parametrize("kind", ["ConstantOfShape", "Range"])
    def test_made_from_nothing(self, kind):
        inputs = {"ConstantOfShape": [array("s", [1 << 40])],
                  "Range": [array("a", 0), array("b", 1 << 40), array("c", 1)]}[kind]  # fmt: skip
        nodes = [helper.make_node(kind, [a.name for a in inputs], ["y"])]
        with pytest.raises(ValueError, match="more than the limit"):
            load(model_of(nodes, inputs, inputs=()))()

    def test_a_range_that_does_not_end(self):
        arrays = [array("a", 0.0, np.float32), array("b", np.inf, np.float32), array("c", 1.0, np.float32)]
        with pytest.raises(ValueError, match="does not end"):
            load(model_of([helper.make_node("Range", ["a", "b", "c"], ["y"])], arrays, inputs=()))()

    @pytest.mark.parametrize(
        ("kind", "weight", "attributes"),
        [("Conv", (1, 1, 1), {"pads": [1 << 38, 1 << 38]}), ("ConvTranspose", (1, 1, 1), {"strides": [1 << 38]}),
         ("ConvTranspose", (1, 1, 1), {"output_padding": [1 << 38]}), ("MaxPool", None, {"pads": [0, 1 << 38]}),
         ("AveragePool", None, {"pads": [1 << 38, 0]})],
    )  # fmt: skip
    def test_windows(self, kind, weight, attributes):
        arrays = [array("w", np.ones(weight), np.float32)] if weight else []
        attributes = attributes if weight else {**attributes, "kernel_shape": [2]}
        model = load(one_node(kind, ["x", *["w"] * len(arrays)], arrays, **attributes))
        with pytest.raises(ValueError, match="more than the limit"):
            model(tc.ones(1, 1, 4))

    def test_outer_products(self):
        column = array("w", np.ones((100_000, 1)), np.float32)
        row = array("v", np.ones((1, 100_000)), np.float32)
        for kind in ("MatMul", "Gemm", "Add", "Mul", "Max", "Where", "PRelu"):
            inputs = ["x", "w", "v"] if kind == "Where" else ["w", "v"]
            model = load(model_of([helper.make_node(kind, inputs, ["y"])], [column, row]))
            with pytest.raises(ValueError, match="more than the limit"):
                model(tc.ones(1).bool())

    @pytest.mark.parametrize(
        ("kind", "shapes", "attributes"),
        [
            ("InstanceNormalization", [(1, 1, 100_000), (100_000,), (100_000,)], {}),
            ("LayerNormalization", [(100_000, 1), (100_000,)], {}),
            ("ConvTranspose", [(1, 1, 100_000), (1, 1, 1), (100_000,)], {}),
            ("Gemm", [(100_000, 1), (1, 1), (1, 100_000)], {}),
            ("Clip", [(100_000, 1), (1, 100_000)], {}),
            ("Adagrad", [(), (), (100_000, 1), (1, 100_000), (1, 100_000)], {}),
        ],
    )
    def test_operands_that_would_broadcast(self, kind, shapes, attributes):
        names = [f"x{i}" for i in range(len(shapes))]
        model = load(model_of([helper.make_node(kind, names, ["y"], **attributes)], inputs=names))
        with pytest.raises((ValueError, RuntimeError)):
            model(*[tc.ones(shape) for shape in shapes])

    def test_a_device_without_end(self):
        if not os.path.exists("/dev/zero"):
            pytest.skip("no /dev/zero here")
        with pytest.raises(ValueError, match="more than the limit of 1000 bytes"):
            load("/dev/zero", max_bytes=1000)

    def test_doubling(self):
        nodes = [helper.make_node("Concat", [f"a{i}"] * 2, [f"a{i + 1}"], axis=0) for i in range(60)]
        with pytest.raises(ValueError, match="more than the limit of 1000000"):
            load(model_of(nodes, inputs=("a0",), outputs=("a60",)), max_bytes=1_000_000)(tc.ones(1))

    def test_files_and_weights(self, linear):
        path, _ = linear
        with pytest.raises(ValueError, match="give load a larger max_bytes"):
            load(path, max_bytes=100)
        with pytest.raises(ValueError, match="need more than the limit of 20 bytes"):
            load(path.read_bytes(), max_bytes=20)
        tensor = onnx.TensorProto(name="w", dims=[1 << 30, 1 << 30, 1 << 30], data_type=FLOAT)
        with pytest.raises(ValueError, match="need more than the limit"):
            load(one_node("Add", ["x", "w"], [tensor]))


class TestOtherFiles:
    """Weights in other files: only ones beside the model, and only as much of them as there is."""

    def model_with(self, folder, dims=(4,), **entries):
        tensor = onnx.TensorProto(name="w", dims=dims, data_type=FLOAT, data_location=onnx.TensorProto.EXTERNAL)
        for key, value in entries.items():
            tensor.external_data.add(key=key, value=str(value))
        model = one_node("Add", ["x", "w"], [tensor])
        folder.mkdir(exist_ok=True)
        (folder / "m.onnx").write_bytes(model.SerializeToString())
        return folder / "m.onnx"

    @pytest.fixture
    def folder(self, tmp_path):
        np.arange(8, dtype="<f4").tofile(tmp_path / "secret.bin")
        folder = tmp_path / "model"
        (folder / "deep").mkdir(parents=True)
        np.arange(8, dtype="<f4").tofile(folder / "w.bin")
        np.arange(8, dtype="<f4").tofile(folder / "deep" / "w.bin")
        return folder

    def test_beside_the_model(self, folder):
        path = self.model_with(folder, location="w.bin", offset=8, length=16)
        assert load(path)(tc.zeros(4)).tolist() == [2.0, 3.0, 4.0, 5.0]
        path = self.model_with(folder, location="deep/w.bin")
        assert load(str(path))(tc.zeros(4)).tolist() == [0.0, 1.0, 2.0, 3.0]

    @pytest.mark.parametrize("location", ["../secret.bin", "deep/../../secret.bin", "", ".", "..", "deep/../w.bin",
                                          "..\\secret.bin"])  # fmt: skip
    def test_outside(self, location, folder):
        with pytest.raises(ValueError, match=r"outside the model's folder; this is refused"):
            load(self.model_with(folder, location=location))

    def test_absolute(self, folder):
        for target in (folder.parent / "secret.bin", folder / "w.bin"):
            with pytest.raises(ValueError, match=r"outside the model's folder; this is refused"):
                load(self.model_with(folder, location=target))

    def test_a_link_out_of_the_folder(self, folder):
        try:
            (folder / "link.bin").symlink_to(folder.parent / "secret.bin")
        except OSError:
            pytest.skip("no symbolic links here")
        with pytest.raises(ValueError, match=r"outside the model's folder; this is refused"):
            load(self.model_with(folder, location="link.bin"))

    def test_not_a_file(self, folder):
        for location in ("deep", "none.bin"):
            with pytest.raises(ValueError, match="not a file beside the model"):
                load(self.model_with(folder, location=location))

    @pytest.mark.parametrize(
        "entries", [{"offset": 20}, {"offset": -4}, {"length": 15}, {"offset": "x"}, {"length": 64}]
    )
    def test_beyond_the_file(self, entries, folder):
        with pytest.raises(ValueError, match=r"needs 16 bytes at|damaged offset or length"):
            load(self.model_with(folder, location="w.bin", **entries))

    def test_bytes_have_no_folder(self, folder):
        content = self.model_with(folder, location="w.bin").read_bytes()
        with pytest.raises(ValueError, match="load the model from its folder"):
            load(content)


class TestNotSupported:
    def test_custom_operators(self):
        node = helper.make_node("Run", ["x"], ["y"], domain="com.example")
        with pytest.raises(NotSupported, match=r"'Run' of the domain 'com.example' is not ONNX's own"):
            load(model_of([node], domains=("com.example",)))

    def test_functions(self):
        model = one_node("Relu")
        function = helper.make_function(
            "d", "Relu", ["x"], ["y"], [helper.make_node("Neg", ["x"], ["y"])], [helper.make_opsetid("", 21)]
        )
        model.functions.append(function)
        with pytest.raises(NotSupported, match="functions are not supported"):
            load(model)

    def test_branches(self):
        branch = helper.make_graph([helper.make_node("Neg", ["x"], ["z"])], "b", [], [info("z", None)])
        node = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
        with pytest.raises(NotSupported, match="If: graphs within graphs"):
            load(model_of([node]))

    def test_dtypes(self):
        tensor = onnx.TensorProto(name="w", dims=[1], data_type=16, raw_data=b"12")
        with pytest.raises(NotSupported, match="dtype number 16"):
            load(one_node("Add", ["x", "w"], [tensor]))
        graph = helper.make_graph(
            [helper.make_node("Relu", ["x"], ["y"])], "g", [info("x", [1], 16)], [info("y", [1], 16)]
        )
        with pytest.raises(NotSupported, match="the input 'x' has ONNX's dtype number 16"):
            load(helper.make_model(graph))

    def test_uses_of_an_operator(self):
        with pytest.raises(NotSupported, match="tf_crop_and_resize"):
            load(
                one_node(
                    "Resize",
                    ["x", "", "s"],
                    [array("s", [1, 1, 2.0], np.float32)],
                    mode="linear",
                    coordinate_transformation_mode="tf_crop_and_resize",
                )
            )(tc.ones(1, 1, 2))

    def test_more_outputs_than_there_are(self):
        with pytest.raises(NotSupported, match="only 1 outputs"):
            load(model_of([helper.make_node("Relu", ["x"], ["y", "z"])]))(tc.ones(1))
