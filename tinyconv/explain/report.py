"""A gradient check that says what is wrong: which elements, by how much, and what mistake looks like that.

:func:`gradcheck_report` makes the comparison of :func:`tinyconv.gradcheck`, but of every element, and then
holds what it found against the mistakes that are made most often.  :mod:`.causes` describes these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from ..autograd import grad
from ..backend import asnumpy
from ..errors import phrase, refusal
from ..gradcheck import _directions, _float_outputs, _subgradients
from ..tensor import Tensor
from .show import table_text

__all__ = ["Cause", "Experiment", "GradcheckReport", "InputReport", "gradcheck_report"]

SHOWN = 8  # rows of a table


@dataclass(frozen=True)
class Cause:
    """A mistake that would explain what was found.

    Attributes
    ----------
    name : str
        In a few words.
    evidence : str
        What was compared, and came out equal.
    fix : str
        What to look at.

    Examples
    --------
    >>> print(Cause("wrong sign", "analytic = -1 * numeric", "look for a minus"))
    wrong sign: analytic = -1 * numeric. look for a minus
    """

    name: str
    evidence: str
    fix: str

    def __str__(self) -> str:
        return phrase("cause.told", name=self.name, evidence=self.evidence, fix=self.fix)


@dataclass
class InputReport:
    """What was found for one input.

    Attributes
    ----------
    position : int
        Of the input among the arguments.
    point : ndarray
        Its values.
    analytic, numeric : ndarray
        What backward gives, and what differences of the function's values give; of its shape.
    wrong : ndarray of bool
        Where they disagree.
    kinks : list of (index, left slope, right slope)
        Where the function has no derivative, and the analytic value is one of the possible ones.
    jumps : list of index
        Wrong elements at which the function jumps.
    terms : list of ndarray
        Per output of shape ``S``, an array ``S + shape``: how much of the numeric gradient comes from
        each element of the output.
    received : bool
        Whether backward gave any gradient at all.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0, 2.0], dtype=tc.float64, requires_grad=True)
    >>> gradcheck_report(lambda x: x * x, x).inputs[0].wrong
    array([False, False])
    """

    position: int
    point: np.ndarray
    analytic: np.ndarray
    numeric: np.ndarray
    wrong: np.ndarray
    kinks: list[tuple[tuple[int, ...], float, float]] = field(default_factory=list)
    jumps: list[tuple[int, ...]] = field(default_factory=list)
    terms: list[np.ndarray] = field(default_factory=list, repr=False)
    received: bool = True

    @property
    def worst(self) -> list[tuple[int, ...]]:
        """The wrong elements, the largest difference first."""
        distance = np.abs(self.analytic - self.numeric)
        found = [tuple(map(int, index)) for index in np.argwhere(self.wrong)]
        return sorted(found, key=lambda index: (-distance[index] if np.isfinite(distance[index]) else -np.inf, index))


def gradcheck_report(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
) -> GradcheckReport:
    """Check first derivatives of `func` at `inputs`, and say what a difference looks like.

    Parameters
    ----------
    func : callable
        Takes the inputs, returns a Tensor or a tuple of Tensors.
    inputs : Tensor or sequence
        Those with ``requires_grad`` are checked; use float64.
    eps, atol, rtol : float
        As of :func:`tinyconv.gradcheck`: two values agree if
        ``|analytic - numeric| <= atol + rtol*|numeric|``.

    Returns
    -------
    GradcheckReport
        True in a condition if everything agrees; printed, a table of the worst elements and the likely causes.

    Raises
    ------
    ValueError
        If no input requires grad, or no output is of floats.

    Examples
    --------
    >>> import tinyconv as tc
    >>> class Square(tc.autograd.Operation):
    ...     def forward(self, x):
    ...         return x * x
    ...     def grad_x(self, g, x):
    ...         return g * x  # the 2 is missing
    >>> x = tc.tensor([1.0, -3.0], dtype=tc.float64, requires_grad=True)
    >>> report = gradcheck_report(Square.apply, x)
    >>> bool(report), report.causes[0].name
    (False, 'missing factor')
    """
    from .causes import likely_causes  # which needs this module

    arguments = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    experiment = Experiment(func, arguments, eps)
    analytic, error = experiment.analytic()
    reports = [
        experiment.compare(position, gradient, atol, rtol) for position, gradient in zip(experiment.checked, analytic)
    ]
    report = GradcheckReport(reports, [], error)
    if not report:
        report.causes = likely_causes(experiment, report, atol, rtol)
    return report


class Experiment:
    """A function at a point, and the means to differentiate it there.

    Attributes
    ----------
    arguments : list
        Leaves of their own, with the values of the caller's.
    checked : list of int
        Positions of those whose gradients are compared.
    directions : list of ndarray
        Per output, the fixed random weights of the sum ``L = <v, f(x)>`` that is differentiated.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([3.0], dtype=tc.float64, requires_grad=True)
    >>> experiment = Experiment(lambda x: x * x, [x], eps=1e-6)
    >>> (analytic,), _ = experiment.analytic()
    >>> float(np.round(analytic[0] / experiment.directions[0][0], 6))
    6.0
    """

    def __init__(self, func: Callable[..., Any], arguments: Sequence[Any], eps: float):
        self.func, self.eps = func, eps
        self.arguments = [
            Tensor._of(a.array.copy(), a.requires_grad) if isinstance(a, Tensor) else a for a in arguments
        ]
        self.checked = [i for i, a in enumerate(arguments) if isinstance(a, Tensor) and a.requires_grad]
        if not self.checked:
            raise refusal("report.no_input", "gradcheck_report")
        self.outputs = _float_outputs(func(*self.arguments))
        if not self.outputs:
            raise refusal("report.no_output", "gradcheck_report")
        self.seeds = _directions(self.outputs)
        self.directions = [np.asarray(asnumpy(v.array), np.float64) for v in self.seeds]

    def analytic(self) -> tuple[list[np.ndarray | None], Exception | None]:
        """What backward gives per checked input, None where nothing arrives; and the error that it raised."""
        used = [(out, v) for out, v in zip(self.outputs, self.seeds) if out.requires_grad]
        if not used:
            return [None] * len(self.checked), None
        leaves = [self.arguments[i] for i in self.checked]
        try:
            found = grad([o for o, _ in used], leaves, [v for _, v in used], retain_graph=True, allow_unused=True)
        except (RuntimeError, TypeError, ValueError) as error:
            return [None] * len(self.checked), error
        return [None if g is None else np.asarray(asnumpy(g.array), np.float64) for g in found], None

    def values(
        self, position: int, array: np.ndarray, changed: dict[int, np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """The outputs with one input (and perhaps others) replaced."""
        arguments = list(self.arguments)
        for i, values in {**(changed or {}), position: array}.items():
            device = self.arguments[i].device
            arguments[i] = Tensor._of(device.asarray(values), requires_grad=self.arguments[i].requires_grad)
        return [np.asarray(asnumpy(out.array), np.float64) for out in _float_outputs(self.func(*arguments))]

    def numeric(self, position: int, changed: dict[int, np.ndarray] | None = None) -> np.ndarray:
        """The gradient of one input by central differences, perhaps where other inputs are replaced."""
        result = np.zeros(self.arguments[position].shape)
        for index, up, down in self._moved(position, changed):
            result[index] = sum(float(np.sum((u - d) * v)) for u, d, v in zip(up, down, self.directions))
        return result / (2 * self.eps)

    def _moved(self, position: int, changed: dict[int, np.ndarray] | None = None) -> Iterator[tuple]:
        point = np.array(asnumpy(self.arguments[position].array))
        for index in np.ndindex(point.shape):
            moved = []
            for step in (self.eps, -self.eps):
                array = point.copy()
                array[index] += step
                moved.append(self.values(position, array, changed))
            yield index, *moved

    def compare(self, position: int, analytic: np.ndarray | None, atol: float, rtol: float) -> InputReport:
        """Hold one input's gradient against differences, element by element."""
        point = np.array(asnumpy(self.arguments[position].array))
        here = [np.asarray(asnumpy(out.array), np.float64) for out in self.outputs]
        given = np.zeros(point.shape) if analytic is None else analytic
        report = InputReport(position, point, given, np.zeros(point.shape), np.zeros(point.shape, bool))
        report.received = analytic is not None
        report.terms = [np.zeros(v.shape + point.shape) for v in self.directions]
        for index, up, down in self._moved(position):
            for terms, u, d, v in zip(report.terms, up, down, self.directions):
                terms[(...,) + index] = (u - d) * v / (2 * self.eps)
            numeric = sum(float(terms[(...,) + index].sum()) for terms in report.terms)
            report.numeric[index] = numeric
            if abs(given[index] - numeric) <= atol + rtol * abs(numeric):
                continue
            right = sum(float(np.sum((u - h) * v)) for u, h, v in zip(up, here, self.directions)) / self.eps
            left = sum(float(np.sum((h - d) * v)) for h, d, v in zip(here, down, self.directions)) / self.eps
            allowed = _subgradients(left, right, self.eps, atol, rtol)
            if allowed and allowed[0] <= given[index] <= allowed[1]:
                report.kinks.append((index, left, right))
                continue
            report.wrong[index] = True
            if max(abs(left), abs(right)) > 1e-3 / self.eps and self._jumps(position, index):
                report.jumps.append(index)
        return report

    def _jumps(self, position: int, index: tuple[int, ...]) -> bool:
        """At a jump, the slope over a step ten times smaller is about ten times larger."""
        coarse, fine = (abs(self._slope(position, index, step)) for step in (self.eps, self.eps / 10))
        return fine > 5 * coarse

    def _slope(self, position: int, index: tuple[int, ...], step: float) -> float:
        point = np.array(asnumpy(self.arguments[position].array))
        up, down = point.copy(), point.copy()
        up[index] += step
        down[index] -= step
        pairs = zip(self.values(position, up), self.values(position, down), self.directions)
        return sum(float(np.sum((u - d) * v)) for u, d, v in pairs) / (2 * step)


