"""The default graph of a closed dataset, as columns of term numbers.

The engine has numbered the terms and sorted the triples by predicate already (`etown_kg.reason`).
A column is made of that when it is first asked for, with what the engine never saw (links, what
the program says of the graph), and in the spelling of the store: two spellings of one value are
one term there. It is kept until the dataset changes a triple of its predicate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Final

import numpy as np
from pyoxigraph import NamedNode, Triple

from etown_kg.errors import LimitError
from etown_kg.graph.inference import EngineInference
from etown_kg.reason import syntax
from etown_kg.reason.dictionary import IRI, LITERAL
from etown_kg.reason.relation import Ids, Keys, distinct, leading, pack, trailing, union
from etown_kg.reason.weighted_join import Relation, Relations
from etown_kg.store import Dataset, GraphName
from etown_kg.store.spelling import Term

_NOTHING: Final = Relations({}, 0)


class Columns:
    """The default graph of `dataset`, which `inference` has closed.

    Terms that the engine does not know are added to its dictionary, where they mean nothing.
    """

    def __init__(
        self, inference: EngineInference, dataset: Dataset, outside: Collection[GraphName]
    ) -> None:
        """`outside` are the graphs that the inference was not given."""
        self.inference = inference
        self.dataset = dataset
        self._outside = outside
        self._dictionary = inference.closure.dictionary
        # None for a predicate that says something of triples (RDF 1.2), which have no numbers.
        self._relations: dict[int, Relation | None] = {}
        self._are_all_made = False
        self._spelling: Ids = np.empty(0, dtype=np.int64)
        self._spelled = 0
        # Threads that read one graph share its columns.
        self._making = Lock()
        dataset.touched()

    def number(self, term: Term) -> int | None:
        """The number of a term in the store's form.

        None if the relations that were asked for say nothing with it, or never will.
        """
        return self._dictionary.find(_bytes(term))

    def texts(self, numbers: Ids) -> list[str]:
        """Terms in N-Triples."""
        return [term.decode() for term in self._dictionary.terms(numbers.tolist())]

    def of(self, predicates: Collection[NamedNode]) -> Relations | None:
        """The relations of these predicates; None if one says something of triples."""
        with self._making:
            self._forget_touched()
            found = {self._named(predicate) for predicate in predicates}
            return self._chosen([number for number in found if number is not None])

    def of_all(self) -> Relations | None:
        """`of` all predicates that there are."""
        with self._making:
            self._forget_touched()
            if self.inference.passed_over:
                return None
            if not self._are_all_made:
                closure, kinds = self.inference.closure, self._dictionary.kinds
                numbers = {number for number in closure.predicates() if kinds[number] == IRI}
                for graph in self._outside:
                    quads = self.dataset.store.quads_for_pattern(None, None, None, graph)
                    names = {quad.predicate for quad in quads}
                    numbers.update(self._dictionary.encode([*map(_bytes, names)]))
                for number in sorted(numbers - self._relations.keys()):
                    self._relations[number] = self._made(number)
                self._are_all_made = True
            return self._chosen(self._relations)

    def prepare(self) -> None:
        """Make all relations in both directions: 16 bytes and about 0.2 us a triple."""
        for relation in (self.of_all() or _NOTHING).by_predicate.values():
            for is_forward in (True, False):
                relation.keys(is_forward=is_forward)

    def _named(self, predicate: NamedNode) -> int | None:
        """The number of a predicate, whose relation is made; None if there is none."""
        number = self._dictionary.find(_bytes(predicate))
        if number is None:
            if not any(True for _ in self._pairs_outside(predicate)):
                return None  # and the dictionary does not grow by whatever is asked
            (number,) = self._dictionary.encode([_bytes(predicate)])
        if number not in self._relations:
            self._relations[number] = self._made(number)
        return number

    def _chosen(self, predicates: Collection[int]) -> Relations | None:
        found = {number: self._relations[number] for number in predicates}
        sized = {number: one for number, one in found.items() if one is not None and one.count}
        if None in found.values():
            return None
        return Relations(sized, len(self._dictionary))

    def _forget_touched(self) -> None:
        for predicate in self.dataset.touched():
            number = self._dictionary.find(_bytes(predicate))
            if number is not None:
                self._relations.pop(number, None)
            self._are_all_made = False

    def _made(self, predicate: int) -> Relation | None:
        name = self._dictionary.term(predicate).decode()
        if any(quad.predicate.value == name[1:-1] for quad in self.inference.passed_over):
            return None
        try:
            keys, is_forward = self.inference.closure.pairs(predicate)
        except LimitError:
            return None  # so many pairs of owl:sameAs are better read where they are
        keys = self._in_store(keys, is_forward)
        others = list(self._pairs_outside(NamedNode(name[1:-1])))
        if any(isinstance(o, Triple) for _, o in others):
            return None
        if others:
            subjects, objects = self._encoded_pairs(others)
            more = pack(subjects, objects) if is_forward else pack(objects, subjects)
            keys = union(keys, distinct(more))
        return Relation(keys, is_forward=is_forward)

    def _pairs_outside(self, predicate: NamedNode) -> Iterator[tuple[Term, Term]]:
        for graph in self._outside:
            for quad in self.dataset.store.quads_for_pattern(None, predicate, None, graph):
                yield quad.subject, quad.object

    def _in_store(self, keys: Keys, is_forward: bool) -> Keys:
        """The keys of triples that the store can have, in its spelling."""
        kinds = self._dictionary.kinds
        subjects, objects = leading(keys), trailing(keys)
        if not is_forward:
            subjects, objects = objects, subjects
        # Triples about literals follow from the rules, and no graph can hold them.
        is_said = kinds[subjects] < LITERAL
        if not is_said.all():
            keys, subjects, objects = keys[is_said], subjects[is_said], objects[is_said]
        spelled = self._spelled_objects(objects)
        if spelled is objects:
            return keys
        return distinct(pack(subjects, spelled) if is_forward else pack(spelled, subjects))

    def _spelled_objects(self, numbers: Ids) -> Ids:
        """The numbers of terms as the store spells them; the very array if nothing changes."""
        respelled = self.dataset.respelled()
        fresh = [
            pair
            for pair in islice(respelled.items(), self._spelled, None)
            if not isinstance(pair[0], Triple)
        ]
        self._spelled = len(respelled)
        if fresh:
            written, kept = self._encoded_pairs(fresh)
            known, self._spelling = self._spelling, np.arange(len(self._dictionary))
            self._spelling[: len(known)] = known
            self._spelling[written] = kept
        if not len(self._spelling):
            return numbers
        # Numbers behind the table's end came later, and are spelled as they are.
        spelled = self._spelling[np.minimum(numbers, len(self._spelling) - 1)]
        spelled = np.where(numbers < len(self._spelling), spelled, numbers)
        return numbers if np.array_equal(spelled, numbers) else spelled

    def _encoded_pairs(self, pairs: Sequence[tuple[Term, Term]]) -> tuple[Ids, Ids]:
        """The numbers of both sides; new terms get one."""
        numbers = self._dictionary.encode([_bytes(term) for pair in pairs for term in pair])
        table = np.array(numbers, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]


def _bytes(term: Term) -> bytes:
    return syntax.canonical(str(term).encode())
