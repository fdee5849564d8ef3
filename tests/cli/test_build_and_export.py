"""``build`` and ``export``: what is written, and that nothing half-built stays behind."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import NamedNode, parse
from rdflib.compare import isomorphic

from etown_kg import export as export_module
from etown_kg.export.packing import packing_of, unpack
from etown_kg.formats import RDF_FORMATS, by_suffix
from tests.cli.conftest import Run

ANIMAL = "<http://zoo.example/Animal>"


def quads(path: Path) -> set[str]:
    return {str(quad) for quad in parse(path.read_bytes(), by_suffix(path).rdf)}


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_build_says_what_is_in_the_graph(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "build")
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["graph/birds", "2"] in rows
    assert ["graph/ontology", "5"] in rows
    assert "7 asserted" in result.stdout


@pytest.mark.parametrize("suffix", [".nq", ".trig", ".jsonld"])
def test_build_writes_all_graphs(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"zoo{suffix}"
    result = run(*on_zoo, "build", "--output", out)
    assert result.exit_code == 0, result.stderr
    robin = "<http://zoo.example/robin> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert f"{robin} {ANIMAL} <http://zoo.example/graph/inferred>" in quads(out)
    assert f"{robin} <http://zoo.example/Bird> <http://zoo.example/graph/birds>" in quads(out)


def test_build_refuses_a_file_that_cannot_name_graphs(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    result = run(*on_zoo, "build", "--output", tmp_path / "zoo.ttl")
    assert result.exit_code == 1
    assert ".trig" in result.stderr
    assert left_behind(tmp_path) == []


def test_build_of_invalid_data_writes_nothing(run: Run, zoo: Path, on_zoo: tuple[str, ...]) -> None:
    (zoo / "data" / "eel.ttl").write_text(
        "<http://zoo.example/eel> a <http://zoo.example/Animal> ."
    )
    result = run(*on_zoo, "build", "--output", zoo / "zoo.nq")
    assert result.exit_code == 1
    assert "an animal has a weight" in result.stdout
    assert left_behind(zoo) == []


def test_build_of_an_inconsistent_graph_writes_nothing(
    run: Run, zoo: Path, on_zoo: tuple[str, ...]
) -> None:
    (zoo / "data" / "clash.ttl").write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix : <http://zoo.example/> .\n"
        ":Fish a owl:Class ; owl:disjointWith :Bird . :robin a :Fish .\n"
    )
    result = run(*on_zoo, "build", "--output", zoo / "zoo.nq")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: the graph is inconsistent")
    assert left_behind(zoo) == []


def test_a_folder_without_shapes_builds(run: Run, zoo: Path, on_zoo: tuple[str, ...]) -> None:
    (zoo / "ontology" / "shapes" / "animal.ttl").unlink()
    (zoo / "ontology" / "shapes").rmdir()
    assert run(*on_zoo, "build").exit_code == 0


@pytest.mark.parametrize("format", RDF_FORMATS, ids=lambda format: format.name)
def test_every_format_exports_the_same_triples(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path, format: object
) -> None:
    suffix = format.suffixes[0]  # type: ignore[attr-defined]
    out = tmp_path / f"zoo{suffix}"
    assert run(*on_zoo, "export", "--output", out).exit_code == 0
    written = rdflib.Dataset(default_union=True)
    written.parse(out)
    reference = rdflib.Graph().parse(
        data=run(*on_zoo, "export", "--format", "ntriples").stdout, format="nt"
    )
    union = rdflib.Graph()
    for s, p, o, _ in written.quads():
        union.add((s, p, o))
    assert len(reference) == 8
    assert isomorphic(union, reference)


def test_export_without_a_file_goes_to_standard_output(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "export")
    assert "<http://zoo.example/graph/inferred> {" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("name", ["birds", "http://zoo.example/graph/birds"])
def test_one_graph_is_named_by_its_name_or_iri(
    run: Run, on_zoo: tuple[str, ...], name: str
) -> None:
    result = run(*on_zoo, "export", "--graph", name)
    graph = rdflib.Graph().parse(data=result.stdout, format="turtle")
    assert len(graph) == 2


def test_a_graph_that_is_not_there_is_said_with_those_that_are(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    result = run(*on_zoo, "export", "--graph", "fish", "--output", tmp_path / "fish.ttl")
    assert result.exit_code == 2
    assert "http://zoo.example/graph/birds" in result.stderr
    assert left_behind(tmp_path) == []


def test_no_infer_leaves_the_inferred_graph_out(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "asserted.nq"
    assert run(*on_zoo, "export", "--no-infer", "--output", out).exit_code == 0
    graphs = {quad.graph_name for quad in parse(out.read_bytes(), by_suffix(out).rdf)}
    assert graphs == {
        NamedNode(f"http://zoo.example/graph/{name}") for name in ("birds", "ontology")
    }


def test_an_unknown_suffix_is_refused(run: Run, on_zoo: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*on_zoo, "export", "--output", tmp_path / "zoo.docx")
    assert result.exit_code == 1
    assert "zoo.docx" in result.stderr


def test_a_folder_that_is_not_there_is_not_made(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    result = run(*on_zoo, "export", "--output", tmp_path / "new" / "zoo.nq")
    assert result.exit_code == 1
    assert not (tmp_path / "new").exists()


def test_a_full_disk_leaves_the_old_file(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "zoo.nq"
    out.write_text("# the old file\n")

    def fill_up(_statements: object, stream: object, *_: object) -> int:
        stream.write(b"half of it")  # type: ignore[attr-defined]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(export_module, "write_statements", fill_up)
    result = run(*on_zoo, "export", "--output", out)
    assert result.exit_code == 1
    assert result.stderr == "error: No space left on device\n"
    assert out.read_text() == "# the old file\n"
    assert left_behind(tmp_path) == ["zoo.nq"]


def test_a_file_keeps_its_permissions_and_a_link_its_target(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    out, link = tmp_path / "zoo.nq", tmp_path / "latest.nq"
    out.touch(mode=0o640)
    link.symlink_to(out)
    assert run(*on_zoo, "export", "--output", link).exit_code == 0
    assert link.is_symlink()
    assert out.stat().st_mode & 0o777 == 0o640
    assert out.stat().st_size > 0


@pytest.mark.parametrize(("suffix", "magic"), [(".gz", b"\x1f\x8b"), (".zst", b"\x28\xb5\x2f\xfd")])
def test_a_file_is_packed_by_its_suffix(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path, suffix: str, magic: bytes
) -> None:
    out, plain = tmp_path / f"zoo.NQ{suffix}", tmp_path / "zoo.nq"
    assert run(*on_zoo, "export", "--output", out).exit_code == 0
    assert run(*on_zoo, "export", "--output", plain).exit_code == 0
    content = out.read_bytes()
    assert content.startswith(magic)
    assert unpack(content, packing_of(out.name)) == plain.read_bytes()
    for cut in (content[:-1], content[: len(content) // 2], content[:3]):
        with pytest.raises(ValueError, match="cut short"):
            unpack(cut, packing_of(out.name))


@pytest.mark.parametrize("suffix", [".jelly", ".parquet", ".graphml"])
def test_formats_of_files_only_can_be_exported(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"zoo{suffix}"
    result = run(*on_zoo, "export", "--output", out)
    assert result.exit_code == 0, result.stderr
    assert out.stat().st_size > 100


def test_all_files_come_with_their_checksums(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "dumps"
    result = run(*on_zoo, "export", "--all", folder)
    assert result.exit_code == 0, result.stderr
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    listed = {line.split("  ")[1]: line.split("  ")[0] for line in lines}
    assert f"{len(listed)} files" in result.stdout
    assert {"closure.nq.gz", "asserted.ttl", "figures.csv"} <= set(listed)
    for name, sha256 in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    first = (folder / "SHA256SUMS").read_bytes()
    assert run(*on_zoo, "export", "--all", folder).exit_code == 0
    assert (folder / "SHA256SUMS").read_bytes() == first


def test_all_files_without_inferences_are_those_of_what_is_asserted(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    assert run(*on_zoo, "export", "--no-infer", "--all", tmp_path / "d").exit_code == 0
    assert not list((tmp_path / "d").glob("closure*"))
    assert list((tmp_path / "d").glob("asserted*"))


def test_all_takes_no_output(run: Run, on_zoo: tuple[str, ...], tmp_path: Path) -> None:
    result = run(*on_zoo, "export", "--all", tmp_path / "d", "--output", tmp_path / "o.nq")
    assert result.exit_code == 2
    assert not (tmp_path / "d").exists()


def test_what_a_format_cannot_hold_leaves_no_file(
    run: Run, zoo: Path, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    (zoo / "data" / "odd.ttl").write_text("<http://zoo.example/a> <http://zoo.example/1> 1 .")
    result = run(*on_zoo, "export", "--output", tmp_path / "zoo.rdf")
    assert result.exit_code == 2
    assert "RDF/XML cannot hold the property <http://zoo.example/1>" in result.stderr
    assert left_behind(tmp_path) == []
    result = run(*on_zoo, "export", "--all", tmp_path / "d")
    assert result.exit_code == 0
    assert "left out: closure.rdf.gz: format: RDF/XML cannot hold" in result.stderr
