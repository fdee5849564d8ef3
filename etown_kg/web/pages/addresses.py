"""Where the page of an IRI is on this server, and which IRI a request's path means.

The base of the IRIs is seldom the address of the server (``https://w3id.org/...`` redirects to
it), so links go to the *path* that the IRI has below its base. An IRI that is not below the base,
or whose path no browser would send unchanged, has its page at ``/describe?iri=``. So every IRI of
every graph has a page.

A path is sent percent-encoded in UTF-8 (RFC 3987, 3.1); IRIs are written with or without the
escapes, and what is named by a fragment has its page below its document (``ontology#Zone`` at
``/ontology/Zone``), so a path can mean more than one IRI: `candidates` gives them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

DESCRIBE = "/describe"

# What a path may hold unescaped (RFC 3986, 3.3), and "%", which is an escape in an IRI already.
_SAFE = "/:@!$&'()*+,;=-._~%"
_ESCAPED = re.compile(rb"(?:%[89A-Fa-f][0-9A-Fa-f])+")
# Browsers take these out of a path.
_CHANGED = re.compile(r"//|(?:^|/)\.\.?(?:/|$)")
# What the paths of this server begin with that are no things' pages; an IRI below the base that
# begins so has its page at ``/describe``. A named graph is at its own path, its contents are not.
RESERVED = frozenset(
    (
        ".well-known", "api", "articles", "context.jsonld", "coverage", "coverage.csv",
        "coverage.json", "croissant.json", "dataset.jsonld", "describe", "dumps", "favicon.ico",
        "figures",
        "figures.csv", "figures.json", "figures.vl.json", "graphs", "health", "metrics", "network",
        "network.json", "q", "query", "ready", "reconcile", "robots.txt", "search", "search.json",
        "sitemap", "sitemap.xml", "sparql", "static", "update", "versions", "why", "why.json",
        "why.ttl",
    )
)  # fmt: skip


@lru_cache(maxsize=10_000)
def path_of(iri: str, base: str) -> str:
    """The path of an IRI's page.

    >>> path_of("http://zoo.example/id/eel", "http://zoo.example/")
    '/id/eel'
    >>> path_of("http://zoo.example/onto#Eel", "http://zoo.example/")
    '/onto/Eel'
    >>> path_of("urn:eel", "http://zoo.example/")
    '/describe?iri=urn%3Aeel'
    """
    if base.endswith("/") and iri.startswith(base):
        local = iri.removeprefix(base)
        document, mark, fragment = local.partition("#")
        # A server never sees what is behind the "#", so such a name gets a page below its document.
        page = f"{document}/{fragment}" if document and fragment else local
        path = "/" + quote(page, safe=_SAFE)
        is_sent_as_it_is = page and "?" not in page and not _CHANGED.search("/" + page)
        is_plain = not mark and "%" not in path
        first = page.split("/", 1)[0]
        is_taken = first in RESERVED or (first == "graph" and bool(mark))
        if is_sent_as_it_is and not is_taken and (is_plain or iri in candidates(path, base)):
            return path
    return f"{DESCRIBE}?iri={quote(iri, safe='')}"


def candidates(raw_path: str, base: str) -> list[str]:
    """The IRIs that a request's path, as it was sent, can mean; the likeliest first.

    >>> candidates("/id/%E9%B3%97%20b", "http://zoo.example/")
    ['http://zoo.example/id/鳗%20b', 'http://zoo.example/id/%E9%B3%97%20b', \
'http://zoo.example/id#鳗%20b', 'http://zoo.example/id#%E9%B3%97%20b']
    """
    paths = list(dict.fromkeys(_spellings(raw_path.removeprefix("/"))))
    named = ["#".join(path.rsplit("/", 1)) for path in paths if "/" in path]
    return [base + local for local in paths + named]


def _spellings(path: str) -> Iterator[str]:
    """Escapes beyond ASCII as characters, or all escapes as they are."""
    yield _ESCAPED.sub(_decoded, path.encode()).decode()
    yield path


def _decoded(escapes: re.Match[bytes]) -> bytes:
    """The characters of a run of escapes; octets that are no UTF-8 stay escaped."""
    octets = bytes.fromhex(escapes[0].replace(b"%", b"").decode())
    text = octets.decode(errors="surrogateescape")
    return b"".join(
        b"%%%02X" % (ord(char) - 0xDC00) if 0xDC80 <= ord(char) <= 0xDCFF else char.encode()
        for char in text
    )
