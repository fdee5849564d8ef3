"""The default graph of a closed dataset, as columns of term numbers.

The engine has numbered the terms and sorted the triples by predicate already (`etown_kg.reason`).
A column is made of that when it is first asked for, with what the engine never saw (links, what
the program says of the graph), and in the spelling of the store: two spellings of one value are
one term there. From then on it follows the changes of the dataset itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Final

import numpy as np
from pyoxigraph import NamedNode, Quad, Triple

from etown_kg.errors import LimitError
from etown_kg.graph.inference import EngineInference
from etown_kg.reason import syntax
from etown_kg.reason.dictionary import IRI, LITERAL
from etown_kg.reason.relation import Ids, Keys, distinct, leading, pack, trailing, union
from etown_kg.reason.triple_index import Relation, Relations
from etown_kg.store import Dataset, GraphName
from etown_kg.store.dataset import Touched
from etown_kg.store.spelling import Term

# Triples that are kept for a relation that nobody asks for; it is made anew for more.
_MOST_PENDING: Final = 1 << 14
_NOTHING: Final = Relations({}, 0)


class Columns:
    """The default graph of `dataset`, which `inference` has closed.

    Terms that the engine does not know are added to its dictionary, where they mean nothing.
    """

    def __init__(
        self,
        inference: EngineInference,
        dataset: Dataset,
        outside: Collection[GraphName],
        catch_up: Callable[[], object],
    ) -> None:
        """`outside` are the graphs that the inference was not given.

        `catch_up` tells the inference of changes that it has missed; it is asked to only where
        a relation is made, not where one has to follow.
        """
        self.inference = inference
        self._catch_up = catch_up
        self.dataset = dataset
        self._outside = outside
        self._dictionary = inference.closure.dictionary
        # None for a predicate that says something of triples (RDF 1.2), which have no numbers.
        self._relations: dict[int, Relation | None] = {}
        # What has come and gone since a relation was made; None for very much.
        self._pending: dict[int, list[Triple] | None] = {}
        # The predicates, all of them or those that have come.
        self._known: set[int] = set()
        self._are_all_known = False
        self._is_prepared = False
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
            self._follow()
            found = {self._number(predicate) for predicate in predicates}
            return self._chosen([number for number in found if number is not None])

    def of_all(self) -> Relations | None:
        """`of` all predicates that there are."""
        with self._making:
            self._follow()
            if not self._are_all_known:
                self._catch_up()
                closure, kinds = self.inference.closure, self._dictionary.kinds
                self._known.update(n for n in closure.predicates() if kinds[n] == IRI)
                for graph in self._outside:
                    quads = self.dataset.store.quads_for_pattern(None, None, None, graph)
                    names = {quad.predicate for quad in quads}
                    self._known.update(self._dictionary.encode([*map(_bytes, names)]))
                passed_over = {quad.predicate for quad in self.inference.passed_over}
                self._known.update(self._dictionary.encode([*map(_bytes, passed_over)]))
                self._are_all_known = True
            return self._chosen(sorted(self._known))

    def prepare(self) -> None:
        """Make all relations in both directions: 16 bytes and about 0.2 us a triple."""
        for relation in (self.of_all() or _NOTHING).by_predicate.values():
            for is_forward in (True, False):
                relation.keys(is_forward=is_forward)
        self._is_prepared = True

    def keep_up(self) -> None:
        """Follow the changes of the dataset, once they are many, if it was prepared.

        Else whoever asks next does so, for the predicates that he asks for.
        """
        if self._is_prepared and self.dataset.is_touched():
            self.prepare()

    def _number(self, predicate: NamedNode) -> int | None:
        """The number of a predicate; None if nothing is said with it."""
        number = self._dictionary.find(_bytes(predicate))
        if number is None and any(True for _ in self._pairs_outside(predicate)):
            (number,) = self._dictionary.encode([_bytes(predicate)])
        return number  # the dictionary does not grow by whatever is asked

    def _chosen(self, predicates: Collection[int]) -> Relations | None:
        found = {number: self._relation(number) for number in predicates}
        if None in found.values():
            return None
        sized = {number: one for number, one in found.items() if one is not None and one.count}
        return Relations(sized, len(self._dictionary))

    # Making them

    def _follow(self) -> None:
        """Take over what has come and gone in the dataset, for when it is asked for."""
        touched = self.dataset.touched()
        try:
            self._note(touched)
        except BaseException:
            self._relations.clear()  # nobody will tell of it again
            self._pending.clear()
            self._are_all_known = False
            raise

    def _note(self, touched: Touched) -> None:
        by_predicate: dict[NamedNode, list[Triple] | None] = {}
        for triple in touched.triples:
            of_one = by_predicate.setdefault(triple.predicate, [])
            assert of_one is not None
            of_one.append(triple)
        by_predicate.update(dict.fromkeys(touched.predicates))
        numbers = self._dictionary.encode([*map(_bytes, by_predicate)])
        self._known.update(numbers)
        for number, triples in zip(numbers, by_predicate.values(), strict=True):
            if number not in self._relations:
                continue  # it will be made of what is there then
            pending = self._pending.setdefault(number, [])
            if pending is None or triples is None or len(pending) > _MOST_PENDING:
                self._pending[number] = None
            else:
                pending += triples

    def _relation(self, predicate: int) -> Relation | None:
        """A relation as it is now."""
        triples = self._pending.pop(predicate, [])
        # Taken out until it is done: what is interrupted halfway is made anew.
        is_made, relation = predicate in self._relations, self._relations.pop(predicate, None)
        if triples is None or not is_made:
            relation = self._made(predicate)
        elif triples:
            is_plain = not any(isinstance(triple.object, Triple) for triple in triples)
            if relation is None or not is_plain:
                relation = self._made(predicate)
            else:
                relation = self._changed(relation, triples)
        self._relations[predicate] = relation
        return relation

    def _changed(self, relation: Relation, triples: Sequence[Triple]) -> Relation:
        """The relation after triples have come, if they are in the dataset now, or gone."""
        is_there = np.array(
            [Quad(t.subject, t.predicate, t.object) in self.dataset.triples for t in triples]
        )
        subjects, objects = self._encoded_pairs([(t.subject, t.object) for t in triples])
        keys = pack(subjects, objects)
        return relation.changed(distinct(keys[is_there]), distinct(keys[~is_there]))

    def _made(self, predicate: int) -> Relation | None:
        self._catch_up()
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
        return Relation(keys) if is_forward else Relation(None, keys)

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
        if fresh:
            written, kept = self._encoded_pairs(fresh)
            table = np.arange(len(self._dictionary))
            table[: len(self._spelling)] = self._spelling
            table[written] = kept
            self._spelling = table
        self._spelled = len(respelled)
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
