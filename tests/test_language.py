"""Errors in two languages: the same numbers, the same code, PyTorch's types, and a fix that works in both."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinyconv as tc
from tinyconv import nn
from tinyconv.errors import phrase
from tinyconv.language import LANGUAGES, get_language, set_language, use_language

F = nn.functional
HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def message(error: type[Exception], call: Callable[[], Any], tongue: str) -> str:
    with use_language(tongue), pytest.raises(error) as caught:
        call()
    assert caught.type is error
    return str(caught.value)


def numbers(text: str) -> list[str]:
    """Every number of a text, sorted: word order may differ between languages."""
    return sorted(re.findall(r"\d+", text))


def value_of(name: str, text: str) -> Any:
    """Read the last ``name=value`` of an error, where the value is a number, a tuple or a list."""
    found = re.findall(rf"{name}=([(\[][^()]*[)\]]|\d+)", text)
    assert found, f"no {name} in {text}"
    return ast.literal_eval(found[-1])


def ones(*shape: int) -> tc.Tensor:
    return tc.ones(*shape)


# --- every error that proposes something: how to make it, and what to do with the proposal ------------

image = ones(1, 3, 6, 7)
last_image, many_channels = ones(2, 6, 7, 3), ones(1, 5, 6, 7)
pooled, places = F.max_pool2d(ones(1, 1, 6, 6), 2, return_indices=True)


def run_padding(text: str) -> None:
    conv = nn.Conv2d(3, 2, 9, padding=value_of("padding", text), dilation=1)
    assert min(conv(image).shape) > 0


def run_entries(text: str) -> None:
    wanted = int(re.findall(r"\d+", text)[-1])
    assert nn.Conv2d(3, 2, (3,) * wanted)(image).ndim == nn.Conv2d(3, 2, 3)(image).ndim == 4


def run_ints(text: str) -> None:
    run_entries(text.removesuffix("2.5"))


def run_pairs(text: str) -> None:
    count = int(re.findall(r"\d+", text)[-1])
    assert nn.Conv2d(3, 2, 3, padding=((1, 1),) * count)(image).shape == (1, 2, 6, 7)


def run_minimum(text: str) -> None:
    assert nn.Conv2d(3, 2, 3, stride=int(re.findall(r"\d+", text)[-1]))(image).shape == (1, 2, 4, 5)


def run_words(text: str) -> None:
    words = re.findall(r"'(\w+)'", text)
    assert words == ["full", "same", "valid"]
    for word in words[1:]:
        assert min(nn.Conv2d(3, 2, 3, padding=word)(image).shape) > 0


def run_same(text: str) -> None:
    assert min(nn.Conv2d(3, 2, (3, 5), stride=2, padding=value_of("padding", text))(image).shape) > 0
    assert value_of("stride", text) == 1
    assert nn.Conv2d(3, 2, (3, 5), stride=1, padding="same")(image).shape[2:] == (6, 7)


def run_output_size(text: str) -> None:
    wanted, *limits = map(ast.literal_eval, re.findall(r"\(\d+, \d+\)", text)[-3:])
    assert wanted == (99, 99)
    for size in limits:
        assert nn.ConvTranspose2d(3, 1, 3, stride=2)(image, output_size=size).shape[2:] == size


def run_output_padding(text: str) -> None:
    up = nn.ConvTranspose2d(3, 1, 3, stride=2, output_padding=value_of("output_padding", text))
    assert up(image).shape == (1, 1, 14, 16)


def run_transposed_padding(text: str) -> None:
    assert min(nn.ConvTranspose2d(3, 1, 3, padding=value_of("padding", text))(ones(1, 3, 1, 2)).shape) > 0


def run_larger_input(text: str) -> None:
    with pytest.raises(RuntimeError):
        F.conv_transpose2d(ones(1, 1, 0, 0), ones(1, 1, 1, 1))
    assert F.conv_transpose2d(ones(1, 1, 1, 1), ones(1, 1, 1, 1)).shape == (1, 1, 1, 1)


def run_one_rule(text: str) -> None:
    for rule in re.findall(r"ceil_mode|cover_all", text):
        assert F.max_pool2d(image, 2, **{rule: True}).shape == (1, 3, 3, 4)


def run_pool_padding(text: str) -> None:
    assert min(F.max_pool2d(image, 3, padding=value_of("padding", text)).shape) > 0


def run_pool_kernel(text: str) -> None:
    kernel = ast.literal_eval(re.findall(r"\(\d[\d, ]*\)", text)[-1])
    assert F.max_pool2d(image, kernel).shape == (1, 3, 1, 1)


def run_float(text: str) -> None:
    assert re.findall(r"x\.\w+\(\)", text)[-1] == "x.float()"
    assert nn.Conv2d(3, 2, 3)(image.int().float()).shape == (1, 2, 4, 5)


def run_unsqueeze(text: str) -> None:
    assert "unsqueeze" in text
    assert nn.Conv2d(6, 2, 3, padding=1)(ones(6, 7).unsqueeze(1).unsqueeze(0)).shape == (1, 2, 1, 7)


def run_in_channels(text: str) -> None:
    assert nn.Conv2d(value_of("in_channels", text), 2, 3)(many_channels).shape == (1, 2, 4, 5)


def run_permute(text: str) -> None:
    single, batch = (ast.literal_eval(f"({order})") for order in re.findall(r"x\.permute\(([\d, ]+)\)", text))
    conv = nn.Conv2d(3, 2, 3)
    assert conv(last_image.permute(*batch)).shape == (2, 2, 4, 5)
    assert conv(last_image[0].permute(*single)).shape == (2, 4, 5)


def run_groups(text: str) -> None:
    for groups in ast.literal_eval(re.findall(r"\[.*?\]", text)[-1]):
        assert nn.Conv2d(6, 4, 3, groups=groups)(ones(1, 6, 5, 5)).shape == (1, 4, 3, 3)


def run_bias(text: str) -> None:
    size = int(re.findall(r"\d+", text.split("[2, 3, 3, 3]")[1].replace("1-", "").replace(" 1 ", " "))[0])
    assert F.conv2d(image, ones(2, 3, 3, 3), ones(size)).shape == (1, 2, 4, 5)


def run_tensor(text: str) -> None:
    assert "tensor(weight)" in text
    assert F.conv2d(image, tc.tensor(np.ones((2, 3, 3, 3), np.float32))).shape == (1, 2, 4, 5)


def run_weight_dims(text: str) -> None:
    dims = int(re.findall(r"\d+", text.removeprefix("conv2d"))[0])
    assert F.conv2d(image, ones(*(2, 3, 3, 3)[:dims])).shape == (1, 2, 4, 5)


def run_fill(text: str) -> None:
    most = ast.literal_eval(re.findall(r"\(\d+, \d+\)", text)[-1])
    assert min(nn.Conv2d(3, 2, 3, padding=most, padding_mode="reflect")(image).shape) > 0
    assert value_of_word("padding_mode", text) == "zeros"
    assert min(nn.Conv2d(3, 2, 3, padding=9, padding_mode="zeros")(image).shape) > 0


def value_of_word(name: str, text: str) -> str:
    return re.findall(rf"{name}='(\w+)'", text)[-1]


def run_modes(text: str) -> None:
    words = re.findall(r"'(\w+)'", text)
    for mode in words[1:]:
        assert F.conv2d(image, ones(1, 3, 3, 3), padding=1, padding_mode=mode).shape == (1, 1, 6, 7)


def run_unfold(text: str) -> None:
    assert F.unfold(ones(4, 4).unsqueeze(0).unsqueeze(0), 2).shape == (1, 4, 9)


def run_fold_size(text: str) -> None:
    size = ast.literal_eval(re.findall(r"\(\d+, \d+\)", text)[-1])
    assert F.fold(ones(1, 4, 4), size, 2).shape == (1, 1, 3, 3)


def run_fold_input(text: str) -> None:
    taps, count = map(int, re.search(r"\(N, C\*(\d+), (\d+)\)", text).groups())
    assert F.fold(ones(1, taps, count), (3, 3), 2).shape == (1, 1, 3, 3)


def run_indices(text: str) -> None:
    assert "return_indices=True" in text
    y, indices = F.max_pool2d(ones(1, 1, 6, 6), 2, return_indices=True)
    assert F.max_unpool2d(y, indices, 2).shape == (1, 1, 6, 6)


def run_unpool_size(text: str) -> None:
    assert "(2, 2)" in text
    default = ast.literal_eval(re.search(r"kernel_size = (\(.*?\))", text).group(1))
    for size in (default, tuple(n + 1 for n in default)):  # 1 is less than the stride of 2
        assert F.max_unpool2d(pooled, places, 2, output_size=size).shape[2:] == size


def run_one_size(text: str) -> None:
    assert F.interpolate(image, size=(6, 7)).shape == F.interpolate(image, scale_factor=1).shape == image.shape


def run_positive(text: str) -> None:
    assert F.interpolate(image, scale_factor=2).shape == F.interpolate(image, scale_factor=(2, 2)).shape


def run_linear(text: str) -> None:
    layers = re.findall(r"Linear\((\w+), (\d+)\)", text)
    assert len(layers) == 2
    for n_in, n_out in layers:
        assert nn.Linear(ast.literal_eval(n_in), int(n_out))(ones(2, 5)).shape == (2, 4)


def run_label(text: str) -> None:
    least, most = ast.literal_eval(re.search(r"\[\d+, \d+\]", text).group())
    ignored = int(re.search(r"ignore_index=(-?\d+)", text).group(1))
    assert F.cross_entropy(ones(3, 3), tc.tensor([least, most, ignored])).item() > 0


def run_classes(text: str) -> None:
    assert F.one_hot(tc.tensor([1, 3]), value_of("num_classes", text)).shape == (2, 4)


def run_eval(text: str) -> None:
    assert "eval()" in text
    assert nn.BatchNorm1d(3).eval()(ones(1, 3)).shape == (1, 3)


def run_logits(text: str) -> None:
    function = re.search(r"binary_cross_entropy_\w+", text).group()
    assert getattr(F, function)(ones(2) * 2, ones(2)).item() > 0


def run_dim(text: str) -> None:
    assert F.softmax(ones(2, 3), dim=value_of("dim", text)).shape == (2, 3)


def run_broadcast(text: str) -> None:
    assert {"reshape", "unsqueeze"} <= set(re.findall(r"\w+", text, re.ASCII))
    assert (ones(2).unsqueeze(1) + ones(3)).shape == (ones(2).reshape(2, 1) + ones(3)).shape == (2, 3)


def run_power(text: str) -> None:
    power = int(re.search(r"x\.float\(\) \*\* (-\d+)", text).group(1))
    assert (tc.tensor([2]).float() ** power).item() == 0.5


def run_sizes(text: str) -> None:
    assert "-1" in text
    assert ones(6).reshape(-1, 2).shape == (3, 2)


def run_stack(text: str) -> None:
    assert "stack" in text
    assert tc.stack([ones(), ones()]).shape == (2,)


CASES: list[tuple[str, type[Exception], Callable[[], Any], Callable[[str], None]]] = [
    ("kernel", RuntimeError, lambda: nn.Conv2d(3, 2, 9)(image), run_padding),
    ("entries", ValueError, lambda: nn.Conv2d(3, 2, (3, 3, 3)), run_entries),
    ("int", TypeError, lambda: nn.Conv2d(3, 2, 2.5), run_ints),
    ("minimum", ValueError, lambda: nn.Conv2d(3, 2, 3, stride=0), run_minimum),
    ("word", ValueError, lambda: nn.Conv2d(3, 2, 3, padding="full"), run_words),
    ("pairs", ValueError, lambda: nn.Conv2d(3, 2, 3, padding=((1, 1),) * 3), run_pairs),
    ("same", ValueError, lambda: nn.Conv2d(3, 2, (3, 5), stride=2, padding="same"), run_same),
    (
        "output size", ValueError,
        lambda: nn.ConvTranspose2d(3, 1, 3, stride=2)(image, output_size=(99, 99)), run_output_size,
    ),
    (
        "output padding", RuntimeError,
        lambda: nn.ConvTranspose2d(3, 1, 3, stride=2, output_padding=3)(image), run_output_padding,
    ),
    (
        "transposed", RuntimeError,
        lambda: nn.ConvTranspose2d(3, 1, 3, padding=3)(ones(1, 3, 1, 2)), run_transposed_padding,
    ),
    ("empty", RuntimeError, lambda: F.conv_transpose2d(ones(1, 1, 0, 0), ones(1, 1, 1, 1)), run_larger_input),
    ("two rules", ValueError, lambda: F.max_pool2d(image, 2, ceil_mode=True, cover_all=True), run_one_rule),
    ("pool padding", RuntimeError, lambda: F.max_pool2d(image, 3, padding=2), run_pool_padding),
    ("pool kernel", RuntimeError, lambda: F.max_pool2d(image, 8), run_pool_kernel),
    ("float", RuntimeError, lambda: nn.Conv2d(3, 2, 3)(image.int()), run_float),
    ("batch", RuntimeError, lambda: nn.Conv2d(3, 2, 3)(ones(6, 7)), run_unsqueeze),
    ("channels", RuntimeError, lambda: nn.Conv2d(3, 2, 3)(many_channels), run_in_channels),
    ("channels last", RuntimeError, lambda: nn.Conv2d(3, 2, 3)(last_image), run_permute),
    ("groups", ValueError, lambda: nn.Conv2d(6, 4, 3, groups=3), run_groups),
    ("bias", RuntimeError, lambda: F.conv2d(image, ones(2, 3, 3, 3), ones(4)), run_bias),
    ("weight", TypeError, lambda: F.conv2d(image, np.ones((2, 3, 3, 3))), run_tensor),
    ("weight dims", RuntimeError, lambda: F.conv2d(image, ones(3, 3, 3)), run_weight_dims),
    ("fill", RuntimeError, lambda: nn.Conv2d(3, 2, 3, padding=9, padding_mode="reflect")(image), run_fill),
    ("mode", ValueError, lambda: F.conv2d(image, ones(1, 3, 3, 3), padding_mode="mirror"), run_modes),
    ("unfold", RuntimeError, lambda: F.unfold(ones(4, 4), 2), run_unfold),
    ("fold size", TypeError, lambda: F.fold(ones(1, 4, 4), 3, 2), run_fold_size),
    ("fold input", RuntimeError, lambda: F.fold(ones(1, 4, 5), (3, 3), 2), run_fold_input),
    ("indices", RuntimeError, lambda: F.max_unpool2d(pooled, places[:, :, :2], 2), run_indices),
    ("unpool size", ValueError, lambda: F.max_unpool2d(pooled, places, 2, output_size=(9, 9)), run_unpool_size),
    ("size or factor", ValueError, lambda: F.interpolate(image), run_one_size),
    ("resize 1 axis", ValueError, lambda: F.interpolate(ones(4, 4), size=2), run_unfold),
    ("resize to 0", RuntimeError, lambda: F.interpolate(image, scale_factor=0.01), run_positive),
    ("linear", RuntimeError, lambda: nn.Linear(3, 4)(ones(2, 5)), run_linear),
    ("label", IndexError, lambda: F.cross_entropy(ones(2, 3), tc.tensor([1, 3])), run_label),
    ("classes", RuntimeError, lambda: F.one_hot(tc.tensor([1, 3]), 3), run_classes),
    ("one value", ValueError, lambda: nn.BatchNorm1d(3)(ones(1, 3)), run_eval),
    ("probabilities", RuntimeError, lambda: F.binary_cross_entropy(ones(2) * 2, ones(2)), run_logits),
    ("softmax", TypeError, lambda: F.softmax(ones(2, 3)), run_dim),
    ("broadcast", RuntimeError, lambda: ones(2) + ones(3), run_broadcast),
    ("power", RuntimeError, lambda: tc.tensor([2]) ** -1, run_power),
    ("sizes", RuntimeError, lambda: ones(6).reshape(4, 2), run_sizes),
    ("0-d", RuntimeError, lambda: tc.cat([ones(), ones()]), run_stack),
    ("unpool index", RuntimeError, lambda: F.max_unpool2d(pooled, places + 99, 2), run_indices),
]  # fmt: skip


@pytest.mark.parametrize(("error", "call", "fix"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_both_languages_show_the_same_numbers_and_a_fix_that_works(error: type, call: Callable, fix: Callable) -> None:
    english, chinese = message(error, call, "en"), message(error, call, "zh")
    assert not HAN.search(english)
    assert len(HAN.findall(chinese)) >= 4
    assert numbers(chinese) == numbers(english)
    layer = re.match(r"[^:]*", english)[0]
    assert chinese.startswith(f"{layer}: ")
    for text in (english, chinese):
        fix(text)


@given(
    i=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    k=st.integers(1, 9),
    d=st.integers(1, 3),
    p=st.integers(0, 3),
    tongue=st.sampled_from(LANGUAGES),
)
def test_the_pooling_kernel_proposed_always_does(i: tuple, k: int, d: int, p: int, tongue: str) -> None:
    assume(2 * p <= d * (k - 1) + 1 and any(n + 2 * p < d * (k - 1) + 1 for n in i))
    x = ones(1, 1, *i)
    text = message(RuntimeError, lambda: F.max_pool2d(x, k, 1, p, d), tongue)
    proposal = re.search(r"(?:at most|\u6700\u591a) (\(\d+, \d+\))", text)
    assume(proposal is not None)
    assert min(F.max_pool2d(x, ast.literal_eval(proposal.group(1)), 1, p, d).shape) > 0


# --- the switch ---------------------------------------------------------------------------------------


def wrong() -> str:
    return message_now(lambda: nn.Conv2d(6, 4, 3, groups=3))


def message_now(call: Callable[[], Any]) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is what is under test
        call()
    return str(caught.value)


def test_set_language_and_back() -> None:
    assert get_language() == "en"
    english = wrong()
    set_language("zh")
    assert get_language() == "zh"
    assert HAN.search(wrong())
    set_language("en")
    assert wrong() == english


def test_set_language_reaches_other_threads_and_use_language_does_not() -> None:
    seen: list[str] = []

    def look() -> None:
        thread = threading.Thread(target=lambda: seen.append(get_language()))
        thread.start()
        thread.join()

    with use_language("zh"):
        look()
        assert get_language() == "zh"
    set_language("zh")
    look()
    with use_language("en"):
        assert get_language() == "en"
        look()
    assert seen == ["en", "zh", "zh"]


def test_use_language_nests_and_survives_errors() -> None:
    with use_language("zh"):
        with use_language("en"):
            assert get_language() == "en"
        with pytest.raises(KeyError), use_language("en"):
            raise KeyError
        assert get_language() == "zh"
    assert get_language() == "en"


def test_threads_that_switch_at_once_do_not_disturb_each_other() -> None:
    mixed: list[str] = []

    def speak(tongue: str) -> None:
        for _ in range(200):
            with use_language(tongue):
                text = phrase("window.larger_input")
                if bool(HAN.search(text)) != (tongue == "zh"):
                    mixed.append(text)

    threads = [threading.Thread(target=speak, args=(tongue,)) for tongue in LANGUAGES * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not mixed


def test_an_unknown_language_is_refused_in_both() -> None:
    text = message_now(lambda: set_language("fr"))
    assert "'fr'" in text
    assert "('en', 'zh')" in text
    assert HAN.search(text)
    assert get_language() == "en"
