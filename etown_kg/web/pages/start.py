"""The start page: what this is, and the ways in."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from pyoxigraph import Literal

from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site

_FACTS = """
PREFIX et: <https://w3id.org/etown/ontology#>
SELECT (COUNT(DISTINCT ?id) AS ?facts) (COUNT(DISTINCT ?article) AS ?articles) WHERE {
  ?fact et:factId ?id ; et:hasEvidence/et:inArticle ?article
}
"""


def blueprint(site: Site) -> Blueprint:
    """The page at ``/``."""
    views = Blueprint("start", __name__)

    @views.get("/")
    def index() -> str:
        counted = site.ask(_FACTS)[0]
        return render_template(
            "start.html",
            description=site.description(reader_language()),
            status=site.backend.status(),
            facts=_number(counted["facts"]),
            articles=_number(counted["articles"]),
            questions=[each for folder in site.questions.values() for each in folder],
            root=request.host_url,
        )

    return views


def _number(term: object) -> int:
    return int(term.value) if isinstance(term, Literal) else 0
