"""Dumps: every file reads back as the graph it was made of, and a rebuild gives the same bytes."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import os
import random
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import csvw
import networkx
import pyarrow.parquet as pq
import pytest
import rdflib
import zstandard
from hypothesis import given, settings
from pyjelly.integrations.generic.parse import parse_jelly_flat
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, parse

from etown_kg import vocab
from etown_kg.blank_nodes import named
from etown_kg.errors import FormatError, SettingError
from etown_kg.export import SortedQuads, write_statements
from etown_kg.export.distributions import (
    GRAPHML,
    JELLY,
    PARQUET,
    Distribution,
    Dumps,
    by_name,
    distributions,
)
from etown_kg.export.dump_folder import SUMS, find_dump, find_refusal, write_dumps, write_sums
from etown_kg.graph import KnowledgeGraph
from etown_kg.interval import shown
from tests.export.statements import ZOO, datasets

ALL = distributions()
NAMES = [each.name for each in ALL]
PLAIN = [each for each in ALL if not each.packing]


@pytest.fixture(scope="module")
def folder(shipped_graph: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of the graph that ships."""
    folder = tmp_path_factory.mktemp("dumps")
    with shipped_graph.dumps() as dumps:
        assert write_dumps(dumps, ALL, folder) == []
    write_sums(folder, NAMES)
    return folder


def quads_in(graph: KnowledgeGraph, distribution: Distribution) -> set[Quad]:
    found = set(graph.quads(infer=distribution.content == "closure"))
    if distribution.format.kind == "graph":
        return {Quad(quad.subject, quad.predicate, quad.object) for quad in found}
    return found


@pytest.mark.parametrize(
    "distribution", [each for each in PLAIN if each.format.rdf], ids=lambda each: each.name
)
def test_an_rdf_file_holds_the_graph(
    distribution: Distribution, folder: Path, shipped_graph: KnowledgeGraph
) -> None:
    found = parse((folder / distribution.name).read_bytes(), distribution.format.rdf)
    assert set(named(found)) == set(named(quads_in(shipped_graph, distribution)))
    again = parse((folder / distribution.name).read_bytes(), distribution.format.rdf)
    assert len(set(again)) == len(quads_in(shipped_graph, distribution))


def test_jelly_holds_the_graph_for_two_readers(folder: Path, shipped_graph: KnowledgeGraph) -> None:
    path = folder / "closure.jelly"
    with path.open("rb") as stream:
        found = {_from_jelly(statement) for statement in parse_jelly_flat(stream)}
    expected = set(shipped_graph.quads())
    assert set(named(found)) == set(named(expected))
    assert len(found) == len(expected)
    dataset = rdflib.Dataset()
    dataset.parse(path, format="jelly")
    assert len(dataset) == len(expected)


@settings(max_examples=60)
@given(quads=datasets)
def test_jelly_holds_whatever_is_stated(quads: set[Quad]) -> None:
    out = io.BytesIO()
    with SortedQuads(quads) as ordered:
        assert write_statements(ordered, out, JELLY) == len(list(ordered))
    out.seek(0)
    found = {_from_jelly(statement) for statement in parse_jelly_flat(out)}
    assert set(named(found)) == set(named(quads))
    assert len(found) == len(quads)


@settings(max_examples=60)
@given(quads=datasets)
def test_parquet_holds_whatever_is_stated(quads: set[Quad]) -> None:
    out = io.BytesIO()
    with SortedQuads(quads) as ordered:
        assert write_statements(ordered, out, PARQUET) == len(list(ordered))
    rows = pq.read_table(io.BytesIO(out.getvalue())).to_pylist()
    found = {_from_row(row) for row in rows}
    assert set(named(found)) == set(named(quads))
    assert len(rows) == len(quads)


def _from_jelly(statement: Any) -> Quad:
    s, p, o, g = statement
    graph = _term(g)
    return Quad(_term(s), _term(p), _term(o), DefaultGraph() if graph is None else graph)


def _term(term: Any) -> Any:
    match type(term).__name__:
        case "IRI":
            return NamedNode(term._iri)
        case "BlankNode":
            return BlankNode(term._identifier)
        case "Literal":
            datatype = None if term._datatype is None else NamedNode(term._datatype)
            return Literal(term._lex, language=term._langtag, datatype=datatype)
    return None


@pytest.mark.parametrize("content", ["asserted", "closure"])
def test_parquet_holds_the_statements(
    content: str, folder: Path, shipped_graph: KnowledgeGraph
) -> None:
    rows = pq.read_table(folder / f"{content}.parquet").to_pylist()
    found = {_from_row(row) for row in rows}
    expected = set(shipped_graph.quads(infer=content == "closure"))
    assert set(named(found)) == set(named(expected))
    assert len(rows) == len(expected)


