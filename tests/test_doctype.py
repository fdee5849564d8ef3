"""Document type declarations: what editors write is read, what could harm is not."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from click.testing import CliRunner

import etown_kg.doctype
from etown_kg.cli import commands
from etown_kg.doctype import MAX_ENTITIES, MAX_VALUE_BYTES, Refusal, checked
from etown_kg.errors import SourceError, UploadError
from etown_kg.load import read
from etown_kg.uploads import read_upload

XML = "application/rdf+xml"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
OWL = "http://www.w3.org/2002/07/owl#"
ROOT = '<rdf:RDF xmlns:rdf="&rdf;" xmlns:owl="&owl;"><owl:Class rdf:about="&own;Bird"/></rdf:RDF>'
ENTITIES = f"""<!ENTITY rdf "{RDF}" >
    <!ENTITY owl '{OWL}'>
    <!-- <!ENTITY x SYSTEM "x"> -->
    <!ENTITY own "http://zoo.example/a&#38;b&amp;" >"""
BIRD = f"<http://zoo.example/a&b&Bird> <{RDF}type> <{OWL}Class>"
PROTEGE = f'<?xml version="1.0"?>\n\n<!DOCTYPE rdf:RDF [\n    {ENTITIES}\n]>\n\n{ROOT}'
PLAIN = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:x="x:"><x:A x:b="%s"/></rdf:RDF>'


@pytest.mark.parametrize(
    "document",
    [
        PROTEGE,
        "\ufeff" + PROTEGE,
        PROTEGE.replace("<!DOCTYPE", "<!-- <!DOCTYPE a> --><?a <!DOCTYPE a>?>\n<!DOCTYPE"),
        PROTEGE.replace("</rdf:RDF>", "<!-- <!ENTITY a SYSTEM 'a'> --></rdf:RDF>"),
    ],
    ids=["protege", "byte-order-mark", "comments-before", "comment-behind"],
)
def test_what_editors_write_is_read(document: str) -> None:
    (quad,) = read_upload(document.encode(), XML, "http://zoo.example/")
    assert str(quad.triple) == BIRD


def test_what_a_comment_declares_is_not_there() -> None:
    hidden = "<!-- <!ENTITY a 'x'> <!ENTITY b \"&a;&a;\"> -->"
    document = f"<!DOCTYPE rdf:RDF [ {hidden} ]>{PLAIN % '&b;'}"
    with pytest.raises(UploadError):
        read_upload(document.encode(), XML, "x:")
    read = checked(document.encode())
    assert isinstance(read, bytes)
    assert b"ENTITY" not in read
    assert len(read) == len(document)


def test_a_document_type_without_declarations_is_read() -> None:
    assert len(read_upload(f"<!DOCTYPE rdf:RDF>{PLAIN % 1}".encode(), XML, "x:")) == 2
    assert len(read_upload(f"<!DOCTYPE rdf:RDF [ ] >{PLAIN % 1}".encode(), XML, "x:")) == 2


def test_many_entities_are_no_nesting() -> None:
    many = "".join(f"<!ENTITY e{n} 'x{n}'>" for n in range(MAX_ENTITIES))
    document = f"<!DOCTYPE rdf:RDF [{many}]>{PLAIN % '&e499;'}"
    assert "x499" in str(read_upload(document.encode(), XML, "x:")[1])


def declaring(*entities: str, value: str = "1") -> str:
    return f"<!DOCTYPE rdf:RDF [{' '.join(entities)}]>{PLAIN % value}"


REFUSED = {
    "external": (declaring('<!ENTITY a SYSTEM "file:///etc/passwd">', value="&a;"), "plain"),
    "external-public": (declaring('<!ENTITY a PUBLIC "b" "http://127.0.0.1/">'), "plain"),
    "external-subset": (f"<!DOCTYPE rdf:RDF SYSTEM 'a.dtd'>{PLAIN % 1}", "refers to a file"),
    "external-and-internal": (f"<!DOCTYPE rdf:RDF SYSTEM 'a.dtd' []>{PLAIN % 1}", "file"),
    "public-subset": (f"<!DOCTYPE rdf:RDF PUBLIC 'a' 'b'>{PLAIN % 1}", "file"),
    "parameter": (declaring("<!ENTITY % a 'b'>", "%a;"), "plain"),
    "parameter-reference": (declaring("%a;"), "plain"),
    "parameter-in-value": (declaring("<!ENTITY a '%b;'>"), "other entities"),
    "nested": (declaring("<!ENTITY a 'x'>", "<!ENTITY b '&a;&a;'>", value="&b;"), "other"),
    "itself": (declaring("<!ENTITY a '&a;'>", value="&a;"), "other entities"),
    "markup": (declaring("<!ENTITY a '<x:A/>'>"), "markup"),
    "unparsed": (declaring("<!ENTITY a SYSTEM 'b' NDATA c>"), "plain"),
    "attributes": (declaring("<!ATTLIST x:A x:c CDATA 'd'>"), "plain"),
    "elements": (declaring("<!ELEMENT x:A ANY>"), "plain"),
    "notation": (declaring("<!NOTATION a SYSTEM 'b'>"), "plain"),
    "conditional": (declaring("<![INCLUDE[<!ENTITY a 'b'>]]>"), "plain"),
    "long": (declaring(f"<!ENTITY a '{'b' * (MAX_VALUE_BYTES + 1)}'>"), "longer than"),
    "many": (declaring(*(f"<!ENTITY a{n} 'b'>" for n in range(MAX_ENTITIES + 1))), "more than"),
    "growth": (
        declaring(f"<!ENTITY a '{'b' * MAX_VALUE_BYTES}'>", value="&a;" * 2000), "as long"
    ),
    "unclosed": ("<!DOCTYPE rdf:RDF [ <!ENTITY a 'b'>", "plain"),
    "unclosed-value": ("<!DOCTYPE rdf:RDF [ <!ENTITY a 'b", "plain"),
    "endless": ("<!DOCTYPE " + "a" * 100_000, "no end"),
    "lower-case": (declaring("<!ENTITY a 'b'>").replace("DOCTYPE", "doctype"), "no end"),
    "two": (f"<!DOCTYPE a><!DOCTYPE b [<!ENTITY c '&c;'>]>{PLAIN % 1}", "within the document"),
    "in-the-root": (PLAIN % "1" + "<!DOCTYPE a SYSTEM 'b'>", "within the document"),
    "behind-text": ("a" + declaring("<!ENTITY a '&a;'>"), "within the document"),
    "entity-alone": ("<!ENTITY a 'b'>" + PLAIN % "1", "within the document"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_harm_is_refused_before_it_is_parsed(case: str, tmp_path: Path) -> None:
    document, problem = REFUSED[case]
    found = checked(document.encode())
    assert isinstance(found, Refusal)
    assert problem in found.problem
    with pytest.raises(UploadError) as caught:
        read_upload(document.encode(), XML, "x:")
    assert caught.value.problem == found.problem
    path = tmp_path / "harm.rdf"
    path.write_text(document, encoding="utf-8")
    with pytest.raises(SourceError, match="harm"):
        read(path)


WHOLE = (
    '<?xml version="1.0"?><!-- a --><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:x="x:"><rdf:Description rdf:about="x:a"><x:p><![CDATA[亦]]></x:p><x:q>1</x:q>'
    "</rdf:Description></rdf:RDF>"
).encode()


def test_no_beginning_of_a_document_passes_for_the_whole(tmp_path: Path) -> None:
    assert len(read_upload(WHOLE, XML, "x:base")) == 2
    for size in range(len(WHOLE)):
        with pytest.raises(UploadError):
            read_upload(WHOLE[:size], XML, "x:base")
    path = tmp_path / "cut.rdf"
    path.write_bytes(WHOLE[:-10])
    with pytest.raises(SourceError, match="ends in line 1"):
        read(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_hides_nothing(encoding: str) -> None:
    document = declaring("<!ENTITY a '&b;'>", value="&a;").encode(encoding)
    found = checked(document)
    assert isinstance(found, Refusal)
    assert "UTF-8" in found.problem


@pytest.mark.parametrize("encoding", ["utf-7", "ibm037", "utf-16"])
def test_a_document_that_says_it_is_encoded_otherwise_is_not_read(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?>"
    hidden = declaring("<!ENTITY a 'b'>", value="&a;").encode(encoding)
    with pytest.raises(UploadError):
        read_upload(text.encode() + hidden, XML, "x:")


def test_the_commands_read_and_refuse_alike(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.owl", tmp_path / "bad.owl"
    good.write_text(PROTEGE, encoding="utf-8")
    bad.write_text(REFUSED["nested"][0], encoding="utf-8")
    done = CliRunner().invoke(commands, ["reason", str(good)])
    assert done.exit_code == 0, done.output
    refused = CliRunner().invoke(commands, ["reason", str(bad)])
    assert refused.exit_code == 1
    assert "bad.owl" in refused.output
    assert "Traceback" not in refused.output


def test_the_examples_are_right() -> None:
    assert doctest.testmod(etown_kg.doctype).failed == 0
