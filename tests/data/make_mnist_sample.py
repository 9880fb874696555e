"""Make the sample of MNIST that tinyconv embeds.

Run: ``python tests/data/make_mnist_sample.py FOLDER``, with the full set's four idx files in FOLDER.

It takes 800 digits of each class from the 60,000 training images and 200 of each from the 10,000 test images,
at random with a fixed seed and in the original order, and prints the file's size and SHA-256.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np

from tinyconv.data import mnist

SEED = 20
PER_CLASS = {"train": 800, "test": 200}
OUTPUT = Path(mnist.__file__).with_name("mnist_sample.npz")


def choose(labels: np.ndarray, per_class: int, generator: np.random.Generator) -> np.ndarray:
    """Positions of `per_class` digits of each class, ascending."""
    classes = [np.flatnonzero(labels == digit) for digit in range(10)]
    return np.sort(np.concatenate([generator.choice(c, per_class, replace=False) for c in classes]))


def make_arrays(folder: Path) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(SEED)
    arrays = {}
    for split, per_class in PER_CLASS.items():
        images, labels = mnist.load(folder, split)
        index = choose(labels, per_class, generator)
        arrays[f"{split}_images"] = images[index]
        arrays[f"{split}_labels"] = labels[index].astype(np.uint8)
        arrays[f"{split}_index"] = index.astype(np.uint16)
    return arrays


def write(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Like numpy.savez_compressed, but with zlib's best level, which it does not offer."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the full set's idx files are")
    parser.add_argument("output", type=Path, nargs="?", default=OUTPUT)
    options = parser.parse_args()
    write(make_arrays(options.folder), options.output)
    content = options.output.read_bytes()
    print(f"{options.output}: {len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
