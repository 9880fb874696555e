import contextlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinyconv as tc
from tinyconv.serialization import load, open_atomic, save


def same(a, b):
    """Equal in type, dtype, shape and value, all the way down."""
    if isinstance(b, tc.Tensor):
        return isinstance(a, tc.Tensor) and same(a.numpy(), b.numpy())
    if isinstance(b, (np.ndarray, np.generic)):
        equal = a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
        return type(a) is type(b) and bool(equal)
    if isinstance(b, dict):
        return type(a) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in b)
    if isinstance(b, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def round_trip(obj, folder, name="a.npz"):
    save(obj, folder / name)
    return load(folder / name)


CHECKPOINT = {
    "model": {"conv1.weight": tc.tensor([[1.0, 2.0]]), "bn.num_batches_tracked": tc.tensor(7)},
    "optim": {
        "state": {0: {"step": 3, "momentum_buffer": tc.tensor([0.5]), "exp_avg": None}},
        "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "nesterov": True, "params": [0]}],
    },
    "rng": {"bit_generator": "PCG64", "state": {"state": 2**127 + 1, "inc": 2**128 - 1}, "has_uint32": 0},
    "order": np.arange(5),
    "loss": np.float32(0.25),
    "epoch": 12,
}


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(np.arange(3, dtype="i2"))
KEYS = st.none() | st.integers() | st.text()
TREES = st.recursive(LEAVES, lambda t: st.lists(t) | st.tuples(t, t) | st.dictionaries(KEYS, t), max_leaves=12)


class TestRoundTrip:
    def test_a_checkpoint(self, tmp_path):
        assert same(round_trip(CHECKPOINT, tmp_path), CHECKPOINT)

    def test_the_generators_own_states(self, tmp_path):
        for kind in (np.random.PCG64, np.random.MT19937, np.random.Philox):
            state = kind(3).state
            restored = kind(4)
            restored.state = round_trip(state, tmp_path)
            assert restored.random_raw(5).tolist() == kind(3).random_raw(5).tolist()

    @pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"])
    @pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 3), (2, 0, 3)])
    def test_dtypes_and_shapes(self, tmp_path, dtype, shape):
        array = np.ones(shape, dtype)
        assert same(round_trip([array, tc.from_numpy(array)], tmp_path), [array, tc.from_numpy(array)])

    def test_layouts(self, tmp_path):
        base = np.arange(24.0).reshape(4, 6)
        for array in (base.T, base[::2, ::-3], np.asfortranarray(base), np.broadcast_to(base[0], (3, 6))):
            assert same(round_trip(array, tmp_path), array)

    def test_foreign_byte_order_becomes_native(self, tmp_path):
        array = round_trip(np.arange(3, dtype=">f4"), tmp_path)
        assert array.dtype == np.dtype("=f4")
        assert array.tolist() == [0, 1, 2]

    @pytest.mark.parametrize(
        "obj",
        [
            None,
            True,
            0,
            -(10**40),
            1.5,
            float("inf"),
            float("nan"),
            5e-324,
            "",
            "text 文字",
            [],
            {},
            (),
            np.float64(3),
            [()],
        ],
    )
    def test_plain_values(self, tmp_path, obj):
        assert same(round_trip(obj, tmp_path), obj)

    def test_keys_keep_their_types(self, tmp_path):
        obj = {1: "a", "1": "b", None: "c", 2.5: "d", False: "e"}
        assert same(round_trip(obj, tmp_path), obj)

    @pytest.mark.parametrize(
        "key",
        ["a/b", "a\\b", "../../etc/passwd", "/abs", "C:\\x", "nul\0x", "new\nline", "", " ", ".", "é文😀",
         "x.npy", "x", "structure.json", "structure", "array_0", "k" * 5000, "\udc80", "file", "a.b"],
    )  # fmt: skip
    def test_odd_keys(self, tmp_path, key):
        """Each beside others that it might be taken for."""
        obj = {
            key: tc.tensor([1.0]),
            "a/b2": tc.tensor([2.0]),
            "array_1": tc.tensor([3.0]),
            "x.npy.npy": tc.tensor(4.0),
        }
        assert same(round_trip(obj, tmp_path), obj)

    def test_paths_that_join_to_the_same_name(self, tmp_path):
        obj = {"a": {"b.c": np.zeros(1)}, "a.b": {"c": np.ones(1)}, "a.b.c": np.full(1, 2.0)}
        assert same(round_trip(obj, tmp_path), obj)

    def test_loaded_arrays_are_the_callers_own(self, tmp_path):
        tensor = round_trip({"w": tc.tensor([1.0])}, tmp_path)["w"]
        tensor.array[0] = 5
        assert tensor.item() == 5
        assert not tensor.requires_grad

    def test_parameters_become_tensors(self, tmp_path):
        weight = tc.tensor([1.0], requires_grad=True)
        assert round_trip({"w": weight}, tmp_path)["w"].numpy().tolist() == [1]

    def test_path_as_text(self, tmp_path):
        save(1, str(tmp_path / "a"))
        assert load(str(tmp_path / "a")) == 1

    def test_the_same_object_gives_the_same_bytes(self, tmp_path):
        save(CHECKPOINT, tmp_path / "a")
        save(CHECKPOINT, tmp_path / "b")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    @given(obj=TREES)
    def test_anything(self, obj, tmp_path_factory):
        assert same(round_trip(obj, tmp_path_factory.getbasetemp(), "anything.npz"), obj)


