"""Data sets from files made here; no network."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

import tinyconv as tc
from tinyconv.data import DataLoader
from tinyconv.data.idx import write_idx
from tinyconv.vision import datasets, transforms

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (5, 28, 28), np.uint8)
LABELS = np.array([3, 1, 4, 1, 5], np.uint8)
PIXELS = RANDOM.integers(0, 256, (4, 3, 32, 32), np.uint8)


def write_digits(folder, start, suffix=""):
    folder.mkdir(parents=True)
    write_idx(IMAGES, folder / f"{start}-images-idx3-ubyte{suffix}")
    write_idx(LABELS, folder / f"{start}-labels-idx1-ubyte{suffix}")


def write_cifar(folder, labels):
    """Four images in each file, with this many labels for each."""
    folder.mkdir(parents=True)
    content = b"".join(bytes([9] * (labels - 1) + [i]) + image.tobytes() for i, image in enumerate(PIXELS))
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"] if labels == 1 else ["train", "test"]
    for name in names:
        (folder / f"{name}.bin").write_bytes(content)
    meta = "batches.meta.txt" if labels == 1 else "fine_label_names.txt"
    (folder / meta).write_text("\n".join(f"class{i}" for i in range(10)) + "\n\n")


def holds(dataset):
    assert len(dataset) == 5
    assert dataset.data.dtype == tc.uint8
    assert dataset.targets.tolist() == LABELS.tolist()
    image, label = dataset[2]
    assert (image.mode, image.size, label) == ("L", (28, 28), 4)
    np.testing.assert_array_equal(np.asarray(image), IMAGES[2])


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST"])
def test_sets_of_idx_files(tmp_path, name, suffix):
    write_digits(tmp_path / name / "raw", "train", suffix)
    dataset = getattr(datasets, name)(tmp_path)
    holds(dataset)
    assert len(dataset.classes) == 10
    assert dataset.class_to_idx[dataset.classes[7]] == 7


def test_emnist_comes_out_of_its_archive(tmp_path, monkeypatch):
    write_digits(tmp_path / "made", "emnist-letters-train", ".gz")
    raw = tmp_path / "EMNIST" / "raw"
    raw.mkdir(parents=True)
    with zipfile.ZipFile(raw / "gzip.zip", "w") as archive:
        for file in (tmp_path / "made").iterdir():
            archive.write(file, f"gzip/{file.name}")
    content = (raw / "gzip.zip").read_bytes()
    with pytest.raises(FileNotFoundError, match="download=True"):
        datasets.EMNIST(tmp_path, "letters")
    monkeypatch.setattr(datasets.EMNIST, "_archive", ("gzip.zip", hashlib.sha256(content).hexdigest(), len(content)))
    dataset = datasets.EMNIST(tmp_path, "letters", download=True)
    holds(dataset)
    assert dataset.classes[:3] == ["N/A", "a", "b"]
    assert [len(datasets.EMNIST.classes_split_dict[s]) for s in datasets.EMNIST.splits] == [62, 47, 47, 27, 10, 10]


def test_mnist_without_files_says_what_takes_their_place(tmp_path):
    with pytest.warns(UserWarning, match=r"the 2,000 digits .* stand in for the 10,000 of MNIST"):
        assert len(datasets.MNIST(tmp_path, train=False)) == 2000


def test_mnist_that_cannot_be_downloaded_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("tinyconv.data.mnist.MIRRORS", ())
    monkeypatch.setattr("tinyconv.data.mnist.load.__defaults__", (None, "train", False, (), 1.0))
    with pytest.warns(UserWarning, match="could not be downloaded"):
        assert len(datasets.MNIST(tmp_path, download=True)) == 8000


def test_damaged_files_are_no_absent_ones(tmp_path):
    write_digits(tmp_path / "MNIST" / "raw", "train")
    (tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte").write_bytes(b"no idx")
    with pytest.raises(ValueError, match="train-labels-idx1-ubyte"):
        datasets.MNIST(tmp_path)
    with pytest.raises(FileNotFoundError, match="train-images"):
        datasets.FashionMNIST(tmp_path)


@pytest.mark.parametrize(("kind", "labels", "count"), [("CIFAR10", 1, 20), ("CIFAR100", 2, 4)])
def test_cifar(tmp_path, kind, labels, count):
    made = getattr(datasets, kind)
    write_cifar(tmp_path / made.base_folder, labels)
    train, test = made(tmp_path), made(tmp_path, train=False)
    assert (len(train), len(test), train.data.shape[1:], train.targets[:4]) == (count, 4, (32, 32, 3), [0, 1, 2, 3])
    np.testing.assert_array_equal(np.asarray(train[1][0]).transpose(2, 0, 1), PIXELS[1])
    assert train.class_to_idx["class3"] == 3
    (tmp_path / made.base_folder / made._test[0]).write_bytes(b"short")
    with pytest.raises(ValueError, match="5 bytes are no whole number"):
        made(tmp_path, train=False)


def test_cifar_comes_out_of_its_archive(tmp_path, monkeypatch):
    write_cifar(tmp_path / "made" / "cifar-10-batches-bin", 1)
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "made" / "cifar-10-batches-bin", "cifar-10-batches-bin")
    content = (tmp_path / "cifar-10-binary.tar.gz").read_bytes()
    monkeypatch.setattr(datasets.CIFAR10, "_sha256", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(datasets.CIFAR10, "_bytes", len(content))
    assert len(datasets.CIFAR10(tmp_path, download=True)) == 20


def test_image_folder(tmp_path):
    for name, color in (("dog", (0, 255, 0)), ("cat", (255, 0, 0))):
        (tmp_path / name / "deep").mkdir(parents=True)
        Image.new("RGB", (4, 3), color).save(tmp_path / name / "deep" / "a.png")
        (tmp_path / name / "notes.txt").write_text("no image")
    dataset = datasets.ImageFolder(tmp_path, transform=transforms.ToTensor())
    assert (dataset.classes, dataset.targets, len(dataset.imgs)) == (["cat", "dog"], [0, 1], 2)
    assert dataset[1][0][:, 0, 0].tolist() == [0.0, 1.0, 0.0]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="classes empty"):
        datasets.ImageFolder(tmp_path)
    assert len(datasets.ImageFolder(tmp_path, allow_empty=True)) == 2


def test_batches_of_fake_data_are_the_same_each_time():
    data = datasets.FakeData(7, (3, 6, 5), transform=transforms.ToTensor(), target_transform=lambda label: label + 1)
    x, y = next(iter(DataLoader(data, batch_size=7)))
    assert (x.shape, y.dtype) == ((7, 3, 6, 5), tc.int64)
    tc.manual_seed(5)
    np.testing.assert_array_equal(next(iter(DataLoader(data, batch_size=7)))[0].numpy(), x.numpy())
    with pytest.raises(IndexError):
        data[7]


TUTORIAL = """
import sys, warnings
import tinyconv
assert "PIL" not in sys.modules
sys.modules["torch"] = tinyconv
sys.modules["torchvision"] = tinyconv.vision
import torch
import torch.nn.functional as F
import torchvision
import torchvision.transforms as T
import torchvision.transforms.functional as TF
from torchvision import datasets, transforms
from torchvision.utils import make_grid
from torchvision.models import resnet18
assert T is transforms is tinyconv.vision.transforms and F is tinyconv.nn.functional and torch.nn is tinyconv.nn
warnings.simplefilter("ignore")
data = datasets.MNIST("no/such/folder", train=True, transform=transforms.Compose([
    transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]))
image, label = data[0]
assert image.shape == (1, 28, 28) and isinstance(image, torch.Tensor) and type(label) is int
"""


def test_a_tutorials_first_lines_under_its_own_names():
    subprocess.run([sys.executable, "-c", TUTORIAL], check=True)


def test_without_pillow_the_error_says_what_to_install():
    program = "import sys; sys.modules['PIL'] = None; import tinyconv; tinyconv.vision"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert 'ImportError: tinyconv.vision needs Pillow: pip install ".[vision]"' in done.stderr
