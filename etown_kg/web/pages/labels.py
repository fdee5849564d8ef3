"""What the graph calls its things, in all languages, kept while the data stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.web.pages.excerpts import NAME_CHARACTERS, TEXT_CHARACTERS, excerpt

Term = NamedNode | BlankNode | Literal | Triple
Ask = Callable[[str], Sequence[Mapping[str, Term]]]

# IRIs whose labels are kept of one version; beyond it all are asked for anew.
MOST_KEPT = 50_000
# Versions of the data whose labels are kept: the present one as some readers may see it.
MOST_VERSIONS = 4
# What every page may say of the ontology; an address is whole or none.
_ABOUT_CHARACTERS = {
    "title": NAME_CHARACTERS, "description": TEXT_CHARACTERS, "licence": TEXT_CHARACTERS,
}  # fmt: skip

_LABELS = """
SELECT ?iri ?property ?label ?graph WHERE {{
  VALUES ?iri {{ {iris} }}
  {{ GRAPH ?graph {{ ?iri ?property ?label }} }}
  UNION
  {{ ?iri ?property ?label FILTER NOT EXISTS {{ GRAPH ?named {{ ?iri ?property ?label }} }} }}
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
SELECT DISTINCT ?ontology ?part ?text WHERE {
  GRAPH ?a { ?ontology a owl:Ontology } GRAPH ?b { ?ontology dcterms:title ?title }
  GRAPH ?c { ?ontology ?property ?text }
  VALUES (?property ?part) {
    (dcterms:title "title") (dcterms:description "description") (dcterms:license "licence")
  }
} ORDER BY ?ontology ?part ?text
"""


@dataclass(frozen=True)
class Label:
    """What one thing is called. `texts` are (text, language tag), the best first: asserted labels
    before inferred ones (which owl:sameAs has from other names of the thing), then by property.

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


@dataclass
class _Kept:
    """What is known of the data in one version."""

    labels: dict[str, Label] = field(default_factory=dict)
    about: About | None = None


class Labels:
    """The labels that were asked for, by version of the data; safe for many threads.

    Who may read less has data of another version, so nobody is shown another's labels.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._versions: dict[str, _Kept] = {}

    def of(self, iris: Iterable[str], version: str, ask: Ask) -> Mapping[str, Label]:
        """The labels of these IRIs in the data of `version`; asks for what is not known."""
        wanted = set(iris)
        kept = self._of_version(version)
        missing = {iri for iri in wanted if iri not in kept.labels}
        fresh = _asked(missing, ask) if missing else {}
        with self._lock:
            if len(kept.labels) > MOST_KEPT:
                kept.labels.clear()
            known = {iri: kept.labels[iri] for iri in wanted if iri in kept.labels}
            kept.labels.update(fresh)
        return {iri: Label() for iri in wanted} | known | fresh

    def about(self, version: str, ask: Ask) -> About:
        """What the ontology says of itself in the data of `version`."""
        kept = self._of_version(version)
        if kept.about is None:
            texts: dict[str, list[tuple[str, str]]] = {}
            for solution in ask(_ABOUT):
                text = solution["text"]
                language = text.language or "" if isinstance(text, Literal) else ""
                part = str(getattr(solution["part"], "value", ""))
                shown = excerpt(str(getattr(text, "value", text)), _ABOUT_CHARACTERS[part])
                texts.setdefault(part, []).append((shown, language))
            kept.about = About({part: Label(tuple(each)) for part, each in texts.items()})
        return kept.about

    def _of_version(self, version: str) -> _Kept:
        """What is known of a version; of others than the latest few it is forgotten."""
        with self._lock:
            kept = self._versions.pop(version, None) or _Kept()
            self._versions[version] = kept
            while len(self._versions) > MOST_VERSIONS:
                del self._versions[next(iter(self._versions))]
            return kept


def _asked(iris: set[str], ask: Ask) -> dict[str, Label]:
    listed = " ".join(str(NamedNode(iri)) for iri in sorted(iris))
    properties = ", ".join(f"<{iri}>" for iri in vocab.LABEL_PROPERTIES)
    # The inferred graph is named after its base, which is not known here.
    found: dict[str, set[tuple[bool, int, str, str]]] = {}
    for solution in ask(_LABELS.format(iris=listed, properties=properties)):
        iri, label, graph = solution["iri"], solution["label"], solution.get("graph")
        if isinstance(iri, NamedNode) and isinstance(label, Literal):
            is_inferred = str(graph).endswith("graph/inferred>")
            rank = vocab.LABEL_PROPERTIES.index(str(getattr(solution["property"], "value", "")))
            found.setdefault(iri.value, set()).add(
                (is_inferred, rank, excerpt(label.value, NAME_CHARACTERS), label.language or "")
            )
    described = {
        str(getattr(row["iri"], "value", "")) for row in ask(_DESCRIBED.format(iris=listed))
    }
    return {
        iri: Label(
            tuple((text, tag) for *_, text, tag in sorted(found.get(iri, ()))), iri in described
        )
        for iri in iris
    }
