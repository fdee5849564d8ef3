"""The evidence check: each kind of fault is found, and named, and nothing else is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, parse

from etown_kg.errors import MissingPathError, SourceError
from etown_kg.evidence import check_evidence, evidence_turtle
from etown_kg.findings import Finding

# Paragraph 1 ends in U+00A0; a line of U+00A0 alone and an empty one are no paragraphs.
TEXT = (
    "Home> News\n\nA dock opens\n\nUpdated: 2031-05-20\n\n"
    "The zone opened a dock.\u00a0\n\u00a0\n\n"
    "More than 1,200 people work there, in 38 companies.\n\n"
    "One-third of them, as the office says, came in 2030."
)
ARTICLE = "2031-05-20-dock"
PREFIXES = """
@base <https://w3id.org/etown/id/> .
@prefix article: <https://w3id.org/etown/id/article/> .
@prefix document-part: <https://w3id.org/etown/concept/document-part/> .
@prefix et: <https://w3id.org/etown/ontology#> .
@prefix evidence: <https://w3id.org/etown/id/evidence/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix obs: <https://w3id.org/etown/id/obs/> .
"""


@dataclass(frozen=True)
class Case:
    """One figure with its evidence, right as it stands; a test changes one thing."""

    text: str = TEXT
    phrase: str = "More than 1,200 people"
    start: int | str | None = None  # None: where the phrase stands
    end: int | str | None = None
    part: str = "document-part:body"
    paragraph: str = "et:paragraph 2 ;"
    number: str = "1200.0"
    more: str = ""  # further Turtle
    file_name: str = f'et:fileName "{ARTICLE}.txt" ;'
    source: str = f"article:{ARTICLE}"
    sha256: str | None = None

    def quads(self) -> list[Quad]:
        start = self.text.index(self.phrase) if self.start is None else self.start
        end = int(start) + len(self.phrase) if self.end is None else self.end
        digest = self.sha256 or hashlib.sha256(self.text.encode()).hexdigest()
        turtle = f"""{PREFIXES}
            article:{ARTICLE} a et:Article ; {self.file_name} et:sha256 "{digest}" .
            obs:H06 et:factId "H06" ; et:statedNumber {self.number} ; et:hasEvidence evidence:H06 .
            evidence:H06 a et:Evidence ; et:inArticle article:{ARTICLE} ;
                oa:hasSource {self.source} ;
                et:documentPart {self.part} ; {self.paragraph}
                oa:hasSelector <evidence/H06/quote> , <evidence/H06/position> .
            <evidence/H06/quote> oa:exact "{self.phrase}" .
            <evidence/H06/position> oa:start {start} ; oa:end {end} . {self.more}"""
        return list(parse(turtle, RdfFormat.TURTLE))

    def found(self, folder: Path) -> tuple[Finding, ...]:
        (folder / f"{ARTICLE}.txt").write_bytes(self.text.encode())
        return check_evidence(self.quads(), folder)


RIGHT = Case()
START = TEXT.index(RIGHT.phrase)
CROSSING = "a dock.\u00a0\n\u00a0\n\nMore than 1,200 people"
CROSSES = TEXT.index(CROSSING)


def test_right_evidence_has_no_finding(tmp_path: Path) -> None:
    assert RIGHT.found(tmp_path) == ()


def test_evidence_in_the_head_has_no_paragraph(tmp_path: Path) -> None:
    head = replace(
        RIGHT, phrase="2031", start=TEXT.index("2031"), part="document-part:head", paragraph="",
        number="2031.0",
    )  # fmt: skip
    assert head.found(tmp_path) == ()


def test_a_fraction_is_in_its_phrase_though_its_decimal_does_not_end(tmp_path: Path) -> None:
    third = replace(
        RIGHT, phrase="One-third of them", paragraph="et:paragraph 3 ;", number="0.333333",
        more="obs:H06 et:numerator 1.0 ; et:denominator 3.0 .",
    )  # fmt: skip
    assert third.found(tmp_path) == ()


def test_a_derived_figure_needs_no_evidence(tmp_path: Path) -> None:
    derived = '<derived/X1> et:statedNumber 1.0 ; et:formula "H06 / H06" .'
    assert replace(RIGHT, more=derived).found(tmp_path) == ()


FAULTS: dict[str, tuple[Case, str]] = {
    "wrong offset": (replace(RIGHT, start=START + 1), "phrase"),
    "end too far": (replace(RIGHT, end=START + len(RIGHT.phrase) + 1), "phrase"),
    "another phrase": (
        replace(RIGHT, phrase="More than 1,300 people", start=START, number="1300.0"),
        "phrase",
    ),
    "other letters": (replace(RIGHT, phrase="more than 1,200 people", start=START), "phrase"),
    "position after the text": (replace(RIGHT, start=5000), "position"),
    "position before the text": (replace(RIGHT, start=-4, end=2), "position"),
    "start after end": (replace(RIGHT, start=START, end=START - 1), "position"),
    "position not a number": (replace(RIGHT, start='"x"', end='"y"'), "position"),
    "number not in its phrase": (replace(RIGHT, number="1300.0"), "number"),
    "scale not in its phrase": (replace(RIGHT, number="1200000.0"), "number"),
    "not a number": (replace(RIGHT, number='"many"'), "number"),
    "number with an exponent": (replace(RIGHT, number="1.2e999999999"), "number"),
    "fraction not in its phrase": (
        replace(RIGHT, more="obs:H06 et:numerator 1.0 ; et:denominator 4.0 ."),
        "number",
    ),
    "not a fraction": (
        replace(RIGHT, more="obs:H06 et:numerator 1.0 ; et:denominator 0.0 ."),
        "number",
    ),
    "number without evidence": (
        replace(RIGHT, more="obs:H07 et:statedNumber 38.0 ."),
        "number",
    ),
    "changed file": (replace(RIGHT, sha256="0" * 64), "sha256"),
    "no file name": (replace(RIGHT, file_name=""), "file"),
    "missing file": (replace(RIGHT, file_name='et:fileName "other.txt" ;'), "file"),
    "file outside the folder": (
        replace(RIGHT, file_name=f'et:fileName "../{ARTICLE}.txt" ;'),
        "file",
    ),
    "nine words": (
        replace(RIGHT, phrase="More than 1,200 people work there, in 38 companies."),
        "words",
    ),
    "another paragraph": (replace(RIGHT, paragraph="et:paragraph 1 ;"), "paragraph"),
    "no paragraph": (replace(RIGHT, paragraph=""), "paragraph"),
    "two paragraphs": (replace(RIGHT, paragraph="et:paragraph 2 , 3 ;"), "paragraph"),
    "paragraph in the head": (
        replace(RIGHT, phrase="2031", number="2031.0", part="document-part:head"),
        "paragraph",
    ),
    "body taken for head": (
        replace(RIGHT, part="document-part:head", paragraph=""),
        "paragraph",
    ),
    "head taken for body": (
        replace(RIGHT, phrase="Updated: 2031", number="2031.0"),
        "paragraph",
    ),
    "across two paragraphs": (
        replace(
            RIGHT, phrase=CROSSING.replace("\n", "\\n"), start=CROSSES, end=CROSSES + len(CROSSING)
        ),
        "paragraph",
    ),
    "no part of the document": (replace(RIGHT, part="<x>"), "paragraph"),
    "another source": (replace(RIGHT, source="article:other"), "parts"),
    "evidence without selectors": (
        replace(RIGHT, more="obs:H06 et:hasEvidence evidence:H06-2 ."),
        "parts",
    ),
    "two quotes": (
        replace(RIGHT, more='<evidence/H06/quote> oa:exact "More than 1,200" .'),
        "parts",
    ),
}


@pytest.mark.parametrize(("case", "check"), FAULTS.values(), ids=FAULTS)
def test_fault_is_found_and_no_other(tmp_path: Path, case: Case, check: str) -> None:
    checks = {finding.check for finding in case.found(tmp_path)}
    assert checks == {f"evidence-{check}"}


def test_finding_of_a_wrong_offset_tells_the_right_one(tmp_path: Path) -> None:
    (finding,) = replace(RIGHT, start=START + 1).found(tmp_path)
    assert finding.focus == "https://w3id.org/etown/id/evidence/H06"
    assert f"{START}-{START + len(RIGHT.phrase)}" in finding.message


def test_missing_folder_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="texts"):
        check_evidence(RIGHT.quads(), tmp_path / "texts")


def test_text_that_is_not_utf8_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / f"{ARTICLE}.txt").write_bytes(b"\xff")
    with pytest.raises(SourceError, match="UTF-8"):
        check_evidence(RIGHT.quads(), tmp_path)


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / f"{ARTICLE}.txt"
    path.write_bytes(TEXT.encode())
    return path


def test_printed_turtle_passes_the_check(article: Path) -> None:
    turtle = evidence_turtle(article, ARTICLE, "H07", "in 38 companies")
    head = evidence_turtle(article, ARTICLE, "H01", "A dock opens")
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    stated = f"""
        article:{ARTICLE} et:fileName "{ARTICLE}.txt" ; et:sha256 "{digest}" .
        obs:H07 et:statedNumber 38.0 ; et:hasEvidence evidence:H07 .
        obs:H01 et:hasEvidence evidence:H01 ."""
    quads = list(parse(PREFIXES + turtle + head + stated, RdfFormat.TURTLE))
    assert len({quad.subject for quad in quads}) == 9
    assert check_evidence(quads, article.parent) == ()


def test_quotation_marks_in_a_phrase_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text('called "soft\\power" here', encoding="utf-8")
    turtle = evidence_turtle(path, "a", "H01", '"soft\\power"')
    exact = [q.object for q in parse(PREFIXES + turtle, RdfFormat.TURTLE) if "exact" in str(q)]
    assert [getattr(term, "value", None) for term in exact] == ['"soft\\power"']
