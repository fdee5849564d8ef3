"""A thing as JSON: what its page shows, and the JSON-LD in the page for search engines."""

from __future__ import annotations

from pyoxigraph import Literal, NamedNode

from etown_kg import vocab
from etown_kg.web.pages.evidence import Evidence
from etown_kg.web.pages.statements import Description, Row, Value

_STRING = NamedNode(vocab.XSD + "string")


def json_ld(found: Description) -> dict[str, object]:
    """What was asserted, for search engines: names and types, and what links to what."""
    described: dict[str, object] = {"@id": found.iri}
    types = [value.shown.iri for value in found.types if value.shown.iri]
    if types:
        described["@type"] = types
    for row in (*found.names, *found.facts):
        # Half a text would be another value: who wants a long one finds it in the data.
        values = [
            _json_ld_value(value)
            for value in row.values
            if not value.is_inferred and not value.shown.omitted
        ]
        if values:
            described[row.predicate.iri] = values
    return described


def _json_ld_value(value: Value) -> dict[str, str]:
    if value.shown.iri:
        return {"@id": value.shown.iri}
    end = value.triple[2]
    if not isinstance(end, Literal):
        return {"@value": value.shown.text}
    # As it is written, not as the page shows it.
    literal = {"@value": end.value}
    if end.language:
        literal["@language"] = end.language
    elif end.datatype != _STRING:
        literal["@type"] = end.datatype.value
    return literal


def members(found: Description) -> dict[str, object]:
    """What the page shows, as JSON."""
    return {
        "iri": found.iri,
        "label": found.title.text,
        "description": found.telling.text if found.telling else None,
        "asserted": found.asserted,
        "inferred": found.inferred,
        "complete": found.is_whole,
        "types": [_value_members(value) for value in found.types],
        "names": [_row_members(row) for row in found.names],
        "facts": [_row_members(row) for row in found.facts],
        "links": [_row_members(row) for row in found.links],
        "incoming": [_row_members(row) for row in (*found.incoming, *found.records)],
    }


def _row_members(row: Row) -> dict[str, object]:
    return {
        "property": row.predicate.iri,
        "label": row.predicate.text,
        "values": [_value_members(value) for value in row.values],
        "more": row.more,
    }


def _value_members(value: Value) -> dict[str, object]:
    shown, end = value.shown, value.triple[2]
    made: dict[str, object] = {"iri": shown.iri, "label": shown.text} if shown.iri else {}
    if not shown.iri:
        # The page may show less, and numbers with their thousands apart.
        made["value"] = end.value if isinstance(end, Literal) else shown.text
    if isinstance(end, Literal) and not end.language and end.datatype != _STRING:
        made["datatype"] = end.datatype.value
    if shown.language:
        made["language"] = shown.language
    made["inferred"] = value.is_inferred
    if value.is_inferred:
        made["why"] = value.why
    else:
        made["graphs"] = list(value.graphs)
    if value.evidence:
        made["evidence"] = [_evidence_members(each) for each in value.evidence]
    if value.nested:
        made["nested"] = [_row_members(row) for row in value.nested]
    return made


def _evidence_members(evidence: Evidence) -> dict[str, object]:
    known = {
        "fact": evidence.fact_id,
        "article": evidence.article,
        "paragraph": evidence.paragraph,
        "phrase": evidence.phrase,
        "start": evidence.start,
        "end": evidence.end,
        "source": evidence.source,
    }
    return {name: value for name, value in known.items() if value not in ("", None)}
