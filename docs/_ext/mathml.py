"""Formulas as MathML, made at build time: pages show them without a network, in the text's own colour."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

_PRIMED = re.compile(r"<msup>(<mi>\w+</mi>)<mi>(&#x0203[2-4];)</mi></msup>")
_UPRIGHT = re.compile(r"<mi>&#x000((?:4|6)[1-9A-F]|(?:5|7)[0-9A]);</mi>")  # A to Z, a to z
_BRACKET = re.compile(r"<mi>(&#x0230[89AB];)</mi>")  # ceiling and floor
_LETTERS = re.compile(r'<mrow>((?:<mi mathvariant="normal">\w</mi>){2,})</mrow>')


def formula(tex: str, **options: str) -> str:
    """Write TeX as MathML.

    The converter takes primes, floors and ceilings for names of variables, which are spaced and read aloud as such;
    here they are operators.  A prime stands raised in its font and is not raised again.  Upright letters are marked so,
    and those of a word become one word.
    """
    text = _PRIMED.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', convert(tex, **options))
    text = _BRACKET.sub(_as_bracket, text)
    text = _UPRIGHT.sub(lambda letter: f'<mi mathvariant="normal">{chr(int(letter[1], 16))}</mi>', text)
    return _LETTERS.sub(lambda word: f"<mi>{re.sub('<[^>]*>', '', word[1])}</mi>", text)


def _as_bracket(name: re.Match[str]) -> str:
    form = "prefix" if name[1] in ("&#x02308;", "&#x0230A;") else "postfix"
    return f'<mo stretchy="false" fence="true" form="{form}">{name[1]}</mo>'


def visit_inline(writer: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(formula(node.astext()))
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    writer.body.append(f'<div class="math">{formula(node.astext(), display="block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
