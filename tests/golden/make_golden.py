"""Compute golden.npz with PyTorch: ``python -m tests.golden.make_golden`` from the repository's root.

The numbers in use were made with the versions in the archive's description.  Making them anew is only
needed when a table of cases changes; the inputs do not depend on the order or number of the cases.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

import numpy as np

from . import archive, conv_cases, layer_cases, loss_cases, optim_cases, pool_cases, runner
from .draw import Case


def all_cases() -> Iterator[Case]:
    """The cases of all tables."""
    for table in (conv_cases, pool_cases, loss_cases, layer_cases, optim_cases):
        yield from table.cases()


def main() -> None:
    """Run every case under PyTorch and write the archive."""
    import torch

    torch.set_num_threads(1)  # sums in one order
    clip = {
        "clip_grad_norm_": torch.nn.utils.clip_grad_norm_,
        "clip_grad_value_": torch.nn.utils.clip_grad_value_,
    }
    writer = archive.Writer()
    forms = []
    for case in all_cases():
        results = runner.run(torch, case.form, case.arrays, clip)
        arrays = {name: writer.add(array) for name, array in case.arrays.items()}
        forms.append({**case.form, "arrays": arrays, "results": {k: writer.add(v) for k, v in results.items()}})
    names = [form["name"] for form in forms]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SystemExit(f"two cases have one name: {repeated}")
    versions = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()}
    writer.save({"versions": versions, "cases": forms})
    sys.stdout.write(f"{len(forms)} cases, {archive.PATH.stat().st_size} bytes, made with {versions}\n")


if __name__ == "__main__":
    main()
