"""Every kernel compiles for every type it is launched with, by NVRTC or nvcc; neither needs a GPU."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import subprocess
import warnings
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import skip_unless_promised
from tinyconv.kernels.cuda.program import FILES, Types, source

TYPES = [
    Types("float16", "float32"),
    Types("float32", "float32"),
    Types("float64", "float64", tap="uint16"),
    Types("float32", "float32", tap="uint32", index="int64"),
]
ARCHITECTURES = ["75", "90"]  # the oldest that CUDA 13 knows, and a data centre's


def describe(types: Types) -> str:
    return "-".join((types.value, types.tap, types.index))


def nvcc() -> str | None:
    return shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")


def include_folders() -> list[Path]:
    """Where ``cuda_fp16.h`` may lie: beside nvcc, or in NVIDIA's wheels."""
    compiler = nvcc()
    roots = [Path(compiler).resolve().parents[1]] if compiler else []
    roots.append(Path("/usr/local/cuda"))
    nvidia = importlib.util.find_spec("nvidia")
    for folder in nvidia.submodule_search_locations or [] if nvidia else []:
        roots += Path(folder).glob("*")
    return [root / "include" for root in roots if (root / "include" / "cuda_fp16.h").exists()]


@pytest.fixture(scope="module")
def nvrtc() -> ModuleType:
    """CuPy's thin face of NVRTC; the rest of CuPy would ask for a device."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CuPy warns of CUDA libraries it does not find
        try:
            binding = importlib.import_module("cupy_backends.cuda.libs.nvrtc")
            binding.getVersion()
        except (ImportError, RuntimeError) as error:  # no CuPy, or CuPy without NVRTC
            skip_unless_promised("TINYCONV_REQUIRE_NVRTC", f"NVRTC cannot be loaded: {error}; pip install '.[nvrtc]'")
    return binding


def compile_with_nvrtc(nvrtc: ModuleType, text: str, architecture: str) -> bytes:
    options = [f"-arch=sm_{architecture}", "--std=c++17", *(f"-I{folder}" for folder in include_folders()[:1])]
    program = nvrtc.createProgram(text, "kernel.cu", (), ())
    try:
        nvrtc.compileProgram(program, tuple(options))
        return nvrtc.getCUBIN(program)
    except nvrtc.NVRTCError as error:
        raise RuntimeError(nvrtc.getProgramLog(program)) from error
    finally:
        nvrtc.destroyProgram(program)


def skip_half_without_header(types: Types) -> None:
    if types.value == "float16" and not include_folders():
        skip_unless_promised("TINYCONV_REQUIRE_NVRTC", "cuda_fp16.h is not installed: pip install '.[nvrtc]'")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("types", TYPES, ids=describe)
@pytest.mark.parametrize("file", FILES)
def test_nvrtc_compiles(nvrtc: ModuleType, file: str, types: Types, architecture: str) -> None:
    skip_half_without_header(types)
    binary = compile_with_nvrtc(nvrtc, source(file, types), architecture)
    assert [name for name in FILES[file] if name.encode() not in binary] == []


def test_nvrtc_finds_a_fault(nvrtc: ModuleType) -> None:
    """So that the test above could fail."""
    broken = source("pool.cu", TYPES[1]).replace("window_of(cell.d", "windows_of(cell.d")
    with pytest.raises(RuntimeError, match="windows_of"):
        compile_with_nvrtc(nvrtc, broken, "90")


@pytest.mark.parametrize("types", TYPES, ids=describe)
@pytest.mark.parametrize("file", FILES)
def test_nvcc_compiles_without_a_warning(file: str, types: Types, tmp_path: Path) -> None:
    compiler = nvcc()
    if compiler is None:
        pytest.skip("nvcc is not installed")
    code = tmp_path / file
    code.write_text(source(file, types), encoding="utf-8")
    command = [compiler, "-std=c++17", "-arch=sm_90", "-Werror", "all-warnings", "-cubin", "-o", str(code) + "bin"]
    done = subprocess.run([*command, str(code)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES)
def test_the_table_of_kernels_is_complete(file: str) -> None:
    text = resources.files("tinyconv.kernels.cuda").joinpath(file).read_text(encoding="utf-8")
    assert tuple(re.findall(r"__global__\s+void\s+(\w+)\(", text)) == FILES[file]


def test_the_table_of_files_is_complete() -> None:
    folder = resources.files("tinyconv.kernels.cuda")
    assert {item.name for item in folder.iterdir() if item.name.endswith(".cu")} == set(FILES)
