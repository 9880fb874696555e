"""A refusal and its way out: who heads the text, in which language, and what the exception carries."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import tinyconv as tc
from tinyconv import nn
from tinyconv.errors import locate, phrase, refusal
from tinyconv.errors.texts import TEXTS
from tinyconv.language import use_language

F = nn.functional


class Bottom(nn.Module):
    """A layer, as if of tinyconv's own, that refuses whatever it gets."""

    __module__ = "tinyconv.nn.bottom"

    def __init__(self, label: str = ""):
        super().__init__()
        self.label = label

    def forward(self, x: Any) -> Any:
        raise refusal("arange.zero_step", "bottom")

    def extra_repr(self) -> str:
        return self.label


class Wrapped(nn.Module):
    """A module with a layer of any name."""

    def __init__(self, **layers: nn.Module):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Any) -> Any:
        for layer in self._modules.values():
            x = layer(x)
        return x


def caught(call: Callable[..., Any], *args: Any) -> Exception:
    with pytest.raises(Exception) as info:  # noqa: PT011 - which one, the caller looks at
        call(*args)
    return info.value


# --- outside modules ----------------------------------------------------------------------------------


def test_the_function_heads_the_text() -> None:
    error = refusal("randint.range", "randint", low=3, high=2)
    assert type(error) is RuntimeError
    assert str(error) == "randint: expects low < high, but got low=3 and high=2"
    assert (error.refusal.name, error.refusal.values) == ("randint.range", {"low": 3, "high": 2})
    assert str(error) == str(error.refusal) == str(caught(tc.randint, 3, 2, (1,)))


def test_without_a_function_the_text_stands_alone() -> None:
    assert str(refusal("sizes.negative", sizes=[-1])) == str(caught(tc.zeros, -1))
    assert str(caught(tc.zeros, -1)) == "Trying to create tensor with negative dimension: [-1]"


def test_values_are_read_by_attribute_and_braces_in_them_are_no_fields() -> None:
    error = refusal("save.key", "{file}", place="obj['{x}']", key=b"{y}")
    assert str(error).startswith("{file}: obj['{x}'] has the key b'{y}' of type bytes.")


def test_a_missing_value_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError, match="low"):
        refusal("randint.range", "randint")
    with pytest.raises(KeyError, match="no text of this name"):
        refusal("no text of this name")


# --- inside modules -----------------------------------------------------------------------------------


def test_a_layer_alone_is_named_by_what_it_is() -> None:
    assert str(caught(Bottom("size=3"), 0)) == "Bottom(size=3): step must be nonzero"


def test_a_layer_inside_others_is_named_by_its_path() -> None:
    net = Wrapped(features=nn.Sequential(nn.Identity(), Wrapped(last=Bottom("here"))))
    assert str(caught(net, 0)) == "Wrapped.features.1.last (Bottom(here)): step must be nonzero"


def test_a_layer_used_at_two_places_is_named_by_the_one_that_failed() -> None:
    shared = Bottom()
    first, second = Wrapped(a=nn.Identity(), b=shared), Wrapped(c=shared)
    both = Wrapped(first=first, second=second)
    assert str(caught(both.second, 0)).startswith("Wrapped.c (Bottom())")
    assert str(caught(both, 0)).startswith("Wrapped.first.b (Bottom())")
    both.first.b = nn.Identity()
    assert str(caught(both, 0)).startswith("Wrapped.second.c (Bottom())")


def test_a_layer_that_is_no_child_is_named_by_its_class() -> None:
    class Net(nn.Module):
        def forward(self, x: Any) -> Any:
            return Bottom("local")(x)

    assert str(caught(Net(), 0)) == "Net.Bottom (Bottom(local)): step must be nonzero"


class Users(nn.Module):
    """A module of the user's, which calls functions."""

    def forward(self, x: Any) -> Any:
        return tc.arange(0, 3, x)


def test_a_module_of_the_user_stands_in_front_of_the_function() -> None:
    class Said(Users):
        def extra_repr(self) -> str:
            return "size=3"

    assert str(caught(Users(), 0)) == "Users: arange: step must be nonzero"
    assert str(caught(Said(), 0)) == "Said(size=3): arange: step must be nonzero"
    assert str(caught(nn.Sequential(Users()), 0)) == "Sequential.0 (Users): arange: step must be nonzero"
    assert str(caught(Wrapped(conv=nn.Conv2d(3, 4, 3)), tc.ones(1, 2, 5, 5))).startswith("Wrapped.conv (Conv2d(3, 4")


def test_a_module_of_the_user_heads_a_text_without_function() -> None:
    class Lengths(nn.Module):
        def forward(self, x: Any) -> Any:
            return len(x)

    assert str(caught(Lengths(), tc.tensor(1))) == "Lengths: len() of a 0-d tensor"


def test_forward_called_by_hand_passes_no_door() -> None:
    assert str(caught(Bottom().forward, 0)) == "bottom: step must be nonzero"


