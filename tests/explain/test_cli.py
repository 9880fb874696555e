"""The two commands: ``python -m tinyconv`` and ``python -m tinyconv.explain``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import tinyconv as tc
from tests.explain.random_layers import convolutions, poolings, transposed_convolutions
from tinyconv import __main__ as front
from tinyconv import backend, nn
from tinyconv.command_line import Parser
from tinyconv.explain.__main__ import main
from tinyconv.explain.slide import frames, size_arithmetic, spread_frames


def run(capsys: pytest.CaptureFixture[str], command: str) -> list[str]:
    assert main(command.split()) == 0
    return capsys.readouterr().out.splitlines()


def test_convolution(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "conv --input 5x5 --kernel 2x2 --stride 2 --weights 1,1,1,1 --frames 0")
    assert "axis 0: floor((5 + 0 + 0 - (1*(2 - 1) + 1)) / 2) + 1 = floor(3 / 2) + 1 = 2" in lines
    assert "output size: 2 x 2" in lines
    assert " [0] [1]  2   3   4      [12]  ?" in lines
    # the tutorial's table for stride 2
    assert [line.rpartition("= ")[2] for line in lines if line.startswith("y[")] == ["12", "20", "52", "60"]
    assert lines[-6:-1] == [
        "  0   1   2   3   4       12  20",
        "  5   6   7   8   9       52 [60]",
        " 10  11 [12][13] 14",
        " 15  16 [17][18] 19",
        " 20  21  22  23  24",
    ]


def test_frames_are_limited(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "conv --input 4x4 --kernel 2 --frames 2")
    assert [line for line in lines if line.startswith("window ")] == ["window 1 of 9", "window 2 of 9"]
    assert lines[-1] == "7 more; --frames 0 shows them all"


def test_padding_is_pictured(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "conv --input 3 --kernel 3 --padding 1 --frames 1")
    assert lines[-5:-2] == ["window 1 of 3", "[.][0][1] 2  .      [2] ?  ?", "y[0, 0, 0] = pad*0 + 0*1 + 1*2 = 2"]
    filled = run(capsys, "conv --input 3 --kernel 3 --padding 1 --padding-mode circular --frames 1")
    assert "[2][0][1] 2  0      [2] ?  ?" in filled


def test_transposed_spreads_each_input_cell(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "transposed --input 2 --kernel 3 --stride 2 --values 1,10 --weights 1,2,3 --frames 0")
    assert "axis 0: (2 - 1)*2 - 0 - 0 + 1*(3 - 1) + 0 + 1 = 5" in lines
    assert [line for line in lines if line.startswith("window ")] == ["window 1 of 2", "window 2 of 2"]
    assert " [1] 10      [1][2][3] 0  0" in lines
    assert "  1 [10]       1   2 [13][20][30]" in lines
    assert lines[-1] == "x[0, 0, 1] = 10 spreads: y[0, 0, 2] += 10*1, y[0, 0, 3] += 10*2, y[0, 0, 4] += 10*3"


@given(transposed_convolutions())
def test_what_is_spread_adds_up_to_the_output(case: tuple[Any, tc.Tensor]) -> None:
    drawn, x = case
    layer = type(drawn)(
        1, 1, drawn.kernel_size, drawn.stride, drawn.padding, drawn.output_padding, bias=False, dilation=drawn.dilation
    )
    x = tc.arange(int(np.prod(x.shape[-layer._ndim :]))).float().reshape(1, 1, *x.shape[-layer._ndim :])
    layer.weight.array[...] = np.arange(layer.weight.numel()).reshape(layer.weight.shape) % 5 + 1
    cells = np.zeros(layer(x).shape)
    for picture in spread_frames(layer, x):
        for cell, value, weight in re.findall(r"y\[([\d, ]+)\] \+= (\d+)\*(\d+)", picture.rpartition("\n")[2]):
            cells[tuple(map(int, cell.split(", ")))] += int(value) * int(weight)
    np.testing.assert_array_equal(cells, layer(x).detach().numpy())


def test_same_and_uneven_padding(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "conv --input 5 --kernel 4 --padding same --frames 1")
    assert "axis 0: floor((5 + 1 + 2 - (1*(4 - 1) + 1)) / 1) + 1 = floor(4 / 1) + 1 = 5" in lines
    lines = run(capsys, "conv --input 5x6 --kernel 2 --padding 0:1x2 --frames 1")
    assert "output size: 5 x 9" in lines
    assert "output size: 6" in run(capsys, "conv --input 5 --kernel 2 --padding 2:0 --frames 1")
    assert "output size: 4" in run(capsys, "conv --input 5 --kernel 2 --padding valid --frames 1")


def test_pictures_are_cut_to_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = "conv --input 2x60 --kernel 2x60 --frames 1"
    whole = run(capsys, command)
    assert max(map(len, whole)) > 300
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    lines = run(capsys, command)
    at = lines.index("window 1 of 1")
    assert [len(line) for line in lines[at + 1 : at + 3]] == [40, 40]
    assert lines[at + 1].endswith("...")
    assert lines[at + 3] == whole[at + 3]  # the arithmetic wraps
    assert max(len(line) for line in lines[lines.index("kernel") : at]) == 40


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end in another way")
@pytest.mark.parametrize(
    "module", [["tinyconv"], ["tinyconv.explain", "conv", "--input", "40x40", "--kernel", "2", "--frames", "0"]]
)
def test_a_reader_that_leaves_early_gets_no_traceback(module: list[str]) -> None:
    """As ``| head -1``: the pipe is closed while more is to come."""
    command = [sys.executable, "-m", *module]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(60) == 1


def test_pooling(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "pool --input 5 --kernel 2 --ceil-mode --frames 0")
    assert "axis 0: ceil((5 + 0 + 0 - (1*(2 - 1) + 1)) / 2) + 1 = ceil(3 / 2) + 1 = 3" in lines
    assert lines[-2:] == [" 0  1  2  3 [4][.]      1  3 [4]", "y[0, 0, 2] = max(4) = 4"]
    assert "y[0, 0, 0] = (0 + 1) / 2 = 0.5" in run(capsys, "pool --input 5 --kernel 2 --mode avg")


def test_planes_of_three_axes_are_drawn_one_below_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "pool --input 2x1x2 --kernel 2x1x2 --frames 1")
    assert lines[-4:] == ["[0][1]     [3]", "", "[2][3]", "y[0, 0, 0, 0, 0] = max(0, 1, 2, 3) = 3"]


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("conv --input 2x2 --kernel 3", "Kernel size can't be greater than actual input size"),
        ("conv --input 3x3 --kernel 2 --weights 1,2", "--weights must give 4 numbers, got 2"),
        ("conv --input 3x3 --kernel 2 --values 1", "--values must give 9 numbers, got 1"),
        ("conv --input 3x3 --kernel 2x2x2", "--kernel gives 3 numbers, but --input has 2 axes"),
        ("transposed --input 3 --kernel 2 --output-padding 0x1", "--output-padding gives 2 numbers"),
        ("conv --input 5 --kernel 4 --stride 2 --padding same", "stride"),
        ("conv --input 2x2x2x2 --kernel 2", "1 to 3 can be shown"),
        ("pool --input 5 --kernel 2 --mode avg --cover-all", "--cover-all is for max pooling"),
        ("pool --input 5 --kernel 2 --padding 2", "pad should be at most half"),
    ],
)
def test_mistakes_are_told_without_a_traceback(capsys: pytest.CaptureFixture[str], command: str, text: str) -> None:
    assert main(command.split()) == 2
    assert text in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "conv --input five --kernel 2",
        "conv --input 5 --kernel 2 --values a",
        "",
        "conv",
        "conv --input 5 --kernel 2 --padding 0:1:2",
        "pool --input 5 --kernel 2 --padding same",
    ],
)
def test_unreadable_commands_show_the_usage(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(command.split())
    assert stop.value.code == 2
    assert "usage: python -m tinyconv.explain" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("conv --input 5 --kernel 0", "--kernel"),
        ("conv --input 0 --kernel 1", "--input"),
        ("conv --input 5 --kernel 1 --stride 0", "--stride"),
        ("conv --input 5 --kernel 1 --dilation -1", "--dilation"),
        ("pool --input 5 --kernel 2 --padding -1", "--padding"),
    ],
)
def test_sizes_that_cannot_be_are_told_by_their_option(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(command.replace(" -1", "=-1").split())
    assert re.search(rf"argument {option}: '-?\d' must be [01] or more", capsys.readouterr().err)


def cases() -> Any:
    return convolutions() | transposed_convolutions() | poolings()


@given(cases())
@settings(max_examples=60)
def test_the_arithmetic_ends_in_the_output_size(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    size = layer(x).shape[-layer._ndim :]
    *lines, last = size_arithmetic(layer, x.shape[-layer._ndim :]).splitlines()
    assert last == f"output size: {' x '.join(map(str, size))}"
    dropped = any("is dropped" in line for line in lines)
    for axis, line in enumerate(line for line in lines if line.startswith("axis")):
        formula, _, result = line.partition(": ")[2].rpartition(" = ")
        if not dropped:
            assert int(result) == size[axis]
        for part in formula.split(" = "):
            python = re.sub(r"\b(floor|ceil)\(", r"np.\1(", part)
            assert int(eval(python, {"np": np})) == int(result)


@given(cases())
def test_pictures_of_any_layer_mark_the_cells_that_are_read(case: tuple[Any, tc.Tensor]) -> None:
    layer, x = case
    for picture in frames(layer, x, 3):
        grid, _, arithmetic = picture.rpartition("\ny[")
        assert arithmetic
        assert grid.count("[") == grid.count("]") >= 1


def test_a_dropped_last_window_is_mentioned() -> None:
    assert "would start in the padding, and is dropped" in size_arithmetic(nn.MaxPool1d(1, 3, ceil_mode=True), (3,))
    assert "the window never reaches the last 2 cells" in size_arithmetic(nn.Conv1d(1, 1, 3, 3), (8,))


# --- python -m tinyconv ------------------------------------------------------------------------------


def test_the_front_door(capsys: pytest.CaptureFixture[str]) -> None:
    assert front.main([]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"tinyconv {tc.__version__}, Python 3.")
    assert f"NumPy {np.__version__}" in text
    assert f"among {tc.get_num_threads()} threads" in text
    assert "python -m tinyconv.explain conv" in text


def test_what_it_says_about_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_cupy_or_reason", lambda: (None, "CuPy finds no CUDA device"))
    assert front.describe_backends()[1:] == ["cuda  not available: CuPy finds no CUDA device"]

    class Runtime:
        getDeviceCount = staticmethod(lambda: 2)
        getDeviceProperties = staticmethod(lambda index: {"name": b"GPU %d" % index, "totalGlobalMem": 80 << 30})

    class Cupy:
        __version__ = "14.0"
        cuda = type("cuda", (), {"runtime": Runtime})

    monkeypatch.setattr(backend, "_cupy_or_reason", lambda: (Cupy, ""))
    assert front.describe_backends()[1:] == ["cuda:0 CuPy 14.0: GPU 0, 80 GiB", "cuda:1 CuPy 14.0: GPU 1, 80 GiB"]


def test_without_threadpoolctl_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    lines = front.describe_threads()
    assert "as NumPy was built" in lines[0]
    assert 'pip install ".[fast]"' in lines[-1]


def test_arguments_are_refused_and_help_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert front.main(["--help"]) == 0
    assert "usage: python -m tinyconv" in capsys.readouterr().out
    assert front.main(["train"]) == 2
    assert "usage: python -m tinyconv" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["tinyconv"], ["tinyconv.explain", "conv", "--input", "3x3", "--kernel", "2x2", "--frames", "1"]]
)
def test_both_run_as_modules(command: list[str]) -> None:
    result = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout
    assert not result.stderr


def test_text_needs_no_matplotlib() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import tinyconv as tc, tinyconv.explain as explain\n"
        "print(explain.three_ways(tc.nn.Conv1d(1, 1, 2), tc.ones(1, 1, 3)))\n"
        "print(explain.dilation_coverage([2]), explain.summary(tc.nn.Conv1d(1, 1, 2), (1, 1, 3)))\n"
        "try: explain.dilation_coverage([2]).plot()\n"
        "except ImportError as error: print(error)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.endswith('Install it with: pip install ".[examples]"\n')


# --- in Chinese --------------------------------------------------------------------------------------

HAN = re.compile("[\u4e00-\u9fff]")


def english_words(text: str) -> list[str]:
    """The lines of a text in which words of English are left."""
    code = (
        r"python -m \S+( --lang zh)?( conv)?|--[\w-]+|>>>.*|examples/\S+|tinyconv\S*|\S+\.py|help\(.*\)|\w+\d\w*\(.*\)"
    )
    lines = (re.sub(code, "", line) for line in text.splitlines())
    return [line for line in lines if re.search(r"\b(the|of|and|is|to|a|in|with|for)\b", line)]


def test_the_front_door_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert front.main(["--lang", "zh"]) == 0
    text = capsys.readouterr().out
    assert all(title in text for title in ("数组", "BLAS 与线程", "从哪里开始", "个线程"))
    assert not english_words(text)
    assert front.main([]) == 0  # the language was that of one call
    assert "Where to start" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["conv"], ["transposed"], ["pool"]])
def test_help_in_chinese_has_no_english(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--lang", "zh", *command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("用法：python -m tinyconv.explain")
    assert "显示这段帮助，然后退出" in text
    assert "选项:" in text
    assert not english_words(text)
    options = text.partition("选项:")[2]
    entries = re.split(r"^  (?=-)", options, flags=re.MULTILINE)[1:]
    assert entries
    assert all(map(HAN.search, entries))


def test_what_it_prints_in_chinese(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    film = tmp_path / "film.svg"
    lines = run(capsys, f"--lang zh conv --input 6 --kernel 3 --stride 2 --frames 1 --save {film}")
    assert {"输出尺寸：2", "卷积核", "第 1 个窗口，共 2 个", "还有 1 个；--frames 0 会全部展示"} <= set(lines)
    assert "        窗口从不经过最后一格" in lines
    assert lines[-1] == f"{film}：2 幅图的动画"
    spread = run(capsys, "transposed --input 2 --kernel 2 --frames 1 --lang zh")
    assert any("散布到：" in line for line in spread)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("conv --input 5", "缺少必需的参数：--kernel"),
        ("conv --input 5 --kernel", "参数 --kernel：后面要有一个值"),
        ("conv --input 5 --kernel x", "参数 --kernel：'x' 不是大小"),
        ("conv --input 5 --kernel 3 --frames x", "参数 --frames：'x' 不能读作 int"),
        ("conv --input 5 --kernel 3 --cover-all=1", "参数 --cover-all：不接受值，却给了 '1'"),
        ("conv --input 5 --kernel 3 --paddin 1", "选项 --paddin 不明确，可能是 --padding, --padding-mode"),
        ("pool --input 5 --kernel 3 --mode median", "参数 --mode：没有 'median' 这个选择（可选的有 "),
        ("pool --input 5 --kernel 3 median", "不认识的参数：median"),
    ],
)
def test_complaints_of_argparse_in_chinese(capsys: pytest.CaptureFixture[str], command: str, said: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--lang", "zh", *command.split()])
    assert stop.value.code == 2
    text = capsys.readouterr().err
    assert text.startswith("用法：")
    assert f"：错误：{said}" in text


def test_an_unknown_language_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert front.main(["--lang", "fr"]) == 2
    assert "argument --lang: invalid choice: 'fr'" in capsys.readouterr().err


def test_the_environment_chooses_the_language() -> None:
    command = [sys.executable, "-m", "tinyconv"]

    def run_in(language: str) -> subprocess.CompletedProcess[str]:
        chosen = {**os.environ, "TINYCONV_LANGUAGE": language, "PYTHONIOENCODING": "utf-8"}
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, env=chosen)

    assert "从哪里开始" in run_in("zh").stdout
    assert "Where to start" in run_in("").stdout
    unknown = run_in("fr")
    assert unknown.returncode
    assert "language='fr' is not available" in unknown.stderr


def complaint(arguments: str, language: str) -> str:
    """What a parser with an option of every kind says of these arguments."""
    with tc.use_language(language):
        parser = Parser(prog="slide")
        for names, options in (
            (["--pair"], {"nargs": 2}), (["--many"], {"nargs": "+"}),
            (["--kind"], {"choices": ["a", "b"]}), (["--flag"], {"action": "store_true"}), (["--flat"], {"type": int}),
        ):  # fmt: skip
            parser.add_argument(*names, **options)
        one = parser.add_mutually_exclusive_group(required=True)
        one.add_argument("--left", action="store_true")
        one.add_argument("--right", action="store_true")
        told: list[str] = []
        parser.exit = lambda status, message: told.append(message) or sys.exit(status)  # type: ignore
        with pytest.raises(SystemExit):
            parser.parse_args(arguments.split())
    return told[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--left --pair 1", "参数 --pair：后面要有 2 个值"),
        ("--left --many", "参数 --many：后面至少要有一个值"),
        ("--left --kind c", "参数 --kind：没有 'c' 这个选择（可选的有 "),
        ("--left --flag=1", "参数 --flag：不接受值，却给了 '1'"),
        ("--left --flat x", "参数 --flat：'x' 不能读作 int"),
        ("--left --fla", "选项 --fla 不明确，可能是 --flag, --flat"),
        ("--left --right", "参数 --right：不能和参数 --left 一起用"),
        ("--flag", "这些参数必须给一个：--left --right"),
        ("--left what", "不认识的参数：what"),
    ],
)
def test_every_complaint_of_argparse_has_its_chinese(arguments: str, told: str) -> None:
    assert complaint(arguments, "zh").startswith(f"slide：错误：{told}")
    english = complaint(arguments, "en")
    assert english.startswith("slide: error: ")
    assert not re.search("[\u4e00-\u9fff]", english)
