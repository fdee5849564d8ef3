"""What the servers are asked, on two graphs: the one that ships, and a closed university."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from etown_kg.config import shipped
from etown_kg.questions import read_questions

_CAMPUS = "PREFIX c: <https://example.org/campus#>\n"
_HERE = "https://example.org/campus/"
# Different queries of one kind; wrk goes through them again and again.
_TEXTS = 2000


class Question(NamedTuple):
    """One kind of query; `texts` are asked in turn.

    `kind` is small, join or aggregate; what is asked `with_tag` names the answer that the client
    has in If-None-Match, and what is not `unique` is asked again word for word.
    """

    name: str
    graph: str
    kind: str
    texts: Sequence[str]
    unique: bool = True
    with_tag: bool = False


def all_questions(people: Sequence[str], departments: Sequence[str]) -> list[Question]:
    """All of them; `people` and `departments` are IRIs of the university."""
    rng = random.Random(1)
    chosen = rng.sample(list(people), min(_TEXTS, len(people)))
    start = read_questions(shipped()[0] / "queries" / "competency")[0].text
    point = [f"SELECT ?p ?o {{ <{person}> ?p ?o }}" for person in chosen]
    card = [
        f"{_CAMPUS}SELECT ?name ?mail {{ <{person}> c:fullName ?name ; c:mail ?mail }}"
        for person in chosen
    ]
    teaching = [
        f"{_CAMPUS}SELECT ?name ?title {{ ?p c:worksFor ?g . ?g c:unitOf <{department}> . "
        "?p c:fullName ?name ; c:teaches ?m . ?m c:title ?title }"
        for department in departments
    ]
    supervision = (
        f"{_CAMPUS}SELECT (COUNT(*) AS ?n) {{ ?s c:supervisedBy ?p . ?p c:worksFor ?g . "
        "?g c:unitOf ?d . ?s c:memberOf ?d }"
    )
    triangle = (
        f"{_CAMPUS}SELECT (COUNT(*) AS ?n) {{ ?s a c:Student ; c:attends ?m ; "
        "c:supervisedBy ?t . ?t c:teaches ?m }"
    )
    types = "SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t ORDER BY DESC(?n)"
    graduates = (
        f"{_CAMPUS}SELECT ?i (COUNT(DISTINCT ?p) AS ?n) {{ ?p c:degreeFrom ?i }} "
        "GROUP BY ?i ORDER BY DESC(?n) LIMIT 10"
    )
    return [
        Question("start page query", "shipped", "small", [start]),
        Question("all of one person", "university", "small", point),
        Question("name and mail", "university", "small", card),
        Question("who teaches what in a department", "university", "small", teaching),
        Question("name and mail, repeated", "university", "small", card[:100], unique=False),
        Question(
            "name and mail, revalidated", "university", "small", card[:1],
            unique=False, with_tag=True,
        ),
        Question("students in the unit of their supervisor", "university", "join", [supervision]),
        Question("students taught by their supervisor", "university", "join", [triangle]),
        Question("members of each class", "university", "aggregate", [types]),
        Question("institutions by graduates", "university", "aggregate", [graduates]),
    ]  # fmt: skip


def university_names(facts: Path) -> tuple[list[str], list[str]]:
    """The people with a mail address and the departments in a generated N-Triples file."""
    people, departments = set(), set()
    with facts.open(encoding="utf-8") as lines:
        for line in lines:
            subject, predicate, rest = line.split(" ", 2)
            if predicate.endswith("#mail>"):
                people.add(subject[1:-1])
            elif rest.startswith(f"<{_HERE.rstrip('/')}#Department>"):
                departments.add(subject[1:-1])
    return sorted(people), sorted(departments)


def target(path: str, text: str) -> str:
    """The request target of a query."""
    return f"{path}?query={quote(text, safe='')}"
