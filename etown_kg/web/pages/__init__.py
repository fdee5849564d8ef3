"""The pages: linked data for people, rendered here, whole without JavaScript.

One module a family of pages, each with `blueprint(site)`; what they share is in `site` (asking),
`language` (texts), `terms` (how a term is shown) and `frame` (what every page carries).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Flask

from etown_kg.backend import Backend
from etown_kg.figures.reading import figures_query
from etown_kg.questions import read_reader_questions
from etown_kg.web.dumps import DumpStore
from etown_kg.web.limits import RequestLimits
from etown_kg.web.lookup import MAX_TEXTS
from etown_kg.web.pages import (
    api,
    articles,
    catalogue,
    coverage,
    crawlers,
    dumps,
    entity,
    figures,
    frame,
    named_queries,
    network,
    not_found,
    ontology,
    query,
    reconcile,
    search,
    start,
    why,
)
from etown_kg.web.pages.articles import check_folder
from etown_kg.web.pages.known_figures import KnownFigures
from etown_kg.web.pages.site import Site
from etown_kg.web.statistics import Counter
from etown_kg.wording import read_wording

__all__ = ["Site", "read_site", "register"]

# Every family of pages.
FAMILIES: tuple[Callable[[Site], Blueprint], ...] = (
    start.blueprint,
    figures.blueprint,
    coverage.blueprint,
    articles.blueprint,
    query.blueprint,
    named_queries.blueprint,
    network.blueprint,
    search.blueprint,
    ontology.blueprint,
    why.blueprint,
    api.blueprint,
    crawlers.blueprint,
    entity.blueprint,
)


def read_site(
    backend: Backend,
    ontology: Path,
    *,
    base: str,
    articles: Path | None = None,
    is_union: bool = True,
    search_texts: int = MAX_TEXTS,
) -> Site:
    """The site over an ontology's folder.

    Raises:
        SourceError: a named query or the site's wording cannot be read.
        MissingPathError: the folder of articles is not there.
    """
    check_folder(articles)
    questions = read_reader_questions(ontology / "queries")
    names = [question.name for folder in questions.values() for question in folder]
    return Site(
        backend,
        base=base,
        questions=questions,
        wording=read_wording(ontology, names),
        articles=articles,
        is_union=is_union,
        search_texts=search_texts,
        known_figures=KnownFigures(figures_query(ontology)),
    )


def register(
    app: Flask, site: Site, limits: RequestLimits, files: DumpStore, counter: Counter
) -> None:
    """Put all pages on the app, and what they share.

    `limits` are for those that take forms, `files` are the dumps, and `counter` knows the
    counts of the data.
    """
    blueprints = [
        dumps.blueprint(site, files),
        catalogue.blueprint(site, files, counter),
        *(family(site) for family in FAMILIES),
        reconcile.blueprint(site, limits),
    ]
    frame.register(app, site, frozenset(each.name for each in blueprints))
    for each in blueprints:
        app.register_blueprint(each)
    not_found.register(app, site)