class TestPlainNumpy:
    def test_reads_a_state_dict(self, tmp_path):
        save({"conv1.weight": tc.tensor([[1.0, 2.0]]), "fc/bias": tc.tensor([3.0])}, tmp_path / "a.npz")
        with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
            assert file.files == ["conv1.weight", "fc/bias"]
            assert file["conv1.weight"].tolist() == [[1, 2]]
            assert file["fc/bias"].dtype == np.float32

    def test_reads_a_nested_checkpoint(self, tmp_path):
        save(CHECKPOINT, tmp_path / "a.npz")
        with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
            assert file["model.conv1.weight"].tolist() == [[1, 2]]
            assert file["optim.state.0.momentum_buffer"].tolist() == [0.5]
            assert json.loads(file["structure.json"])["dict"][-1] == ["epoch", 12]

    def test_is_never_given_another_array_than_it_asked_for(self, tmp_path):
        """np.load takes ".npy" off a member's name, and a zip made on Windows has no backslash."""
        keys = ["x", "x.npy", "structure.json", "a\\b"]
        save({key: tc.tensor(float(i)) for i, key in enumerate(keys)}, tmp_path / "a.npz")
        with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
            assert sorted(file.files) == ["array_0", "array_1", "array_2", "structure.json", "x"]
            assert file["x"] == 0
            assert json.loads(file["structure.json"])["dict"][1][0] == "x.npy"

    @pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
    def test_writes_a_state_dict(self, tmp_path, write):
        arrays = {
            "w": np.zeros((200, 300), "f4"),
            "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            "n": np.array(3),
        }
        write(tmp_path / "a.npz", **arrays)
        loaded = load(tmp_path / "a.npz")
        assert same(loaded, {name: tc.from_numpy(array) for name, array in arrays.items()})


class TestUnsuitableObjects:
    @pytest.mark.parametrize(
        ("obj", "text"),
        [
            ({"a": [1, {2}]}, r"cannot store obj\['a'\]\[1\] of type set. Use Tensors"),
            (len, r"cannot store obj of type builtin_function_or_method"),
            ({"a": 1j}, r"cannot store obj\['a'\] of type complex"),
            ({"a": {(1, 2): 3}}, r"obj\['a'\] has the key \(1, 2\) of type tuple"),
            ([np.array(["x"])], r"obj\[0\] has dtype <U1; only numbers"),
            ([np.array([None])], r"obj\[0\] has dtype object; only numbers"),
            ({"a": np.datetime64("2020-01-01")}, r"obj\['a'\] has dtype datetime64"),
        ],
    )
    def test_the_place_is_named_and_no_file_is_left(self, tmp_path, obj, text):
        with pytest.raises(TypeError, match=f"save: .*{text}|save: {text}"):
            save(obj, tmp_path / "a.npz")
        assert list(tmp_path.iterdir()) == []

    def test_an_object_that_contains_itself(self, tmp_path):
        obj = {}
        obj["me"] = obj
        with pytest.raises(ValueError, match=r"nested deeper than 100 at obj\['me'\]\['me'\].*contain itself"):
            save(obj, tmp_path / "a.npz")

    def test_the_deepest_that_is_allowed(self, tmp_path):
        obj = 1
        for _ in range(100):
            obj = [obj]
        assert round_trip(obj, tmp_path) == obj


