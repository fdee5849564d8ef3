"""The state of a closure under way, and where new triples go."""

from __future__ import annotations

from etown_kg.errors import LimitError
from etown_kg.reason.dictionary import TYPE, Dictionary
from etown_kg.reason.equality import Edges, Equality
from etown_kg.reason.lists import Lists
from etown_kg.reason.literals import Literals
from etown_kg.reason.relation import EMPTY, Ids, Keys, leading, slice_of, trailing
from etown_kg.reason.rounds import STAGES_PER_ROUND, Round
from etown_kg.reason.schema import Instance, LongInstance
from etown_kg.reason.variable import Facts

# A row on its way through a join: its columns, their sorted copy, and the key made of them.
_BYTES_PER_ROW = 64
# Columns on the way take up to this many times the room of the facts themselves.
_WORKING_SPACE = 3


class Progress:
    """Holds all state of a closure under way; its subclasses add what to do with it.

    `Hierarchies`, `Restatement` and `Renaming` each keep up one part of it for `Admission`,
    on which `Consequences` and `Engine` build.
    """

    def __init__(
        self, dictionary: Dictionary, *, is_full: bool = False, memory_limit_mb: int | None = None
    ) -> None:
        self.dictionary = dictionary
        self.is_full = is_full
        self.memory_limit_mb = memory_limit_mb
        self.literals = Literals(dictionary)
        self.equality = Equality(dictionary, self.literals)
        self.facts = Facts(TYPE)
        # Where conclusions go: the facts themselves, but for deletions.
        self._sink = self.facts
        if memory_limit_mb is not None:
            self.facts.row_limit = (memory_limit_mb << 20) // _BYTES_PER_ROW
        # What made a transitive relation whole: it need not be followed again.
        self.symmetric: set[int] = set()
        self._grown: dict[int, Keys] = {}
        self.lists = Lists({}, ())
        self.rounds: list[Round] = []
        self.round = 0
        self.instances: dict[Instance, None] = {}
        self.long: dict[LongInstance, None] = {}
        self.property_edges: Keys = EMPTY
        # What `properties_above` has looked up.
        self._above: dict[int, list[int]] = {}
        self.class_edges: Keys = EMPTY
        self.has_axioms = False
        self.is_thing_open = False
        self._edges: list[Edges] = []
        # The axioms that made terms the same, as (property, -1) or (rdf:type, class).
        self._merging: set[tuple[int, int]] = set()
        self._by_predicate: dict[int, list[tuple[Instance, int]]] = {}
        self._by_class: dict[int, list[tuple[Instance, int]]] = {}
        self._long_by_predicate: dict[int, list[LongInstance]] = {}
        self._long_by_class: dict[int, list[LongInstance]] = {}
        self._is_schema_dirty = True
        self._are_lists_dirty = True
        self._compared: set[int] = set()
        self._compares_all = False
        self._restated_strings: set[int] = set()
        self._open_datatypes: set[int] = set()
        self._inert: frozenset[int] = frozenset()
        self._typed_literals: Ids = EMPTY
        self._has_literal_subjects = False
        self._is_reflexive = False
        self._is_different_open = False
        # The terms that instances and passing up name.
        self._constants: set[int] = set()
        self._counts: dict[str, list[int]] = {}

    def stage(self, part: int) -> int:
        """The number of a stage of this round."""
        return self.round * STAGES_PER_ROUND + part

    def _count(self, rule: str, read: int, concluded: int) -> None:
        count = self._counts.setdefault(rule, [0, 0])
        count[0] += read
        count[1] += concluded

    def properties_above(self, predicate: int) -> list[int]:
        """The properties above a property, itself not among them."""
        above = self._above.get(predicate)
        if above is None:
            above = self._above[predicate] = slice_of(self.property_edges, predicate).tolist()
        return above

    def properties_below(self, predicate: int) -> list[int]:
        """The properties below a property, itself not among them."""
        edges = self.property_edges
        below: list[int] = leading(edges[trailing(edges) == predicate]).tolist()
        return below

    def _put_forward(self, predicate: int, keys: Keys) -> None:
        put_into(self.facts, predicate, keys)

    def put_forward(self, predicate: int, keys: Keys) -> None:
        """Put forward keys, in any order, into to_add; `run` goes on from there."""
        self._put_forward(predicate, keys)

    def _renamed(self, keys: Keys) -> Keys:
        return self.equality.renamed(keys)

    def _check_memory(self, triples: int) -> None:
        if self.memory_limit_mb is None:
            return
        # Both orientations, the log, and columns on the way.
        used = triples * 8 * (3 + _WORKING_SPACE)
        if used > self.memory_limit_mb << 20:
            raise LimitError(
                f"memory_limit_mb={self.memory_limit_mb}",
                f"the closure has grown to {triples} triples",
                hint="raise the limit, or leave out the axiom that multiplies triples",
            )

    def _respecialise(self) -> None:
        raise NotImplementedError("the engine does")

    def _apply(self) -> None:
        raise NotImplementedError("the engine does")

    def run(self) -> None:
        raise NotImplementedError("the engine does")


def put_into(facts: Facts, predicate: int, keys: Keys) -> None:
    """Put forward keys into a variable of either orientation."""
    variable = facts[predicate]
    if variable.is_class_led:
        variable.put(leading(keys), trailing(keys))
    else:
        variable.put_keys(keys)
