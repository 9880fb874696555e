"""The rewrites of five tutorials: they run, check their own numbers, and draw; only their imports name tinyconv."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "tutorials"
PICTURES = {
    "why_convolution": ["picture", "kernels", "feature_maps"],
    "two_minutes": ["signal", "options", "cost"],
    "cross_correlation": ["dense_matrix", "nineteen", "learnt_kernel"],
    "kinds_of_convolution": [
        "time_series", "moving_digits", "one_by_one", "separable", "paddings", "gridding", "deformable", "transposed",
    ],
    "chainer_walkthrough": [
        "channels", "output_conv1", "edges", "output_conv2", "output_max_pooling", "activations", "output_simple_cnn",
    ],
}  # fmt: skip
PRINTED = {
    "why_convolution": ["(2, 356, 636)", "53,084,160,000 weights"],
    "two_minutes": [
        "[12., 20.],\n          [52., 60.]",
        "[24., 28., 32.],\n          [44., 48., 52.],\n          [64., 68., 72.]",
        "(8, 32, 126, 126)",
        "18,464",
        "2,336",
        "2,720",
        "7.02 times fewer",
    ],
    "cross_correlation": ["0*0 + 1*1 + 3*2 + 4*3 = 19", "[[5.0, 11.0], [23.0, 29.0]]"],
    "kinds_of_convolution": ["(2, 2, 2): (120, 169)", "(1, 2, 3): (0, 169)", "(1, 2, 5): (0, 289)"],
    "chainer_walkthrough": [
        "(1, 3, 356, 636)",
        "(1, 5, 177, 317)",
        "(1, 3, 180, 320)",
        "(1, 5, 89, 159)",
        "(1, 5, 44, 79)",
    ],
}


def run(code: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *code], capture_output=True, text=True, encoding="utf-8", timeout=240)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch):
    """Import one of the scripts as a module."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def load_module(name: str) -> ModuleType:
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load_module


def test_every_script_is_tested() -> None:
    scripts = {path.stem for path in FOLDER.glob("*.py")}
    assert scripts == {*PICTURES, "scene", "pictures"}


@pytest.mark.parametrize("name", PICTURES)
def test_it_runs_prints_and_draws(name: str, tmp_path: Path) -> None:
    from matplotlib import image

    done = run(["-W", "error", str(FOLDER / f"{name}.py"), "--out", str(tmp_path / "new" / "folder")])
    assert done.returncode == 0, done.stderr
    for text in PRINTED[name]:
        assert text in done.stdout
    drawn = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.name for path in drawn] == sorted(f"{picture}.png" for picture in PICTURES[name])
    for path in drawn:
        assert image.imread(path)[..., :3].std() > 0.01, path.name  # not a blank sheet


@pytest.mark.parametrize("name", PICTURES)
def test_only_imports_name_the_framework(name: str) -> None:
    """So that the script runs in PyTorch or Chainer once its imports say so."""
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines = source.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            lines[node.lineno - 1] = ""
    code = ast.unparse(ast.parse("\n".join(lines)))  # without comments
    assert "tinyconv" not in code
    assert "tc." not in code
    assert any("tinyconv" in line for line in source.splitlines() if line.startswith(("import", "from")))


@pytest.mark.parametrize("name", PICTURES)
def test_its_title_is_chinese_and_its_help_says_how(name: str) -> None:
    title = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))).splitlines()[0]
    assert re.search(r"[\u4e00-\u9fff]{3}", title)
    helped = run([str(FOLDER / f"{name}.py"), "--help"])
    assert helped.returncode == 0
    assert "--out" in helped.stdout
    assert title in helped.stdout