@dataclass
class GradcheckReport:
    """What :func:`gradcheck_report` found.

    Attributes
    ----------
    inputs : list of InputReport
        One per input that was checked.
    causes : list of Cause
        The mistakes that would explain it, the likeliest first; empty if all is well.
    error : str
        What backward raised, if it did.

    Examples
    --------
    >>> import tinyconv as tc
    >>> x = tc.tensor([1.0, -2.0], dtype=tc.float64, requires_grad=True)
    >>> print(gradcheck_report(lambda x: x.abs(), x))
    gradcheck: all 2 elements of 1 input agree
    """

    inputs: list[InputReport]
    causes: list[Cause]
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether every element agrees."""
        return not self.error and not any(report.wrong.any() for report in self.inputs)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "\n".join([self._headline(), *self._kinks(), *self._tables(), *self._conclusions()])

    def _headline(self) -> str:
        if self.error:
            return phrase("report.failed", kind=type(self.error).__name__, error=self.error)
        total = sum(report.wrong.size for report in self.inputs)
        if self.ok:
            if len(self.inputs) == 1:
                return phrase("report.agrees", total=total)
            return phrase("report.all_agree", total=total, inputs=len(self.inputs))
        wrong = sum(int(report.wrong.sum()) for report in self.inputs)
        return phrase("report.wrong", wrong=wrong, total=total)

    def _kinks(self) -> list[str]:
        return [
            phrase("report.kink", position=report.position, index=index, left=left, right=right,
                   analytic=report.analytic[index])
            for report in self.inputs
            for index, left, right in report.kinks[:SHOWN]
        ]  # fmt: skip

    def _tables(self) -> list[str]:
        lines = []
        for report in self.inputs if not self.error else ():
            count = int(report.wrong.sum())
            what = phrase("report.some_wrong", count=count, size=report.wrong.size) if count else phrase("report.right")
            lines.append(f"{_input(report)}: {what}")
            rows = [_titles(), *_rows(report)] if count else []
            table = table_text(rows, right_aligned=range(len(_titles()))).splitlines() if rows else []
            lines += [f"  {line}" for line in table]
            if count > SHOWN:
                lines.append(phrase("report.more", count=count - SHOWN))
        return lines if not self.ok else []

    def _conclusions(self) -> list[str]:
        if self.ok:
            return []
        return [
            phrase("report.cause" if len(self.causes) == 1 else "report.causes"),
            *(f"  {cause}" for cause in self.causes),
        ]

    def _repr_html_(self) -> str:
        parts = [f"<p><b>{escape(self._headline())}</b></p>", *(f"<p>{escape(line)}</p>" for line in self._kinks())]
        for report in self.inputs if not self.error else ():
            if report.wrong.any():
                head = "".join(f"<th>{title}</th>" for title in _titles())
                body = "".join(
                    "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(report)
                )
                parts.append(f"<p>{_input(report)}</p>")
                parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        causes = "".join(
            "<li>{}</li>".format(
                phrase(
                    "cause.told",
                    name=f"<b>{escape(cause.name)}</b>",
                    evidence=escape(cause.evidence),
                    fix=escape(cause.fix),
                )
            )
            for cause in self.causes
        )
        return f"<div>{''.join(parts)}{f'<ol>{causes}</ol>' if causes else ''}</div>"


def _titles() -> list[str]:
    return phrase("report.titles").split("|")


def _input(report: InputReport) -> str:
    return phrase("report.input", position=report.position, shape=report.point.shape)


def _rows(report: InputReport) -> list[tuple[str, ...]]:
    """One row of a table per wrong element, the worst first."""
    rows: list[tuple[str, ...]] = []
    for index in report.worst[:SHOWN]:
        a, n = report.analytic[index], report.numeric[index]
        ratio = f"{a / n:.6g}" if abs(n) > 1e-12 else ""
        rows.append((str(index), f"{report.point[index]:.6g}", f"{a:.6g}", f"{n:.6g}", f"{a - n:.3g}", ratio))
    return rows
