"""The start page and the query page.

Everything works without JavaScript. The pages' own numbers come from the backend by SPARQL,
like everybody else's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from etown_kg.backend import Backend, QueryRequest
from etown_kg.questions import Question, read_questions
from etown_kg.web.query_page import query_page

_TITLES = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?title ?description WHERE {
  ?ontology a owl:Ontology ; dcterms:title ?title .
  OPTIONAL { ?ontology dcterms:description ?description
             FILTER(LANGMATCHES(LANG(?description), "en") || LANG(?description) = "") }
  FILTER(LANGMATCHES(LANG(?title), "en") || LANG(?title) = "")
} ORDER BY ?ontology LIMIT 1
"""
_FACTS = """
PREFIX et: <https://w3id.org/etown/ontology#>
SELECT (COUNT(DISTINCT ?id) AS ?facts) (COUNT(DISTINCT ?article) AS ?articles) WHERE {
  ?fact et:factId ?id ; et:hasEvidence/et:inArticle ?article
}
"""


# The figure that the front page of the shipped graph shows in full, from its label to its source.
_FIGURE = """
PREFIX et: <https://w3id.org/etown/ontology#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?figure ?label ?number ?quote ?title ?paragraph ?start ?end WHERE {
  ?figure et:factId "F15" ; rdfs:label ?label ; et:lowerBound ?number ; et:hasEvidence ?evidence .
  FILTER NOT EXISTS { ?figure et:upperBound ?upper }
  ?evidence et:inArticle ?article ; et:paragraph ?paragraph ;
    oa:hasSelector/oa:exact ?quote ; oa:hasSelector ?position .
  ?position oa:start ?start ; oa:end ?end .
  ?article dcterms:title ?title .
  FILTER(LANGMATCHES(LANG(?label), "en"))
} LIMIT 1
"""
# The folders of named queries that are for readers, in the order of the page.
_FOLDERS = ("competency", "examples", "compare")
_ANY_TEN = "SELECT * WHERE { ?s ?p ?o } LIMIT 10\n"


@dataclass(frozen=True)
class Site:
    """What the pages are about. `is_shipped` tells the E-Town graph from somebody else's."""

    backend: Backend
    questions: tuple[Question, ...]
    is_shipped: bool

    @property
    def first_query(self) -> str:
        """The query that the empty query page offers."""
        return _without_title(self.questions[0].text) if self.questions else _ANY_TEN

    def ask(self, query: str) -> list[dict[str, str]]:
        """The solutions of one of the pages' own queries, as texts by variable."""
        result = self.backend.query(QueryRequest(query, parameters=("json",)))
        solutions = json.loads(result.body)["results"]["bindings"]
        return [
            {name: str(term["value"]) for name, term in solution.items()} for solution in solutions
        ]


def read_site_questions(ontology: Path) -> tuple[Question, ...]:
    """The named queries of an ontology's folder, those that it has.

    Raises:
        SourceError: a query whose header lacks something.
    """
    folders = [ontology / "queries" / name for name in _FOLDERS]
    return tuple(
        question for folder in folders if folder.is_dir() for question in read_questions(folder)
    )


def _without_title(text: str) -> str:
    """A named query without its first lines, which the page shows as its heading."""
    return re.sub(r"\A(?:# (?:question|en|zh): .*\n)+\n?", "", text)


def blueprint(site: Site) -> Blueprint:
    """The views of all pages."""
    views = Blueprint("pages", __name__)

    @views.get("/")
    def start() -> str:
        status = site.backend.status()
        titles = site.ask(_TITLES)
        counted = site.ask(_FACTS)[0]
        return render_template(
            "start.html",
            title=titles[0] if titles else {},
            figure=next(iter(site.ask(_FIGURE)), None) if site.is_shipped else None,
            status=status,
            facts=int(counted["facts"]),
            articles=int(counted["articles"]),
            questions=site.questions,
            root=request.host_url,
        )

    @views.get("/query")
    def query() -> Response:
        name = request.args.get("question")
        question = next((each for each in site.questions if each.name == name), None)
        if name is not None and question is None:
            raise NotFound
        text = request.args.get("query")
        if text is None and question is not None:
            text = _without_title(question.text)
        return query_page(site.backend, site.first_query, text, question)

    return views
