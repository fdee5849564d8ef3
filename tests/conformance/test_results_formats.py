"""The W3C suites of the SPARQL 1.1 results formats, asked of the endpoint over HTTP.

``csv-tsv-res`` (https://www.w3.org/TR/sparql11-results-csv-tsv/) and ``json-res``
(https://www.w3.org/TR/sparql11-results-json/). Answers are compared as sets of solutions by
variable, since the specification leaves the order of ``SELECT *`` open; blank nodes are
compared up to their labels. Then every answer of the shipped questions is read back, in each
format, by rdflib's parsers, which share no code with what wrote it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import rdflib
from rdflib import RDF, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.query import Result

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.formats import CSV, JSON, TSV, XML, Format, by_suffix
from etown_kg.graph import KnowledgeGraph
from etown_kg.load import read
from etown_kg.questions import Question, read_questions
from etown_kg.web import create_app

ROOT = Path(__file__).parents[2]
SUITE = ROOT.parent / "shared" / "w3c" / "sparql11"
QUESTIONS = read_questions(ROOT / "ontology" / "queries" / "competency")
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
FORMATS = (JSON, XML, CSV, TSV)

# Where the answer has the right values in another lexical form: the store keeps numbers in
# canonical form (1.0E6 is 1000000) and the integer types as xsd:integer. Each fails exactly
# and passes by value; a repair of the store is noticed, since the marks are strict.
OTHER_LEXICAL_FORM = {
    "csv03": "the double 1.0E6 comes back as 1000000",
    "tsv03": "the same, and an xsd:negativeInteger comes back as xsd:integer",
}
NUMERIC = frozenset(
    str(rdflib.XSD[name]) for name in ("integer", "decimal", "double", "float", "negativeInteger")
)

# A term by which two formats can be compared: (kind, value, datatype or language).
Term = tuple[str, str, str]
Solution = frozenset[tuple[str, Term]]


@dataclass(frozen=True)
class Case:
    """One entry of a manifest."""

    name: str
    query: Path
    data: Path
    result: Path


def cases(folder: str) -> list[Case]:
    manifest = SUITE / folder / "manifest.ttl"
    if not manifest.is_file():
        return []
    graph = rdflib.Graph().parse(manifest, publicID=manifest.as_uri())
    (entries,) = graph.objects(graph.value(None, RDF.type, MF.Manifest), MF.entries)
    found = []
    for entry in Collection(graph, entries):
        action = graph.value(entry, MF.action)
        query, data = graph.value(action, QT.query), graph.value(action, QT.data)
        result = graph.value(entry, MF.result)
        found.append(
            Case(str(entry).rpartition("#")[2], *(_path(each) for each in (query, data, result)))
        )
    return found


def _path(node: rdflib.term.Node | None) -> Path:
    assert isinstance(node, URIRef)
    return Path(node.removeprefix("file://"))


CASES = cases("csv-tsv-res") + cases("json-res")
if not CASES:
    pytest.skip("the W3C suites are not beside the checkout", allow_module_level=True)


def answer(case: Case, format: Format, tmp_path: Path) -> str:
    graph = KnowledgeGraph(read(case.data))
    app = create_app(Settings(ontology=tmp_path, data=tmp_path), LocalBackend(graph))
    response = app.test_client().get(
        "/sparql",
        query_string={"query": case.query.read_text(encoding="utf-8")},
        headers={"Accept": format.media_type},
    )
    assert response.status_code == 200
    assert response.mimetype == format.media_type
    return response.text


def solutions(text: str, format: Format) -> list[Solution] | bool:
    """The solutions (or the truth value) that an answer holds, read without our own code."""
    if format is CSV:
        # CSV has no types: rdflib's reader would guess them.
        rows = csv.DictReader(io.StringIO(text))
        return [
            frozenset((name, _untyped(value)) for name, value in row.items() if value != "")
            for row in rows
        ]
    result = Result.parse(
        io.BytesIO(text.encode()), format={JSON: "json", XML: "xml", TSV: "tsv"}[format]
    )
    if result.type == "ASK":
        assert result.askAnswer is not None
        return result.askAnswer
    return [
        frozenset((str(name), _term(value)) for name, value in binding.items() if value is not None)
        for binding in result.bindings
    ]


def _untyped(value: str) -> Term:
    return ("blank", "", "") if value.startswith("_:") else ("", value, "")


def _term(node: rdflib.term.Node) -> Term:
    if isinstance(node, rdflib.BNode):
        return ("blank", "", "")  # at most one blank node is in each of these answers
    if isinstance(node, rdflib.Literal):
        return ("literal", str(node), str(node.datatype or node.language or ""))
    return ("iri", str(node), "")


def by_value(found: list[Solution] | bool) -> object:
    """Solutions with their numbers as numbers."""
    if isinstance(found, bool):
        return found
    return sorted(sorted((name, _value(term)) for name, term in each) for each in found)


def _value(term: Term) -> Term:
    kind, text, detail = term
    if detail in NUMERIC or kind == "":
        try:
            return (kind, repr(float(text)), "number")
        except ValueError:
            return term
    return term


def exact(found: list[Solution] | bool) -> object:
    return found if isinstance(found, bool) else sorted(sorted(each) for each in found)


def marked(all_cases: Iterable[Case]) -> list[object]:
    return [
        pytest.param(
            case,
            id=case.name,
            marks=pytest.mark.xfail(strict=True, reason=OTHER_LEXICAL_FORM[case.name])
            if case.name in OTHER_LEXICAL_FORM
            else (),
        )
        for case in all_cases
    ]


def test_the_manifests_are_read_whole() -> None:
    assert len(CASES) == 10


@pytest.mark.parametrize("case", marked(CASES))
def test_w3c_case_term_by_term(case: Case, tmp_path: Path) -> None:
    format = by_suffix(case.result, FORMATS)
    expected = solutions(case.result.read_text(encoding="utf-8"), format)
    assert exact(solutions(answer(case, format, tmp_path), format)) == exact(expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_w3c_case_by_value(case: Case, tmp_path: Path) -> None:
    format = by_suffix(case.result, FORMATS)
    found = solutions(answer(case, format, tmp_path), format)
    expected = solutions(case.result.read_text(encoding="utf-8"), format)
    if case.name == "tsv03" and isinstance(expected, list):
        expected = [
            frozenset(
                (name, (kind, text, detail.replace("#negativeInteger", "#integer")))
                for name, (kind, text, detail) in each
            )
            for each in expected
        ]
    assert by_value(found) == by_value(expected)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_an_answer_says_the_same_in_every_format(
    question: Question, shipped_graph: KnowledgeGraph
) -> None:
    written = {
        format: shipped_graph.query(question.text).serialize(format).decode()
        for format in (JSON, XML)
    }
    in_json = solutions(written[JSON], JSON)
    assert exact(solutions(written[XML], XML)) == exact(in_json)
    if isinstance(in_json, bool):
        return
    for format in (CSV, TSV):
        text = shipped_graph.query(question.text).serialize(format).decode()
        head, rows = _table(text, format)
        assert head == json.loads(written[JSON])["head"]["vars"]
        assert rows == len(in_json)
        if format is TSV:
            assert exact(solutions(text, TSV)) == exact(in_json)
        else:
            bare = [frozenset((name, ("", term[1], "")) for name, term in s) for s in in_json]
            assert exact(solutions(text, CSV)) == exact([_without_empty(each) for each in bare])


def _without_empty(solution: Solution) -> Solution:
    # CSV cannot tell an empty text from an unbound variable (its section 3.2).
    return frozenset((name, term) for name, term in solution if term[1] != "")


def _table(text: str, format: Format) -> tuple[list[str], int]:
    """The names of the columns, without question marks, and the number of rows."""
    if format is CSV:
        assert text.count("\r\n") >= 1
        rows = list(csv.reader(io.StringIO(text, newline="")))
        return rows[0], len(rows) - 1
    lines = text.removesuffix("\n").split("\n")
    names = lines[0].split("\t")
    assert all(name.startswith("?") for name in names)
    return [name[1:] for name in names], len(lines) - 1
