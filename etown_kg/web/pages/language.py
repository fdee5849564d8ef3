"""The reader's language, and the texts of the interface in it.

``?lang=en`` decides, else Accept-Language (RFC 9110, 12.5.4), else English; no cookie. A page that
was asked for with ``lang`` hands it on to every page that it links. The texts are in
``texts/<family>.toml``, a table for each text with its languages side by side, so that none can be
forgotten:

    [search.results]
    en = "{count:,} results"
    en_one = "{count} result"
    zh = "{count:,} 条结果"

``en_one`` is for a `count` of 1. A text is escaped, and so is what is put into it, unless it is
`Markup` already.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import g, has_request_context, request
from markupsafe import Markup, escape

from etown_kg.web.protocol import RequestError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LANGUAGES = ("en", "zh")
# What each language calls itself.
NAMES = {"en": "English", "zh": "中文"}
TEXTS = Path(__file__).parents[1] / "texts"


def reader_language() -> str:
    """The language of the request, one of `LANGUAGES`; an unknown ``lang`` counts for nothing."""
    known: str | None = g.get("language")
    if known is None:
        known = given_language() or request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
        g.language = known
    return known


def given_language() -> str | None:
    """The language that the address names, if it is one of ours."""
    if not has_request_context():
        return None
    given = request.args.get("lang")
    return given if given in LANGUAGES else None


def check_given_language() -> None:
    """Refuse a page in a language that there is none of.

    Raises:
        RequestError: 400 ``lang`` names no language of the pages.
    """
    given = request.args.get("lang")
    if given is not None and given not in LANGUAGES:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"lang={given} is no language of these pages",
            hint="leave it out, or choose: " + ", ".join(f"lang={each}" for each in LANGUAGES),
        )


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """All texts: by name, then by language."""
    found: dict[str, Mapping[str, str]] = {}
    for path in sorted(TEXTS.glob("*.toml")):
        for family, members in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for name, text in members.items():
                found[f"{family}.{name}"] = text
    return found


def text(name: str, /, language: str | None = None, **values: Any) -> Markup:
    """The text of this name in a language (the reader's), with the values in their places.

    Raises:
        KeyError: there is no such text, or it names a value that is not given.
    """
    if not values:
        return _without_values(name, language or reader_language())
    chosen = _chosen(name, language, values)
    return Markup(escape(chosen)).format(**values)  # escaped before, values in format


@cache
def _without_values(name: str, language: str) -> Markup:
    """A text that says the same every time, which most do, and many times on a page."""
    return Markup(escape(_chosen(name, language, {}))).format()


def plain(name: str, /, language: str | None = None, **values: Any) -> str:
    """The same as `text` for what is no HTML, or is escaped later.

    Raises:
        KeyError: see `text`.
    """
    return _chosen(name, language, values).format(**values)


def _chosen(name: str, language: str | None, values: Mapping[str, Any]) -> str:
    language = language or reader_language()
    variants = texts()[name]
    if values.get("count") == 1:
        return variants.get(f"{language}_one", variants[language])
    return variants[language]
