"""Which figures a reader asks for, and how they compare with a number that the reader types.

A selection is made from the parameters of an address, so every view of the figures is a link.
Anything that is not understood is an error that names the parameter: a filter that is silently
ignored would show figures nobody asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Final, get_args
from urllib.parse import unquote

from etown_kg.errors import ParameterError
from etown_kg.figures.figure import Figure, Figures
from etown_kg.figures.quantity import quantity
from etown_kg.interval import Operator, Verdict

STATED: Final = "stated"
DERIVED: Final = "derived"
OPERATORS: tuple[Operator, ...] = get_args(Operator)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
# An operator as it is easy to write in an address.
_SPELLED: dict[str, Operator] = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}

# What figures are filtered by: the parameter, and the values that a figure has of it.
FILTERS: dict[str, Callable[[Figure], Sequence[str]]] = {
    "indicator": lambda figure: _known(figure.indicator),
    "place": lambda figure: figure.places,
    "period": lambda figure: _known(figure.period.iri if figure.period else ""),
    "article": lambda figure: figure.articles,
    "unit": lambda figure: _known(figure.unit),
    "bound": lambda figure: _known(figure.bound_kind),
    "source": lambda figure: (DERIVED if figure.is_derived else STATED,),
}
# Every parameter that a selection has.
PARAMETERS = (*FILTERS, "compare", "threshold", "verdict")


@dataclass(frozen=True)
class Threshold:
    """A comparison with a number, in the unit of the figures that it is applied to."""

    operator: Operator
    value: Fraction
    text: str

    def verdict(self, figure: Figure) -> Verdict:
        """Whether the figure satisfies it for certain, possibly, or not at all."""
        return figure.interval.verdict(self.value, self.operator)


@dataclass(frozen=True)
class Selection:
    """The filters of an address: values by parameter (any of them may match), and a threshold."""

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    threshold: Threshold | None = None
    verdicts: tuple[Verdict, ...] = ()

    def filtered(self, figures: Iterable[Figure]) -> list[Figure]:
        """The figures that pass all filters, whatever the threshold says of them."""
        return [figure for figure in figures if self._passes(figure)]

    def of(self, figures: Iterable[Figure]) -> list[Figure]:
        """The figures that are asked for.

        Raises:
            ParameterError: a threshold, and figures in several units: a number compares with
                figures of its own unit only.
        """
        found = self.filtered(figures)
        if self.threshold is None:
            return found
        units = {figure.unit for figure in found}
        if len(units) > 1:
            problem = f"the figures have {len(units)} units"
            raise ParameterError("threshold", self.threshold.text, problem, code="units")
        if self.verdicts:
            found = [each for each in found if self.threshold.verdict(each) in self.verdicts]
        return found

    def counts(self, figures: Iterable[Figure]) -> Mapping[Verdict, int]:
        """How many of the figures that pass the filters get which verdict."""
        if self.threshold is None:
            return {}
        counted = Counter(self.threshold.verdict(each) for each in self.filtered(figures))
        return {verdict: counted[verdict] for verdict in VERDICTS}

    def parameters(self, *without: str, **changed: str) -> list[tuple[str, str]]:
        """The pairs of an address that asks for this, without some, with others instead."""
        left_out = {*without, *changed}
        pairs = [
            (name, value)
            for name, values in self.filters.items()
            for value in values
            if name not in left_out
        ]
        if self.threshold is not None:
            given = {"compare": self.threshold.operator, "threshold": self.threshold.text}
            pairs += [pair for pair in given.items() if pair[0] not in left_out]
            pairs += [("verdict", each) for each in self.verdicts if "verdict" not in left_out]
        return pairs + list(changed.items())

    def _passes(self, figure: Figure) -> bool:
        return all(
            any(value in wanted for value in FILTERS[name](figure))
            for name, wanted in self.filters.items()
        )


def read_selection(pairs: Iterable[tuple[str, str]], figures: Collection[Figure]) -> Selection:
    """The selection that the parameters of an address ask for; other parameters are not ours.

    A thing is named by its IRI, or by the last part of it where no other thing of that kind has
    the same. An empty value asks for nothing, as a form sends it.

    Raises:
        ParameterError: a value that no figure has, that several have, or that is no number.
    """
    given = [(name, value.strip()) for name, value in pairs if value.strip()]
    filters = {}
    for parameter in FILTERS:
        values = [value for name, value in given if name == parameter]
        if values:
            found = (resolved(parameter, value, figures) for value in values)
            filters[parameter] = tuple(dict.fromkeys(found))
    return Selection(filters, _threshold(given), _verdicts(given))


def values_of(parameter: str, figures: Iterable[Figure]) -> Mapping[str, int]:
    """The values that figures have of a parameter, with the number of figures of each."""
    if isinstance(figures, Figures):
        return _values_of_all(parameter, figures)
    return Counter(value for figure in figures for value in FILTERS[parameter](figure))


@lru_cache(maxsize=64)
def _values_of_all(parameter: str, figures: Figures) -> Mapping[str, int]:
    return values_of(parameter, list(figures))


@lru_cache(maxsize=64)
def names_of_values(parameter: str, figures: Figures) -> Mapping[str, str]:
    """What an address calls each value that a graph's figures have of a parameter."""
    return short_names(values_of(parameter, figures))


