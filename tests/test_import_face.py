"""The public face: names that must exist, what an import loads, and that everything public is documented."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tinyconv as tc

NAMES = {
    "tinyconv": """
        Tensor tensor from_numpy Function Device device
        arange zeros ones full empty eye linspace rand randn randint randperm normal
        zeros_like ones_like full_like rand_like randn_like
        float16 float32 float64 uint8 int32 int64 bool half float double int long
        exp log log1p sqrt rsqrt sin cos tanh sigmoid abs sign pow clamp where maximum minimum erf relu softmax
        log_softmax matmul sum mean max min amax amin argmax argmin var std prod logsumexp norm
        reshape flatten permute transpose squeeze unsqueeze flip cat stack split chunk take_along_dim
        grad no_grad enable_grad set_grad_enabled is_grad_enabled detect_anomaly gradcheck gradgradcheck
        manual_seed get_rng_state set_rng_state fork_rng
        save load get_array_module asnumpy cuda_is_available get_num_threads set_num_threads
        nn optim data autograd
    """,
    "tinyconv.nn": """
        Module Parameter Buffer UninitializedParameter Sequential ModuleList ModuleDict functional init utils
        Linear LazyLinear Flatten Unflatten Identity Upsample
        Conv1d Conv2d Conv3d LazyConv1d LazyConv2d LazyConv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
        DeformConv2d
        MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d AvgPool1d AvgPool2d AvgPool3d
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d
        AdaptiveMaxPool3d GlobalAvgPool GlobalMaxPool
        ReLU LeakyReLU PReLU ELU GELU SiLU Sigmoid Tanh Softplus Softmax LogSoftmax
        Dropout Dropout1d Dropout2d Dropout3d
        BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
        CrossEntropyLoss NLLLoss MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss
    """,
    "tinyconv.nn.functional": """
        linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d deform_conv2d unfold fold
        max_pool1d max_pool2d max_pool3d max_unpool1d max_unpool2d max_unpool3d avg_pool1d avg_pool2d avg_pool3d
        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
        adaptive_max_pool3d interpolate pad
        relu leaky_relu prelu elu gelu silu sigmoid tanh softplus softmax log_softmax
        dropout dropout1d dropout2d dropout3d batch_norm layer_norm group_norm instance_norm
        cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
        binary_cross_entropy_with_logits one_hot
    """,
    "tinyconv.nn.init": """
        calculate_fans calculate_gain uniform_ normal_ constant_ zeros_ ones_ xavier_uniform_ xavier_normal_
        kaiming_uniform_ kaiming_normal_ lecun_normal_
    """,
    "tinyconv.nn.utils": "clip_grad_norm_ clip_grad_value_",
    "tinyconv.optim": "Optimizer SGD Adam AdamW RMSprop Adagrad lr_scheduler",
    "tinyconv.optim.lr_scheduler": "StepLR MultiStepLR ExponentialLR CosineAnnealingLR OneCycleLR",
    "tinyconv.data": "Dataset TensorDataset Subset random_split DataLoader MNIST mnist default_collate",
}

METHODS = """
    backward detach clone numpy item tolist to cpu cuda float double half int long bool type requires_grad_
    register_hook retain_grad reshape view flatten unflatten permute transpose t squeeze unsqueeze expand flip split
    chunk contiguous
    sum mean max min amax amin argmax argmin var std prod logsumexp norm all any
    exp log log1p sqrt rsqrt sin cos tanh sigmoid relu softmax log_softmax abs sign pow clamp
    add_ sub_ mul_ div_ copy_ fill_ zero_ numel dim size
    add sub mul div matmul neg eq ne lt le gt ge maximum minimum masked_fill view_as reshape_as expand_as
"""


def resolve(path: str) -> Any:
    found: Any = tc
    for part in path.split(".")[1:]:
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("path", NAMES)
def test_names_exist(path: str) -> None:
    place = resolve(path)
    assert [name for name in NAMES[path].split() if not hasattr(place, name)] == []


def test_tensor_has_its_methods_and_properties() -> None:
    assert [name for name in METHODS.split() if not callable(getattr(tc.Tensor, name, None))] == []
    x = tc.zeros(2, 3)
    for name in ("data", "shape", "dtype", "device", "ndim", "T", "mT", "is_leaf", "grad", "requires_grad", "grad_fn"):
        getattr(x, name)


def test_dtypes_are_numpys_under_pytorchs_names() -> None:
    assert tc.float is tc.float32
    assert tc.long is tc.int64
    assert tc.zeros(1, dtype=tc.half).dtype == np.float16
    assert tc.zeros(1, dtype=tc.int).dtype == np.int32
    assert tc.tensor([True]).dtype == tc.bool


def test_pytorchs_code_runs_under_its_own_names() -> None:
    program = (
        "import tinyconv as torch\n"
        "import tinyconv.nn as nn\n"
        "import tinyconv.nn.functional as F\n"
        "import tinyconv.optim as optim\n"
        "from tinyconv.nn import Conv2d\n"
        "from tinyconv.optim.lr_scheduler import StepLR\n"
        "from tinyconv.data import DataLoader\n"
        "torch.manual_seed(0)\n"
        "net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))\n"
        "optimizer = optim.SGD(net.parameters(), lr=0.1)\n"
        "loss = F.cross_entropy(net(torch.randn(3, 1, 4, 4)), torch.tensor([0, 1, 0]))\n"
        "loss.backward()\n"
        "optimizer.step()\n"
    )
    exec(program, {})


def test_importing_loads_nothing_optional() -> None:
    """Neither slow nor optional packages come with ``import tinyconv``."""
    optional = {"cupy", "torch", "matplotlib", "tqdm", "safetensors", "pytest", "scipy", "PIL", "tests"}
    program = "import sys, tinyconv; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert optional.isdisjoint(done.stdout.split())
    assert "numpy" in done.stdout.split()


def test_importing_loads_no_room_before_it_is_asked_for() -> None:
    """Rooms come at their first name, and with them what they need of the web and of files; dir() has them before."""
    later = ["tinyconv.nn", "tinyconv.optim", "tinyconv.data", "tinyconv.serialization", "tinyconv.errors.texts"]
    slow = ["http.client", "urllib.request", "ssl", "zipfile", "logging", "concurrent.futures", "json", "numpy.random"]
    program = f"""
