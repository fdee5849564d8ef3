"""``/api/explain``: the proofs of a statement as `etown_kg.api.Explanation`."""

from __future__ import annotations

import json

from flask import request

from etown_kg import api
from etown_kg.curies import expanded
from etown_kg.web.pages.api.operations import number_of_request
from etown_kg.web.pages.site import Site, Term
from etown_kg.web.pages.why import MOST_PROOFS, PARTS, proved, read_term


def explanation(site: Site) -> api.Explanation:
    """Why the statement holds that the request names.

    Raises:
        RequestError: 400 a term is none, 404 the statement does not hold.
    """
    s, p, o = (_term(part) for part in PARTS)
    result = proved(site, (s, p, o), limit=number_of_request("limit", 1, MOST_PROOFS))
    return {
        "version": result.version,
        "statement": [str(s), str(p), str(o)],
        "proofs": json.loads(result.body),
    }


def _term(part: str) -> Term:
    """A term of the request: an IRI, a CURIE, or a term in N-Triples."""
    given = request.args[part]
    return read_term(part, given if given.startswith(('"', "_:")) else expanded(given) or given)
