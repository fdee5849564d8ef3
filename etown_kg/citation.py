"""Citations: where an asserted triple was read.

A triple of an article is cited in one of two ways (`docs/model.md`): an ``et:Statement`` says
exactly that subject, predicate and object; or the triple's subject is a fact node itself (an
observation, a claim, an event) and its evidence speaks for all that is said of it. A background
triple is cited by an ``et:BackgroundStatement`` with a source. What is derived from facts or
relates them (a derived figure, a note) is cited by its formula and by those facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from etown_kg.vocab import DCTERMS, OA, PROV, TERMS

# A triple with its terms in N-Triples, as proofs have it.
TripleText = tuple[str, str, str]
# predicate IRI -> objects
_Description = dict[str, list[NamedNode | BlankNode | Literal]]


@dataclass(frozen=True)
class Citation:
    """One phrase in an article, or one outside source.

    `start` and `end` are code points of the article's text, the end exclusive; `paragraph` counts
    the body's paragraphs from 1 and is None in the head. An outside source has `source` alone.
    """

    fact_id: str = ""
    evidence: str = ""
    article: str = ""
    paragraph: int | None = None
    start: int | None = None
    end: int | None = None
    phrase: str = ""
    source: str = ""

    def __str__(self) -> str:
        if self.source:
            return f"source: {self.source}"
        article = self.article.rsplit("/", 1)[-1]
        place = "head" if self.paragraph is None else f"paragraph {self.paragraph}"
        return f'{self.fact_id}: "{self.phrase}", {article}, {place}, {self.start}-{self.end}'

    def as_dict(self) -> dict[str, str | int]:
        """The parts that are known, for JSON."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


class Citations:
    """All citations in some asserted quads, found by the triple they stand for."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        described: dict[str, _Description] = defaultdict(lambda: defaultdict(list))
        for quad in quads:
            if not isinstance(quad.object, Triple):
                described[str(quad.subject)][quad.predicate.value].append(quad.object)
        self._of_node: dict[str, tuple[Citation, ...]] = {}
        self._of_triple: dict[TripleText, tuple[Citation, ...]] = {}
        for node, facts in described.items():
            cited = tuple(_citations(facts, described))
            if not cited:
                continue
            self._of_node[node] = cited
            for triple in _stated(facts):
                self._of_triple[triple] = (*self._of_triple.get(triple, ()), *cited)
            # What is said of a piece of evidence (its article, its place) rests on itself.
            self._of_node |= {f"<{one.evidence}>": (one,) for one in cited if one.evidence}

        for node, facts in described.items():
            if node not in self._of_node and (cited := self._inherited(facts)):
                self._of_node[node] = cited

    def _inherited(self, facts: _Description) -> tuple[Citation, ...]:
        """What a node that rests on others has from them, its formula first."""
        formula = _text(facts, TERMS + "formula")
        inputs = [*facts.get(PROV + "wasDerivedFrom", ()), *facts.get(TERMS + "relates", ())]
        cited = [one for each in inputs for one in self._of_node.get(str(each), ())]
        if formula:
            cited.insert(0, Citation(source=f"formula: {formula}"))
        return tuple(dict.fromkeys(cited))

    def of(self, triple: TripleText) -> tuple[Citation, ...]:
        """The citations of a triple; none for what needs no evidence (a type, a label).

        Statements of exactly this triple come before its subject's own evidence.
        """
        return self._of_triple.get(triple) or self._of_node.get(triple[0], ())


def _stated(facts: _Description) -> Iterator[TripleText]:
    """The triples that an et:Statement says; none for another node."""
    for subject in facts.get(TERMS + "subject", ()):
        for predicate in facts.get(TERMS + "predicate", ()):
            for part in ("object", "value"):
                for object_ in facts.get(TERMS + part, ()):
                    yield str(subject), str(predicate), str(object_)


def _citations(facts: _Description, described: dict[str, _Description]) -> Iterator[Citation]:
    fact_id = _text(facts, TERMS + "factId")
    for name in facts.get(TERMS + "hasEvidence", ()):
        evidence = described.get(str(name), {})
        selected: _Description = {}
        for selector in evidence.get(OA + "hasSelector", ()):
            selected |= described.get(str(selector), {})
        yield Citation(
            fact_id=fact_id,
            evidence=name.value,
            article=_text(evidence, TERMS + "inArticle"),
            paragraph=_number(evidence, TERMS + "paragraph"),
            start=_number(selected, OA + "start"),
            end=_number(selected, OA + "end"),
            phrase=_text(selected, OA + "exact"),
        )
    if TERMS + "predicate" in facts:
        for source in facts.get(DCTERMS + "source", ()):
            yield Citation(source=source.value)


def _text(facts: _Description, predicate: str) -> str:
    return min((value.value for value in facts.get(predicate, ())), default="")


def _number(facts: _Description, predicate: str) -> int | None:
    text = _text(facts, predicate)
    return int(text) if text.isdecimal() else None
