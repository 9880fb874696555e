import threading

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn
from tinyconv.autograd.mode import _mode
from tinyconv.onnx import export, load
from tinyconv.onnx.trace import record

from .models import LAYERS, MODELS, inputs_of, make

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
ReferenceEvaluator = pytest.importorskip("onnx.reference").ReferenceEvaluator


def run_file(path, *inputs):
    """Run a file with onnxruntime; with ONNX's reference where an older onnxruntime has no DeformConv."""
    try:
        session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:
        if "implementation for DeformConv" not in str(error):
            raise
        session = ReferenceEvaluator(str(path))
        return session.run(None, {name: x.numpy() for name, x in zip(session.input_names, inputs)})
    return session.run(None, {given.name: x.numpy() for given, x in zip(session.get_inputs(), inputs)})


def tuple_of(result):
    return result if isinstance(result, tuple) else (result,)


def operators_of(path):
    return [node.op_type for node in onnx.load(str(path)).graph.node]


def assert_same(results, expected, tolerance=1e-5):
    """Equal to `tolerance`, relative to values above 1."""
    assert len(results) == len(expected)
    for a, b in zip(results, expected):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


class Resized(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.options = options

    def forward(self, x):
        return nn.functional.interpolate(x, **self.options)


class TestModels:
    @pytest.mark.parametrize("name", MODELS)
    def test_equals_the_model_in_onnxruntime_and_here(self, name, tmp_path):
        model, example = make(name)
        path = tmp_path / "model.onnx"
        export(model, example, path)
        onnx.checker.check_model(onnx.load(str(path)), full_check=True)
        loaded = load(path)
        model.eval()
        for batch in (1, 5):
            x = tc.randn(batch, *example.shape[1:])
            with tc.no_grad():
                expected = [y.numpy() for y in tuple_of(model(x))]
                assert_same([y.numpy() for y in tuple_of(loaded(x))], expected)
            assert_same(run_file(path, x), expected)

    @pytest.mark.parametrize(
        ("mode", "axes"),
        [("linear", 1), ("bilinear", 2), ("trilinear", 3), ("bicubic", 2), ("nearest-exact", 2), ("area", 2)],
    )
    @pytest.mark.parametrize("options", [{"scale_factor": 1.7}, {"size": 3}, {"size": 9, "align_corners": True}])
    def test_resizing(self, mode, axes, options, tmp_path):
        if mode in ("nearest-exact", "area"):
            options = {name: value for name, value in options.items() if name != "align_corners"}
        model, path = nn.Sequential(Resized(mode=mode, **options)), tmp_path / "model.onnx"
        export(model, tc.randn(2, 3, *(5, 6, 4)[:axes]), path)
        x = tc.randn(5, 3, *(5, 6, 4)[:axes])
        expected = [model(x).numpy()]
        assert_same(run_file(path, x), expected)
        assert_same([load(path)(x).detach().numpy()], expected)

    @pytest.mark.parametrize("name", ["LeNet", "ResNet", "transposed"])
    def test_a_loaded_model_has_the_names_and_the_gradients(self, name, tmp_path):
        model, x = make(name)
        export(model, x, tmp_path / "model.onnx")
        loaded = load(tmp_path / "model.onnx")
        states = model.state_dict()
        kept = {k: v for k, v in states.items() if "num_batches" not in k}
        assert set(kept) <= set(loaded.state_dict())
        (model.eval()(x) ** 2).sum().backward()
        (loaded(x) ** 2).sum().backward()
        own = dict(loaded.named_parameters())
        for key, parameter in model.named_parameters():
            found = own[key].grad.reshape(parameter.shape)
            scale = parameter.grad.abs().max().item()
            np.testing.assert_allclose(found.numpy(), parameter.grad.numpy(), rtol=1e-3, atol=1e-4 * scale)

    def test_layers_become_their_own_operators(self, tmp_path):
        model, x = make("LeNet")
        export(model, x, tmp_path / "model.onnx")
        kinds = ["Conv", "Tanh", "AveragePool"] * 2 + ["Flatten", "Gemm", "Tanh", "Gemm", "Tanh", "Gemm", "Identity"]
        assert operators_of(tmp_path / "model.onnx") == kinds


class TestLayers:
    def test_every_layer_is_listed(self):
        layers = {n for n in nn.__all__ if isinstance(getattr(nn, n), type) and issubclass(getattr(nn, n), nn.Module)}
        no_operator = {"CELU", "Embedding"}  # CELU's scale, whole numbers in
        no_operator |= {"Fold", "Unfold", "MultiMarginLoss", "MultiLabelMarginLoss"}  # columns, classes compared
        containers = {
            "DataParallel",
            "Module",
            "ModuleDict",
            "ModuleList",
            "ParameterDict",
            "ParameterList",
            "Sequential",
        }
        assert layers - containers - no_operator == set(LAYERS)

    @pytest.mark.parametrize("name", LAYERS)
    def test_layer(self, name, tmp_path):
        tc.manual_seed(0)
        factory, *shapes = LAYERS[name]
        model = factory()
        export(model, inputs_of(shapes, 2), tmp_path / "layer.onnx")
        inputs = inputs_of(shapes, 3)
        model.eval()
        with tc.no_grad():
            expected = [y.numpy() for y in tuple_of(model(*inputs))]
            assert_same([y.numpy() for y in tuple_of(load(tmp_path / "layer.onnx")(*inputs))], expected)
        assert_same(run_file(tmp_path / "layer.onnx", *inputs), expected)


class Computed(nn.Module):
    """A model of one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def add_in_place(x):
    y = x * 2.0
    before = y + 0.5
    y += x
    y -= before
    return y, before


def write_over_a_constant(x):
    constant = tc.zeros(x.shape)
    constant[...] = x
    constant += 1.0
    return constant * 2.0


def read_a_copy_after_a_write(x):
    y = x * 2.0
    copy, turned = y.clone(), y.mT.reshape(-1)
    y += 1.0
    return copy + y, turned


def make_a_view_after_a_write(x):
    y = x * 2.0
    y += 1.0
    return y.view(-1) * 2.0, y[:, 1]


class Twice(tc.autograd.Function):
    """In PyTorch's form; it is exported by what it is made of."""

    @staticmethod
    def forward(ctx, x):
        return x * 2.0


class TestFunctions:
    @pytest.mark.parametrize(
        "function",
        [
            lambda x: x % 0.7 + x.long() % 3,
            lambda x: (x > 0) & (x < 1) | (x == 0),
            lambda x: x // 0.3,
            lambda x: tc.minimum(x, 0.2) + tc.maximum(x, x * 2),
            lambda x: x[:, [2, 0, 2]],
            lambda x: x[:, -1],
            lambda x: x[..., 1:-1:2].sum((0, 1), keepdim=True),
            lambda x: tc.stack([x, x.clamp(min=0.1)], dim=1).transpose(0, 1)[0],
            lambda x: (x @ x.mT).norm(2, dim=1),
            lambda x: x.std(1),
            lambda x: x.min(dim=1).indices + x.argmin(),
            lambda x: tc.nn.functional.pad(x, (1, -1), value=2.0),
            lambda x: x.exp().log() + x.sin() * x.cos() - x.sign() + tc.erf(x),
            lambda x: x.double().mean().float(),
            lambda x: [x.detach() * 2, x],
            add_in_place,
            lambda x: (x * 2.0).copy_(x[0]) + x.exp(),
            write_over_a_constant,
            read_a_copy_after_a_write,
            make_a_view_after_a_write,
            lambda x: (x * 2.0).exp_().clamp_(max=1.5).view(-1).neg_(),
            lambda x: nn.ELU(inplace=True)(x * 2.0) + nn.LeakyReLU(0.3, inplace=True)(x + 0.0),
            lambda x: nn.SiLU(inplace=True)(x * 2.0) + nn.ReLU(inplace=True)(x + 0.0),
            lambda x: tc.arange(12.0).reshape(3, 4)[x.argmax(1) % 3],
            lambda x: Twice.apply(x) + 1.0,
            lambda x: x.amax(axis=1, keepdims=True) + x.prod(axis=1, keepdims=True) + x.mean(axis=0),
        ],
    )
    def test_function(self, function, tmp_path):
        model = Computed(function)
        export(model, tc.randn(2, 4), tmp_path / "f.onnx")
        x = tc.randn(6, 4)
        expected = function(x)
        expected = [y.numpy() for y in (expected if isinstance(expected, (list, tuple)) else (expected,))]
        assert_same([y.numpy() for y in tuple_of(load(tmp_path / "f.onnx")(x))], expected)
        assert_same(run_file(tmp_path / "f.onnx", x), expected)

    def test_inputs_and_outputs_have_the_names_given(self, tmp_path):
        model = Computed(lambda a, b: (a + b, a * b))
        path = tmp_path / "f.onnx"
        export(model, (tc.ones(2, 3), tc.ones(2, 3)), path, input_names=["a", "b"], output_names=["sum", "product"])
        loaded = load(path)
        assert loaded.input_names == ["a", "b"]
        assert loaded.output_names == ["sum", "product"]
        total, product = loaded(b=tc.full((1, 3), 2.0), a=tc.full((1, 3), 3.0))
        assert total.tolist() == [[5.0] * 3]
        assert product.tolist() == [[6.0] * 3]

    def test_unbatched_input_with_fixed_sizes(self, tmp_path):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.AvgPool2d(2))
        x = tc.randn(3, 10, 11)
        export(model, x, tmp_path / "f.onnx", dynamic_batch=False)
        assert_same(run_file(tmp_path / "f.onnx", x), [model(x).detach().numpy()])
        with pytest.raises(ValueError, match="share a first size"):
            export(nn.ReLU(), tc.zeros(()), tmp_path / "f.onnx")

    def test_double_precision(self, tmp_path):
        model = nn.Sequential(nn.Linear(4, 3), nn.Tanh()).double()
        x = tc.randn(2, 4).double()
        export(model, x, tmp_path / "f.onnx")
        assert_same(run_file(tmp_path / "f.onnx", x), [model(x).detach().numpy()], 1e-12)