def resolved(parameter: str, name: str, figures: Iterable[Figure]) -> str:
    """The value that a name in an address means.

    Raises:
        ParameterError: no figure has it, or several values are called so.
    """
    values = values_of(parameter, figures)
    if name in values:
        return name
    found = sorted(value for value in values if last_part(value) == name)
    if len(found) == 1:
        return found[0]
    if found:
        problem = f"it can mean {len(found)} things; write the whole IRI of one"
        raise ParameterError(parameter, name, problem, known=found, code="ambiguous")
    known = sorted(short_names(values).values())
    raise ParameterError(parameter, name, "no figure has it", known=known, code="unknown")


def short_names(values: Iterable[str]) -> dict[str, str]:
    """What to call each value in an address: its last part where no other has the same."""
    named = {value: last_part(value) for value in values}
    alike = Counter(named.values())
    return {
        value: name if name and alike[name] == 1 and name not in named else value
        for value, name in named.items()
    }


def last_part(iri: str) -> str:
    """The last part of an IRI, decoded.

    >>> last_part("http://zoo.example/kinds#grey%20eel")
    'grey eel'
    """
    return unquote(re.split("[/#]", iri)[-1])


def _known(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _threshold(given: Sequence[tuple[str, str]]) -> Threshold | None:
    numbers = [value for name, value in given if name == "threshold"]
    operators = [value for name, value in given if name == "compare"]
    for name, values in (("threshold", numbers), ("compare", operators)):
        if len(set(values)) > 1:
            raise ParameterError(name, values[1], "it is given twice", code="twice")
    operator = _operator(operators[0]) if operators else ">"
    if not numbers:
        return None
    value = quantity(numbers[0])
    if value is None:
        problem = "it is no number such as 300, 2.5, 1/3, 600 billion or 6000亿"
        raise ParameterError("threshold", numbers[0], problem, code="number")
    return Threshold(operator, value, numbers[0])


def _operator(text: str) -> Operator:
    if text in _SPELLED:
        return _SPELLED[text]
    for operator in OPERATORS:
        if operator == text:
            return operator
    raise ParameterError("compare", text, "no such comparison", known=OPERATORS, code="unknown")


def _verdicts(given: Sequence[tuple[str, str]]) -> tuple[Verdict, ...]:
    return tuple(dict.fromkeys(_each_verdict(value for n, value in given if n == "verdict")))


def _each_verdict(values: Iterable[str]) -> Iterator[Verdict]:
    for value in values:
        for verdict in VERDICTS:
            if verdict == value:
                yield verdict
                break
        else:
            raise ParameterError(
                "verdict", value, "no such verdict", known=VERDICTS, code="unknown"
            )
