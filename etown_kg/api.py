"""The JSON of ``/api`` as types: what the server makes, its document describes, clients read.

A leaf, so that the three cannot part: mypy holds the server's answers and the client's reading to
these types, and `schemas` makes JSON Schemas of them
(https://json-schema.org/draft/2020-12, the dialect of https://spec.openapis.org/oas/v3.1.1).
Members may be added; none is renamed, removed or given another type while the number in
`API_VERSION` before the first point stays the same.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeAlias,
    TypedDict,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)  # fmt: skip

from etown_kg.interval import Verdict

API_VERSION: Final = "1.0"
Schema: TypeAlias = "dict[str, Any]"


class Named(TypedDict):
    """A thing by its IRI, with its label in the language that was asked for."""

    iri: str
    label: str


class DatedPeriod(TypedDict):
    """A period; its dates as the graph writes them, null where it does not say."""

    iri: str
    label: str
    start: str | None
    end: str | None


class Number(TypedDict):
    """A number twice: as the nearest double, and exactly, as decimal digits or as n/d."""

    number: float
    exact: str


class Bounds(TypedDict):
    """An interval. An end that is null is not known: unbounded, never zero."""

    lower: Number | None
    lower_inclusive: bool
    upper: Number | None
    upper_inclusive: bool
    text: Annotated[str, "For people, as (300, ∞)."]


class Phrase(TypedDict):
    """The words of an article that say so, or another source.

    The paragraph is null in the article's head.
    """

    article: Named | None
    paragraph: int | None
    phrase: str | None
    source: str | None


class Figure(TypedDict):
    """A number that an article states, or that follows from such numbers by a formula."""

    iri: str
    id: Annotated[str | None, "What formulas call it."]
    label: str
    indicator: Named | None
    places: list[Named]
    groups: list[Named]
    period: DatedPeriod | None
    unit: Named | None
    bound: Annotated[Named | None, "How the wording bounds the number."]
    stated: Annotated[Number | None, "The number as written; no comparison uses it."]
    interval: Bounds
    source: Literal["stated", "derived"]
    formula: str | None
    inputs: Annotated[list[str], "The IRIs of the figures that the formula uses."]
    evidence: list[Phrase]
    verdict: Annotated[Verdict | None, "Of the comparison with the threshold, if one was asked."]


class FigureList(TypedDict):
    """One page of figures; `total` counts those of all pages."""

    version: str
    total: int
    page: int
    size: int
    next: Annotated[str | None, "The address of the next page."]
    figures: list[Figure]
    unreadable: Annotated[
        list[Unreadable], "Figures of the graph whose numbers contradict each other."
    ]


class Unreadable(TypedDict):
    """A figure that cannot be used, and why."""

    iri: str
    problem: str


class IriTerm(TypedDict):
    """A term that is an IRI."""

    type: Literal["iri"]
    value: str
    label: str


class LiteralTerm(TypedDict):
    """A term that is a literal; the language is null where it has none."""

    type: Literal["literal"]
    value: str
    datatype: str
    language: str | None


class OtherTerm(TypedDict):
    """A blank node or a triple term, as N-Triples writes it."""

    type: Literal["blank", "triple"]
    value: str


Term: TypeAlias = IriTerm | LiteralTerm | OtherTerm


class Statement(TypedDict):
    """One statement, once, whatever graphs assert it; an inferred one has no graphs."""

    subject: Term
    property: Named
    object: Term
    inferred: bool
    graphs: list[str]
    evidence: list[Phrase]


class Entity(TypedDict):
    """What the graph says of a thing, and what it says of others with it as object."""

    version: str
    iri: str
    label: str
    description: str | None
    classes: list[Named]
    complete: Annotated[bool, "False where there are more statements than one answer has."]
    statements: list[Statement]
    incoming: list[Statement]


class EntityList(TypedDict):
    """One page of the members of a class, in the order of their IRIs."""

    version: str
    of_class: Named
    page: int
    size: int
    next: str | None
    entities: list[Named]


class Match(TypedDict):
    """How a result matches what was looked for."""

    how: str
    role: str | None
    text: str | None
    language: str | None
    why: str


class Hit(TypedDict):
    """One result; the score is from 0 to 100."""

    iri: str
    label: str
    page: str | None
    description: str | None
    classes: list[Named]
    score: float
    match: Match


class CountedClass(TypedDict):
    """A class with how many of all results are in it."""

    iri: str
    label: str
    count: int


class SearchAnswer(TypedDict):
    """One page of results, the best first."""

    query: str
    version: str
    complete: Annotated[bool, "False where the graph has more texts than the index holds."]
    total: int
    page: int
    size: int
    next: str | None
    corrections: Annotated[dict[str, list[str]], "Words that were read as others."]
    classes: list[CountedClass]
    results: list[Hit]


class Source(TypedDict, total=False):
    """Where an asserted statement was read: what of these is known."""

    fact_id: str
    evidence: str
    article: str
    paragraph: int
    phrase: str
    start: int
    end: int
    source: str


class ProofStep(TypedDict, total=False):
    """A statement with the rule and the premises that it follows from, or asserted in graphs.

    The conclusion is a triple in N-Triples terms, null for a clash.
    """

    conclusion: list[str] | None
    asserted: bool
    graphs: list[str]
    sources: list[Source]
    rule: str
    text: str
    premises: list[ProofStep]


class Explanation(TypedDict):
    """The minimal proofs of a statement, the smallest first."""

    version: str
    statement: list[str]
    proofs: list[ProofStep]


class Operation(TypedDict):
    """One of the addresses below ``/api``."""

    path: str
    summary: str


class Index(TypedDict):
    """What there is."""

    title: str
    description: str
    api: str
    software: str
    version: Annotated[str, "Changes with every change of the data."]
    document: str
    endpoint: Annotated[str, "Where SPARQL queries are answered."]
    operations: list[Operation]


ANSWERS: Final = (Index, FigureList, Entity, EntityList, SearchAnswer, Explanation)

_PLAIN: Final[Mapping[object, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}


def schemas() -> dict[str, Schema]:
    """The JSON Schema of each type above that an answer has, by name; sorted."""
    found: dict[str, Schema] = {}
    waiting: list[type] = list(ANSWERS)
    while waiting:
        each = waiting.pop()
        if each.__name__ not in found:
            found[each.__name__] = _of_members(each)
            waiting += _used_by(each)
    return dict(sorted(found.items()))


def reference(type_: type) -> Schema:
    """The schema that points to a type of `schemas`."""
    return {"$ref": f"#/components/schemas/{type_.__name__}"}


def _of_members(type_: type) -> Schema:
    hints = get_type_hints(type_, include_extras=True)
    return {
        "type": "object",
        "description": " ".join((type_.__doc__ or "").split()),
        "properties": {name: _schema(hint) for name, hint in hints.items()},
        "required": sorted(cast("frozenset[str]", type_.__required_keys__)),  # type: ignore[attr-defined]
    }


def _schema(hint: Any) -> Schema:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if is_typeddict(hint):
        return reference(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return {**_schema(arguments[0]), "description": arguments[1]}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    if origin in (Union, types.UnionType):
        options = [_schema(each) for each in arguments]
        if all(set(each) == {"type"} for each in options):
            return {"type": [each["type"] for each in options]}
        return {"anyOf": options}
    raise TypeError(f"no JSON Schema for {hint}")


def _used_by(type_: type) -> Iterator[type]:
    stack: list[Any] = list(get_type_hints(type_, include_extras=True).values())
    while stack:
        hint = stack.pop()
        if is_typeddict(hint):
            yield hint
        else:
            stack += [each for each in get_args(hint) if not isinstance(each, str)]
