"""What accepting a mapping would come to: what it adds to answers, and what it clashes with.

An exact link makes two names mean one thing. Queries that use the other name find what is said of
ours (``same-as=on``); and where the other name is one of ours too, or stands for another thing of
ours already, both would be one. Whether they can be is tried: the graph is closed once more as if
they were, and what follows is counted, or the clash is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.curies import shown
from etown_kg.errors import InconsistentError
from etown_kg.graph import KnowledgeGraph
from etown_kg.links.mapping import EXACT, INVERSES, Mapping, State

_SAME = NamedNode(vocab.OWL + "sameAs")
# An exact match is no broader, narrower or merely related one (SKOS Reference, S46).
_NOT_BESIDE_EXACT = frozenset(
    vocab.SKOS + name for name in ("broadMatch", "narrowMatch", "relatedMatch")
)
# Statements that are shown of those that would follow, and clashes of one reason.
EXAMPLES = 5


@dataclass(frozen=True)
class Effect:
    """What accepting one mapping would come to.

    Attributes:
        subject_id, predicate_id, object_id: the link.
        answers: the statements with our thing that queries would find by the other name.
        merged: things of ours that would become one with the subject.
        following: how many statements would follow from that; `examples` are some of them.
        clashes: why it should not be accepted as it is, a sentence each.
    """

    subject_id: str
    predicate_id: str
    object_id: str
    answers: int = 0
    merged: tuple[str, ...] = ()
    following: int = 0
    examples: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()

    def members(self) -> dict[str, object]:
        """The effect as JSON has it."""
        return asdict(self)


def effect(graph: KnowledgeGraph, mapping: Mapping, present: Sequence[Mapping]) -> Effect:
    """What accepting a mapping would come to.

    Args:
        graph: closed.
        mapping: leads from a thing of this graph outward.
        present: all mappings of the graph.
    """
    subject, predicate, object_ = mapping.link
    clashes = list(_of_record(mapping, present))
    if predicate != EXACT:
        return Effect(subject, predicate, object_, clashes=tuple(clashes))
    is_ours = graph.speaks_of(object_)
    others = [object_] if is_ours else [
        each for each in graph.things_linked(object_) if each != subject
    ]  # fmt: skip
    answers = 0 if is_ours or graph.things_linked(object_) else _statements(graph, subject)
    if others and not is_ours:
        clashes.append(
            f"{_name(object_)} is linked with {', '.join(map(_name, others))} already: it would "
            "stand for several things, and same-as=on would refuse it"
        )
    following: set[Triple] = set()
    for other in others:
        try:
            following |= _if_same(graph, subject, other)
        except InconsistentError as error:
            clashes += [
                # Without its triples: in the trial both things go by one name.
                f"{_name(subject)} and {_name(other)} cannot be one: "
                + str(violation).partition(" But: ")[0]
                for violation in error.violations[:EXAMPLES]
            ]
    return Effect(
        subject,
        predicate,
        object_,
        answers,
        tuple(others),
        len(following),
        tuple(_said(each) for each in sorted(following, key=str)[:EXAMPLES]),
        tuple(clashes),
    )


def _of_record(mapping: Mapping, present: Iterable[Mapping]) -> Iterable[str]:
    """What other mappings say against this one."""
    subject, predicate, object_ = mapping.link
    for other in present:
        their_subject, their_predicate, their_object = other.link
        if other.iri == mapping.iri or their_subject != subject:
            continue
        is_exact = EXACT in (predicate, their_predicate)
        if their_object == object_:
            if other.state is State.REJECTED:
                yield (
                    f"the same two were rejected as {_name(their_predicate)} on "
                    f"{other.value('review_date') or 'an unknown day'}: "
                    f"{other.value('ext_review_reason') or 'no reason is given'}"
                )
            elif (
                other.state is State.ACCEPTED
                and is_exact
                and ({predicate, their_predicate} & _NOT_BESIDE_EXACT)
            ):
                yield (
                    f"{_name(object_)} is {_name(their_predicate)} already, which excludes "
                    f"{_name(predicate)} (SKOS, S46)"
                )
        elif (
            predicate == their_predicate == EXACT
            and other.state is State.ACCEPTED
            and urlsplit(their_object).netloc == urlsplit(object_).netloc
        ):
            yield (
                f"{_name(subject)} is linked with {_name(their_object)} of the same graph already:"
                " both would mean one thing there"
            )


def _statements(graph: KnowledgeGraph, iri: str) -> int:
    """How many statements besides links, inferred ones included, a thing is in."""
    node = NamedNode(iri)
    query = f"""SELECT (COUNT(*) AS ?n) {{
        {{ {node} ?p ?o }} UNION {{ ?s ?p {node} }}
        FILTER(?p NOT IN ({", ".join(f"<{each}>" for each in INVERSES)})
            && !STRSTARTS(STR(?p), "{vocab.SSSOM}"))
    }}"""
    ((count,),) = graph.query(query).rows()
    assert isinstance(count, Literal)
    return int(count.value)


def _if_same(graph: KnowledgeGraph, one: str, other: str) -> set[Triple]:
    """What would follow if two things were one, beside their being the same.

    Raises:
        InconsistentError: they cannot be.
    """
    same = Quad(NamedNode(one), _SAME, NamedNode(other), NamedNode(f"{graph.base}graph/derived"))
    trial = KnowledgeGraph(chain(graph.asserted, [same]), base=graph.base)
    trial.close()
    known = {quad.triple for quad in graph.quads()}
    return {
        quad.triple
        for quad in trial.inferred
        if quad.triple not in known and quad.predicate != _SAME
    }


def _said(triple: Triple) -> str:
    return " ".join(shown(term) for term in (triple.subject, triple.predicate, triple.object))


def _name(iri: str) -> str:
    return shown(NamedNode(iri))