def test_a_refusal_caught_and_raised_again_keeps_its_layer() -> None:
    seen: list[str] = []

    class Again(Wrapped):
        def forward(self, x: Any) -> Any:
            try:
                return self.inner(x)
            except RuntimeError as error:
                seen.append(str(error))
                raise

    class Later(Wrapped):
        def forward(self, x: Any) -> Any:
            kept = caught(self.inner, x)
            raise kept

    for kind in (Again, Later):
        assert str(caught(Wrapped(net=kind(inner=Bottom())), 0)).startswith("Wrapped.net.inner (Bottom()): step")
    assert seen == ["Bottom(): step must be nonzero"]


def test_a_refusal_caught_inside_leaves_no_trace_on_the_next() -> None:
    class Careful(Wrapped):
        def forward(self, x: Any) -> Any:
            caught(self.inner, x)
            raise refusal("arange.zero_step", "careful")

    assert str(caught(Careful(inner=Bottom()), 0)) == "Careful: careful: step must be nonzero"


def test_other_exceptions_are_left_as_they_are() -> None:
    class Broken(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ZeroDivisionError("mine", 3)

    error = caught(Wrapped(inner=Broken()), 0)
    assert (type(error), error.args) == (ZeroDivisionError, ("mine", 3))
    locate(error, nn.Identity())
    assert not hasattr(error, "refusal")


def test_an_exception_made_from_a_refusal_is_not_one() -> None:
    class Translated(Wrapped):
        def forward(self, x: Any) -> Any:
            try:
                return self.inner(x)
            except RuntimeError as error:
                raise ValueError("mine") from error

    error = caught(Translated(inner=Bottom()), 0)
    assert (type(error), str(error)) == (ValueError, "mine")
    assert str(error.__cause__) == "Bottom(): step must be nonzero"


def test_a_missing_attribute_is_still_none_to_hasattr() -> None:
    assert not hasattr(Bottom(), "nothing")
    assert getattr(Bottom(), "nothing", 3) == 3
    assert str(caught(lambda: Bottom().nothing)) == "'Bottom' object has no attribute 'nothing'"


# --- the exception itself -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", dict.fromkeys(text.kind for text in TEXTS.values()), ids=lambda kind: kind.__name__)
def test_every_type_shows_its_text_and_can_be_pickled(kind: type[Exception], monkeypatch: Any) -> None:
    name, text = next((name, text) for name, text in TEXTS.items() if text.kind is kind)
    monkeypatch.setitem(TEXTS, name, text._replace(en="words {value}"))
    error = refusal(name, "function", value=lambda: 0)  # a value that does not pickle
    assert type(error) is kind
    assert str(error).strip("'\"").startswith("function: words <function")
    for twin in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (type(twin), str(twin), twin.args) == (kind, str(error), error.args)
        assert (twin.refusal.name, str(twin.refusal)) == (name, str(error.refusal))


def test_a_located_refusal_keeps_its_layer_in_a_pickle() -> None:
    class Unpicklable(Bottom):
        def __reduce__(self) -> Any:
            raise AssertionError("a module went along")

    error = caught(Wrapped(inner=Unpicklable()), 0)
    twin = pickle.loads(pickle.dumps(error))
    assert str(twin) == str(twin.refusal) == str(error)
    assert twin.refusal.values == {}


# --- languages ----------------------------------------------------------------------------------------


def test_the_language_is_the_one_in_which_it_was_raised() -> None:
    with use_language("zh"):
        error = caught(Wrapped(inner=Bottom()), 0)
        assert phrase("norm.or") == " 或 "
    assert str(error) == "Wrapped.inner (Bottom()): step 不能是零"
    locate(error, nn.Identity())
    assert str(error).endswith(": step 不能是零")
    assert phrase("norm.or") == " or "
    assert str(caught(Bottom(), 0)) == "Bottom(): step must be nonzero"


def test_why_there_is_no_gpu_is_told_in_the_language_of_the_moment(monkeypatch: Any) -> None:
    monkeypatch.setattr(tc.backend, "_find_cupy", lambda: (None, lambda: phrase("device.no_cupy")))
    monkeypatch.setattr(tc.backend, "_by_name", {})
    english = caught(tc.Device, "cuda")
    with use_language("zh"):
        chinese = caught(tc.Device, "cuda")
    assert (type(english), type(chinese)) == (RuntimeError, RuntimeError)
    assert str(english) == (
        "Device 'cuda' cannot be used: CuPy is not installed. Install it with: pip install \".[cupy]\". "
        "Use Device('cpu') instead."
    )
    assert str(chinese).startswith("不能使用 Device 'cuda'：没有安装 CuPy。安装方法：pip install \".[cupy]\"")


def test_a_file_that_cannot_be_read_is_told_in_chinese_too(tmp_path: Any) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"PK nothing")
    with use_language("zh"):
        error = caught(tc.load, path)
    assert type(error) is ValueError
    assert str(error).startswith(f"{path}: 不是 .npz 文件，或者文件已损坏（")
