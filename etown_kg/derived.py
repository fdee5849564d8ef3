"""Whether derived figures are what their formulas give.

A derived figure (`et:DerivedFigure`) carries its formula, its inputs (`prov:wasDerivedFrom`) and
its result: a stated number and bounds. `check_derived` evaluates the formula on the inputs'
intervals and compares. Decimals are compared at the digits that are written: the stated number
must be the result rounded to them, and a bound the result's bound rounded *outward*, so that
writing a bound down never makes it say more than the formula does.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import pyoxigraph as ox

from etown_kg import vocab
from etown_kg.errors import FormulaError
from etown_kg.findings import Finding
from etown_kg.formula import Formula
from etown_kg.interval import Interval, shown

CHECK = "derived-figure"

_FORMULA = vocab.TERMS + "formula"
_FACT_ID = vocab.TERMS + "factId"
_DERIVED_FROM = vocab.PROV + "wasDerivedFrom"
_AGREES_WITH = vocab.TERMS + "agreesWith"
_STATED = vocab.TERMS + "statedNumber"
_NUMERATOR = vocab.TERMS + "numerator"
_DENOMINATOR = vocab.TERMS + "denominator"
_LOWER = vocab.TERMS + "lowerBound"
_LOWER_INCLUSIVE = vocab.TERMS + "lowerInclusive"
_UPPER = vocab.TERMS + "upperBound"
_UPPER_INCLUSIVE = vocab.TERMS + "upperInclusive"
_BOUND_KIND = vocab.TERMS + "boundKind"
_APPROXIMATE = vocab.CONCEPT + "bound-kind/approximate"

_READ = frozenset({
    _FORMULA, _FACT_ID, _DERIVED_FROM, _AGREES_WITH, _STATED, _NUMERATOR, _DENOMINATOR,
    _LOWER, _LOWER_INCLUSIVE, _UPPER, _UPPER_INCLUSIVE, _BOUND_KIND,
})  # fmt: skip

_Resource = (ox.NamedNode, ox.BlankNode)
_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def check_derived(quads: Iterable[ox.Quad]) -> tuple[Finding, ...]:
    """The derived figures whose number, bounds or inputs do not fit their formula.

    Reads the figures from all graphs together and works on asserted quads: inferred copies of a
    figure's numbers would count as a second value.
    """
    figures: dict[str, _Figure] = defaultdict(_Figure)
    for quad in quads:
        if quad.predicate.value in _READ and isinstance(quad.subject, _Resource):
            figures[quad.subject.value].values[quad.predicate.value].add(quad.object)
    findings: list[Finding] = []
    for iri in sorted(iri for iri, figure in figures.items() if _FORMULA in figure.values):
        try:
            findings.extend(_check(iri, figures))
        except _UnreadableError as error:
            findings.append(Finding(CHECK, iri, error.problem, error.path, error.value))
        except FormulaError as error:
            findings.append(Finding(CHECK, iri, error.problem, _FORMULA, error.formula))
    return tuple(findings)


class _UnreadableError(Exception):
    """A value that cannot be used; becomes a finding on the derived figure that needs it."""

    def __init__(self, problem: str, path: str, value: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path
        self.value = value


class _Figure:
    """What the graph says about one figure: the values of each property that is read."""

    def __init__(self) -> None:
        self.values: dict[str, set[_Term]] = defaultdict(set)

    def resources(self, path: str) -> list[str]:
        return sorted(v.value for v in self.values.get(path, ()) if isinstance(v, _Resource))

    def text(self, path: str) -> str | None:
        found = self.values.get(path, set())
        if len(found) > 1:
            shown_values = ", ".join(sorted(str(term) for term in found))
            raise _UnreadableError("expected one value", path, shown_values)
        for term in found:
            if isinstance(term, ox.Literal):
                return term.value
            raise _UnreadableError("expected a literal", path, str(term))
        return None

    def number(self, path: str) -> Fraction | None:
        text = self.text(path)
        return None if text is None else _fraction(text, path)

    def flag(self, path: str) -> bool:
        text = self.text(path)
        if text not in {None, "true", "false", "1", "0"}:
            raise _UnreadableError("expected true or false", path, str(text))
        return text in {"true", "1"}

    def interval(self) -> Interval:
        try:
            return Interval(
                self.number(_LOWER),
                self.flag(_LOWER_INCLUSIVE),
                self.number(_UPPER),
                self.flag(_UPPER_INCLUSIVE),
            )
        except ValueError as error:
            raise _UnreadableError(str(error), _LOWER) from error

    def stated(self) -> Fraction | None:
        """The stated number; a fraction's exactly, since 0.333333 is not one third."""
        numerator, denominator = self.number(_NUMERATOR), self.number(_DENOMINATOR)
        if numerator is not None and denominator:
            return numerator / denominator
        return self.number(_STATED)


