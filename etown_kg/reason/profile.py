"""What a closure shows of what was derived: the two profiles.

Both run the same rules; `lean`, the default, leaves out what clutters an answer:

- triples whose subject is a literal;
- a term that is the same as, below or equivalent to itself (eq-ref, scm-cls, scm-op, scm-dp and
  what repeats them: owl:sameAs, rdfs:subClassOf, rdfs:subPropertyOf, owl:equivalentClass,
  owl:equivalentProperty);
- that a thing is an owl:Thing, that a class is below owl:Thing or above owl:Nothing, that
  owl:Thing is a domain or range;
- axiomatic triples: cls-thing, cls-nothing1, prp-ap and dt-type1;
- a triple again with another spelling of its literal's value (dt-eq with eq-rep-o).

What follows from a triple left out is not left out: an ontology that says something about
owl:Thing or owl:sameAs themselves gets all consequences. An asserted triple is always shown.

`full` shows what the tables derive, for conformance: dt-diff among it, a triple for every two
literals of different value, so mind the size.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from etown_kg.reason.dictionary import (
    ANNOTATION_PROPERTIES,
    CLASS,
    DATATYPE,
    DATATYPES,
    DOMAIN,
    EQUIVALENT_CLASS,
    EQUIVALENT_PROPERTY,
    IRI,
    LIST_MEMBER,
    LITERAL,
    NOTHING,
    RANGE,
    SAME_AS,
    SUB_CLASS_OF,
    SUB_PROPERTY_OF,
    THING,
    TYPE,
    VALUE,
    Kinds,
    number_of,
)
from etown_kg.reason.relation import Keys, Mask, leading, trailing
from etown_kg.vocab import OWL

Profile = Literal["lean", "full"]
PROFILES: Final[tuple[Profile, ...]] = ("lean", "full")

REFLEXIVE = frozenset(
    {SAME_AS, SUB_CLASS_OF, SUB_PROPERTY_OF, EQUIVALENT_CLASS, EQUIVALENT_PROPERTY}
)
_THING_OBJECTS = frozenset({TYPE, SUB_CLASS_OF, DOMAIN, RANGE})
_ANNOTATION_PROPERTY = number_of(OWL + "AnnotationProperty")


def is_shown_predicate(predicate: int, kinds: Kinds) -> bool:
    """Whether triples with this predicate are shown at all, asserted ones apart."""
    return predicate != LIST_MEMBER and int(kinds[predicate]) == IRI


def shown(predicate: int, forward: Keys, kinds: Kinds, profile: Profile) -> Mask:
    """Which inferred pairs of a predicate the profile shows.

    `kinds` are the dictionary's; values, which no graph can name, are never shown.
    """
    subjects, objects = leading(forward), trailing(forward)
    if profile == "full":
        return np.asarray((kinds[subjects] != VALUE) & (kinds[objects] != VALUE))
    mask = (kinds[subjects] < LITERAL) & (kinds[objects] != VALUE)
    if predicate in REFLEXIVE:
        mask &= subjects != objects
    if predicate in _THING_OBJECTS:
        mask &= objects != THING
    if predicate == SUB_CLASS_OF:
        mask &= subjects != NOTHING
    if predicate == TYPE:
        is_vocabulary = (objects == CLASS) & ((subjects == THING) | (subjects == NOTHING))
        is_vocabulary |= (objects == DATATYPE) & np.isin(subjects, DATATYPES)
        is_vocabulary |= (objects == _ANNOTATION_PROPERTY) & np.isin(
            subjects, ANNOTATION_PROPERTIES
        )
        mask &= ~is_vocabulary
    return np.asarray(mask)
