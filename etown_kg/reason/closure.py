"""The closure of some triples: what was asserted, what follows, and why.

`materialise` makes one, see there. A `Closure` is the asserted triples (kept as they came) beside
an engine (`fixpoint.py`) that holds all triples in terms of representatives; what it shows is
decided by the profile (`profile.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np

from etown_kg.errors import SettingError
from etown_kg.reason import source as sources
from etown_kg.reason.consistency import Violation, findings_of, violations_of
from etown_kg.reason.dictionary import DIFFERENT_FROM, LITERAL, SAME_AS, Dictionary
from etown_kg.reason.explain import Explainer
from etown_kg.reason.fixpoint import Engine
from etown_kg.reason.incremental import (
    Change,
    can_withdraw,
    remove_quads,
    with_triples,
    withdraw,
    without_triples,
)
from etown_kg.reason.justify import all_proofs, minimal_proof
from etown_kg.reason.lists import Finding
from etown_kg.reason.profile import PROFILES, Profile, is_shown_predicate, shown
from etown_kg.reason.proof import Proof
from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    contains,
    distinct,
    distinct_leading,
    leading,
    trailing,
)
from etown_kg.reason.rounds import Round
from etown_kg.reason.serialisation import sorted_ntriples
from etown_kg.reason.showing import InferredChange, State, compare
from etown_kg.reason.source import Quads, Source
from etown_kg.reason.terms import TermReader

if TYPE_CHECKING:
    import rdflib

# Triples are written and yielded in pieces of this many.
_BATCH = 65536
# A triple that is shown, by those who sort what they read: its key, and a sorted copy.
_BYTES_PER_SHOWN = 24


class Triple(NamedTuple):
    """A triple of term numbers."""

    subject: int
    predicate: int
    object: int


def materialise(
    source: Source, profile: Profile = "lean", *, memory_limit_mb: int | None = None
) -> Closure:
    """Close triples under the rules of OWL 2 RL.

    >>> closure = materialise(b'''
    ...   <urn:a> <http://www.w3.org/2002/07/owl#inverseOf> <urn:b> .
    ...   <urn:x> <urn:a> <urn:y> .''')
    >>> print(closure.ntriples().decode(), end="")
    <urn:y> <urn:b> <urn:x> .

    Args:
        source: an rdflib graph or dataset, a pyoxigraph store, N-Triples or N-Quads bytes, the
            result of `read_ntriples`, or an iterable of triples or quads of either library's
            terms. Named graphs are closed together; proofs tell where a triple was asserted.
        profile: "lean" leaves out what clutters an answer, "full" shows all (`profile.py`).
        memory_limit_mb: megabytes that the closure may take; by default three quarters of
            what the machine has free.

    Raises:
        SettingError: an unknown profile.
        SourceError: the source holds something that is no triple.
        LimitError: the closure would outgrow the memory limit.
    """
    if profile not in PROFILES:
        raise SettingError("profile", f"{profile!r} is not one of {', '.join(PROFILES)}")
    dictionary, subject, predicate, object_, graph = sources.read(source)
    closure = Closure(dictionary, profile, memory_limit_mb or free_memory_mb())
    closure._assert(Quads(subject, predicate, object_, graph))
    return closure


def free_memory_mb() -> int | None:
    """Three quarters of the memory that the system says is available; None if it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("MemAvail")), None)
    return None if kilobytes is None else kilobytes * 3 // 4 // 1024