import sys, numpy
before = set(sys.modules)  # NumPy 1.26 brings some of them along
import tinyconv as tc
print(*sorted((set(sys.modules) - before) & set({later + slow})))
print(*{{"nn", "optim", "data", "save", "load", "testing", "Tensor"}} - set(dir(tc)))
print(tc.nn.Linear.__name__, tc.optim.SGD.__name__, tc.save.__name__, tc.save is tc.save)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "", "Linear SGD save True"]


# ---------------------------------------------------------------------- documentation


def package_modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(tc.__path__, "tinyconv.")
    return [tc, *(importlib.import_module(info.name) for info in found)]


MODULES = package_modules()
# operations are shown by the functions and methods that users call
FACES = [module for module in MODULES if not module.__name__.startswith(("tinyconv.ops.", "tinyconv.autograd."))]


def public_members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions and classes that a module defines itself and does not call private."""
    for name, member in vars(module).items():
        own = getattr(member, "__module__", None) == module.__name__
        if own and not name.startswith("_") and (inspect.isclass(member) or inspect.isfunction(member)):
            yield name, member


def public_methods(cls: type) -> Iterator[tuple[str, Any]]:
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if inspect.isfunction(function) and function.__name__ != "<lambda>" and not name.startswith("_"):
            yield name, member


def test_the_walk_finds_the_package() -> None:
    assert {"tinyconv.nn.conv", "tinyconv.kernels.conv", "tinyconv.data.mnist"} <= {m.__name__ for m in MODULES}
    assert sum(len(list(public_members(module))) for module in MODULES) > 300
    assert "conv2d" in dict(public_members(sys.modules["tinyconv.ops.conv"]))
    assert {"parameters", "state_dict"} <= dict(public_methods(tc.nn.Module)).keys()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_everything_public_has_a_docstring(module: ModuleType) -> None:
    bare = [] if module.__doc__ or not list(public_members(module)) else [module.__name__]
    for name, member in public_members(module):
        if not member.__doc__:
            bare.append(name)
        if inspect.isclass(member):
            # inspect.getdoc also finds what an overridden method says in its base class; an operation's class says
            # what its gradients are
            methods = [m for m, _ in public_methods(member) if not m.startswith(("grad_", "vjp"))]
            bare += [f"{name}.{m}" for m in methods if not inspect.getdoc(getattr(member, m))]
    assert bare == []


def shows(member: Any) -> bool:
    """Is there an example in the docstring of a function, or of a class or one of its methods?"""
    parts = [member, *(vars(member).values() if inspect.isclass(member) else ())]
    return any(">>> " in (getattr(part, "__doc__", None) or "") for part in parts)


@pytest.mark.parametrize("module", FACES, ids=lambda module: module.__name__)
def test_every_module_shows_how_it_is_called(module: ModuleType) -> None:
    """One example a room at least: more stand where they show something."""
    members = [member for _, member in public_members(module)]
    assert not members or shows(module) or any(map(shows, members))


RANKED = [name for name in NAMES["tinyconv.nn"].split() + NAMES["tinyconv.nn.functional"].split() if name[-2:] == "2d"]


@pytest.mark.parametrize("name", [name for name in RANKED if not name.startswith("Lazy")])
def test_every_rank_of_a_family_has_the_familys_text(name: str) -> None:
    """Its own first line, and then the same parameters, notes and examples, filled in for the number of axes."""
    place = tc.nn if hasattr(tc.nn, name) else tc.nn.functional
    ranks = [getattr(place, name[:-2] + rank, None) for rank in ("1d", "2d", "3d")]
    for member in ranks:
        assert member is None or (shows(member) and "{" not in member.__doc__.replace("{'zeros', ", ""))


def test_dunder_all_names_what_exists() -> None:
    for module in MODULES:
        names = getattr(module, "__all__", [])
        assert [name for name in names if not hasattr(module, name)] == [], module.__name__
        assert len(set(names)) == len(names), module.__name__


def test_what_help_and_an_editor_show_is_what_one_calls() -> None:
    """Functions that are made, of one variable or of a number of axes, show their own signatures."""
    for name in ("exp", "sigmoid", "neg", "erf"):
        assert str(inspect.signature(getattr(tc, name))).startswith("(input")
    for name in ("conv2d", "max_pool1d", "conv_transpose3d"):
        made = getattr(tc.nn.functional, name)
        assert made.__name__ == name
        assert next(iter(inspect.signature(made).parameters)) == "input"
        assert "{ndim}" not in made.__doc__
        assert "{axes}" not in made.__doc__
        assert f"def {name}" in inspect.getsource(sys.modules[made.__module__])  # what one searches for
