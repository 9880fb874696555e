"""What the examples say in Chinese: every sentence has its Chinese, with the same values, and runs leave no English."""

from __future__ import annotations

import ast
import importlib
import os
import re
import string
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import tinyconv as tc
from tests.examples.words import EXAMPLES, HAN, SAID

TREES = {
    path.relative_to(EXAMPLES).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(EXAMPLES.rglob("*.py"))
    if path.name != "chinese.py"
}


def said(tree: ast.AST) -> Iterator[str]:
    """The sentences that a script says: arguments of `say` and `lacks`, and those first kept in `text`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("say", "lacks"):
            position = 1 if ast.unparse(node.func).endswith("lacks") else 0
            for part in ast.walk(node.args[position]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "text":
            yield ast.literal_eval(node.value)


def fields(text: str) -> set[tuple[str, str]]:
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name is not None}


def test_every_sentence_has_its_chinese() -> None:
    found = [(name, text) for name, tree in TREES.items() for text in said(tree)]
    assert len(found) > 150
    assert not [f"{name}: {text}" for name, text in found if text not in SAID and not HAN.search(text)]


def test_no_chinese_is_left_over() -> None:
    constants = {
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not SAID.keys() - constants


@pytest.mark.parametrize("english", SAID)
def test_it_says_the_same_values(english: str) -> None:
    chinese = SAID[english]
    assert HAN.search(chinese)
    width = {("name", "10")} if "{name:10}" in english else set()  # Chinese characters are as wide as two letters
    hidden = {("split", ""), ("kind", "")} if "lacks MNIST" in english else set()  # the files' names say both
    assert {name for name, _ in fields(chinese)} == {name for name, _ in fields(english) - hidden}
    assert fields(chinese) - {("name", "")} == fields(english) - hidden - width - {("name", "")}


def test_no_print_and_no_exit_speaks_english_alone() -> None:
    """Beside values, they print what `say` gives."""
    speaks = re.compile(r"[A-Za-z]{2,}")
    wrong = []
    for name, tree in TREES.items():
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            function = ast.unparse(call.func)
            if function.rpartition(".")[2] not in (
                "print",
                "exit",
                "error",
                "ArgumentTypeError",
                "suptitle",
                "set_title",
            ):
                continue
            for text in own_words(call):
                if speaks.search(text) and not re.match(r"argument |--|conv1:", text):  # code, and what argparse heads
                    wrong.append(f"{name}:{call.lineno}: {text}")
    assert not wrong


def own_words(call: ast.Call) -> Iterator[str]:
    """The literal words of a call's arguments that no other call has in its hands."""
    waiting: list[ast.AST] = [*call.args, *(k.value for k in call.keywords if k.arg in ("title", "label", "xlabel"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Call):
            waiting += ast.iter_child_nodes(node)


QUICK = {
    "train_mnist": ["--limit", "100", "--epochs", "1", "--threads", "1"],
    "denoise": ["--limit", "60", "--epochs", "1", "--threads", "1"],
    "time_series": ["--limit", "60", "--epochs", "1", "--threads", "1"],
    "moving_digits": ["--limit", "60", "--epochs", "1", "--threads", "1"],
    "resnet": ["--limit", "100", "--epochs", "1", "--threads", "1"],
    "saliency": ["--limit", "100", "--epochs", "1", "--threads", "1"],
    **{
        f"tutorials/{name}": []
        for name in (
            "why_convolution",
            "two_minutes",
            "cross_correlation",
            "kinds_of_convolution",
            "chainer_walkthrough",
        )
    },
}
CODE = re.compile(
    r"\S*[/\\.]\S*|\b(tensor|cpu|shape|stride|padding|dilation|conv[12]|image|features|dB|MB|ms|Sobel|SimpleCNN|ReLU"
    r"|Conv\w*|it/s|array|dtype|h|t|x|s|M)\b"
)


@pytest.mark.parametrize("script", QUICK)
def test_a_run_in_chinese_leaves_no_english(script: str, tmp_path: Path) -> None:
    """Nor does a plot ask for a character that its font lacks, which is a warning."""
    pytest.importorskip("matplotlib")
    font = pytest.importorskip("tinyconv.explain.fonts")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if font.chinese_font() is None:
            pytest.skip("no font with Chinese characters is installed")
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{script}.py"), "--lang", "zh", "--out", "out"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [*command, *QUICK[script]], capture_output=True, encoding="utf-8", timeout=240, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert HAN.search(done.stdout)
    for line in (done.stdout + done.stderr.replace("\r", "\n")).splitlines():
        assert not re.search("[A-Za-z]{2,}", CODE.sub("", line)), line


WRONG = [
    ("--epochs", "0", "参数 --epochs：'0' 不是不小于 1 的整数"),
    ("--seed", "-1", "不是不小于 0 的整数"),
    ("--lr", "nan", "'nan' 不是大于 0 的数"),
    ("--noise", "-1", "'-1' 不是不小于 0 的数"),
    ("--dropout", "1", "'1' 不是从 0 到 1（不含 1）的数"),
    ("--device", "gpu", "参数 --device："),
    ("--out", "", "名字是空的"),
    ("--out", __file__, "不能写入"),
    ("--epochs", None, "参数 --epochs：后面要有一个值"),
    ("--nothing", None, "不认识的参数：--nothing"),
    ("--data", "nowhere", "参数 --data："),
    ("--resume", None, "请先不加 --resume 运行"),
    ("--ranks", "x", "参数 --ranks：'x' 不是不小于 1 的整数"),
    ("--batch", "1", "4 个进程，一批至少要有同样多的样本"),
]
WHERE = {"--noise": "denoise", "--dropout": "train_mnist_mpi", "--ranks": "mpi_scaling", "--batch": "mpi_scaling"}


@pytest.mark.parametrize(("option", "value", "told"), WRONG)
def test_refusals_are_chinese(
    option: str, value: str | None, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES)
    script = WHERE.get(option, "train_mnist")
    if script.endswith("mpi"):
        pytest.importorskip("mpi4py")
    module = importlib.import_module(script)
    with tc.use_language("zh"), pytest.raises(SystemExit) as end:
        (module.parse_arguments if script.endswith("mpi") else module.main)(
            [option, value][: 2 if value is not None else 1]
        )
    line = str(end.value.code)
    assert told in line
    assert len(line.splitlines()) == 1
    known = r"\S*[/\\.]\S*|MNIST|':?\w+'|\(\w+\)|--\w+|cpu|cuda\S*|nowhere|train-images\S*"
    assert not re.search("[A-Za-z]{2,}", re.sub(known, "", line)), line


def test_an_earlier_run_is_kept_in_chinese(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    (tmp_path / "filters.png").write_bytes(b"earlier")
    with tc.use_language("zh"), pytest.raises(SystemExit) as end:
        importlib.import_module("train_mnist").main(["--out", str(tmp_path)])
    assert str(end.value.code).partition("：")[2] == (
        f"{tmp_path} 里有上一次运行留下的 filters.png：--resume 接着那一次训练，--overwrite 替换它们，"
        "换一个 --out 则保留它们（--help 列出全部选项）"
    )


def test_without_a_package_the_command_line_s_language_says_how(tmp_path: Path) -> None:
    hidden = "import sys, runpy; sys.modules['matplotlib'] = None; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0])"
    for language, told in (
        ("zh", "没有安装 matplotlib。这个例子要用进度条和图：pip"),
        ("en", "No module named 'matplotlib'"),
    ):
        script = str(EXAMPLES / "train_mnist.py")
        code = f"import sys; sys.path.insert(0, {str(EXAMPLES)!r}); {hidden}"
        done = subprocess.run(
            [sys.executable, "-c", code, script, "--lang", language],
            capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8"}, timeout=60,
        )  # fmt: skip
        assert done.returncode != 0
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1
