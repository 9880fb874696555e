"""Runs one case under PyTorch or under tinyconv: the same lines for both, since the names are equal.

A case is a dict of JSON values and arrays.  Every runner takes the library, the case and its arrays by
name, and gives the resulting arrays by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
STEPS = 20


def run(lib: Any, case: dict[str, Any], arrays: Arrays, clip: dict[str, Callable]) -> Arrays:
    """Run `case` with the library `lib`; `clip` has its two clipping functions."""
    if case["kind"] == "clip":
        return run_clip(lib, case, arrays, clip)
    return {
        "function": run_function,
        "module": run_module,
        "optimizer": run_optimizer,
        "scheduler": run_scheduler,
    }[case["kind"]](lib, case, arrays)


def run_function(lib: Any, case: dict[str, Any], arrays: Arrays) -> Arrays:
    """Call ``nn.functional.<call>``; gradients are of its weighted first output."""
    tensors = {name: _tensor(lib, array) for name, array in arrays.items()}
    for name in case["grad"]:
        tensors[name].requires_grad = True
    args = [_argument(value, tensors) for value in case["args"]]
    kwargs = {key: _argument(value, tensors) for key, value in case["kwargs"].items()}
    result = getattr(lib.nn.functional, case["call"])(*args, **kwargs)
    outputs = result if isinstance(result, tuple) else (result,)
    results = {f"output{i}": _numpy(output) for i, output in enumerate(outputs)}
    if case["grad"]:
        outputs[0].backward(_cotangent(lib, outputs[0]))
    results.update({f"grad_{name}": _numpy(tensors[name].grad) for name in case["grad"]})
    results.update({f"changed_{name}": _numpy(tensors[name]) for name in case.get("changed", ())})
    return results


def run_module(lib: Any, case: dict[str, Any], arrays: Arrays) -> Arrays:
    """Call ``nn.<call>`` on each input in turn; gradients are the last call's."""
    module = getattr(lib.nn, case["call"])(*map(_tuples, case["args"]), **_tuples(case["kwargs"]))
    module.to(getattr(lib, arrays["input0"].dtype.name))
    state = {name[6:]: _tensor(lib, array) for name, array in arrays.items() if name.startswith("state_")}
    module.load_state_dict(state)
    module.train(case["train"])
    results = {}
    for i in range(case["inputs"]):
        module.zero_grad()
        x = _tensor(lib, arrays[f"input{i}"])
        x.requires_grad = True
        y = module(x)
        y.backward(_cotangent(lib, y))
        results[f"output{i}"] = _numpy(y)
    results["grad_input"] = _numpy(x.grad)
    parameters = dict(module.named_parameters())
    results.update({f"grad_{name}": _numpy(p.grad) for name, p in parameters.items()})
    after = module.state_dict()
    results.update({f"after_{name}": _numpy(after[name]) for name in after if name not in parameters})
    return results


def run_optimizer(lib: Any, case: dict[str, Any], arrays: Arrays) -> Arrays:
    """Minimise ``|p|^2 / 4`` with noise, and record the parameters after each step."""
    params = [lib.nn.Parameter(_tensor(lib, arrays[name])) for name in ("p0", "p1")]
    groups = [{**group, "params": [params[i] for i in group["params"]]} for group in case["groups"]]
    optimizer = getattr(lib.optim, case["call"])(groups, **_tuples(case["kwargs"]))
    path: list[list[np.ndarray]] = [[], []]
    for step in range(STEPS):
        for i, param in enumerate(params):
            noise = arrays[f"noise{i}"][step]
            param.grad = lib.from_numpy(noise + _numpy(param) / np.asarray(2, noise.dtype))
        optimizer.step()
        for values, param in zip(path, params):
            values.append(_numpy(param))
    return {"path0": np.stack(path[0]), "path1": np.stack(path[1])}


def run_scheduler(lib: Any, case: dict[str, Any], arrays: Arrays) -> Arrays:
    """Record the rates (and momenta) of two groups over 30 epochs."""
    params = [lib.nn.Parameter(_tensor(lib, np.zeros(1))) for _ in range(2)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.3}]
    optimizer = getattr(lib.optim, case["optimizer"])(groups, **case["optimizer_kwargs"])
    scheduler = getattr(lib.optim.lr_scheduler, case["call"])(optimizer, **_tuples(case["kwargs"]))
    rates, momenta = [], []
    for _ in range(30):
        rates.append(scheduler.get_last_lr())
        momenta.append([_momentum(group) for group in optimizer.param_groups])
        optimizer.step()
        if scheduler.last_epoch < 29:
            scheduler.step()
    return {"lr": np.array(rates), "momentum": np.array(momenta, float)}


def run_clip(lib: Any, case: dict[str, Any], arrays: Arrays, clip: dict[str, Callable]) -> Arrays:
    """Clip three gradients together."""
    params = []
    for name in ("g0", "g1", "g2"):
        params.append(lib.nn.Parameter(_tensor(lib, np.zeros_like(arrays[name]))))
        params[-1].grad = _tensor(lib, arrays[name])
    kwargs = {key: float(value) for key, value in case["kwargs"].items()}  # JSON has no infinity
    total = clip[case["call"]](params, **kwargs)
    results = {f"g{i}": _numpy(param.grad) for i, param in enumerate(params)}
    return results if total is None else {**results, "norm": _numpy(total)}


def _momentum(group: dict[str, Any]) -> float:
    return group["betas"][0] if "betas" in group else group.get("momentum", 0.0)


def _tensor(lib: Any, array: np.ndarray) -> Any:
    return lib.from_numpy(array.copy())


def _cotangent(lib: Any, output: Any) -> Any:
    """Fixed weights for the elements of an output: -0.75, 0.5, 1.75, ... and so on, again and again."""
    weights = (np.arange(int(np.prod(output.shape))) * 5 % 11 - 3) / 4
    return lib.from_numpy(weights.reshape(tuple(output.shape)).astype(_numpy(output).dtype))


def _numpy(tensor: Any) -> np.ndarray:
    return np.array(tensor.detach().numpy())


def _tuples(value: Any) -> Any:
    """JSON's lists as tuples."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _argument(value: Any, tensors: dict[str, Any]) -> Any:
    """``"$x"`` stands for the tensor named x."""
    if isinstance(value, str) and value.startswith("$"):
        return tensors[value[1:]]
    return _tuples(value)