def view_read_after_a_write_to_its_base(x):
    y = x * 2.0
    seen = y.view(-1)
    y += 1.0
    return seen.sum() + y


def view_returned_after_a_write_to_its_base(x):
    y = x * 2.0
    seen = y.view(-1, 3, 1)
    y += 1.0
    return y, seen


def base_read_after_a_write_to_its_view(x):
    y = x * 2.0
    seen = y.view(-1)
    seen += 1.0
    return y * 3.0


def view_read_after_a_write_to_another(x):
    y = x * 2.0
    one, two = y.reshape(-1, 1, 3), y[:, :2]
    one *= 2.0
    return two * 3.0


def view_that_is_no_view_of_the_engine(x):
    y = x.sum(1, keepdim=True)
    wide = y.expand(x.shape)
    y += 1.0
    return wide * 2.0


def view_of_a_constant_that_becomes_a_value(x):
    constant = tc.zeros(x.shape)
    seen = constant.view(-1)
    constant += x
    return x + seen.sum()


def constant_whose_view_becomes_a_value(x):
    constant = tc.zeros(x.shape)
    seen = constant.view(-1)
    seen += x.view(-1)
    return x + constant


def constant_written_after_it_was_read(x):
    constant = tc.zeros(3)
    y = x + constant
    constant += 1.0
    return y


