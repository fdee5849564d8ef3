"""The search index of what is served: read by SPARQL like everything the pages show.

One index for a version of the data. When the data have changed, a thread of its own reads them
anew, while requests go on with the index before: they wait for the new one only as long as a
reader does not notice. Under a stream of changes the building takes a tenth of the time at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import Context
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, parse_query_results

from etown_kg import vocab
from etown_kg.backend import Backend, QueryRequest
from etown_kg.errors import UnavailableError
from etown_kg.search import Index, Role, Text
from etown_kg.search.words import local_name

# What the texts of a property are to their subject; what a key identifies is a code as well.
ROLES: dict[str, Role] = {
    vocab.RDFS + "label": Role.LABEL,
    vocab.SKOS + "prefLabel": Role.LABEL,
    vocab.DCTERMS + "title": Role.LABEL,
    vocab.SCHEMA + "name": Role.LABEL,
    "http://xmlns.com/foaf/0.1/name": Role.LABEL,
    vocab.SKOS + "notation": Role.CODE,
    vocab.DCTERMS + "identifier": Role.CODE,
    vocab.SCHEMA + "identifier": Role.CODE,
    vocab.SKOS + "altLabel": Role.ALIAS,
    vocab.SKOS + "hiddenLabel": Role.ALIAS,
    vocab.DCTERMS + "alternative": Role.ALIAS,
    vocab.SCHEMA + "alternateName": Role.ALIAS,
    vocab.SKOS + "definition": Role.DEFINITION,
    vocab.RDFS + "comment": Role.DEFINITION,
    vocab.DCTERMS + "description": Role.DEFINITION,
    vocab.SCHEMA + "description": Role.DEFINITION,
}
# What is of these describes the graph. Datasets (DCAT) are not among them: of a catalogue they are
# the things.
ABOUT = frozenset(
    (
        vocab.OWL + "Ontology",
        vocab.SKOS + "ConceptScheme",
        vocab.VOID + "Dataset",
        *(
            vocab.SH + f"SPARQL{form}Executable"
            for form in ("", "Select", "Ask", "Construct", "Describe")
        ),
    )
)
# An index of more takes minutes to build; what it leaves out is said on the pages.
MAX_TEXTS = 100_000
MAX_MEMBERS = 400_000
MAX_SAME = 100_000
# How long a request waits: for an index at all, and for one of the present version.
FIRST_S = 10.0
FRESH_S = 0.3
# Of the time, the share that building may take, and the least pause after a failure.
_SHARE = 0.1
_PAUSE_S = 1.0
_BUILD_S = 60.0
_ATTEMPTS = 3

_KEYS = f"""
SELECT DISTINCT ?p WHERE {{
  ?class <{vocab.OWL}hasKey>/<{vocab.RDF}rest>*/<{vocab.RDF}first> ?p FILTER(isIRI(?p))
}} LIMIT 100
"""
_TEXTS = """
SELECT ?s ?p ?text WHERE {{
  VALUES ?p {{ {properties} }} ?s ?p ?text FILTER(isIRI(?s) && isLiteral(?text))
}} LIMIT {limit}
"""
_MEMBERS = """
SELECT ?s ?class WHERE {{ ?s a ?class FILTER(isIRI(?s) && isIRI(?class)) }} LIMIT {limit}
"""
_SAME = """
SELECT ?a ?b WHERE {{
  ?a <{owl}sameAs> ?b FILTER(isIRI(?a) && isIRI(?b) && ?a != ?b)
}} LIMIT {limit}
"""


@dataclass(frozen=True)
class Snapshot:
    """An index and the version of the data that it is of.

    `same` leads from a resource to the one under which the index has it, the shortest IRI of
    those that are the same, where that is another.
    """

    version: str
    index: Index
    same: Mapping[str, str]

    def representative(self, iri: str) -> str:
        """The IRI under which the index has a resource."""
        return self.same.get(iri, iri)


class Lookup:
    """The index of what a backend serves, brought up to date behind the requests."""

    def __init__(
        self,
        backend: Backend,
        dataset: Callable[[], tuple[str, ...]] = tuple,
        *,
        max_texts: int = MAX_TEXTS,
    ) -> None:
        """`dataset` gives the graphs to name so that a query sees all of them."""
        self._backend = backend
        self._dataset = dataset
        self._max_texts = max_texts
        self._lock = threading.Lock()
        self._built: Snapshot | None = None
        self._building: threading.Event | None = None
        self._failure: Exception | None = None
        self._not_before = 0.0

    @property
    def version(self) -> str:
        """The present version of what everybody may read: the index holds nothing else.

        Asked outside of the request, whose client may be allowed to read more.
        """
        return Context().run(self._backend.status).version

    def newest(self) -> Snapshot:
        """The index of the present version, or of the last one while that is being built.

        Raises:
            UnavailableError: the first one is still being built; or what the backend raises.
        """
        built, building = self._begin()
        if building is not None:
            building.wait(FRESH_S if built else FIRST_S)
        with self._lock:
            if self._built is not None:
                return self._built
            if self._failure is not None:
                raise self._failure
        raise UnavailableError(
            "the search index is still being built", hint="try again in a few seconds"
        )

    def at_hand(self) -> Snapshot | None:
        """The last index that was built, if there is one, or is in a moment: nobody waits long.

        Raises:
            UnavailableError: see `Backend.status`.
        """
        built, building = self._begin()
        if built is None and building is not None:
            building.wait(FRESH_S)
        with self._lock:
            return self._built

    def _begin(self) -> tuple[Snapshot | None, threading.Event | None]:
        """The last index, and what to wait for where it is to be another."""
        version = self.version
        with self._lock:
            if self._built is not None and self._built.version == version:
                return self._built, None
            if self._building is None and time.monotonic() >= self._not_before:
                self._building = threading.Event()
                threading.Thread(
                    target=self._build, args=(self._building,), name="search index", daemon=True
                ).start()
            return self._built, self._building

    def _build(self, done: threading.Event) -> None:
        started = time.monotonic()
        pause = _PAUSE_S
        built: Snapshot | None = None
        failure: Exception | None = None
        try:
            built = self._read()
            pause = (time.monotonic() - started) * (1 / _SHARE - 1)
        except Exception as error:  # noqa: BLE001  # raised again to whoever searches
            failure = error
        finally:
            with self._lock:
                self._built = built or self._built
                self._failure = failure
                self._building = None
                self._not_before = time.monotonic() + pause
            done.set()

    def _read(self) -> Snapshot:
        """All that the index needs, of one version of the data."""
        for attempt in range(1, _ATTEMPTS + 1):
            versions: set[str] = set()
            keys = [str(row[0].value) for row in self._rows(_KEYS, versions)]
            roles = {**dict.fromkeys(keys, Role.CODE), **ROLES}
            properties = " ".join(f"<{iri}>" for iri in roles)
            texts = [
                Text(s.value, roles[p.value], text.value, getattr(text, "language", None) or "")
                for s, p, text in self._rows(
                    _TEXTS.format(properties=properties, limit=self._max_texts + 1), versions
                )
            ]
            members = [
                (s.value, of_class.value)
                for s, of_class in self._rows(_MEMBERS.format(limit=MAX_MEMBERS + 1), versions)
            ]
            pairs = [
                (a.value, b.value)
                for a, b in self._rows(_SAME.format(owl=vocab.OWL, limit=MAX_SAME + 1), versions)
            ]
            if len(versions) == 1 or attempt == _ATTEMPTS:
                break
        same = _representatives(pairs)
        is_whole = (
            len(texts) <= self._max_texts and len(members) <= MAX_MEMBERS and len(pairs) <= MAX_SAME
        )
        # A set: labels are often stated by two properties.
        named = {
            text._replace(resource=same.get(text.resource, text.resource))
            for text in texts[: self._max_texts]
        }
        named |= {Text(best, Role.ADDRESS, local_name(iri), "") for iri, best in same.items()}
        index = Index(
            sorted(named),
            ((same.get(iri, iri), of_class) for iri, of_class in members[:MAX_MEMBERS]),
            about={same.get(iri, iri) for iri, of_class in members if of_class in ABOUT},
            is_whole=is_whole,
        )
        # Of several versions none is it: the next request builds anew.
        return Snapshot(versions.pop() if len(versions) == 1 else "", index, same)

    def _rows(self, query: str, versions: set[str]) -> Iterator[tuple[NamedNode | Literal, ...]]:
        """The solutions of a query; `versions` gets the version that they are of."""
        graphs = self._dataset()
        request = QueryRequest(
            query, parameters=("json",), timeout_s=_BUILD_S,
            default_graphs=graphs, named_graphs=graphs,
        )  # fmt: skip
        result = self._backend.query(request)
        versions.add(result.version)
        solutions = parse_query_results(result.body, QueryResultsFormat.JSON)
        assert isinstance(solutions, QuerySolutions)
        for solution in solutions:
            yield tuple(term for term in solution if isinstance(term, NamedNode | Literal))


def _representatives(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """For each resource that is the same as others, the one with the shortest IRI.

    >>> _representatives([("x:aa", "x:b"), ("x:b", "x:cc")])
    {'x:aa': 'x:b', 'x:cc': 'x:b'}
    """
    parents: dict[str, str] = {}

    def root(iri: str) -> str:
        while (parent := parents.get(iri, iri)) != iri:
            parents[iri] = iri = parents.get(parent, parent)
        return iri

    for a, b in pairs:
        first, second = sorted((root(a), root(b)), key=lambda iri: (len(iri), iri))
        parents[second] = first
    return {iri: root(iri) for iri in list(parents) if root(iri) != iri}
