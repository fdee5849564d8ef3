"""The formulas of derived figures: a small language over intervals, read without `eval`.

    sum      = product { ("+" | "-") product }
    product  = factor { ("*" | "/") factor }
    factor   = "-" factor | "(" sum ")" | number | name
             | "rounded" "(" sum "," number ")" | "stated" "(" name ")"

A *name* is a fact id (`F06`) or another figure's local name (`X1`) and stands for that figure's
interval. `rounded(x, step)` is x as it was before it was rounded to multiples of `step`: half a
step further on both sides. `stated(F05)` is the number as the text writes it, as a point; a
derived figure that needs it follows the wording, not the bounds, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from etown_kg.errors import FormulaError
from etown_kg.interval import Interval

# The most operands, parentheses and signs in one formula. Each may nest in the one before, which
# costs some six stack frames, and a formula that a reader can check has a handful.
MAX_FACTORS = 64

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/(),]))", re.ASCII
)

_OPERATIONS: dict[str, Callable[[Interval, Interval], Interval]] = {
    "+": Interval.__add__,
    "-": Interval.__sub__,
    "*": Interval.__mul__,
    "/": Interval.__truediv__,
}


@dataclass(frozen=True)
class Number:
    value: Fraction


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Stated:
    name: str


@dataclass(frozen=True)
class Negation:
    operand: Node


@dataclass(frozen=True)
class Rounded:
    operand: Node
    step: Fraction


@dataclass(frozen=True)
class Operation:
    sign: str
    left: Node
    right: Node


Node: TypeAlias = "Number | Name | Stated | Negation | Rounded | Operation"


@dataclass(frozen=True)
class Formula:
    """A formula that has been read; `text` is as it was written."""

    text: str
    root: Node

    @classmethod
    def parse(cls, text: str) -> Formula:
        """Read a formula.

        Raises:
            FormulaError: the text is no formula; the error carries the character position.
        """
        return cls(text, _Parser(text).parse())

    @property
    def names(self) -> frozenset[str]:
        """The figures that the formula mentions."""
        return frozenset(_names(self.root))

    def interval(
        self, inputs: Mapping[str, Interval], stated: Mapping[str, Fraction] | None = None
    ) -> Interval:
        """The interval that follows from the inputs' intervals (and stated numbers).

        Raises:
            FormulaError: a name has no value, or every divisor is zero.
        """
        return self._evaluate(inputs, stated or {}, keep_rounding=True)

    def number(self, stated: Mapping[str, Fraction]) -> Fraction:
        """The number that follows when every name means its stated number.

        Raises:
            FormulaError: as for `interval`.
        """
        points = {name: Interval.exactly(value) for name, value in stated.items()}
        result = self._evaluate(points, stated, keep_rounding=False).lower
        assert result is not None  # points stay points under + - * /
        return result

    def _evaluate(
        self,
        inputs: Mapping[str, Interval],
        stated: Mapping[str, Fraction],
        *,
        keep_rounding: bool,
    ) -> Interval:
        def value(node: Node) -> Interval:
            match node:
                case Number(number):
                    return Interval.exactly(number)
                case Name(name) if name in inputs:
                    return inputs[name]
                case Stated(name) if name in stated:
                    return Interval.exactly(stated[name])
                case Name(name) | Stated(name):
                    raise FormulaError(self.text, f"{name} has no value among the inputs")
                case Negation(operand):
                    return -value(operand)
                case Rounded(operand, step):
                    half = Interval(-step / 2, True, step / 2, True)
                    return value(operand) + half if keep_rounding else value(operand)
                case Operation(sign, left, right):
                    return _OPERATIONS[sign](value(left), value(right))

        try:
            return value(self.root)
        except ZeroDivisionError as error:
            raise FormulaError(self.text, str(error)) from error


def evaluate(
    formula: str, inputs: Mapping[str, Interval], stated: Mapping[str, Fraction] | None = None
) -> Interval:
    """Read and evaluate a formula in one step.

    >>> str(evaluate("F06 / F04", {"F06": Interval.less_than(600), "F04": Interval.more_than(200)}))
    '(-∞, 3)'
    """
    return Formula.parse(formula).interval(inputs, stated)


def _names(node: Node) -> Iterator[str]:
    match node:
        case Name(name) | Stated(name):
            yield name
        case Negation(operand) | Rounded(operand, _):
            yield from _names(operand)
        case Operation(_, left, right):
            yield from _names(left)
            yield from _names(right)


class _Parser:
    """Recursive descent, one method a production, one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.factors = 0
        self.end = 0
        self.advance()

    def parse(self) -> Node:
        node = self.sum()
        if self.kind:
            raise self.unexpected("the end of the formula")
        return node

    def sum(self) -> Node:
        return self.operations("+-", self.product)

    def product(self) -> Node:
        return self.operations("*/", self.factor)

    def operations(self, signs: str, operand: Callable[[], Node]) -> Node:
        """A chain of operations of one precedence, which group from the left."""
        node = operand()
        while self.kind == "sign" and self.token in signs:
            sign = self.take()
            node = Operation(sign, node, operand())
        return node

    def factor(self) -> Node:
        self.factors += 1
        if self.factors > MAX_FACTORS:
            raise FormulaError(self.text, f"more than {MAX_FACTORS} parts", position=self.start)
        if self.kind == "number":
            return Number(Fraction(self.take()))
        if self.kind == "name":
            start, name = self.start, self.take()
            return self.call(name, start) if self.token == "(" else Name(name)
        if self.token == "-":
            self.take()
            return Negation(self.factor())
        if self.token == "(":
            self.take()
            node = self.sum()
            self.expect(")")
            return node
        raise self.unexpected("a number, a name or an opening parenthesis")

    def call(self, function: str, start: int) -> Node:
        node: Node
        if function not in {"rounded", "stated"}:
            problem = f"{function} is no function (known: rounded, stated)"
            raise FormulaError(self.text, problem, position=start)
        self.expect("(")
        if function == "stated":
            if self.kind != "name":
                raise self.unexpected("the name of a figure")
            node = Stated(self.take())
        else:
            operand = self.sum()
            self.expect(",")
            if self.kind != "number":
                raise self.unexpected("the rounding step, a number")
            step = Fraction(self.take())
            if step == 0:
                raise FormulaError(self.text, "the rounding step must be more than 0")
            node = Rounded(operand, step)
        self.expect(")")
        return node

    def expect(self, sign: str) -> None:
        if self.token != sign:
            raise self.unexpected(f"{sign!r}")
        self.take()

    def take(self) -> str:
        token = self.token
        self.advance()
        return token

    def advance(self) -> None:
        found = _TOKEN.match(self.text, self.end)
        if found is not None and found.lastgroup is not None:
            self.kind, self.token = found.lastgroup, found[found.lastgroup]
            self.start, self.end = found.start(found.lastgroup), found.end()
            return
        rest = self.text[self.end :].lstrip()
        self.kind, self.token = "", ""
        self.start = len(self.text) - len(rest)
        if rest:
            raise FormulaError(self.text, f"{rest[0]!r} is no part of it", position=self.start)

    def unexpected(self, expected: str) -> FormulaError:
        found = repr(self.token) if self.token else "the end"
        return FormulaError(self.text, f"expected {expected}, found {found}", position=self.start)