def _check(iri: str, figures: Mapping[str, _Figure]) -> Iterator[Finding]:
    figure = figures[iri]
    text = figure.text(_FORMULA)
    assert text is not None  # only subjects of et:formula come here
    formula = Formula.parse(text)
    inputs = {_name(source, figures): source for source in figure.resources(_DERIVED_FROM)}

    for name in sorted(formula.names - inputs.keys()):
        yield Finding(CHECK, iri, f"{name} is not among the inputs", _DERIVED_FROM, text)
    for name in sorted(inputs.keys() - formula.names):
        yield Finding(CHECK, iri, f"the formula does not use the input {name}", _FORMULA, text)
    if not formula.names <= inputs.keys():
        return

    intervals, numbers = {}, {}
    for name, source in inputs.items():
        try:
            intervals[name] = figures[source].interval() if source in figures else Interval()
            number = figures[source].stated() if source in figures else None
        except _UnreadableError as error:
            problem = f"input {name}: {error.problem}"
            raise _UnreadableError(problem, error.path, error.value) from error
        if number is not None:
            numbers[name] = number
    result = formula.interval(intervals, numbers)
    yield from _check_number(iri, figure, formula.number(numbers))
    yield from _check_bounds(iri, figure, result)
    for other in figure.resources(_AGREES_WITH):
        if other not in figures or not figures[other].interval().intersects(result):
            message = f"the formula gives {result}, which does not agree with it"
            yield Finding(CHECK, iri, message, _AGREES_WITH, other)


def _check_number(iri: str, figure: _Figure, expected: Fraction) -> Iterator[Finding]:
    stated = figure.number(_STATED)
    if stated is None:
        yield Finding(CHECK, iri, f"expected the stated number {shown(expected)}", _STATED)
    elif abs(stated - expected) > _unit(stated) / 2:
        message = f"the formula gives {shown(expected)}"
        yield Finding(CHECK, iri, message, _STATED, shown(stated))


def _check_bounds(iri: str, figure: _Figure, expected: Interval) -> Iterator[Finding]:
    written = figure.interval()
    no_bounds = written.lower is None and written.upper is None
    if no_bounds and _APPROXIMATE in figure.resources(_BOUND_KIND):
        return  # an approximate figure may keep to its number
    fits = _fits(
        written.lower, written.lower_inclusive, expected.lower, expected.lower_inclusive, math.floor
    )
    if not fits:
        yield Finding(CHECK, iri, f"the formula gives {expected}", _LOWER, str(written))
    fits = _fits(
        written.upper, written.upper_inclusive, expected.upper, expected.upper_inclusive, math.ceil
    )
    if not fits:
        yield Finding(CHECK, iri, f"the formula gives {expected}", _UPPER, str(written))


def _fits(
    written: Fraction | None,
    written_inclusive: bool,
    expected: Fraction | None,
    expected_inclusive: bool,
    outward: Callable[[Fraction], int],
) -> bool:
    """Whether a bound is the expected one, rounded outward to the digits that are written.

    A bound that was moved outward is not attained, so its flag says nothing and may be either.
    """
    if written is None or expected is None:
        return written is expected
    if written == expected:
        return written_inclusive == expected_inclusive
    unit = _unit(written)
    return written == outward(expected / unit) * unit


def _unit(value: Fraction) -> Fraction:
    """The place of the last decimal digit of `value`: 1/10 for 1296.2, 1 for 1297.0."""
    unit = Fraction(1)
    while (value / unit).denominator != 1:
        unit /= 10
    return unit


def _name(source: str, figures: Mapping[str, _Figure]) -> str:
    """The name that formulas call a figure: its fact id, or the local name of its IRI."""
    fact_id = figures[source].text(_FACT_ID) if source in figures else None
    return fact_id or re.split("[/#]", source)[-1]


def _fraction(text: str, path: str) -> Fraction:
    try:
        return Fraction(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError) as error:  # no number, NaN, infinite
        raise _UnreadableError("expected a finite number", path, text) from error
