"""Site: what all pages are about, and the one way in which they ask.

The pages know the graph only through SPARQL and the backend, as everybody does: no page sees more
than a client's query would, and every store that answers SPARQL can stand behind them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    Triple,
    parse_query_results,
)

from etown_kg import vocab
from etown_kg.backend import Backend, QueryRequest
from etown_kg.catalogue.coverage import Cell
from etown_kg.figures.figure import Figures
from etown_kg.questions import Question
from etown_kg.web import exchange
from etown_kg.web.lookup import MAX_TEXTS, Lookup
from etown_kg.web.pages.kept import Kept
from etown_kg.web.pages.known_figures import KnownFigures
from etown_kg.web.pages.labels import Labels
from etown_kg.web.pages.schema import Schema, Schemas
from etown_kg.web.pages.terms import Names
from etown_kg.wording import Wording

Term = NamedNode | BlankNode | Literal | Triple
Solution = dict[str, Term]


@dataclass(frozen=True)
class Site:
    """What the pages need.

    Attributes:
        base: what the IRIs start with whose pages are at their own paths.
        questions: the named queries for readers, by folder of ``queries/``.
        wording: what the site calls itself, where the ontology's folder says so.
        is_union: whether the default graph is the union of all, as the pages want it.
        search_texts: texts that the search index takes at most.
        articles: the folder with the operator's own copies of the articles, if there is one.
    """

    backend: Backend
    base: str = vocab.BASE
    questions: dict[str, tuple[Question, ...]] = field(default_factory=dict)
    wording: Wording = field(default_factory=Wording)
    articles: Path | None = None
    is_union: bool = True
    search_texts: int = MAX_TEXTS
    labels: Labels = field(default_factory=Labels)
    evidence: Kept[Any] = field(default_factory=Kept)  # of Evidence, which is read with a Site
    parts: Kept[dict[str, list[Term]]] = field(default_factory=Kept)  # of facts in articles
    known_figures: KnownFigures = field(default_factory=KnownFigures)
    schemas: Schemas = field(default_factory=Schemas)
    coverage: Kept[tuple[Cell, ...]] = field(default_factory=Kept)

    @cached_property
    def lookup(self) -> Lookup:
        """What can be searched."""
        return Lookup(self.backend, self.dataset, max_texts=self.search_texts)

    @property
    def all_questions(self) -> tuple[Question, ...]:
        """The named queries of all folders."""
        return tuple(question for folder in self.questions.values() for question in folder)

    def ask(self, query: str, *, infer: bool = True) -> list[Solution]:
        """The solutions of one of the pages' own SELECT queries; unbound variables are left out.

        Raises:
            LimitError, UnavailableError: see `Backend.query`.
        """
        graphs = self.dataset()
        asked = QueryRequest(
            query, parameters=("json",), infer=infer, client=exchange.client(),
            default_graphs=graphs, named_graphs=graphs,
        )  # fmt: skip
        result = self.backend.query(asked, exchange.is_gone())
        solutions = parse_query_results(result.body, QueryResultsFormat.JSON)
        if isinstance(solutions, QueryBoolean):
            raise TypeError("a page asked for a truth value")
        variables = [(variable.value, variable) for variable in solutions.variables]
        return [
            {name: term for name, variable in variables if (term := solution[variable]) is not None}
            for solution in solutions
        ]

    def dataset(self) -> tuple[str, ...]:
        """The graphs to name so that a query sees their union; none where it does so anyway."""
        return () if self.is_union else self.backend.status().graphs

    def names(self, terms: Iterable[Term | str | None], language: str) -> Names:
        """How to show these terms to a reader; one query for all labels that are not known yet."""
        iris = {
            term.value if isinstance(term, NamedNode) else term
            for term in terms
            if isinstance(term, NamedNode | str)
        }
        # What is not there, and a blank node, are texts of figures too; neither has a label.
        iris = {iri for iri in iris if iri and not iri.startswith("_:")}
        known = self.labels.of(iris, self.backend.status().version, self.ask)
        return Names(known, self.base, language)

    def figures(self) -> Figures:
        """All figures of the graph as it is now, from what is asserted."""
        return self.known_figures.of(
            lambda: self.backend.status().version, lambda query: self.ask(query, infer=False)
        )

    def schema(self) -> Schema:
        """The classes and properties, and what is stated of them."""
        version = self.backend.status().version
        return self.schemas.of(version, lambda query: self.ask(query, infer=False))

    def title(self, language: str) -> str:
        """What the site calls itself: its wording, or the title of the ontology."""
        return self.wording.title(language) or self._of_ontology("title", language)

    def description(self, language: str) -> str:
        """One or two sentences on what the graph is about; "" if nothing says so."""
        return self.wording.description(language) or self._of_ontology("description", language)

    def licence(self, language: str) -> str:
        """The licence of the ontology, an IRI or a text; "" if it names none."""
        return self._of_ontology("licence", language)

    def _of_ontology(self, part: str, language: str) -> str:
        found = self.labels.about(self.backend.status().version, self.ask)
        return found.of(part, language)