def test_a_wrong_number_stops_a_script(load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import tinyconv.nn.functional as F

    right = F.conv2d
    monkeypatch.setattr(F, "conv2d", lambda *args, **options: right(*args, **options) + 1)
    with pytest.raises(AssertionError):
        load("two_minutes").options_one_by_one(tmp_path / "options.png")
    with pytest.raises(AssertionError):
        load("cross_correlation").nineteen(tmp_path / "nineteen.png")


def test_without_matplotlib_the_way_out_is_named() -> None:
    hidden = "import sys; sys.modules['matplotlib'] = None; sys.path.insert(0, sys.argv[1]); import two_minutes"
    done = run(["-c", hidden, str(FOLDER)])
    assert done.returncode != 0
    assert 'pip install ".[examples]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_the_scene(load) -> None:
    scene = load("scene")
    picture, gray = scene.rgb(), scene.gray()
    assert picture.shape == (360, 640, 3)
    assert picture.dtype == np.uint8
    assert (picture == scene.rgb()).all()
    assert gray.shape == (360, 640)
    assert gray.dtype == np.float32
    assert 0 <= gray.min() < gray.max() <= 255
    assert gray.std() > 30


# ------------------------------------------------------------------------------ a picture of one's own


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a photo, and with files that are no good."""
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.jpg")
    Image.fromarray(np.full((40, 40), 7, np.uint8)).save(tmp_path / "flat.png")
    Image.fromarray(noise[:4, :4]).save(tmp_path / "tiny.png")
    Image.fromarray(np.full((40, 40), 70_000, np.int32)).save(tmp_path / "deep.tiff")
    whole = (tmp_path / "photo.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("a letter")
    return tmp_path


SHAPES = {  # what each script prints of a photo (60, 90), and of one (40, 40)
    "why_convolution": [["(1, 1, 60, 90)", "(2, 56, 86)"], ["(1, 1, 40, 40)", "(2, 36, 36)"]],
    "chainer_walkthrough": [["(1, 3, 56, 86)", "(1, 5, 27, 42)", "(1, 3, 30, 45)"], ["(1, 5, 17, 17)"]],
    "kinds_of_convolution": [["409,664"], ["409,664"]],
}


@pytest.mark.parametrize("photo", [0, 1])
@pytest.mark.parametrize("name", SHAPES)
def test_a_photo_takes_the_scene_s_place(name: str, photo: int, files: Path) -> None:
    image = files / ("photo.jpg", "flat.png")[photo]
    done = run(["-W", "error", str(FOLDER / f"{name}.py"), "--image", str(image), "--out", str(files / "out")])
    assert done.returncode == 0, done.stderr
    for shape in SHAPES[name][photo]:
        assert shape in done.stdout
    assert {path.stem for path in (files / "out").iterdir()} == set(PICTURES[name])
    if name == "kinds_of_convolution" and not photo:
        run([str(FOLDER / f"{name}.py"), "--out", str(files / "scene")])
        same = {p.name for p in (files / "out").iterdir() if p.read_bytes() == (files / "scene" / p.name).read_bytes()}
        assert same == {"time_series.png", "moving_digits.png", "paddings.png", "gridding.png"}


@pytest.mark.parametrize(
    ("photo", "told", "in_chinese"),
    [
        ("none.png", "No such file", "没有这个文件"),
        ("", "Is a directory", "这是一个目录"),
        ("text.png", "no picture that Pillow can read", "不是 Pillow 能读的图片"),
        ("cut.jpg", "truncated", "文件不完整"),
        ("tiny.png", "4 x 4 pixels; give at least 32 x 32", "只有 4 x 4 个像素；至少要 32 x 32"),
        ("deep.tiff", "more than 8 bits", "超过 8 位"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(photo: str, told: str, in_chinese: str, files: Path) -> None:
    for language, words, head in (("en", told, "argument --image: "), ("zh", in_chinese, "参数 --image：")):
        options = ["--image", str(files / photo), "--out", str(files / "out"), "--lang", language]
        done = run([str(FOLDER / "why_convolution.py"), *options])
        assert done.returncode != 0
        assert words in done.stderr
        assert head in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert not (files / "out").exists()


def test_without_pillow_the_way_out_is_named(files: Path) -> None:
    hidden = "sys.modules['PIL'] = None; p.own_picture.read_digit('photo.jpg')"  # Matplotlib has it already
    done = run(["-c", f"import sys; sys.path.insert(0, sys.argv.pop(1)); import pictures as p; {hidden}", str(FOLDER)])
    assert "reading a picture needs Pillow: pip install pillow" in done.stderr


def test_a_photo_is_read_upright_and_not_too_large(load, files: Path) -> None:
    from PIL import Image

    picture = load("pictures").own_picture.read
    array = np.zeros((80, 2048, 3), np.uint8)
    array[:, :1024] = 255  # light on the left
    image = Image.fromarray(array)
    exif = image.getexif()
    exif[0x0112] = 6  # the camera was turned: what is left in the file belongs on top
    image.save(files / "turned.jpg", exif=exif)
    upright = picture(str(files / "turned.jpg"))
    assert upright.shape == (1024, 40, 3)
    assert upright[:500].min() > 200
    assert upright[-500:].max() < 50