def _from_row(row: dict[str, Any]) -> Quad:
    subject = row["subject"]
    if row["object_kind"] == "literal":
        if row["language"]:
            value: Any = Literal(row["object"], language=row["language"])
        else:
            value = Literal(row["object"], datatype=NamedNode(row["datatype"]))
    elif row["object_kind"] == "blank":
        value = BlankNode(row["object"][2:])
    else:
        value = NamedNode(row["object"])
    return Quad(
        BlankNode(subject[2:]) if subject.startswith("_:") else NamedNode(subject),
        NamedNode(row["predicate"]),
        value,
        NamedNode(row["graph"]) if row["graph"] else DefaultGraph(),
    )


def test_graphml_holds_things_and_what_is_between_them(
    folder: Path, shipped_graph: KnowledgeGraph
) -> None:
    network = networkx.read_graphml(folder / "closure.graphml", force_multigraph=True)
    expected = {
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for quad in shipped_graph.quads()
        if isinstance(quad.subject, NamedNode)
        and isinstance(quad.object, NamedNode)
        and quad.predicate.value != vocab.RDF + "type"
    }
    found = {
        (s, data["predicate"], o)
        for s, o, data in network.edges(data=True)
        if not s.startswith("_:") and not o.startswith("_:")
    }
    assert found == expected
    zone = network.nodes[vocab.ID + "place/beijing-e-town"]
    assert zone["label"] == "Beijing E-Town"
    assert zone["label_zh"] == "北京经济技术开发区"
    assert "et:Zone" in zone["class"].split(" | ")


@pytest.mark.parametrize(
    "distribution", [each for each in ALL if each.packing], ids=lambda each: each.name
)
def test_a_packed_file_is_the_plain_one(distribution: Distribution, folder: Path) -> None:
    packed = (folder / distribution.name).read_bytes()
    if distribution.packing == "gzip":
        content = gzip.decompress(packed)
        assert packed[3] == 0, "no name"
        assert packed[4:8] == bytes(4), "no time"
    else:
        content = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    assert content == (folder / distribution.name.rpartition(".")[0]).read_bytes()


def test_a_rebuild_gives_the_same_bytes(
    folder: Path, shipped_graph: KnowledgeGraph, tmp_path: Path
) -> None:
    """Whatever order statements come in, whatever their blank nodes are called, packed or not."""
    fresh = KnowledgeGraph.load()
    quads = list(fresh.asserted)
    random.Random(1).shuffle(quads)
    other = KnowledgeGraph(quads, ontology=fresh.ontology)
    other.close()
    with other.dumps(tmp_path) as dumps:
        write_dumps(dumps, [each for each in ALL if each.packing], tmp_path)
    with other.dumps() as dumps:
        write_dumps(dumps, ALL, tmp_path)
    write_sums(tmp_path, NAMES)
    assert (tmp_path / SUMS).read_text() == (folder / SUMS).read_text()
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_checksums_are_those_of_the_tool_that_everybody_has(folder: Path) -> None:
    checked = _checked(folder, SUMS)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count(": OK") == len(ALL)
    assert _checked(folder, "closure.nq.zst.sha256").stdout == "closure.nq.zst: OK\n"


