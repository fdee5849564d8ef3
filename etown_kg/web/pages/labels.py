"""What the graph calls its things, in all languages, kept while the data stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab

Term = NamedNode | BlankNode | Literal | Triple
Ask = Callable[[str], Sequence[Mapping[str, Term]]]

# Properties that name a thing, the best first.
LABEL_PROPERTIES = (
    vocab.SKOS + "prefLabel",
    vocab.RDFS + "label",
    vocab.DCTERMS + "title",
    vocab.SCHEMA + "name",
    "http://xmlns.com/foaf/0.1/name",
    "http://purl.org/dc/elements/1.1/title",
)
# IRIs whose labels are kept; beyond it all are asked for anew.
MOST_KEPT = 50_000

_LABELS = """
SELECT ?iri ?property ?label WHERE {{
  VALUES ?iri {{ {iris} }}
  ?iri ?property ?label
  FILTER(?property IN ({properties}))
}}
"""
_DESCRIBED = """
SELECT ?iri WHERE {{
  VALUES ?iri {{ {iris} }}
  FILTER EXISTS {{ ?iri ?property ?object }}
}}
"""
_ABOUT = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?part ?text WHERE {
  ?ontology a owl:Ontology ; dcterms:title ?title .
  { BIND("title" AS ?part) ?ontology dcterms:title ?text }
  UNION { BIND("description" AS ?part) ?ontology dcterms:description ?text }
  UNION { BIND("licence" AS ?part) ?ontology dcterms:license ?text }
} ORDER BY ?ontology ?part ?text
"""


@dataclass(frozen=True)
class Label:
    """What one thing is called. `texts` are (text, language tag), the best property first.

    `is_described` tells whether the graph says anything of it, so that it has a page to go to.
    """

    texts: tuple[tuple[str, str], ...] = ()
    is_described: bool = False

    def best(self, language: str) -> tuple[str, str] | None:
        """The text for a reader of `language` with its own tag; None if there is no text.

        A text in the reader's language comes first, then one without a language, then English.
        """
        for wanted in (language, "", "en"):
            for text, tag in self.texts:
                if tag.split("-")[0].lower() == wanted:
                    return text, tag
        return self.texts[0] if self.texts else None


@dataclass(frozen=True)
class About:
    """What the first ontology says of itself, each part in its languages."""

    parts: Mapping[str, Label] = field(default_factory=dict)

    def of(self, part: str, language: str) -> str:
        found = self.parts.get(part, Label()).best(language)
        return found[0] if found else ""


class Labels:
    """The labels that were asked for; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = ""
        self._known: dict[str, Label] = {}
        self._about: About | None = None

    def of(self, iris: Iterable[str], version: str, ask: Ask) -> Mapping[str, Label]:
        """The labels of these IRIs in the data of `version`; asks for what is not known."""
        wanted = set(iris)
        known = self._of_version(version)
        missing = {iri for iri in wanted if iri not in known}
        if missing:
            fresh = _asked(missing, ask)
            with self._lock:
                if self._version == version:
                    self._known.update(fresh)
        else:
            fresh = {}
        return {iri: fresh.get(iri) or known.get(iri) or Label() for iri in wanted}

    def about(self, version: str, ask: Ask) -> About:
        """What the ontology says of itself in the data of `version`."""
        self._of_version(version)
        found = self._about
        if found is None:
            texts: dict[str, list[tuple[str, str]]] = {}
            for solution in ask(_ABOUT):
                text = solution["text"]
                language = text.language or "" if isinstance(text, Literal) else ""
                part = str(getattr(solution["part"], "value", ""))
                texts.setdefault(part, []).append((str(getattr(text, "value", text)), language))
            found = About({part: Label(tuple(each)) for part, each in texts.items()})
            with self._lock:
                if self._version == version:
                    self._about = found
        return found

    def _of_version(self, version: str) -> dict[str, Label]:
        """What is known of a version, as it is now; what is known of another is forgotten."""
        with self._lock:
            if self._version != version or len(self._known) > MOST_KEPT:
                self._version, self._known, self._about = version, {}, None
            return self._known


def _asked(iris: set[str], ask: Ask) -> dict[str, Label]:
    listed = " ".join(str(NamedNode(iri)) for iri in sorted(iris))
    properties = ", ".join(f"<{iri}>" for iri in LABEL_PROPERTIES)
    found: dict[str, list[tuple[int, str, str]]] = {}
    for solution in ask(_LABELS.format(iris=listed, properties=properties)):
        iri, label = solution["iri"], solution["label"]
        if isinstance(iri, NamedNode) and isinstance(label, Literal):
            rank = LABEL_PROPERTIES.index(str(getattr(solution["property"], "value", "")))
            found.setdefault(iri.value, []).append((rank, label.value, label.language or ""))
    described = {
        str(getattr(row["iri"], "value", "")) for row in ask(_DESCRIBED.format(iris=listed))
    }
    return {
        iri: Label(
            tuple((text, tag) for _, text, tag in sorted(found.get(iri, ()))), iri in described
        )
        for iri in iris
    }
