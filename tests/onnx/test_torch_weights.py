"""Weights of PyTorch in and out, as .safetensors, with no renaming."""

import json
import struct

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn

pytest.importorskip("safetensors")


def network(nn):
    """The same model from PyTorch's ``nn`` or tinyconv's."""
    encoder = nn.Sequential(
        nn.Conv2d(3, 8, (3, 5), stride=2, padding=1, groups=1), nn.BatchNorm2d(8), nn.PReLU(8),
        nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False), nn.GroupNorm(2, 8), nn.ReLU(), nn.MaxPool2d(2),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1, groups=2), nn.InstanceNorm2d(6, affine=True),
        nn.Flatten(), nn.Linear(6 * 6 * 4, 10), nn.LayerNorm(10), nn.GELU(),
    )  # fmt: skip
    return nn.Sequential(encoder, decoder)


# PyTorch's layout: names by position, the shapes of its layers, batch norm's count as an int64 without dimension.
LAYOUT = {
    "0.0.weight": (8, 3, 3, 5), "0.0.bias": (8,),
    "0.1.weight": (8,), "0.1.bias": (8,), "0.1.running_mean": (8,), "0.1.running_var": (8,),
    "0.1.num_batches_tracked": (),
    "0.2.weight": (8,),
    "0.3.weight": (8, 2, 3, 3),
    "0.4.weight": (8,), "0.4.bias": (8,),
    "1.0.weight": (8, 3, 4, 4), "1.0.bias": (6,),
    "1.1.weight": (6,), "1.1.bias": (6,),
    "1.3.weight": (10, 144), "1.3.bias": (10,),
    "1.4.weight": (10,), "1.4.bias": (10,),
}  # fmt: skip


def by_torchs_rules():
    rng = np.random.default_rng(0)
    arrays = {name: rng.uniform(0.1, 0.9, shape).astype("<f4") for name, shape in LAYOUT.items()}
    arrays["0.1.num_batches_tracked"] = np.array(7, "<i8")
    return arrays


def write(path, arrays):
    """A .safetensors file byte by byte: the header's length, the header, the data in the order of the header."""
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, value in arrays.items():
        dtype = {"f": "F32", "i": "I64"}[value.dtype.kind]
        header[name] = {
            "dtype": dtype,
            "shape": list(value.shape),
            "data_offsets": [offset, offset + value.nbytes],
        }
        offset += value.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(a.tobytes() for a in arrays.values()))


def read(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    data = content[8 + length :]
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], {"F32": "<f4", "I64": "<i8"}[entry["dtype"]]).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
    }


class TestByTorchsRules:
    def test_the_model_has_torchs_names_and_shapes(self):
        assert {name: t.shape for name, t in network(nn).state_dict().items()} == LAYOUT

    def test_in_and_out(self, tmp_path):
        arrays = by_torchs_rules()
        write(tmp_path / "torch.safetensors", arrays)
        model = network(nn)
        model.load_state_dict(tc.load(tmp_path / "torch.safetensors"))
        for name, value in model.state_dict().items():
            assert value.dtype == arrays[name].dtype
            assert np.array_equal(value.numpy(), arrays[name])
        tc.save(model.state_dict(), tmp_path / "ours.safetensors")
        back = read(tmp_path / "ours.safetensors")
        assert back.keys() == arrays.keys()
        for name, value in arrays.items():
            assert back[name].dtype == value.dtype
            assert back[name].shape == value.shape
            assert np.array_equal(back[name], value)

    def test_what_does_not_fit_is_named(self, tmp_path):
        arrays = by_torchs_rules()
        arrays["0.0.weight"] = arrays["0.0.weight"].swapaxes(2, 3).copy()
        arrays["extra"] = arrays.pop("1.4.bias")
        write(tmp_path / "torch.safetensors", arrays)
        with pytest.raises(RuntimeError) as caught:
            network(nn).load_state_dict(tc.load(tmp_path / "torch.safetensors"))
        for name in ("0.0.weight", "extra", "1.4.bias"):
            assert name in str(caught.value)


class TestWithTorch:
    @pytest.fixture
    def torch(self):
        torch = pytest.importorskip("torch")
        pytest.importorskip("safetensors.torch")
        return torch

    def test_in_and_out(self, torch, tmp_path):
        from safetensors.torch import load_file, save_file

        torch.manual_seed(0)
        theirs, ours = network(torch.nn), network(nn)
        with torch.no_grad():
            theirs(torch.randn(4, 3, 12, 10))  # moves the running statistics
            for parameter in theirs.parameters():
                parameter += 0.1 * torch.randn_like(parameter)
        save_file(theirs.state_dict(), tmp_path / "torch.safetensors")
        ours.load_state_dict(tc.load(tmp_path / "torch.safetensors"))
        x = np.random.default_rng(1).standard_normal((4, 3, 12, 10)).astype("f4")
        theirs.eval(), ours.eval()
        expected = theirs(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(ours(tc.from_numpy(x)).detach().numpy(), expected, rtol=1e-5, atol=1e-5)

        tc.save(ours.state_dict(), tmp_path / "ours.safetensors")
        again = network(torch.nn)
        again.load_state_dict(load_file(tmp_path / "ours.safetensors"))
        for name, value in theirs.state_dict().items():
            assert torch.equal(again.state_dict()[name], value)
