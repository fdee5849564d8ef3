"""Mappings of a table taken in among those that are there: a row replaces the record it is about.

A row is about the record of its ``record_id``, else about the one with the same subject, predicate
and object; all others are new. A mapping leads from a thing of ours outward: one that comes from
outside is turned round by the inverse of its predicate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from etown_kg.errors import SourceError
from etown_kg.links.mapping import INVERSES, KINDS, Mapping, State
from etown_kg.links.table import Row

# What tells the subject from the object.
_TURNED = tuple(
    (f"subject_{name}", f"object_{name}")
    for name in ("id", "label", "category", "type", "source", "source_version", "match_field",
                 "preprocessing")
)  # fmt: skip


def merged(
    present: Iterable[Mapping],
    rows: Iterable[Row],
    *,
    path: object,
    base: str,
    is_ours: Callable[[str], bool],
    date: str = "",
) -> list[Mapping]:
    """The mappings that are there, with those of the rows.

    Args:
        present: the mappings of the graph.
        rows: those of a table, whose file is `path`.
        base: where the IRIs of new mappings begin.
        is_ours: whether the graph speaks of a thing.
        date: when the mappings were made, for those that do not say so themselves.

    Raises:
        SourceError: a row is no link of a thing of ours, has no date, says what another says, or
            was reviewed without a reviewer, a date and a reason.
    """
    by_iri = {each.iri: each for each in present}
    by_link = {each.link: each.iri for each in by_iri.values()}
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        mapping = _outward(row, path, is_ours)
        if mapping.link in seen:
            raise SourceError(path, f"is the same link as line {seen[mapping.link]}", line=row.line)
        seen[mapping.link] = row.line
        iri = mapping.iri or by_link.get(mapping.link) or _new_name(mapping, base, by_iri)
        former = by_iri.get(iri)
        if former is not None and former.link != mapping.link:
            del by_link[former.link]
        if by_link.get(mapping.link, iri) != iri:
            raise SourceError(
                path, f"<{by_link[mapping.link]}> is this link already", line=row.line,
                hint="give the row that record_id",
            )  # fmt: skip
        by_link[mapping.link] = iri
        languages = former.languages if former is not None else {}
        by_iri[iri] = _completed(replace(mapping, iri=iri, languages=languages), row, path, date)
    return sorted(by_iri.values(), key=lambda each: (*each.link, each.iri))


def _outward(row: Row, path: object, is_ours: Callable[[str], bool]) -> Mapping:
    mapping = row.mapping
    subject, predicate, object_ = mapping.link
    if predicate not in INVERSES:
        raise SourceError(
            path, f"predicate_id: <{predicate}> is no mapping property of SKOS", line=row.line,
            hint="skos:exactMatch, closeMatch, broadMatch, narrowMatch or relatedMatch;"
            " owl:sameAs would copy every statement",
        )  # fmt: skip
    if is_ours(subject):
        return mapping
    if not is_ours(object_):
        raise SourceError(
            path, f"the graph speaks neither of <{subject}> nor of <{object_}>", line=row.line,
            hint="a link begins at a thing of this graph",
        )  # fmt: skip
    other = dict(_TURNED) | {theirs: ours for ours, theirs in _TURNED}
    values = {other.get(name, name): value for name, value in mapping.values.items()}
    values["predicate_id"] = (INVERSES[predicate],)
    return Mapping(mapping.iri, {name: values[name] for name in KINDS if name in values})


def _completed(mapping: Mapping, row: Row, path: object, date: str) -> Mapping:
    """The mapping with what has to be said of each."""
    values = dict(mapping.values)
    if "mapping_date" not in values:
        if not date:
            raise SourceError(
                path, "mapping_date is empty", line=row.line,
                hint="fill the column, the metadata's mapping_date, or give --date",
            )  # fmt: skip
        values["mapping_date"] = (date,)
    if "mapping_source" not in values and "ext_found_in" not in values:
        values["ext_found_in"] = (str(path).replace("\\", "/").rsplit("/", 1)[-1],)
    if mapping.state is not State.CANDIDATE:
        has_reviewer = "reviewer_label" in values or "reviewer_id" in values
        missing = [
            name for name in ("review_date", "ext_review_reason") if name not in values
        ] + ([] if has_reviewer else ["reviewer_label"])  # fmt: skip
        if missing:
            raise SourceError(
                path, f"is {mapping.state.value}, and {missing[0]} is empty", line=row.line,
                hint="a review has a reviewer, a date and a reason",
            )  # fmt: skip
        values.setdefault(
            "reviewer_agreement", ("1.0" if mapping.state is State.ACCEPTED else "-1.0",)
        )
    return replace(mapping, values={name: values[name] for name in KINDS if name in values})


def _new_name(mapping: Mapping, base: str, taken: Iterable[str]) -> str:
    """An IRI for a new mapping, made of what it links."""
    subject, _, object_ = mapping.link
    host = re.sub(r"^\w+:/*(?:www\.)?", "", object_).split("/")[0].split(".")[0]
    stem = re.sub(r"[^a-z0-9]+", "-", f"{_last(subject)} {host} {_last(object_)}".lower()).strip(
        "-"
    )
    known = set(taken)
    names = (f"{base}id/mapping/{stem}{f'-{n}' if n else ''}" for n in range(len(known) + 1))
    return next(name for name in names if name not in known)


def _last(iri: str) -> str:
    return re.split(r"[/#:]", iri.rstrip("/#"))[-1]