def test_a_download_that_was_cut_short_is_noticed(folder: Path, tmp_path: Path) -> None:
    for name in ("closure.nq", "closure.nq.sha256"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with (tmp_path / "closure.nq").open("rb+") as stream:
        stream.truncate((tmp_path / "closure.nq").stat().st_size - 1)
    checked = _checked(tmp_path, "closure.nq.sha256")
    assert checked.returncode == 1
    assert checked.stdout == "closure.nq: FAILED\n"


def _checked(folder: Path, sums: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sha256sum", "--check", sums], cwd=folder, capture_output=True, text=True, check=False
    )


# csvw leaves the file that it reads open.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_csv_on_the_web_says_what_is_in_the_table(folder: Path) -> None:
    table = csvw.Table.from_file(folder / "figures.csv-metadata.json")
    figures = {row["figure"].unsplit(): row for row in table}
    with (folder / "figures.csv").open(newline="", encoding="utf-8") as stream:
        assert len(figures) == len(list(csv.DictReader(stream)))
    row = figures[vocab.ID + "obs/F15"]
    assert row["lower"] == Decimal(300)
    assert row["lower_inclusive"] is False
    assert row["upper"] is None
    assert row["place_label_zh"] == ["北京经济技术开发区"]
    assert row["paragraph"] != []
    dated = figures[vocab.ID + "obs/F04"]
    assert dated["period_start"].date().isoformat() == "2012-01-01"


def test_numbers_in_parquet_are_exact(folder: Path) -> None:
    with (folder / "figures.csv").open(newline="", encoding="utf-8") as stream:
        expected = {row["figure"]: row for row in csv.DictReader(stream)}
    rows = pq.read_table(folder / "figures.parquet").to_pylist()
    assert len(rows) == len(expected) > 30
    for row in rows:
        for name in ("stated_number", "lower", "upper"):
            written = expected[row["figure"]][name]
            if row[name] is None:
                assert written == ""
            else:
                assert isinstance(row[name], Decimal)
                assert shown(Fraction(row[name])) == written


@pytest.fixture
def odd() -> KnowledgeGraph:
    """A graph that RDF/XML cannot hold, and with numbers that no usual type can."""
    figure = NamedNode(ZOO + "eels")
    number = NamedNode(vocab.XSD + "decimal")
    long = "1" * 30 + "." + "3" * 25
    quads = [
        Quad(NamedNode(ZOO + "eel"), NamedNode(ZOO + "1"), Literal("x")),
        Quad(figure, NamedNode(vocab.TERMS + "lowerBound"), Literal(long, datatype=number)),
        Quad(figure, NamedNode(vocab.RDFS + "label"), Literal("eels, | \x01 and <others>")),
        Quad(figure, NamedNode(ZOO + "of"), BlankNode("x")),
    ]
    return KnowledgeGraph(quads, base=ZOO)


def test_what_a_format_cannot_hold_is_said_and_the_others_are_made(
    odd: KnowledgeGraph, tmp_path: Path
) -> None:
    with odd.dumps() as dumps:
        refused = write_dumps(dumps, ALL, tmp_path)
    write_sums(tmp_path, NAMES)
    assert {line.split(":")[0] for line in refused} == {
        each.name for each in ALL if each.format.name == "rdf"
    }
    assert find_dump(tmp_path, "closure.rdf") is None
    assert "cannot hold" in (find_refusal(tmp_path, "closure.rdf") or "")
    assert find_refusal(tmp_path, "closure.nq") is None
    assert ".rdf" not in (tmp_path / SUMS).read_text()
    assert _checked(tmp_path, SUMS).returncode == 0
    rows = pq.read_table(tmp_path / "figures.parquet").to_pylist()
    assert rows[0]["lower"] == "1" * 30 + "." + "3" * 25
    network = networkx.read_graphml(tmp_path / "closure.graphml")
    assert network.nodes[ZOO + "eels"]["label"] == "eels, | \ufffd and <others>"


def test_an_empty_graph_has_files_too(tmp_path: Path) -> None:
    with KnowledgeGraph([], base=ZOO).dumps() as dumps:
        assert write_dumps(dumps, ALL, tmp_path) == []
    assert (
        list(
            parse((tmp_path / "closure.jsonld").read_bytes(), by_name("closure.jsonld").format.rdf)
        )
        == []
    )
    assert pq.read_table(tmp_path / "closure.parquet").num_rows == 0
    assert len(networkx.read_graphml(tmp_path / "closure.graphml")) == 0


def test_a_full_disk_leaves_no_half_file(
    odd: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(_self: object, _wanted: object, out: io.RawIOBase) -> None:
        out.write(b"half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Dumps, "write", fill_up)
    with odd.dumps() as dumps, pytest.raises(OSError, match="No space"):
        write_dumps(dumps, ALL, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_there_are_kept_unless_all_are_made_anew(
    odd: KnowledgeGraph, tmp_path: Path
) -> None:
    wanted = [by_name("asserted.nt")]
    with odd.dumps() as dumps:
        write_dumps(dumps, wanted, tmp_path)
    before = (tmp_path / "asserted.nt").read_bytes()
    with KnowledgeGraph([], base=ZOO).dumps() as dumps:
        write_dumps(dumps, wanted, tmp_path)
        assert (tmp_path / "asserted.nt").read_bytes() == before
        write_dumps(dumps, wanted, tmp_path, anew=True)
        assert (tmp_path / "asserted.nt").read_bytes() == b""


def test_without_pyarrow_there_is_no_parquet(
    odd: KnowledgeGraph, tmp_path: Path, no_pyarrow: None
) -> None:
    assert not [each for each in distributions() if each.format is PARQUET]
    with pytest.raises(FormatError, match=r"closure\.parquet"):
        by_name("closure.parquet")
    with odd.dumps() as dumps, pytest.raises(SettingError, match="pyarrow"):
        dumps.write(Distribution("closure", PARQUET), io.BytesIO())


@pytest.fixture
def no_pyarrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("etown_kg.export.distributions.find_spec", lambda name: None)
    distributions.cache_clear()
    yield
    distributions.cache_clear()


def test_formats_of_files_are_not_negotiated() -> None:
    assert {each.format for each in distributions()} >= {JELLY, GRAPHML, PARQUET}
    assert len({each.name for each in ALL}) == len(ALL)
