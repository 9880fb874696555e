"""PyTorch's own files: those that it wrote, those that are written here, and hostile ones."""

import collections
import io
import pickle
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tinyconv as tc
from tinyconv import nn
from tinyconv.serialization.torch_files import LEGACY_START

HERE = Path(__file__).parent
FORMS = ["zip", "protocol4", "legacy"]
COLLECTIONS = b"ccollections\nOrderedDict\n"


def packed(content, members=()):
    """A file of PyTorch's with this pickle and these storages."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", content)
        for name, part in dict(members).items():
            archive.writestr(f"archive/{name}", part)
    return file.getvalue()


def legacy(content):
    start = b"\x80\x02\x8a\x0a" + LEGACY_START[4:] + b"."
    return start + b"M\xe9\x03." + b"}." + content


def stored(offset=b"K\x00", size=b"K\x02\x85", stride=b"K\x01\x85", count=b"K\x02", kind=b"FloatStorage", key=b"0"):
    """The pickle of one tensor."""
    name = b"X" + struct.pack("<I", len(key)) + key
    reference = b"(X\x07\x00\x00\x00storagectorch\n" + kind + b"\n" + name + b"X\x03\x00\x00\x00cpu" + count + b"tQ"
    arguments = b"(" + reference + offset + size + stride + b"\x89" + COLLECTIONS + b")Rt"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n" + arguments + b"R."


def test_a_storage_by_hand():
    assert tc.load(io.BytesIO(packed(stored(), {"data/0": np.float32([1, 2]).tobytes()}))).tolist() == [1, 2]


class TestWhatPyTorchWrote:
    @pytest.fixture(params=FORMS)
    def loaded(self, request):
        return tc.load(HERE / f"{request.param}.pth")

    def test_values(self, loaded):
        assert loaded["weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert loaded["turned"].tolist() == [[1, 4], [2, 5]]
        assert loaded["wide"].tolist() == [[7, 7, 7], [7, 7, 7]]
        assert loaded["empty"].shape == (0, 3)
        assert loaded["scalar"].item() == 3
        assert loaded["scalar"].shape == ()
        assert loaded["asking"].requires_grad
        assert not loaded["weight"].requires_grad

    def test_kinds(self, loaded):
        assert all(str(tensor.dtype) == kind for kind, tensor in loaded["kinds"].items())
        assert all(tensor.tolist() == [0, 1] for tensor in loaded["kinds"].values())
        assert len(loaded["kinds"]) == 11

    def test_parameters(self, loaded):
        assert type(loaded["parameter"]) is nn.Parameter
        assert not loaded["parameter"].requires_grad
        assert loaded["named"].requires_grad
        assert loaded["named"].note == "mine"

    def test_plain_values(self, loaded):
        expected = [1, -(2**70), 2.5, "字", None, True, (1, (2,)), {3, 4}, collections.OrderedDict(a=1)]
        assert loaded["plain"] == expected
        assert [type(a) for a in loaded["plain"]] == [type(a) for a in expected]
        assert loaded["torch"] == [tc.float32, (2, 3), tc.device("cpu")]
        assert type(loaded["torch"][1]) is tc.Size

    def test_memory_is_shared_again(self, loaded):
        square = tc.ones(2, 3, requires_grad=True) * loaded["weight"]
        loaded["turned"][0, 0] = 9.0
        assert loaded["weight"][0, 1].item() == 9
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            square.sum().backward()

    def test_into_a_layer_and_an_optimiser(self, loaded):
        layer = nn.BatchNorm1d(2)
        layer.load_state_dict(loaded["layer"])
        assert layer.running_mean.tolist() == pytest.approx([0.2, 0.35])
        assert loaded["layer"]._metadata[""] == {"version": 2}
        optimizer = tc.optim.SGD(layer.parameters(), lr=0.1)
        optimizer.load_state_dict(loaded["optimizer"])
        assert optimizer.param_groups[0]["lr"] == 0.5
        assert optimizer.param_groups[0]["momentum"] == 0.9

    @pytest.mark.parametrize("form", FORMS)
    def test_any_device(self, device, form):
        loaded = tc.load(HERE / f"{form}.pth", map_location=device)
        assert loaded["turned"].device == device
        assert loaded["turned"].cpu().tolist() == [[1, 4], [2, 5]]

    @pytest.mark.parametrize("where", ["cpu", tc.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage])
    def test_map_location(self, where):
        assert tc.load(HERE / "zip.pth", where, weights_only=True, mmap=True)["weight"].device == tc.device("cpu")

    def test_a_whole_model_is_refused(self):
        with pytest.raises(ValueError, match=r"module.pth: .*torch.nn.modules.linear.Linear.*model.state_dict\(\)"):
            tc.load(HERE / "module.pth", weights_only=False)

    def test_bfloat16_is_refused(self):
        with pytest.raises(ValueError, match=r"torch.BFloat16Storage, an element type that NumPy lacks.*x.float\(\)"):
            tc.load(HERE / "bfloat16.pth")

    def test_big_endian(self):
        big = np.array([1, 2], ">f4").tobytes()
        content = packed(stored(), {"data/0": big, "byteorder": "big"})
        assert tc.load(io.BytesIO(content)).tolist() == [1, 2]


class TestThereAndBack:
    def test_state_dicts(self, device, tmp_path):
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).to(device)
        optimizer = tc.optim.Adam(model.parameters())
        model(tc.ones(2, 1, 4, 4, device=device)).sum().backward()
        optimizer.step()
        tc.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "m.pt")
        loaded = tc.load(tmp_path / "m.pt")
        for name, tensor in model.state_dict().items():
            assert loaded["model"][name].tolist() == tensor.tolist()
        state, again = optimizer.state_dict(), loaded["optimizer"]
        assert again["param_groups"] == state["param_groups"]
        assert again["state"][0]["exp_avg"].tolist() == state["state"][0]["exp_avg"].tolist()

    def test_memory_is_shared_again(self):
        file = io.BytesIO()
        file.name = "m.pth"
        x = tc.arange(6.0).reshape(2, 3)
        tc.save([x, x.t(), x[1:, ::2], x.expand(2, 2, 3)], file)
        file.seek(0)
        y, *views = tc.load(file)
        y[1, 0] = 9.0
        assert views[0].tolist() == [[0, 9], [1, 4], [2, 5]]
        assert views[1].tolist() == [[9, 5]]
        assert views[2].tolist() == [[[0, 1, 2], [9, 4, 5]]] * 2
        assert len(zipfile.ZipFile(file).namelist()) == 4
        tc.save([y, *views], second := io.BytesIO())
        assert second.tell()

    @pytest.mark.parametrize(
        "value",
        [None, True, 0, -1, 255, 2**31, -(2**31) - 1, 10**700, 1.5, float("inf"), "", "文\ud800", [], (), {}, (1,),
         {1: 2, None: [()]}, collections.OrderedDict([("b", 1), ("a", 2)])],
    )  # fmt: skip
    def test_plain_values(self, tmp_path, value):
        tc.save(value, tmp_path / "m.pth")
        loaded = tc.load(tmp_path / "m.pth")
        assert loaded == value
        assert type(loaded) is type(value)

    def test_a_file_object_without_a_name(self):
        file = io.BytesIO()
        tc.save({"w": tc.ones(2)}, file)
        with pytest.raises(ValueError, match=r"BytesIO: nothing is left to read.*file.seek\(0\)"):
            tc.load(file)
        file.seek(0)
        assert tc.load(file)["w"].tolist() == [1, 1]

    def test_what_is_refused(self, tmp_path):
        endless = []
        endless.append(endless)
        for value, error, text in [
            ({"a": nn.Linear(1, 1)}, TypeError, r"obj\['a'\] of type Linear.*model.state_dict\(\)"),
            ([np.ones(2)], TypeError, r"obj\[0\] of type ndarray. Use Tensors \(tc.from_numpy"),
            ({(1, 2): 3}, TypeError, r"key \(1, 2\) of type tuple"),
            (endless, ValueError, "does it contain itself"),
            (nn.LazyLinear(2).weight, ValueError, "lazy parameter"),
        ]:
            with pytest.raises(error, match=text):
                tc.save(value, tmp_path / "m.pth")
        assert list(tmp_path.iterdir()) == []

    def test_two_devices(self):
        with pytest.raises(TypeError, match="give one of them"):
            tc.load(HERE / "zip.pth", "cpu", device="cpu")


TENSOR = {"data/0": np.float32([1, 2]).tobytes()}
LONG = b"\x8a\x09" + (1 << 66).to_bytes(9, "little")


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("content", "text"),
        [
            (b"cos\nsystem\n(X\x02\x00\x00\x00lstR.", "asks for os.system, which load does not build"),
            (b"cposix\nsystem\n(X\x02\x00\x00\x00lstR.", "asks for posix.system"),
            (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93(\x8c\x011tR.", "asks for builtins.eval"),
            (b"cbuiltins\ngetattr\n.", "asks for builtins.getattr"),
            (b"ctorch\nload\n.", "asks for torch.load"),
            (b"ctorch.storage\n_load_from_bytes\n.", "asks for torch.storage._load_from_bytes"),
            (b"K\x01)R.", "calls a value of type int"),
            (b"ctorch\nfloat32\n)R.", "calls a value of type"),
            (COLLECTIONS + b"K\x01R.", "calls a value of type Builder"),
            (COLLECTIONS + b"K\x01\x85R.", "damaged before byte"),
            (COLLECTIONS + b".", "holds OrderedDict, which is no value"),
            (COLLECTIONS + b")R}X\x05\x00\x00\x00itemsK\x01sb.", "gives attributes to a value of type OrderedDict"),
            (b"}}b.", "gives attributes to a value of type dict"),
            (b"(ios\nsystem\n.", "code b'i'"),
            (b"(cos\nsystem\no.", "asks for os.system"),
            (b"\x82\x01.", r"code b'\\x82'"),
            (COLLECTIONS + b")\x81.", r"code b'\\x81'"),
            (b"\x96" + struct.pack("<Q", 1 << 60) + b".", r"code b'\\x96'"),
            (b"\x8e" + struct.pack("<Q", 1 << 60) + b".", "ends in the middle"),
            (b"X\xff\xff\xff\xffabc.", "ends in the middle"),
            (b"\x8b\xff\xff\xff\x7f.", "ends in the middle"),
            (b"h\x05.", "damaged before byte"),
            (b".", "damaged before byte"),
            (b"", "ends in the middle"),
            (b"(.", "damaged before byte"),
            (b"(q\x00.", "damaged before byte"),
            (b"t.", "damaged before byte"),
            (b"K\x01K\x02a.", "int takes no items"),
            (b"}]K\x01s.", "a key of type list"),
            (b"}(K\x01u.", "a key without a value"),
            (b"X\x01\x00\x00\x00\xff.", "utf-8"),
            (b"}" + b")" + b"\x85" * 200_000 + b"K\x01s.", "a key of type tuple"),
            (b"]" * 200_000 + b"a" * 199_999 + b".", "nested deeper than 100"),
            (b")" + b"\x85" * 200_000 + b".", "nested deeper than 100"),
            (b"K\x01Q.", "describes a storage"),
            (b"(X\x06\x00\x00\x00moduletQ.", "torch.nn.Module.*state_dict"),
            (stored(key=b"../../etc/passwd"), "is missing"),
            (stored(count=b"K\x03"), "should have 12 bytes, but has 8"),
            (stored(count=LONG), "should have 2951\\d+ bytes, but has 8"),
            (stored(count=b"J\xff\xff\xff\xff"), "describes a storage"),
            (stored(count=b"\x88"), "describes a storage"),
            (stored(kind=b"float32"), "describes a storage"),
            (stored(kind=b"ComplexFloatStorage"), "torch.ComplexFloatStorage, an element type"),
            (stored(size=b"K\x03\x85"), r"shape \(3,\) and dtype float32 reaches beyond"),
            (stored(offset=b"K\x01"), r"shape \(2,\) and dtype float32 reaches beyond"),
            (stored(offset=b"J\xff\xff\xff\xff"), "reaches beyond"),
            (stored(offset=LONG), "reaches beyond"),
            (stored(stride=b"K\x02\x85"), "reaches beyond"),
            (stored(stride=b"J\xff\xff\xff\xff\x85"), r"impossible size or stride \(-1,\)"),
            (stored(size=b"J\xff\xff\xff\xff\x85"), r"impossible size or stride \(-1,\)"),
            (stored(size=b"\x88\x85"), r"impossible size or stride \(True,\)"),
            (stored(size=b"K\x02"), "impossible size or stride 2"),
            (stored(stride=b")"), "reaches beyond"),
            (stored(size=LONG + b"\x85", stride=b"K\x00\x85"), "more than the limit"),
            (stored(size=b"(" + b"K\x01" * 99 + b"t", stride=b"(" + b"K\x00" * 99 + b"t"), "dimension|dims"),
            (stored(size=b"(K\x00" + LONG + LONG + b"t", stride=b"(K\x00K\x00K\x00t"), "dimension|large|big"),
        ],
    )
    @pytest.mark.parametrize("form", ["zip", "legacy"])
    def test_pickles(self, tmp_path, form, content, text):
        path = tmp_path / "evil.pth"
        path.write_bytes(packed(content, TENSOR) if form == "zip" else legacy(content))
        with pytest.raises(ValueError, match=r"^evil|evil.pth: ") as caught:
            tc.load(path)
        if form == "zip":
            assert caught.match(text)

    def test_a_memo_of_any_number_takes_no_memory(self):
        content = b"K\x01r\xff\xff\xff\xff0j\xff\xff\xff\xff."
        assert tc.load(io.BytesIO(packed(content))) == 1

    def test_the_names_are_not_those_of_pickle(self, tmp_path):
        """Python's own pickles of harmless things go through; of others, no name is looked up."""
        assert tc.load(io.BytesIO(packed(pickle.dumps([1, {"a": (2, b"x")}], protocol=5)))) == [1, {"a": (2, b"x")}]
        for value in (Path(), np.float32(1), random.Random(0), len):
            with pytest.raises(ValueError, match="asks for"):
                tc.load(io.BytesIO(packed(pickle.dumps(value, protocol=4))))

    @pytest.mark.parametrize("form", FORMS)
    def test_truncated(self, form):
        content = (HERE / f"{form}.pth").read_bytes()
        for end in range(0, len(content) - 1, 23):
            with pytest.raises(ValueError, match="BytesIO: "):
                tc.load(io.BytesIO(content[:end]))

    @pytest.mark.parametrize("form", FORMS)
    def test_damaged_bytes(self, form):
        """Whatever byte of the pickle is changed: a ValueError, or some plain value."""
        draw = random.Random(form)
        content = (HERE / f"{form}.pth").read_bytes()
        if form != "legacy":
            archive = zipfile.ZipFile(io.BytesIO(content))
            names = [name for name in archive.namelist() if "/data/" in name]
            members = {name.partition("/")[2]: archive.read(name) for name in names}
            content = archive.read(next(name for name in archive.namelist() if name.endswith("data.pkl")))
        refused = 0
        for _ in range(1000):
            damaged = bytearray(content)
            for _ in range(draw.choice((1, 1, 4))):
                damaged[draw.randrange(len(damaged))] = draw.randrange(256)
            file = io.BytesIO(bytes(damaged) if form == "legacy" else packed(damaged, members))
            try:
                tc.load(file, max_bytes=1 << 24)
            except ValueError:
                refused += 1
        assert refused > 300

    def test_bombs(self):
        tracemalloc.start()
        try:
            for content in (b"(" + b"]" * (1 << 24) + b"l.", b"]" + b"\x94" * (1 << 24) + b"."):
                with pytest.raises(ValueError, match=r"unpack to \d+, more than the limit of 16777216"):
                    tc.load(io.BytesIO(packed(content)), max_bytes=1 << 24)
            with pytest.raises(ValueError, match="more than the limit of 1000"):
                tc.load(HERE / "legacy.pth", max_bytes=1000)
        finally:
            tracemalloc.stop()

    def test_integers_that_ask_for_a_gradient(self, tmp_path):
        content = stored(kind=b"LongStorage").replace(b"\x89", b"\x88")
        (tmp_path / "m.pth").write_bytes(packed(content, {"data/0": bytes(16)}))
        with pytest.raises(ValueError, match=r"m.pth: damaged PyTorch file \(RuntimeError: only"):
            tc.load(tmp_path / "m.pth")

    def test_a_program(self):
        with pytest.raises(ValueError, match="a TorchScript program"):
            tc.load(io.BytesIO(packed(b"N.", {"constants.pkl": b"N."})))

    @pytest.mark.parametrize("content", [b"abc", b"\x80\x02}.", b"{}"])
    def test_no_file_of_pytorch(self, tmp_path, content):
        (tmp_path / "m.pth").write_bytes(content)
        with pytest.raises(ValueError, match=r"m.pth: not a file of torch.save or tc.save"):
            tc.load(tmp_path / "m.pth")
