"""Write golden.npz with Chainer's own results.

Chainer 7.8.1 needs an old NumPy:

    pip install chainer==7.8.1 numpy==1.23.5 'setuptools<70'    # Python 3.10
    python make_golden.py                                       # in this folder
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    import chainer
    import golden_cases

    results = {"versions": np.array([f"chainer {chainer.__version__}", f"numpy {np.__version__}"])}
    for group in golden_cases.GROUPS:
        for name, value in golden_cases.arrays(group, chainer, chainer.links, chainer.functions).items():
            results[f"{group.__name__}.{name}"] = value
    np.savez_compressed(Path(__file__).with_name("golden.npz"), **results)