def constant_replaced_after_it_was_read(x):
    constant = tc.zeros(x.shape)
    y = x + constant
    constant.copy_(x)
    return y * constant


def view_written_with_gradients(x):
    weight = tc.ones(3, requires_grad=True)
    with tc.enable_grad():
        y = x * weight
        seen = y.view(-1)
        y += 1.0
        return (seen * 2.0).detach()


STALE = [
    view_read_after_a_write_to_its_base, view_returned_after_a_write_to_its_base, base_read_after_a_write_to_its_view,
    view_read_after_a_write_to_another, view_that_is_no_view_of_the_engine, view_of_a_constant_that_becomes_a_value,
    constant_whose_view_becomes_a_value, constant_written_after_it_was_read, constant_replaced_after_it_was_read,
    view_written_with_gradients,
]  # fmt: skip


class TestWhatCannotBe:
    def refused(self, function, example, path, error=ValueError, **options):
        path.write_bytes(b"old")
        with pytest.raises(error) as caught:
            export(Computed(function), example, path, **options)
        assert path.read_bytes() == b"old"  # nothing is written unless all is well
        return str(caught.value)

    def test_values_taken_out_of_the_graph(self, tmp_path):
        text = self.refused(lambda x: x * tc.as_tensor(np.tanh(x.array)), tc.randn(2, 3), tmp_path / "f")
        assert "cannot be seen" in text

    def test_values_taken_out_of_one_sample(self, tmp_path):
        def add_first(x):
            return x + tc.as_tensor(x.array[:1] * 2)

        text = self.refused(add_first, tc.randn(3, 3), tmp_path / "f", (RuntimeError, ValueError))
        assert "depends on the batch" in text or "cannot see" in text

    def test_numbers_that_depend_on_the_batch(self, tmp_path):
        text = self.refused(lambda x: x / x.shape[0], tc.randn(2, 3), tmp_path / "f")
        assert "Div got b=2.0 for 2 samples and 3.0 for 3" in text
        assert "dynamic_batch=False" in text

    def test_another_path_with_another_batch(self, tmp_path):
        text = self.refused(lambda x: x.exp() if x.shape[0] == 2 else x.sin(), tc.randn(2, 3), tmp_path / "f")
        assert "another way" in text

    def test_assignment_into_a_part(self, tmp_path):
        def halve_first(x):
            y = x * 1.0
            y[:, 0] = y[:, 0] * 0.5
            return y

        assert "part of a tensor" in self.refused(halve_first, tc.randn(2, 3), tmp_path / "f")

    @pytest.mark.parametrize("dynamic", [True, False])
    @pytest.mark.parametrize(
        "write",
        [
            lambda x: x.zero_(),
            lambda x: x.fill_(2.0),
            lambda x: x[..., 0].copy_(x[..., 1]),
            lambda x: x.__setitem__((..., 0), x[..., 1]),
            lambda x: x.__setitem__(x > 0, 1.0),
        ],
    )
    def test_writes_that_have_no_form(self, write, dynamic, tmp_path):
        def computed(x):
            y = x * 2.0
            write(y)
            return y + 1.0

        self.refused(computed, tc.randn(2, 3), tmp_path / "f", dynamic_batch=dynamic)

    @pytest.mark.parametrize("dynamic", [True, False])
    @pytest.mark.parametrize("function", STALE, ids=lambda f: f.__name__)
    def test_values_that_changed_with_a_write_elsewhere(self, function, dynamic, tmp_path):
        text = self.refused(function, tc.randn(2, 3), tmp_path / "f", dynamic_batch=dynamic)
        assert "whose memory the model writes to" in text

    def test_random_numbers(self, tmp_path):
        text = self.refused(lambda x: x + tc.randn(1, 3), tc.randn(2, 3), tmp_path / "f", (ValueError, RuntimeError))
        assert "batch" in text or "random" in text

    def test_an_operation_without_a_form(self, tmp_path):
        text = self.refused(lambda x: nn.functional.unfold(x, 2), tc.randn(1, 1, 4, 4), tmp_path / "f")
        assert "Im2Col has no form in ONNX" in text

    @pytest.mark.parametrize("dynamic", [True, False])
    def test_a_function_that_computes_with_numpy(self, dynamic, tmp_path):
        class Tanh(tc.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return tc.as_tensor(np.tanh(x.numpy()))

        text = self.refused(lambda x: Tanh.apply(x) * 2.0, tc.randn(2, 3), tmp_path / "f", dynamic_batch=dynamic)
        assert "Tanh.forward has no form in ONNX" in text

    def test_losses_without_a_form(self, tmp_path):
        def smoothed(x, t):
            return nn.functional.cross_entropy(x, t, label_smoothing=0.1)

        labels = tc.tensor([0, 2])
        assert "SoftmaxCrossEntropy has no form" in self.refused(smoothed, (tc.randn(2, 3), labels), tmp_path / "f")
        p = tc.full((2, 3), 1 / 3)
        text = self.refused(nn.functional.cross_entropy, (tc.randn(2, 3), p), tmp_path / "f")
        assert "depends on the batch" in text

    def test_a_result_that_is_no_tensor(self, tmp_path):
        assert "got float" in self.refused(lambda x: 1.0, tc.randn(2, 3), tmp_path / "f", TypeError)

    def test_names_that_do_not_fit(self, tmp_path):
        text = self.refused(lambda x: x, tc.randn(2, 3), tmp_path / "f", input_names=["a", "b"])
        assert "1 inputs" in text


class TestSurroundings:
    def test_everything_is_as_before(self, tmp_path):
        model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(3, 2))
        model[0].eval()
        states = {k: v.numpy().copy() for k, v in model.state_dict().items()}
        export(model, tc.randn(4, 3), tmp_path / "f.onnx")
        assert [m.training for m in model] == [False, True, True]
        assert _mode.trace is None
        for key, value in model.state_dict().items():
            assert np.array_equal(value.numpy(), states[key])

    def test_nobody_listens_after_an_error(self):
        def fail(x):
            raise KeyError("inside")

        with pytest.raises(KeyError, match="inside"):
            record(fail, (tc.ones(1),))
        assert _mode.trace is None

    def test_nobody_listens_inside_a_function_noted_as_a_whole_and_all_after_its_error(self):
        def norm_twice(x):
            with pytest.raises(IndexError):
                x.norm(dim=5)
            return x.norm(keepdims=True, axis=1).norm(1)

        calls = record(norm_twice, (tc.ones(2, 3),)).calls
        assert [c.name for c in calls] == ["norm", "Abs", "Sum"]
        assert calls[0].arguments["dim"] == 1
        assert calls[0].arguments["keepdim"] is True

    def test_an_export_within_a_model_that_is_exported(self, tmp_path):
        def export_inside(x):
            export(nn.ReLU(), tc.ones(1, 2), tmp_path / "inner.onnx")
            return x + 1.0

        export(Computed(export_inside), tc.ones(2, 2), tmp_path / "f.onnx")
        assert operators_of(tmp_path / "f.onnx") == ["Add", "Identity"]
        assert operators_of(tmp_path / "inner.onnx") == ["Relu", "Identity"]

    def test_the_example_is_not_written_to(self, tmp_path):
        def add_in_place(x):
            x += 1.0
            return x * 2.0

        x = tc.zeros(2, 3)
        export(Computed(add_in_place), x, tmp_path / "f.onnx")
        assert x.tolist() == [[0.0] * 3] * 2
        assert load(tmp_path / "f.onnx")(tc.zeros(1, 3)).tolist() == [[2.0] * 3]

    def test_other_threads_are_not_noted(self, tmp_path):
        def work_elsewhere(x):
            other = threading.Thread(target=lambda: nn.functional.leaky_relu(tc.ones(2) * x))
            other.start()
            other.join()
            return x + 1.0

        export(Computed(work_elsewhere), tc.ones(2, 2), tmp_path / "f.onnx")
        assert operators_of(tmp_path / "f.onnx") == ["Add", "Identity"]

    def test_the_package_is_asked_for(self, monkeypatch, tmp_path):
        import sys

        monkeypatch.setitem(sys.modules, "onnx.numpy_helper", None)
        with pytest.raises(ImportError, match=r'pip install "\.\[onnx\]"'):
            load(b"")