class TestAtomic:
    def test_a_failure_keeps_the_earlier_file(self, tmp_path, monkeypatch):
        save({"epoch": 1}, tmp_path / "a.npz")
        calls = []

        def full(*args, **kwargs):
            calls.append(args)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
            original(*args, **kwargs)

        original = np.lib.format.write_array
        monkeypatch.setattr(np.lib.format, "write_array", full)
        with pytest.raises(OSError, match="No space left"):
            save({"a": np.ones(3), "b": np.ones(3)}, tmp_path / "a.npz")
        assert load(tmp_path / "a.npz") == {"epoch": 1}
        assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]

    def test_until_the_end_the_earlier_file_is_in_place(self, tmp_path):
        path = tmp_path / "a"
        path.write_bytes(b"earlier")
        with open_atomic(path) as file:
            file.write(b"later")
            file.flush()
            assert path.read_bytes() == b"earlier"
        assert path.read_bytes() == b"later"

    def test_the_bytes_are_on_the_disk_before_the_name_is(self, tmp_path, monkeypatch):
        steps = []
        fsync, replace = os.fsync, os.replace
        monkeypatch.setattr(os, "fsync", lambda fd: steps.append("fsync") or fsync(fd))
        monkeypatch.setattr(os, "replace", lambda a, b: steps.append("replace") or replace(a, b))
        save(1, tmp_path / "a")
        assert steps == ["fsync", "replace"]

    def test_an_interruption_leaves_nothing(self, tmp_path):
        def interrupted():
            with open_atomic(tmp_path / "a") as file:
                file.write(b"half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(os.name == "nt", reason="links and permissions are POSIX matters")
    def test_links_and_permissions(self, tmp_path):
        (tmp_path / "real").write_bytes(b"")
        (tmp_path / "link").symlink_to("real")
        save(1, tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert load(tmp_path / "real") == 1
        plain = tmp_path / "plain"
        plain.write_bytes(b"")
        assert (tmp_path / "real").stat().st_mode == plain.stat().st_mode

    @pytest.mark.skipif(os.name == "nt", reason="pipes are POSIX matters")
    def test_a_pipe_is_written_to_and_stays(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        try:
            with open_atomic(tmp_path / "pipe") as file:
                file.write(b"abc")
            assert os.read(reader, 10) == b"abc"
        finally:
            os.close(reader)
        assert [p.name for p in tmp_path.iterdir()] == ["pipe"]
        assert (tmp_path / "pipe").is_fifo()

    @pytest.mark.skipif(os.name == "nt", reason="links and permissions are POSIX matters")
    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
    def test_the_permissions_stay(self, tmp_path, mode):
        (tmp_path / "a").write_bytes(b"")
        (tmp_path / "a").chmod(mode)
        save(1, tmp_path / "a")
        assert (tmp_path / "a").stat().st_mode & 0o777 == mode

    @pytest.mark.skipif(not hasattr(os, "chown"), reason="owners are POSIX matters")
    def test_the_owner_stays_where_one_may_give_files_away(self, tmp_path, monkeypatch):
        save(1, tmp_path / "a")
        earlier, handed = (tmp_path / "a").stat(), []
        monkeypatch.setattr(os, "chown", lambda path, uid, gid: handed.append((Path(path).parent, uid, gid)))
        save(2, tmp_path / "a")
        assert handed == [(tmp_path, earlier.st_uid, earlier.st_gid)]

        def forbidden(path, uid, gid):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "chown", forbidden)
        save(3, tmp_path / "a")
        assert load(tmp_path / "a") == 3

    @pytest.mark.skipif(os.name == "nt", reason="a folder's permissions are POSIX matters")
    def test_a_folder_that_takes_no_file_is_told_with_the_users_path(self, tmp_path):
        folder = tmp_path / "folder"
        folder.mkdir()
        save(1, folder / "a.npz")
        if os.geteuid():
            folder.chmod(0o555)
            name = folder / "a.npz"
        else:  # nothing is read-only to root but what the system makes up
            name = Path("/proc/self/a.npz")
            if not name.parent.is_dir():
                pytest.skip("root may write into every folder here")
        try:
            with pytest.raises(OSError, match=re.escape(str(name))) as caught:
                save(2, name)
            assert caught.value.filename == str(name)
        finally:
            folder.chmod(0o755)
        assert [p.name for p in folder.iterdir()] == ["a.npz"]
        assert load(folder / "a.npz") == 1

    @pytest.mark.skipif(os.name == "nt", reason="links are POSIX matters")
    def test_a_link_to_itself_is_refused_by_name(self, tmp_path):
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(OSError, match=r"loop'"):
            save(1, tmp_path / "loop")
        assert (tmp_path / "loop").is_symlink()

    def test_folders_and_the_empty_name_are_refused_by_name(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="''"):
            save(1, "")
        for name in (str(tmp_path), f"{tmp_path}/new/"):
            with pytest.raises(OSError, match=str(tmp_path)):
                save(1, name)
        assert list(tmp_path.iterdir()) == []

    def test_a_full_disk_is_told_with_the_users_path(self, tmp_path, monkeypatch):
        def full(descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match=r"No space left on device: .*a\.npz'") as caught:
            save(1, tmp_path / "a.npz")
        assert caught.value.filename == str(tmp_path / "a.npz")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", ["a.npz", "文" * 80])
    def test_what_a_killed_run_left_goes_with_the_next_save(self, tmp_path, name):
        code = (
            "import os, sys\nfrom tinyconv.serialization import open_atomic\n"
            "with open_atomic(sys.argv[1]) as file:\n    file.write(b'half')\n    os._exit(1)\n"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], check=False)
        assert len(list(tmp_path.iterdir())) == 1
        save(1, tmp_path / name)
        assert [p.name for p in tmp_path.iterdir()] == [name]

    @pytest.mark.skipif(os.name == "nt", reason="Windows removes no open file")
    def test_what_another_is_writing_stays(self, tmp_path):
        with open_atomic(tmp_path / "a") as file:
            save(1, tmp_path / "a")
            file.write(b"later")
        assert (tmp_path / "a").read_bytes() == b"later"

    def test_no_such_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            save(1, tmp_path / "none" / "a.npz")


def npy(array, header=None):
    """The bytes of a .npy file, with another header if the test wants one."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    if header is None:
        return file.getvalue()
    text = (repr(header) + "\n").encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + array.tobytes()


def write_zip(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def header(shape, descr="<f4", order=False):
    return {"descr": descr, "fortran_order": order, "shape": shape}


ONE = np.ones(4, "f4")


class TestHostileFiles:
    @pytest.mark.parametrize(
        ("members", "text"),
        [
            ({"a.npy": npy(np.array([{}], object))}, r"'a.npy' has dtype object: pickled Python objects"),
            ({"a.npy": npy(np.array(["x"]))}, r"'a.npy' has dtype <U1: no numbers"),
            ({"a.npy": npy(np.zeros(2, "i4,f4"))}, r"'a.npy' has dtype \[.*: no numbers"),
            ({"a.npy": npy(ONE)[:-4]}, r"shape \(4,\) and dtype float32, which is 16 bytes, but holds 12"),
            ({"a.npy": npy(ONE) + b"x"}, r"which is 16 bytes, but holds 17"),
            ({"a.npy": npy(ONE, header((10**15,)))}, r"which is 4000000000000000 bytes, but holds 16"),
            ({"a.npy": npy(ONE, header((10**30, 10**30)))}, r"which is 40{60} bytes, but holds 16"),
            ({"a.npy": npy(ONE, header((-4,)))}, r"impossible shape \(-4,\)|not a .npy array"),
            ({"a.npy": npy(ONE, header((-2, -2)))}, r"impossible shape \(-2, -2\)|not a .npy array"),
            ({"a.npy": npy(ONE, header((True, 4)))}, r"impossible shape \(True, 4\)|not a .npy array"),
            ({"a.npy": npy(ONE[:0], header((0, 10**30)))}, r"damaged|dimension"),
            ({"a.npy": npy(ONE, header("x"))}, r"'a.npy' is not a .npy array"),
            ({"a.npy": npy(ONE, header((4,), "no dtype"))}, r"'a.npy' is not a .npy array"),
            ({"a.npy": npy(ONE, "__import__('os').abort()")}, r"'a.npy' is not a .npy array"),
            ({"a.npy": b""}, r"'a.npy' is not a .npy array"),
            ({"a.npy": b"\x93NUMPY\x09\x00" + bytes(50)}, r"'a.npy' is not a .npy array"),
            ({"data.pkl": b"cos\nsystem\n"}, r"'data.pkl' is neither an array \(.npy\) nor structure.json"),
            ({"structure.json": "{"}, r"'structure.json' is not valid JSON"),
            ({"structure.json": "[" * 100_000}, r"'structure.json' is not valid JSON"),
            ({"structure.json": b"\xff\xfe\xfd"}, r"'structure.json' is not valid JSON"),
            (
                {"structure.json": '{"tensor": "w"}', "a.npy": npy(ONE)},
                r"'w' is missing; the file has \['a'\]",
            ),
            ({"structure.json": '{"tensor": ["a"]}', "a.npy": npy(ONE)}, r"is missing"),
            ({"structure.json": "[1]"}, r"is not one that tinyconv wrote, near \[1\]"),
            ({"structure.json": '{"list": [], "dict": []}'}, r"is not one that tinyconv wrote"),
            ({"structure.json": '{"class": []}'}, r"unknown kind 'class'"),
            ({"structure.json": '{"list": 3}'}, r"has a 'list' that is no list"),
            ({"structure.json": '{"dict": [1]}'}, r"has a dict entry that is no \[key, value\], near 1"),
            ({"structure.json": '{"dict": [[{}, 1]]}'}, r"has a dict entry that is no \[key, value\]"),
            ({"structure.json": '{"list":[' * 150 + "]}" * 150}, r"is not one that tinyconv wrote"),
        ],
    )
    def test_members(self, tmp_path, members, text):
        path = tmp_path / "evil.npz"
        write_zip(path, members)
        with pytest.raises(ValueError, match=f"evil.npz: .*({text})"):
            load(path)

    @pytest.mark.parametrize("content", [b"", b"not a zip", npy(ONE), b"PK\x03\x04" + bytes(100), b"\x80\x04K\x01."])
    def test_no_zip(self, tmp_path, content):
        (tmp_path / "evil.npz").write_bytes(content)
        with pytest.raises(ValueError, match=r"evil.npz: not an .npz file, or a damaged one"):
            load(tmp_path / "evil.npz")

    def test_truncated(self, tmp_path):
        save(CHECKPOINT, tmp_path / "a.npz")
        content = (tmp_path / "a.npz").read_bytes()
        for end in range(0, len(content), 7):
            (tmp_path / "a.npz").write_bytes(content[:end])
            with pytest.raises(ValueError, match=r"a.npz: not an .npz file, or a damaged one"):
                load(tmp_path / "a.npz")

    @pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_any_damaged_byte_is_noticed_or_harmless(self, tmp_path, compression):
        obj = {"w": tc.tensor([1.0, 2.0, 3.0]), "n": tc.tensor(7)}
        path = tmp_path / "a.npz"
        write_zip(path, {f"{k}.npy": npy(v.numpy()) for k, v in obj.items()}, compression)
        content = path.read_bytes()
        generator = np.random.default_rng(0)
        noticed = 0
        for position in range(len(content)):
            damaged = bytearray(content)
            damaged[position] ^= 1 << int(generator.integers(8))
            path.write_bytes(damaged)
            try:
                loaded = load(path)
            except ValueError as error:
                noticed += "a.npz" in str(error)
            else:  # a changed date or flag of the zip, or a changed name in its list: never a changed number
                assert all(any(same(t, v) for v in obj.values()) for t in loaded.values())
        assert noticed > len(content) / 2

    def test_wrong_checksum(self, tmp_path):
        save({"w": tc.tensor([1.0])}, tmp_path / "a.npz")
        content = (tmp_path / "a.npz").read_bytes()
        (tmp_path / "a.npz").write_bytes(content.replace(np.float32(1).tobytes(), np.float32(2).tobytes()))
        with pytest.raises(ValueError, match=r"a.npz: not an .npz file, or a damaged one \(Bad CRC-32"):
            load(tmp_path / "a.npz")

    def test_bomb(self, tmp_path):
        write_zip(tmp_path / "a.npz", {"w.npy": npy(np.zeros(1 << 20, "f4"))}, zipfile.ZIP_DEFLATED)
        size = (tmp_path / "a.npz").stat().st_size
        with pytest.raises(
            ValueError, match=f"a.npz: {size} bytes that unpack to 4194432, more than the limit of 4194304"
        ):
            load(tmp_path / "a.npz", max_bytes=1 << 22)
        assert load(tmp_path / "a.npz", max_bytes=5_000_000)["w"].shape == (1 << 20,)

    def test_the_limit_without_one_given(self, tmp_path, monkeypatch):
        write_zip(tmp_path / "a.npz", {"w.npy": npy(np.zeros(1 << 20, "f4"))}, zipfile.ZIP_DEFLATED)
        assert len(load(tmp_path / "a.npz")["w"]) == 1 << 20
        monkeypatch.setattr("tinyconv.serialization.budget.FREE_SIZE", 1 << 20)
        size = (tmp_path / "a.npz").stat().st_size
        with pytest.raises(ValueError, match=f"unpack to 4194432, more than the limit of {max(1 << 20, 100 * size)}"):
            load(tmp_path / "a.npz")

    def test_a_bomb_that_lies_about_its_size_is_not_unpacked(self, tmp_path):
        """64 MiB that declare themselves as 1,000 bytes."""
        path = tmp_path / "a.npz"
        write_zip(path, {"w.npy": bytes(1 << 26)}, zipfile.ZIP_DEFLATED)
        content = path.read_bytes().replace(struct.pack("<I", 1 << 26), struct.pack("<I", 1000))
        path.write_bytes(content)
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=r"a\.npz"):
                load(path)
            assert tracemalloc.get_traced_memory()[1] < 1 << 22
        finally:
            tracemalloc.stop()

    def test_a_structure_of_empty_lists_is_no_way_around_the_limit(self, tmp_path):
        """64 MiB of text would be 1.4 GiB of lists; the file has 65 KiB."""
        text = '{"list":[' + "[]," * (1 << 24) + "1]}"
        write_zip(tmp_path / "a.npz", {"structure.json": text}, zipfile.ZIP_DEFLATED)
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=r"a\.npz: \d+ bytes that unpack to \d+, more than the limit"):
                load(tmp_path / "a.npz")
            assert tracemalloc.get_traced_memory()[1] < 1 << 22
        finally:
            tracemalloc.stop()

    def test_no_memory_is_an_error_of_the_file(self, tmp_path, monkeypatch):
        def too_much(*args):
            raise MemoryError

        save({"w": tc.tensor([1.0])}, tmp_path / "a.npz")
        monkeypatch.setattr("tinyconv.serialization.npz.read_member", too_much)
        with pytest.raises(ValueError, match=r"a\.npz: needs \d+ bytes, more than this machine has free"):
            load(tmp_path / "a.npz")

    def test_encrypted(self, tmp_path):
        save({"w": tc.tensor([1.0])}, tmp_path / "a.npz")
        content = bytearray((tmp_path / "a.npz").read_bytes())
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(ValueError, match=r"a.npz: damaged .npz file \(RuntimeError: .*encrypted"):
            load(tmp_path / "a.npz")

    def test_other_compression(self, tmp_path):
        write_zip(tmp_path / "a.npz", {"w.npy": npy(ONE)}, zipfile.ZIP_BZIP2)
        with pytest.raises(ValueError, match=r"a.npz: member 'w.npy' uses compression 12; need 0 or 8"):
            load(tmp_path / "a.npz")

    def test_no_such_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load(tmp_path / "none.npz")

    def test_never_pickle(self, monkeypatch, tmp_path):
        """A round trip in an interpreter that has no unpickler."""
        code = (
            "import sys, tinyconv as tc\n"
            "from tinyconv.serialization import load, save\n"
            "import pickle; pickle.Unpickler = pickle.load = pickle.loads = None; pickle._Unpickler = None\n"
            f"save({{'a': tc.tensor([1.0]), 'b': [2]}}, {str(tmp_path / 'a.npz')!r})\n"
            f"print(load({str(tmp_path / 'a.npz')!r})['b'])\n"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert result.stdout == "[2]\n", result.stderr


class TestDevice:
    def test_there_and_back(self, device, tmp_path):
        weight = tc.tensor([1.0, 2.0]).to(device)
        save({"w": weight, "list": [weight], "host": np.ones(2)}, tmp_path / "a.npz")
        there = load(tmp_path / "a.npz", device=device)
        here = load(tmp_path / "a.npz")
        assert there["w"].device == there["list"][0].device == device
        assert here["w"].device == tc.Device("cpu")
        assert there["w"].cpu().numpy().tolist() == here["w"].numpy().tolist() == [1, 2]
        assert type(there["host"]) is np.ndarray

    def test_safetensors(self, device, tmp_path):
        pytest.importorskip("safetensors")
        save({"w": tc.tensor([1.0, 2.0]).to(device)}, tmp_path / "a.safetensors")
        assert load(tmp_path / "a.safetensors", device=str(device))["w"].device == device

    def test_unknown_device(self, tmp_path):
        save({}, tmp_path / "a.npz")
        with pytest.raises(RuntimeError, match="Unknown device 'gpu'"):
            load(tmp_path / "a.npz", device="gpu")


class TestSafetensors:
    @pytest.fixture
    def library(self):
        return pytest.importorskip("safetensors.numpy")

    @pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i4", "i8", "u1", "?"])
    def test_round_trip(self, tmp_path, library, dtype):
        obj = {
            "conv1.weight": tc.from_numpy(np.arange(6).reshape(2, 3).astype(dtype)),
            "a/b": tc.from_numpy(np.arange(6).reshape(2, 3).astype(dtype).T),
            "0-d": tc.from_numpy(np.array(1, dtype)),
            "empty": tc.from_numpy(np.zeros((0, 3), dtype)),
        }
        loaded = round_trip(obj, tmp_path, "a.safetensors")
        assert all(same(loaded[name], tensor) for name, tensor in obj.items())
        assert len(loaded) == len(obj)
        loaded["conv1.weight"].array[0] = 0  # the caller's own

    def test_the_package_reads_it(self, tmp_path, library):
        save(
            {"w": tc.tensor([[1.0, 2.0]]).to("cpu"), "t": np.arange(6).reshape(2, 3).T},
            tmp_path / "a.safetensors",
        )
        arrays = library.load_file(tmp_path / "a.safetensors")
        assert arrays["w"].tolist() == [[1, 2]]
        assert arrays["t"].tolist() == [[0, 3], [1, 4], [2, 5]]

    def test_only_flat_dicts(self, tmp_path, library):
        with pytest.raises(TypeError, match=r"only Tensors under string keys, but obj\['a'\] is of type dict.*as .npz"):
            save({"a": {}}, tmp_path / "a.safetensors")
        with pytest.raises(TypeError, match=r"obj\[0\] is of type Tensor"):
            save({0: tc.tensor([1.0])}, tmp_path / "a.safetensors")
        with pytest.raises(TypeError, match="holds a dict of Tensors, got list"):
            save([], tmp_path / "a.safetensors")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "content",
        [b"", b"abc", struct.pack("<Q", 1 << 60) + b"{}", struct.pack("<Q", 2) + b"[]",
         struct.pack("<Q", 58) + b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,99999]}}'],
    )  # fmt: skip
    def test_damaged(self, tmp_path, library, content):
        (tmp_path / "a.safetensors").write_bytes(content)
        with pytest.raises(ValueError, match=r"a.safetensors: not a .safetensors file that can be read"):
            load(tmp_path / "a.safetensors")

    def test_a_dtype_that_numpy_lacks(self, tmp_path, library):
        head = b'{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
        (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + bytes(4))
        with contextlib.suppress(ImportError):  # with ml_dtypes installed, it may be known
            import ml_dtypes  # noqa: F401

            pytest.skip("ml_dtypes knows bfloat16")
        with pytest.raises(ValueError, match=r"a.safetensors: .*(BF16|bfloat16)"):
            load(tmp_path / "a.safetensors")

    def test_max_bytes(self, tmp_path, library):
        save({"w": tc.zeros(1000)}, tmp_path / "a.safetensors")
        with pytest.raises(
            ValueError, match=r"a\.safetensors: \d+ bytes that unpack to \d+, more than the limit of 99"
        ):
            load(tmp_path / "a.safetensors", max_bytes=99)

    def test_complex_numbers_are_refused_by_file_and_name(self, tmp_path, library):
        library.save_file({"w": np.ones(2, "c8")}, tmp_path / "a.safetensors")
        with pytest.raises(ValueError, match=r"a\.safetensors: member 'w' has dtype complex64: no numbers"):
            load(tmp_path / "a.safetensors")

    def test_without_the_package(self, tmp_path, monkeypatch):
        for name in ("safetensors", "safetensors.numpy"):
            monkeypatch.setitem(sys.modules, name, None)
        (tmp_path / "a.safetensors").write_bytes(b"")
        for attempt in (lambda p: save({}, p), load):
            with pytest.raises(ImportError, match=r'pip install "\.\[safetensors\]"'):
                attempt(tmp_path / "a.safetensors")
