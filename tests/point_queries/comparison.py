"""An index beside the engine that has the same triples, and what their answers have in common."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from copy import copy
from mmap import mmap
from typing import Any, NamedTuple

from pyoxigraph import Quad, QueryResultsFormat, QueryTriples, Store, Triple

from etown_kg import vocab
from etown_kg.point_queries import Index, PointQueries
from etown_kg.point_queries.writing import write_index

# As the endpoint gives one: what is relative is resolved against it.
BASE = "http://base.example/sparql"


def index_of(store: Store) -> Index:
    """An index of the store's default graph."""
    memories: list[mmap] = []

    def memory(size: int) -> mmap:
        memories.append(mmap(-1, size))
        return memories[0]

    write_index(store, memory)
    return Index(memories[0])


class Order(NamedTuple):
    """What is known of a query: the same one unsliced, and the order that it asks for.

    `whole` is the text without LIMIT and OFFSET; `keys` that text with SELECT * in place of what
    it shows, "" where its order is that of nothing, or DISTINCT may change it.
    """

    whole: str
    keys: str = ""
    by: tuple[str, ...] = ()


class Both:
    """The engine and the index of the same triples."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.store = Store()
        self.store.extend(Quad(*triple) for triple in triples)
        self.queries = PointQueries(index_of(self.store), meetings=1)

    def afresh(self) -> Both:
        """The same, with no query known."""
        other = copy(self)
        other.queries = PointQueries(self.queries.index, meetings=1)
        return other

    def engine(self, text: str) -> Any:
        """The engine's answer as JSON; None for triples.

        Raises:
            SyntaxError: the text has an error.
        """
        result = self.store.query(text, base_iri=BASE, prefixes=vocab.PREFIXES)
        if isinstance(result, QueryTriples):
            return None
        body = result.serialize(format=QueryResultsFormat.JSON)
        assert body is not None
        return json.loads(body)

    def agree(self, text: str, order: Order | None = None) -> bool:
        """Whether the index has an answer; it has to be the engine's.

        Of a query with LIMIT or OFFSET, `order` tells what may be in its answer.
        """
        answered = self.queries.answer(text)
        if answered is None:
            return False
        found = json.loads(answered.body)
        try:
            expected = self.engine(text)
        except SyntaxError as error:
            raise AssertionError(f"answered in spite of an error: {text!r}") from error
        assert found["head"] == expected["head"], text
        assert answered.form == ("ASK" if "boolean" in expected else "SELECT")
        if answered.form == "ASK":
            assert found == expected, text
            return True
        rows, wanted = _rows(found), _rows(expected)
        if order is None or order.whole == text:
            assert Counter(rows) == Counter(wanted), text
        else:
            assert len(rows) == len(wanted), text
            assert Counter(rows) <= Counter(_rows(self.engine(order.whole))), text
        if order is not None and order.keys:
            self._expect_order(text, order, found, expected)
        return True

    def _expect_order(self, text: str, order: Order, found: Any, expected: Any) -> None:
        keys = Counter(_keys(self.engine(order.keys), order.by))
        if max(keys.values(), default=0) <= 1:  # nothing may be exchanged
            assert _rows(found) == _rows(expected), text
        if set(order.by) <= set(found["head"]["vars"]):
            assert _keys(found, order.by) == _keys(expected, order.by), text


def _rows(answer: Any) -> list[str]:
    return [json.dumps(row, sort_keys=True) for row in answer["results"]["bindings"]]


def _keys(answer: Any, by: tuple[str, ...]) -> list[str]:
    return [json.dumps([row.get(v) for v in by]) for row in answer["results"]["bindings"]]
