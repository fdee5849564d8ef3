"""The university workload: institutions with units, people, modules and publications.

The ontology is `university.ttl`. Every institution is made from a random generator of its own,
seeded by (seed, number of the institution), so one institution's facts do not depend on how
many others there are, apart from the institutions and publications it refers to. Chains of
transitive properties have bounded length (`requires` at most 4 steps, `partOf` 3, `locatedIn`
3): the closure grows linearly with the input.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

ONTOLOGY = Path(__file__).with_name("university.ttl")

_TERM = "<https://example.org/campus#"
_BASE = "<https://example.org/campus/"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_INTEGER = "^^<http://www.w3.org/2001/XMLSchema#integer> .\n"

# Measured: the mean over 200 institutions is 17.6 thousand triples. Only used to choose how
# many institutions there are to refer to; the number of triples written is exact.
TRIPLES_PER_INSTITUTION = 17_600
INSTITUTIONS_PER_CITY = 5
CITIES_PER_PROVINCE = 8
PROVINCES_PER_COUNTRY = 10

_GIVEN = (
    "Ada",
    "Bao",
    "Chen",
    "Dora",
    "Emil",
    "Fang",
    "Grace",
    "Hugo",
    "Ines",
    "Jun",
    "Kai",
    "Lin",
)
_FAMILY = ("Abel", "Berg", "Cui", "Dai", "Engel", "Feng", "Gao", "Hu", "Ito", "Jia", "Kern", "Luo")
_STAFF = (
    "FullProfessor", "AssociateProfessor", "JuniorProfessor", "Lecturer", "Lecturer", "Postdoc",
    "Postdoc", "ResearchEngineer", "Technician", "Librarian",
)  # fmt: skip
_TEACHING = frozenset({"FullProfessor", "AssociateProfessor", "JuniorProfessor", "Lecturer"})
_STUDENT = ("Undergraduate",) * 6 + ("MasterStudent",) * 3 + ("DoctoralStudent",)
_PUBLICATION = (
    "JournalArticle",
    "JournalArticle",
    "ConferencePaper",
    "ConferencePaper",
    "Book",
    "Thesis",
)
_MODULE = ("BasicModule", "BasicModule", "AdvancedModule", "ProjectModule")
_LANGUAGE = ("en", "zh", "de")


def term(name: str) -> str:
    return f"{_TERM}{name}>"


_P = {
    name: term(name)
    for name in (
        "unitOf", "seatIn", "worksFor", "headOf", "memberOf", "studiesAt", "bachelorFrom",
        "masterFrom", "doctorateFrom", "teaches", "attends", "requires", "supervisedBy", "author",
        "leadAuthor", "cites", "worksWith", "language", "title", "fullName", "mail", "year",
        "credits",
    )
}  # fmt: skip


def write_places(institutions: int) -> list[str]:
    """The cities, provinces and countries that `institutions` institutions need."""
    cities = institutions // INSTITUTIONS_PER_CITY + 1
    provinces = cities // CITIES_PER_PROVINCE + 1
    countries = provinces // PROVINCES_PER_COUNTRY + 1
    located = term("locatedIn")
    lines = [f"{_BASE}country/{k}> {_TYPE} {term('Country')} .\n" for k in range(countries)]
    for k in range(provinces):
        lines.append(f"{_BASE}province/{k}> {_TYPE} {term('Province')} .\n")
        lines.append(
            f"{_BASE}province/{k}> {located} {_BASE}country/{k // PROVINCES_PER_COUNTRY}> .\n"
        )
    for k in range(cities):
        lines.append(f"{_BASE}city/{k}> {_TYPE} {term('City')} .\n")
        lines.append(f"{_BASE}city/{k}> {located} {_BASE}province/{k // CITIES_PER_PROVINCE}> .\n")
    return lines


def write_facts(triples: int, seed: int) -> Iterator[list[str]]:
    """N-Triples lines, without repetition, in lists of some hundred to some thousand.

    The iterator never ends by itself; the caller stops when it has enough.
    """
    institutions = triples // TRIPLES_PER_INSTITUTION + 1
    yield write_places(institutions)
    number = 0
    while True:
        yield from _write_institution(number, institutions, random.Random(f"{seed}:{number}"))
        number += 1


def write_addition(seed: int) -> list[str]:
    """One more department of the first institution."""
    rng = random.Random(f"addition:{seed}")
    return _write_department(f"{_BASE}i0/s0/added{seed}", f"{_BASE}i0/s0>", 1, rng)


def _write_institution(number: int, institutions: int, rng: random.Random) -> Iterator[list[str]]:
    here = f"{_BASE}i{number}"
    institution = f"{here}>"
    yield [
        f"{institution} {_TYPE} {term('Institution')} .\n",
        f"{institution} {_P['seatIn']} {_BASE}city/{number // INSTITUTIONS_PER_CITY}> .\n",
        f'{institution} {_P["title"]} "Institution {number}" .\n',
    ]
    for school in range(rng.randint(3, 6)):
        school_iri = f"{here}/s{school}>"
        yield [
            f"{school_iri} {_TYPE} {term('School')} .\n",
            f"{school_iri} {_P['unitOf']} {institution} .\n",
        ]
        for department in range(rng.randint(2, 5)):
            path = f"{here}/s{school}/d{department}"
            yield _write_department(path, school_iri, institutions, rng)


def _write_department(path: str, school: str, institutions: int, rng: random.Random) -> list[str]:
    department = f"{path}>"
    host = path[len(_BASE) :].replace("/", ".")
    lines = [
        f"{department} {_TYPE} {term('Department')} .\n",
        f"{department} {_P['unitOf']} {school} .\n",
    ]
    groups = [f"{path}/g{k}>" for k in range(rng.randint(2, 4))]
    for group in groups:
        lines.append(f"{group} {_TYPE} {term('Group')} .\n")
        lines.append(f"{group} {_P['unitOf']} {department} .\n")
    modules = _write_modules(path, rng, lines)
    teachers, staff = _write_staff(path, host, groups, modules, institutions, rng, lines)
    students = _write_students(path, host, modules, teachers, rng, lines)
    _write_publications(path, staff + students[: len(students) // 4], rng, lines)
    return lines


def _write_modules(path: str, rng: random.Random, lines: list[str]) -> list[str]:
    modules = [f"{path}/m{k}>" for k in range(rng.randint(12, 20))]
    for k, module in enumerate(modules):
        lines.append(f"{module} {_TYPE} {term(_MODULE[k % 4])} .\n")
        lines.append(f'{module} {_P["title"]} "Module {k}" .\n')
        lines.append(f'{module} {_P["credits"]} "{rng.choice((5, 10, 15))}"{_INTEGER}')
        lines.append(f"{module} {_P['language']} {_BASE}language/{rng.choice(_LANGUAGE)}> .\n")
        if k % 5:  # runs of five: a chain of at most four steps
            lines.append(f"{module} {_P['requires']} {modules[k - 1]} .\n")
    return modules


def _write_person(iri: str, kind: str, host: str, k: int, rng: random.Random) -> list[str]:
    """Type, name and mail. One person in ten has no type: domains and ranges must give it."""
    name = f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"
    lines = [
        f'{iri} {_P["fullName"]} "{name}" .\n',
        f'{iri} {_P["mail"]} "{kind[:2].lower()}{k}@{host}.example.org" .\n',
    ]
    if rng.random() > 0.1:
        lines.append(f"{iri} {_TYPE} {term(kind)} .\n")
    return lines


def _write_staff(
    path: str,
    host: str,
    groups: list[str],
    modules: list[str],
    institutions: int,
    rng: random.Random,
    lines: list[str],
) -> tuple[list[str], list[str]]:
    """Returns those who teach, and all staff."""
    staff = [f"{path}/p{k}>" for k in range(rng.randint(10, 18))]
    teachers: list[str] = []
    for k, person in enumerate(staff):
        kind = _STAFF[k % len(_STAFF)]
        lines += _write_person(person, kind, host, k, rng)
        if k == 0:
            lines.append(f"{person} {_P['headOf']} {path}> .\n")
        else:
            lines.append(f"{person} {_P['worksFor']} {rng.choice(groups)} .\n")
        for degree in ("bachelorFrom", "masterFrom", "doctorateFrom")[: 1 + k % 3]:
            origin = rng.randrange(institutions)
            lines.append(f"{person} {_P[degree]} {_BASE}i{origin}> .\n")
        if kind in _TEACHING:
            teachers.append(person)
            lines += [
                f"{person} {_P['teaches']} {module} .\n"
                for module in rng.sample(modules, rng.randint(1, 3))
            ]
        if k and k % 4 == 0:
            lines.append(f"{person} {_P['worksWith']} {staff[k - 1]} .\n")
    return teachers, staff


def _write_students(
    path: str,
    host: str,
    modules: list[str],
    teachers: list[str],
    rng: random.Random,
    lines: list[str],
) -> list[str]:
    students = [f"{path}/u{k}>" for k in range(rng.randint(60, 110))]
    rng.shuffle(students)  # the first quarter, who also publish, are of all kinds
    for k, student in enumerate(students):
        kind = _STUDENT[k % len(_STUDENT)]
        lines += _write_person(student, kind, host, k, rng)
        lines.append(f"{student} {_P['studiesAt']} {path}> .\n")
        lines += [
            f"{student} {_P['attends']} {module} .\n"
            for module in rng.sample(modules, rng.randint(1, 5))
        ]
        if kind != "Undergraduate":
            lines.append(f"{student} {_P['supervisedBy']} {rng.choice(teachers)} .\n")
    return students


def _write_publications(path: str, people: list[str], rng: random.Random, lines: list[str]) -> None:
    publications = [f"{path}/w{k}>" for k in range(rng.randint(20, 50))]
    for k, publication in enumerate(publications):
        lines.append(f"{publication} {_TYPE} {term(rng.choice(_PUBLICATION))} .\n")
        lines.append(f'{publication} {_P["title"]} "Work {k} of {path[1:]}" .\n')
        lines.append(f'{publication} {_P["year"]} "{rng.randint(1990, 2025)}"{_INTEGER}')
        lead, *others = rng.sample(people, rng.randint(1, 4))
        lines.append(f"{publication} {_P['leadAuthor']} {lead} .\n")
        lines += [f"{publication} {_P['author']} {person} .\n" for person in others]
        if k:
            lines += [
                f"{publication} {_P['cites']} {publications[cited]} .\n"
                for cited in rng.sample(range(k), min(k, rng.randint(0, 3)))
            ]
