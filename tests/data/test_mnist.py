import hashlib
import importlib.util
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tinyconv as tc
from tinyconv.data import MNIST, DataLoader, Subset, mnist
from tinyconv.data.idx import write_idx

SAMPLE = Path(mnist.__file__).with_name("mnist_sample.npz")
CREDIT = Path(mnist.__file__).with_name("mnist_sample.md")


def write_set(folder, images=None, labels=None, stem="train", dot=False, suffix=""):
    """Five images and labels, or what the test wants in their place."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.arange(5 * 28 * 28).reshape(5, 28, 28).astype(np.uint8) if images is None else images
    labels = np.array([3, 1, 4, 1, 5], np.uint8) if labels is None else labels
    separator = "." if dot else "-"
    write_idx(images, folder / f"{stem}-images{separator}idx3-ubyte{suffix}")
    write_idx(labels, folder / f"{stem}-labels{separator}idx1-ubyte{suffix}")
    return images, labels


@pytest.fixture(autouse=True)
def no_home(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYCONV_HOME", str(tmp_path / "home"))


class TestSample:
    def test_shapes_dtypes_and_classes(self):
        for split, count in [("train", 8000), ("test", 2000)]:
            images, labels = mnist.load(split=split)
            assert images.shape == (count, 28, 28)
            assert images.dtype == np.uint8
            assert labels.dtype == np.int64
            assert np.bincount(labels).tolist() == [count // 10] * 10

    def test_no_test_digit_is_a_training_digit(self):
        train = {image.tobytes() for image in mnist.load(split="train")[0]}
        assert not any(image.tobytes() in train for image in mnist.load(split="test")[0])
        with np.load(SAMPLE) as sample:
            assert len(set(sample["train_index"].tolist())) == 8000
            assert len(set(sample["test_index"].tolist())) == 2000

    def test_these_are_digits(self):
        """The nearest class mean on raw pixels gets about 80% of MNIST; on noise it gets 10%."""
        (x, y), (test_x, test_y) = mnist.load(), mnist.load(split="test")
        means = np.stack([x[y == digit].mean(0).ravel() for digit in range(10)])
        distances = ((test_x.reshape(-1, 1, 784) - means) ** 2).sum(2)
        assert (distances.argmin(1) == test_y).mean() > 0.75

    def test_the_file_is_the_one_that_the_credit_describes(self):
        content = SAMPLE.read_bytes()
        credit = CREDIT.read_text(encoding="utf-8")
        assert hashlib.sha256(content).hexdigest() in credit
        assert f"{len(content):,} bytes" in credit
        for word in ["LeCun", "Cortes", "Burges", "Attribution-Share Alike 3.0"]:
            assert word in credit

    def test_it_holds_no_pickle(self):
        with np.load(SAMPLE, allow_pickle=False) as sample:
            assert {sample[name].dtype.name for name in sample.files} == {"uint8", "uint16"}

    def test_it_needs_no_cache_and_leaves_none(self, tmp_path):
        mnist.load()
        assert not (tmp_path / "home").exists()

    def test_the_script_that_made_it(self, tmp_path):
        spec = importlib.util.spec_from_file_location("make", Path(__file__).with_name("make_mnist_sample.py"))
        make = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(make)
        for stem, count in [("train", 8050), ("t10k", 2050)]:
            labels = (np.arange(count) % 10).astype(np.uint8)
            write_set(tmp_path, np.repeat(labels, 784).reshape(-1, 28, 28), labels, stem)
        make.write(make.make_arrays(tmp_path), tmp_path / "sample.npz")
        with np.load(tmp_path / "sample.npz") as made, np.load(SAMPLE) as sample:
            assert {n: made[n].shape for n in made.files} == {n: sample[n].shape for n in sample.files}
            assert (made["train_images"][:, 0, 0] == made["train_labels"]).all()
            assert (made["train_index"] % 10 == made["train_labels"]).all()
        with zipfile.ZipFile(tmp_path / "sample.npz") as archive:
            assert all(info.compress_type == zipfile.ZIP_DEFLATED for info in archive.infolist())


class TestFolder:
    @pytest.mark.parametrize("suffix", ["", ".gz"])
    @pytest.mark.parametrize("dot", [False, True])
    @pytest.mark.parametrize("place", ["", "raw", "MNIST/raw"])
    def test_names(self, tmp_path, place, dot, suffix):
        images, labels = write_set(tmp_path / place, dot=dot, suffix=suffix)
        loaded_images, loaded_labels = mnist.load(tmp_path)
        np.testing.assert_array_equal(loaded_images, images)
        np.testing.assert_array_equal(loaded_labels, labels)

    def test_splits_have_files_of_their_own(self, tmp_path):
        write_set(tmp_path)
        write_set(tmp_path, labels=np.array([9, 8, 7, 6, 5], np.uint8), stem="t10k")
        assert mnist.load(str(tmp_path), "test")[1].tolist() == [9, 8, 7, 6, 5]
        assert mnist.load(str(tmp_path), "train")[1].tolist() == [3, 1, 4, 1, 5]

    def test_missing_files_are_listed_with_a_way_out(self, tmp_path):
        with pytest.raises(FileNotFoundError) as caught:
            mnist.load(tmp_path)
        for text in [str(tmp_path), "train images", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte"]:
            assert text in str(caught.value)
        assert "download=True" in str(caught.value)

    def test_labels_missing(self, tmp_path):
        write_set(tmp_path)
        (tmp_path / "train-labels-idx1-ubyte").unlink()
        with pytest.raises(FileNotFoundError, match="MNIST's train labels"):
            mnist.load(tmp_path)

    def test_count_mismatch(self, tmp_path):
        write_set(tmp_path, labels=np.zeros(4, np.uint8))
        with pytest.raises(ValueError, match=r"train-labels-idx1-ubyte: 4 labels for the 5 images of .*train-images"):
            mnist.load(tmp_path)

    def test_labels_above_nine(self, tmp_path):
        write_set(tmp_path, labels=np.array([0, 9, 10, 3, 255], np.uint8))
        with pytest.raises(ValueError, match=r"labels-idx1-ubyte: 2 labels are above 9, the first is 10 at position 2"):
            mnist.load(tmp_path)

    def test_other_image_size(self, tmp_path):
        write_set(tmp_path, images=np.zeros((5, 32, 30), np.uint8))
        with pytest.raises(ValueError, match=r"images-idx3-ubyte: images of 32 × 30 pixels, expected 28 × 28"):
            mnist.load(tmp_path)

    def test_swapped_files(self, tmp_path):
        write_set(tmp_path)
        images, labels = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
        images.rename(tmp_path / "x")
        labels.rename(images)
        (tmp_path / "x").rename(labels)
        with pytest.raises(ValueError, match=r"images-idx3-ubyte: .*this is a file of labels"):
            mnist.load(tmp_path)

    def test_unknown_split(self):
        with pytest.raises(ValueError, match="'train' or 'test', got 'valid'"):
            mnist.load(split="valid")


class TestDownload:
    """What is asked of the downloader; its own tests are in test_download.py."""

    @pytest.fixture
    def asked(self, monkeypatch):
        calls = []

        def pretend(name, folder, mirrors, sha256, size, timeout):
            calls.append((name, Path(folder), tuple(mirrors), sha256, size, timeout))
            write_set(folder, suffix=".gz")
            return Path(folder) / name

        monkeypatch.setattr(mnist, "download_gzip", pretend)
        return calls

    def test_into_the_cache(self, asked, tmp_path):
        images, _ = mnist.load(download=True, timeout=3)
        assert len(images) == 5
        assert asked[0][:3] == ("train-images-idx3-ubyte.gz", tmp_path / "home" / "mnist", mnist.MIRRORS)
        assert asked[0][3:] == (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            47040016,
            3,
        )

    def test_into_a_folder(self, asked, tmp_path):
        mnist.load(tmp_path / "there", download=True, mirrors=["https://mirror/"])
        assert asked[0][1:3] == (tmp_path / "there", ("https://mirror/",))

    def test_what_is_there_is_not_asked_for(self, asked, tmp_path):
        write_set(tmp_path)
        mnist.load(tmp_path, download=True)
        assert asked == []

    def test_the_sums_are_of_sixty_four_digits_and_the_sizes_of_whole_sets(self):
        for (split, kind), (_, sha256, size) in mnist._FILES.items():
            assert len(bytes.fromhex(sha256)) == 32
            count = {"train": 60000, "test": 10000}[split]
            assert size == {"images": 16 + count * 784, "labels": 8 + count}[kind]

    def test_mirrors_are_encrypted_folders(self):
        assert len(mnist.MIRRORS) >= 2
        assert all(url.startswith("https://") and url.endswith("/") for url in mnist.MIRRORS)


class TestToFloat:
    def test_values(self):
        images = np.array([0, 51, 255], np.uint8).repeat(784).reshape(3, 28, 28)
        plain, normal = mnist.to_float(images, normalize=False), mnist.to_float(images)
        assert plain.shape == normal.shape == (3, 1, 28, 28)
        assert plain.dtype == normal.dtype == np.float32
        np.testing.assert_allclose(plain[:, 0, 0, 0], [0, 0.2, 1], rtol=1e-6)
        np.testing.assert_allclose(normal[:, 0, 0, 0], (np.array([0, 0.2, 1]) - 0.1307) / 0.3081, rtol=1e-5)

    def test_the_sample_is_normal(self):
        x = mnist.to_float(mnist.load()[0]).astype(np.float64)
        assert abs(x.mean()) < 0.02
        assert abs(x.std() - 1) < 0.02


class TestDataset:
    def test_one_sample(self):
        digits = MNIST(train=False)
        image, label = digits[5]
        assert isinstance(image, tc.Tensor)
        assert isinstance(label, int)
        assert tuple(image.shape) == (1, 28, 28)
        assert label == digits.labels[5]
        np.testing.assert_array_equal(image.numpy(), mnist.to_float(digits.images[5:6])[0])

    def test_batches_equal_samples(self):
        digits = MNIST(train=False)
        x, y = digits.take(np.array([7, 3]))
        assert x.dtype == np.float32
        assert y.dtype == np.int64
        np.testing.assert_array_equal(x.numpy(), np.stack([digits[i][0].numpy() for i in (7, 3)]))
        assert y.numpy().tolist() == [digits[7][1], digits[3][1]]

    def test_without_normalisation(self):
        x, _ = MNIST(train=False, normalize=False).take(np.arange(100))
        assert x.numpy().min() == 0
        assert x.numpy().max() == 1

    def test_transforms_see_each_sample_in_batches_too(self):
        digits = MNIST(train=False, transform=lambda x: x[:, ::2, ::2] * 0, target_transform=lambda y: y + 10)
        x, y = next(iter(DataLoader(Subset(digits, [0, 1, 2]), batch_size=3)))
        assert tuple(x.shape) == (3, 1, 14, 14)
        assert not x.numpy().any()
        assert y.numpy().tolist() == [label + 10 for label in digits.labels[:3]]

    def test_a_subclass_that_augments_is_not_passed_by(self):
        class Inverted(MNIST):
            def __getitem__(self, index):
                image, label = super().__getitem__(index)
                return -image.numpy(), label

        inverted, digits = Inverted(train=False), MNIST(train=False)
        x, _ = next(iter(DataLoader(inverted, batch_size=4)))
        np.testing.assert_array_equal(x.numpy(), -digits.take(np.arange(4))[0].numpy())

    def test_root(self, tmp_path):
        write_set(tmp_path)
        assert len(MNIST(tmp_path)) == 5
        assert repr(MNIST(tmp_path)) == "MNIST(5 images, train=True, normalize=True)"

    def test_iteration_ends(self, tmp_path):
        write_set(tmp_path)
        assert [label for _, label in MNIST(tmp_path)] == [3, 1, 4, 1, 5]
