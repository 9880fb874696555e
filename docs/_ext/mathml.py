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
_INFINITY = re.compile(r"<mo>(&#x0221E;)</mo>")
_SIGN = re.compile(  # a minus or plus behind an opening bracket, a comma, a relation or another operation
    r"(<mo[^>]*>(?:\[|&#x000(?:28|2C|3D|2F|B7);|&#x0(?:2190|2192);)</mo>(?:<mtext>&#x000A0;</mtext>)?)"
    r"<mo>(&#x02212;|&#x0002B;)</mo>"
)
_FUNCTION = re.compile(r"<m([io])>(ln|log|exp|max|min|tanh|relu)</m\1>")
_ARGUMENT = re.compile(r"(<mi>(?:ln|log|exp|max|min|tanh)</mi>)(?=<(?!/|mo\b))")
_CLOSING = re.compile(r"[,.;:!?)\]’”，。、；：！？）」』》]")
_OPENING = re.compile(r"[(\[‘“（「『《]$")
JOINER = "\u2060"  # no line ends here
_LETTERS = re.compile(r'<mrow>((?:<mi mathvariant="normal">\w</mi>){2,})</mrow>')


def formula(tex: str, **options: str) -> str:
    """Write TeX as MathML.

    The converter takes primes, floors and ceilings for names of variables, which are spaced and read aloud as such;
    here they are operators.  A prime stands raised in its font and is not raised again.  Infinity, which it takes for
    an operator, is a name, and the sign of a number stands close to it.  So does a function's bracket to its name, and
    an argument without one has a little room.  Upright letters are marked so, and those of a word become one word.
    """
    text = _FUNCTION.sub(r"<mi>\2</mi>", convert(tex, **options))
    text = _ARGUMENT.sub(r'\1<mspace width="0.17em"/>', text)
    text = _PRIMED.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', text)
    text = _BRACKET.sub(_as_bracket, text)
    text = _INFINITY.sub(r"<mi>\1</mi>", text)
    text = _SIGN.sub(r'\1<mo form="prefix">\2</mo>', text)
    text = _UPRIGHT.sub(lambda letter: f'<mi mathvariant="normal">{chr(int(letter[1], 16))}</mi>', text)
    return _LETTERS.sub(lambda word: f"<mi>{re.sub('<[^>]*>', '', word[1])}</mi>", text)


def _as_bracket(name: re.Match[str]) -> str:
    form = "prefix" if name[1] in ("&#x02308;", "&#x0230A;") else "postfix"
    return f'<mo stretchy="false" fence="true" form="{form}">{name[1]}</mo>'


def visit_inline(writer: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    place = node.parent.index(node)
    before, after = (str(each) if isinstance(each, nodes.Text) else "" for each in neighbours(node.parent, place))
    writer.body.append(joined(formula(node.astext()), before, after))
    raise nodes.SkipNode


def neighbours(line: Any, place: int) -> tuple[Any, Any]:
    """Give what stands on both sides of a place in a line, None where nothing does."""
    return (line[place - 1] if place else None), (line[place + 1] if place + 1 < len(line) else None)


def joined(text: str, before: str, after: str) -> str:
    """Keep a formula on one line with a bracket that opens before it, and with the punctuation behind it.

    A browser may end a line on either side of a formula, whatever stands there.  It is held by a joiner, but only where
    lines do not wrap: within a span of the class that docs/_static/extra.css makes so.

    Examples
    --------
    >>> joined("<math/>", "so (", "。") == f'<span class="joined">{JOINER}<math/>{JOINER}</span>'
    True
    >>> joined("<math/>", "with ", " cells")
    '<math/>'
    """
    held = JOINER * bool(_OPENING.search(before)) + text + JOINER * bool(_CLOSING.match(after))
    return text if held == text else f'<span class="joined">{held}</span>'


def visit_block(writer: Any, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    writer.body.append(f'<div class="math">{formula(node.astext(), display="block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
