"""The two README files tell the same: sections, commands, code, links and scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
# sections in English, and what they are called in Chinese
SECTIONS = {
    "Train a network": "训练一个网络",
    "Test it": "运行测试",
    "A CNN in 20 lines": "20 行写一个卷积网络",
    "What there is": "里面有什么",
    "Learn with it": "用它来学",
    "Where to read": "源码从哪里读起",
    "GPU": "GPU",
    "Several processes": "多个进程",
    "Models in and out": "模型的读入与写出",
    "Speed": "速度",
    "Licence": "许可证",
}


def blocks(text: str, language: str) -> set[str]:
    """Every line of the code of a language, without comments and `--lang zh`."""
    code = "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    lines = (re.sub(r" +# .*", "", line).replace(" --lang zh", "").rstrip() for line in code.splitlines())
    return {line for line in lines if line}


def test_every_section_has_its_twin() -> None:
    assert set(re.findall("^## (.*)$", ENGLISH, re.MULTILINE)) == SECTIONS.keys()
    # the Chinese one also says where the Chinese chapters are
    assert set(re.findall("^## (.*)$", CHINESE, re.MULTILINE)) == {*SECTIONS.values(), "读中文教程"}


@pytest.mark.parametrize("language", ["sh", "bat"])
def test_the_commands_are_the_same(language: str) -> None:
    assert blocks(ENGLISH, language) == blocks(CHINESE, language) != set()


def test_the_code_is_the_same_but_for_the_error() -> None:
    said = {line for line in blocks(ENGLISH, "python") if line.startswith("RuntimeError")}
    assert len(said) == 1
    assert blocks(ENGLISH, "python") - said <= blocks(CHINESE, "python")


def test_links_scripts_and_names_are_the_same() -> None:
    files = r"\]\(([\w./-]+)\)"
    linked = {name.replace("docs/en/", "docs/zh/") for name in re.findall(files, ENGLISH)}
    assert linked - {"README.zh.md"} <= set(re.findall(files, CHINESE))
    for name in (r"`(examples/[\w./]+)`", r"`(\w+)`", r"(pip install [^`]*)`", r"`(--\w+)"):
        assert set(re.findall(name, ENGLISH)) <= set(re.findall(name, CHINESE)), name