class Closure:
    """Asserted and inferred triples; made by `materialise`."""

    def __init__(
        self, dictionary: Dictionary, profile: Profile, memory_limit_mb: int | None
    ) -> None:
        self.dictionary = dictionary
        self.profile: Profile = profile
        self.memory_limit_mb = memory_limit_mb
        self.asserted: dict[int, Keys] = {}
        self.quads: list[Quads] = []
        self.terms = TermReader(dictionary)
        self.engine = self._new_engine()
        self._violations: tuple[Violation, ...] | None = None

    def _new_engine(self) -> Engine:
        engine = Engine(
            self.dictionary,
            is_full=self.profile == "full",
            memory_limit_mb=self.memory_limit_mb,
        )
        engine.literals.in_use = self._literals_in_use
        return engine

    def _literals_in_use(self) -> Ids:
        """The literals of the asserted triples: the dictionary also remembers removed ones."""
        used = np.zeros(len(self.dictionary), dtype=bool)
        for keys in self.asserted.values():
            used[trailing(keys)] = True
            used[leading(keys)] = True
        return np.flatnonzero(used & (self.dictionary.kinds == LITERAL))

    def _assert(self, quads: Quads) -> None:
        """Take first statements in and close them."""
        self.asserted = quads.grouped()
        if quads.graph is not None:
            self.quads.append(quads)
        self.engine.load(self.asserted)
        self._violations = violations_of(self.engine)

    # Reading

    def __len__(self) -> int:
        """The number of triples, asserted and inferred."""
        return self.asserted_count + self.inferred_count

    @property
    def asserted_count(self) -> int:
        """The number of asserted triples, each counted once however many graphs have it."""
        return sum(map(len, self.asserted.values()))

    @property
    def inferred_count(self) -> int:
        """The number of triples that were not asserted."""
        return self._state().inferred_count()

    @property
    def rounds(self) -> tuple[Round, ...]:
        """Statistics: what each round read, concluded and took."""
        return tuple(self.engine.rounds)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The clashes: why the triples have no model. Empty for a consistent graph."""
        if self._violations is None:
            self._violations = violations_of(self.engine)
        return self._violations

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Malformed lists and ill-typed literals: suspicious, but no clash."""
        return findings_of(self.engine)

    def __contains__(self, triple: object) -> bool:
        """Whether a triple of terms was asserted or inferred, as the profile shows it."""
        if not isinstance(triple, tuple) or len(triple) != 3:
            return False
        numbers = self.find(triple)
        return numbers is not None and self.has(*numbers)

    def find(self, triple: tuple[Any, ...]) -> Triple | None:
        """The numbers of a triple of terms; None if one of them is unknown."""
        found = [self.dictionary.find(sources.term_bytes(term)) for term in triple]
        if any(number is None for number in found):
            return None
        return Triple(*found)  # type: ignore[arg-type]

    def is_asserted(self, subject: int, predicate: int, object_: int) -> bool:
        """Whether the very triple was asserted."""
        keys = self.asserted.get(predicate, EMPTY)
        return bool(contains(keys, np.array([subject << 32 | object_]))[0])

    def has(self, subject: int, predicate: int, object_: int) -> bool:
        """`in`, by numbers."""
        if self.is_asserted(subject, predicate, object_):
            return True
        key = np.array([subject << 32 | object_])
        kinds = self.dictionary.kinds
        if not is_shown_predicate(predicate, kinds):
            return False
        if not bool(shown(predicate, key, kinds, self.profile)[0]):
            return False
        return self.holds(subject, predicate, object_)

    def holds(self, subject: int, predicate: int, object_: int) -> bool:
        """Whether a triple was derived, shown or not."""
        equality = self.engine.equality
        representative = equality.representative
        s, p, o = map(representative, (subject, predicate, object_))
        if predicate == SAME_AS and s == o and (subject != object_ or self.profile == "full"):
            return True
        if self.engine.facts.has(p, s, o):
            return True
        if self.profile != "full":
            return False
        literals = self.engine.literals
        if self.dictionary.kinds[subject] == self.dictionary.kinds[object_] == LITERAL:
            if predicate == SAME_AS:
                return literals.is_same(subject, object_)
            if predicate == DIFFERENT_FROM:
                return literals.is_different(subject, object_)
        # Other spellings of values that the facts know.
        return any(
            self.engine.facts.has(p, one, other)
            for one in self._spellings(subject)
            for other in self._spellings(object_)
        )

    def _spellings(self, number: int) -> tuple[int, ...]:
        """The representatives under which the facts may know a term: its own, its value's."""
        representative = self.engine.equality.representative
        if self.dictionary.kinds[number] != LITERAL:
            return (representative(number),)
        (value,) = self.engine.literals.value_numbers(np.array([number])).tolist()
        return representative(number), representative(value)

    def inferred_keys(self) -> Iterator[tuple[int, Keys]]:
        """(predicate, forward keys) of what was inferred and is shown; sorted, in pieces.

        A predicate may come in several pieces, without common keys. Raises LimitError for more
        than the memory limit would hold: a clique of n terms has n * n pairs of owl:sameAs.
        """
        return self._state().inferred_keys()

    def predicates(self) -> set[int]:
        """The predicates of all triples, asserted and inferred, perhaps more."""
        return self._state().predicates()

    def pairs(self, predicate: int) -> tuple[Keys, bool]:
        """The triples of a predicate, asserted and inferred: sorted keys, and whether forward.

        Raises LimitError as `inferred_keys` does.
        """
        return self._state().pairs(predicate)

    def _state(self) -> State:
        engine = self.engine
        return State(
            self.dictionary, engine.literals, self.profile, engine.facts, engine.equality,
            self.asserted,
            pair_limit=(
                None if self.memory_limit_mb is None
                else (self.memory_limit_mb << 20) // _BYTES_PER_SHOWN
            ),
        )  # fmt: skip

    def inferred(self) -> Iterator[tuple[Any, Any, Any]]:
        """The inferred triples as rdflib terms, grouped by predicate."""
        term = self.terms.rdflib_term
        for predicate, keys in self.inferred_keys():
            for start in range(0, len(keys), _BATCH):
                for key in keys[start : start + _BATCH].tolist():
                    yield term(key >> 32), term(predicate), term(key & 0xFFFFFFFF)

    def graph(self) -> rdflib.Graph:
        """A new rdflib graph with the asserted and the inferred triples."""
        import rdflib

        graph = rdflib.Graph()
        term = self.terms.rdflib_term
        for predicate, keys in self.asserted.items():
            for key in keys.tolist():
                graph.add((term(key >> 32), term(predicate), term(key & 0xFFFFFFFF)))
        for triple in self.inferred():
            graph.add(triple)
        return graph

    def ntriples(self, inferred_only: bool = True) -> bytes:
        """The triples as N-Triples, for loading in bulk; no term object is made.

        Triples that N-Triples cannot say, with a literal as subject, are left out.
        """
        kinds = self.dictionary.kinds
        parts = [] if inferred_only else [self._lines(*item) for item in self.asserted.items()]
        for predicate, keys in self.inferred_keys():
            parts.append(self._lines(predicate, keys[kinds[leading(keys)] < LITERAL]))
        return b"".join(parts)

    def _lines(self, predicate: int, keys: Keys) -> bytes:
        middle = b" " + self.dictionary.term(predicate) + b" "
        subjects = {
            number: self.dictionary.term(number) for number in distinct_leading(keys).tolist()
        }
        objects = {
            number: self.dictionary.term(number) for number in distinct(trailing(keys)).tolist()
        }
        return b"".join(
            [
                b"%b%b%b .\n" % (subjects[key >> 32], middle, objects[key & 0xFFFFFFFF])
                for key in keys.tolist()
            ]
        )

    def sorted_ntriples(self, inferred_only: bool = True) -> Iterator[bytes]:
        """As `ntriples`, in pieces of whole lines, sorted by subject, predicate and object.

        However many triples there are, a piece is all that is made at once.
        """
        return sorted_ntriples(
            self.dictionary, [] if inferred_only else self.asserted.items(), self.inferred_keys()
        )

    # Editing

    def add(self, triples: Source) -> InferredChange:
        """Assert more triples (or quads) and close again, from what is new.

        Returns what that changed among the inferred triples. Raises as `materialise` does; after
        a LimitError the closure is not to be used.
        """
        quads = sources.encode(triples, self.dictionary)
        change = with_triples(self.asserted, quads.grouped())
        if quads.graph is not None or self.quads:
            if not self.quads and self.asserted:
                self.quads.append(_without_graph(self.asserted))
            self.quads.append(quads)
        return self._edit(change, lambda: self.engine.load(change.changed))

    def remove(self, triples: Source) -> InferredChange:
        """Withdraw asserted triples (or quads) and what followed from them alone.

        A triple goes from all graphs, a quad from its own; a triple that another graph still
        asserts stays. What was not asserted is passed over. Returns what that changed among the
        inferred triples.
        """
        quads = sources.encode(triples, self.dictionary)
        gone = quads.grouped()
        if self.quads:
            self.quads, gone = remove_quads(self.quads, quads)
        change = without_triples(self.asserted, gone)
        return self._edit(change, lambda: self._withdraw(change.changed))

    def _edit(self, change: Change, close: Callable[[], None]) -> InferredChange:
        """Take other asserted triples, close, and tell what is inferred now and was not."""
        if not change.changed:
            self.asserted = change.asserted
            return InferredChange({}, {})
        before, engine = self._state().snapshot(), self.engine
        engine.facts.watch()
        self.asserted = change.asserted
        self._violations = None
        close()
        touched = engine.facts.touched()
        return compare(before, self._state(), touched, change.changed)

    def _withdraw(self, gone: sources.Grouped) -> None:
        can = can_withdraw(self.engine, gone)
        if not can or not withdraw(self.engine, gone, self.asserted):
            self.engine = self._new_engine()
            self.engine.load(self.asserted)

    # Explaining

    @overload
    def explain(
        self, triple: tuple[Any, Any, Any], *, all: Literal[False] = False, limit: int = ...
    ) -> Proof | None: ...

    @overload
    def explain(
        self, triple: tuple[Any, Any, Any], *, all: Literal[True], limit: int = ...
    ) -> tuple[Proof, ...]: ...

    def explain(
        self,
        triple: tuple[Any, Any, Any],
        *,
        all: bool = False,  # noqa: A002 - the word for it
        limit: int = 10,
    ) -> Proof | tuple[Proof, ...] | None:
        """Why a triple holds: a minimal proof, None if it does not hold.

        With `all`, a tuple of all minimal proofs (those that differ in what they rest on),
        smallest first, `limit` at most; it raises LimitError if that cannot be searched.
        """
        numbers = self.find(triple)
        if numbers is None or not (self.has(*numbers) or self.holds(*numbers)):
            return () if all else None
        if all:
            return all_proofs(self, numbers, limit)
        return minimal_proof(self, numbers)

    def explain_violation(self, violation: Violation) -> Proof | None:
        """Why there is a clash; None if the violation is not one of this closure any more."""
        return Explainer(self).prove_violation(violation)

    def graphs_of(self, subject: int, predicate: int, object_: int) -> tuple[bytes, ...]:
        """The named graphs that assert a triple (of term numbers), as N-Triples terms."""
        found: dict[bytes, None] = {}
        for quads in self.quads:
            if quads.graph is None:
                continue
            rows = np.flatnonzero(
                (quads.subject == subject)
                & (quads.object == object_)
                & (quads.predicate == predicate)
            )
            for graph in quads.graph[rows].tolist():
                if graph >= 0:
                    found[self.dictionary.term(graph)] = None
        return tuple(found)

    @cached_property
    def graph_names(self) -> dict[int, bytes]:
        """The named graphs by number."""
        names: dict[int, bytes] = {}
        for quads in self.quads:
            if quads.graph is not None:
                present = np.unique(quads.graph).tolist()
                names.update((n, self.dictionary.term(n)) for n in present if n >= 0)
        return names


def _without_graph(asserted: sources.Grouped) -> Quads:
    """Asserted triples as statements of the default graph."""
    columns = np.concatenate(list(asserted.values()))
    predicates = np.repeat(list(asserted), [len(keys) for keys in asserted.values()])
    subject, object_ = leading(columns).astype(np.int32), trailing(columns).astype(np.int32)
    graph = np.full(len(columns), -1, dtype=np.int32)
    return Quads(subject, predicates.astype(np.int32), object_, graph)
