"""A mapping as SSSOM has it, and the state of its review.

A Simple Standard for Sharing Ontological Mappings 1.1
(https://mapping-commons.github.io/sssom/spec-model/). A reviewer's agreement runs from -1 to 1 and
is 1 where a reviewer is named without it; so every mapping is accepted, rejected, or a candidate
that nobody has decided on.
"""

from __future__ import annotations

from collections.abc import Mapping as Members
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from etown_kg import vocab

Kind = Literal["entity", "text", "date", "number"]

# The columns of a mapping: what their values are, and whether there may be several. The terms of
# entity enumerations ("owl class", "Not") are kept as their texts.
COLUMNS: dict[str, Kind] = {
    "record_id": "entity",
    "subject_id": "entity",
    "subject_label": "text",
    "subject_category": "text",
    "predicate_id": "entity",
    "predicate_modifier": "text",
    "predicate_label": "text",
    "predicate_type": "text",
    "object_id": "entity",
    "object_label": "text",
    "object_category": "text",
    "mapping_justification": "entity",
    "mapping_source": "entity",
    "mapping_date": "date",
    "confidence": "number",
    "author_id": "entity",
    "author_label": "text",
    "reviewer_id": "entity",
    "reviewer_label": "text",
    "reviewer_agreement": "number",
    "review_date": "date",
    "creator_id": "entity",
    "creator_label": "text",
    "license": "entity",
    "publication_date": "date",
    "subject_type": "text",
    "subject_source": "entity",
    "subject_source_version": "text",
    "object_type": "text",
    "object_source": "entity",
    "object_source_version": "text",
    "mapping_provider": "text",
    "mapping_cardinality": "text",
    "mapping_tool": "text",
    "mapping_tool_id": "entity",
    "mapping_tool_version": "text",
    "cardinality_scope": "text",
    "curation_rule": "entity",
    "curation_rule_text": "text",
    "subject_match_field": "entity",
    "object_match_field": "entity",
    "match_string": "text",
    "subject_preprocessing": "entity",
    "object_preprocessing": "entity",
    "similarity_score": "number",
    "similarity_measure": "text",
    "see_also": "text",
    "issue_tracker_item": "entity",
    "other": "text",
    "comment": "text",
}
SEVERAL = frozenset(
    (
        "author_id", "author_label", "reviewer_id", "reviewer_label", "creator_id",
        "creator_label", "curation_rule", "curation_rule_text", "subject_match_field",
        "object_match_field", "match_string", "subject_preprocessing", "object_preprocessing",
        "see_also", "cardinality_scope",
    )
)  # fmt: skip
# What a mapping set says once for all its mappings (SSSOM's propagatable slots).
PROPAGATED = frozenset(
    (
        "mapping_date", "mapping_provider", "mapping_tool", "mapping_tool_id",
        "mapping_tool_version", "object_match_field", "object_preprocessing", "object_source",
        "object_source_version", "object_type", "predicate_type", "similarity_measure",
        "subject_match_field", "subject_preprocessing", "subject_source",
        "subject_source_version", "subject_type",
    )
)  # fmt: skip
# What SSSOM has no column for, as extension slots: the property, and what its values are.
EXTENSIONS: dict[str, tuple[str, Kind]] = {
    "ext_review_reason": (vocab.SKOS + "editorialNote", "text"),
    "ext_found_in": (vocab.SSSOM + "mapping_source", "text"),
}
KINDS: Members[str, Kind] = {**COLUMNS, **{name: kind for name, (_, kind) in EXTENSIONS.items()}}
# Columns of texts for people, which are in some language.
SENTENCES = frozenset(("comment", "ext_review_reason"))
# The mapping properties, each with its inverse (SKOS Reference, section 10).
INVERSES: dict[str, str] = {
    vocab.SKOS + name: vocab.SKOS + inverse
    for name, inverse in (
        ("exactMatch", "exactMatch"), ("closeMatch", "closeMatch"),
        ("broadMatch", "narrowMatch"), ("narrowMatch", "broadMatch"),
        ("relatedMatch", "relatedMatch"),
    )
}  # fmt: skip
EXACT = vocab.SKOS + "exactMatch"


class State(str, Enum):
    """What became of a mapping."""

    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Mapping:
    """One mapping: its IRI and its values by column, each as text.

    Entities are IRIs, dates ``2030-12-31``, numbers decimals. Every column that is there has a
    value at least. `languages` has the tags of texts for people, as far as they are known: tables
    have no place for them.
    """

    iri: str
    values: Members[str, tuple[str, ...]] = field(default_factory=dict)
    languages: Members[str, str] = field(default_factory=dict, compare=False)

    def value(self, column: str) -> str:
        """The value of a column that has one at most, "" if it has none."""
        return next(iter(self.values.get(column, ())), "")

    @property
    def link(self) -> tuple[str, str, str]:
        """Subject, predicate and object."""
        return self.value("subject_id"), self.value("predicate_id"), self.value("object_id")

    @property
    def state(self) -> State:
        """What its reviewers made of it; a mapping that is negated is no link."""
        if self.value("predicate_modifier") == "Not":
            return State.REJECTED
        agreement = self.value("reviewer_agreement")
        is_reviewed = bool(self.value("reviewer_id") or self.value("reviewer_label"))
        worth = float(agreement) if agreement else float(is_reviewed)
        if worth == 0:
            return State.CANDIDATE
        return State.ACCEPTED if worth > 0 else State.REJECTED
