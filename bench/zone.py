"""The zone workload: development zones as the shipped ontology describes them, many of them.

The ontology is the one that ships, `ontology/etown.ttl`. Every zone has an administration with
bureaus, people and posts, facilities, clusters, services, events and claims, and articles full
of observations with their evidence, in about the proportions of the shipped facts. One zone in
ten is named by three nodes with one division code (hasKey makes them the same); conferences are
held within one fair named twice (functional property). Chains, inverses, transitivity,
someValuesFrom, hasValue, intersections and allValuesFrom come with the ontology.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from etown_kg.vocab import ID, OA, PREFIXES, QB, SDMX_ATTRIBUTE, SDMX_DIMENSION, TERMS, UNIT

ONTOLOGY = Path(__file__).parent.parent / "ontology" / "etown.ttl"
ZONES_PER_CITY = 20
ZONES_PER_FAIR = 10
ARTICLES_PER_ZONE = 12
FACTS_PER_ARTICLE = 14

_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_FACILITIES = (
    "Incubator",
    "MakerSpace",
    "Park",
    "ServicePlatform",
    "TestSite",
    "PilotBase",
    "Venue",
)
_INDUSTRIES = ("high-end-automobiles", "industrial-internet", "biomedicine", "new-energy")
_INDICATORS = ("gdp", "industrial-output", "maker-spaces", "certified-parks", "5g-base-stations")
_UNITS = ("CCY_CNY", "CCY_CNY", "NUM", "NUM", "NUM")
_SCOPES = ("china", "world", "beijing")


def _concept(scheme: str, name: str) -> str:
    return f"<{PREFIXES[scheme]}{name}>"


def _thing(kind: str, name: str) -> str:
    return f"<{ID}{kind}/{name}>"


def _lines(subject: str, kinds: tuple[str, ...], *pairs: tuple[str, str]) -> list[str]:
    """Triples about one subject: its classes and pairs of a local property name and a value."""
    return [f"{subject} {_TYPE} <{TERMS}{kind}> .\n" for kind in kinds] + [
        f"{subject} <{TERMS}{name}> {value} .\n" for name, value in pairs
    ]


def write_facts(triples: int, seed: int) -> Iterator[list[str]]:
    """N-Triples lines, without repetition, in lists of some hundred; it never ends by itself.

    `triples` is not needed: a zone refers to none that comes later.
    """
    china = _thing("place", "china")
    yield _lines(china, ("Country",))
    number = 0
    while True:
        rng = random.Random(f"{seed}:{number}")
        if number % ZONES_PER_CITY == 0:
            city = _thing("place", f"city-{number // ZONES_PER_CITY}")
            yield _lines(city, ("City",), ("directlyWithin", china))
        yield _write_zone(number, rng)
        for article in range(ARTICLES_PER_ZONE):
            yield _write_article(number, article, rng)
        number += 1


def write_addition(seed: int) -> list[str]:
    """One more article about the first zone."""
    return _write_article(0, ARTICLES_PER_ZONE + seed, random.Random(f"addition:{seed}"))


def _write_zone(number: int, rng: random.Random) -> list[str]:
    zone = _thing("place", f"zone-{number}")
    code = f'"{110000000 + number}"'
    city = _thing("place", f"city-{number // ZONES_PER_CITY}")
    lines = _lines(
        zone,
        ("Zone",),
        ("divisionCode", code),
        ("directlyWithin", city),
        ("level", _concept("level", rng.choice(("national", "municipal")))),
    )
    if number % 10 == 0:
        for variant in ("a", "b"):
            named = _thing("place", f"zone-{number}-{variant}")
            lines += _lines(named, ("Zone",), ("divisionCode", code))
    lines += _write_people(number, zone)
    facilities = []
    for k in range(rng.randint(6, 14)):
        facility = _thing("facility", f"{number}-{k}")
        facilities.append(facility)
        kind = _FACILITIES[k % len(_FACILITIES)]
        lines += _lines(facility, (kind,), ("directlyWithin", zone))
        partners = rng.sample(range(6), rng.randint(1, 4))
        lines += [
            f"{facility} <{TERMS}hasPartner> {_thing('agent', f'{number}-company-{partner}')} .\n"
            for partner in partners
        ]
    for k, industry in enumerate(rng.sample(_INDUSTRIES, 3)):
        lines += _lines(
            _thing("cluster", f"{number}-{k}"),
            ("IndustrialCluster",),
            ("industry", _concept("industry", industry)),
            ("level", _concept("level", rng.choice(("national", "municipal")))),
        )
    return lines + _write_services(number, zone) + _write_events(number, zone, facilities)


def _write_people(number: int, zone: str) -> list[str]:
    administration = _thing("agent", f"{number}-administration")
    lines = _lines(administration, ("GovernmentBody",), ("administers", zone))
    for k in range(4):
        bureau = _thing("agent", f"{number}-bureau-{k}")
        post = _thing("post", f"{number}-{k}")
        person = _thing("agent", f"{number}-person-{k}")
        lines += _lines(bureau, ("Bureau",), ("unitOf", administration))
        lines += _lines(post, ("Post",), ("postIn", bureau))
        lines += _lines(person, ("Person",), ("holdsPost", post))
    return lines


def _write_services(number: int, zone: str) -> list[str]:
    lines: list[str] = []
    for k, vehicle in enumerate(("autonomous-vehicle", "sightseeing-bus")):
        vehicle_kind = _concept("vehicle-kind", vehicle)
        lines += _lines(
            _thing("service", f"{number}-{k}"),
            ("PilotMobilityService",),
            ("usesVehicle", vehicle_kind),
            ("operatesIn", zone),
            ("supervisorPosition", _concept("seat", "front-passenger")),
            ("formerSupervisorPosition", _concept("seat", "driver")),
        )
        if number == 0 and k == 0:
            lines += _lines(vehicle_kind, ("AutonomousVehicleKind",))
    return lines


def _write_events(number: int, zone: str, facilities: list[str]) -> list[str]:
    fair = number // ZONES_PER_FAIR
    conference = _thing("event", f"{number}-conference")
    opening = _thing("event", f"{number}-opening")
    presentation = _thing("event", f"{number}-presentation")
    lines = _lines(
        conference,
        ("Conference",),
        ("venue", facilities[6 % len(facilities)]),
        ("heldWithin", _thing("event", f"fair-{fair}")),
        ("takesPlaceIn", zone),
    )
    if number % ZONES_PER_FAIR == 0:
        lines += _lines(conference, (), ("heldWithin", _thing("event", f"fair-{fair}-as-titled")))
    lines += _lines(
        opening,
        ("PilotOpening",),
        ("opens", _thing("service", f"{number}-0")),
        ("takesPlaceIn", zone),
    )
    lines += _lines(_thing("event", f"{number}-order"), ("FirstOrder",), ("relatedEvent", opening))
    return lines + _lines(
        presentation,
        ("Presentation",),
        ("presenter", _thing("agent", f"{number}-person-0")),
        ("partOfEvent", conference),
    )


def _write_article(number: int, article: int, rng: random.Random) -> list[str]:
    name = f"{number}-{article}"
    source = _thing("article", name)
    lines = _lines(
        source,
        ("Article",),
        ("sha256", f'"{rng.getrandbits(256):064x}"'),
        ("fileName", f'"{name}.txt"'),
    )
    for k in range(FACTS_PER_ARTICLE):
        if k == FACTS_PER_ARTICLE - 1:
            fact = _thing("claim", f"{name}-{k}")
            lines += _lines(
                fact,
                ("RankClaim",),
                ("claimSubject", _thing("facility", f"{number}-{article % 6}")),
                ("rankPosition", _concept("rank-position", "rank1")),
                ("rankScope", _concept("rank-scope", rng.choice(_SCOPES))),
                ("assertedBy", source),
                ("claimStatus", _concept("claim-status", "asserted")),
            )
        else:
            fact = _thing("obs", f"{name}-{k}")
            lines += _write_observation(fact, number, source, rng)
        evidence = _thing("evidence", f"{name}-{k}")
        lines += _lines(fact, (), ("factId", f'"F{k:02}"'), ("hasEvidence", evidence))
        lines += _write_evidence(f"{ID}evidence/{name}-{k}", source, k, rng)
    return lines


def _write_observation(fact: str, number: int, source: str, rng: random.Random) -> list[str]:
    kind = rng.randrange(len(_INDICATORS))
    money = _UNITS[kind].startswith("CCY")
    amount = rng.randint(1, 9000) * (1_000_000 if money else 1)
    figure = f'"{amount}.0"^^<{_XSD}decimal>'
    exact = rng.random() < 0.5
    lines = [
        f"{fact} {_TYPE} <{QB}Observation> .\n",
        f"{fact} <{QB}dataSet> <{ID}dataset/figures> .\n",
        f"{fact} <{SDMX_DIMENSION}refArea> {_thing('place', f'zone-{number}')} .\n",
        f"{fact} <{SDMX_DIMENSION}refPeriod> {_thing('period', str(rng.randint(2000, 2025)))} .\n",
        f"{fact} <{SDMX_ATTRIBUTE}unitMeasure> <{UNIT}{_UNITS[kind]}> .\n",
    ]
    lines += _lines(
        fact,
        ("MoneyObservation" if money else "Observation",),
        ("indicator", _concept("indicator", _INDICATORS[kind])),
        ("reportedIn", source),
        ("statedNumber", figure),
        ("boundKind", _concept("bound-kind", "exact" if exact else "moreThan")),
        ("lowerBound", figure),
        ("lowerInclusive", f'"{"true" if exact else "false"}"^^<{_XSD}boolean>'),
    )
    if exact:
        lines += _lines(
            fact, (), ("upperBound", figure), ("upperInclusive", f'"true"^^<{_XSD}boolean>')
        )
    return lines


def _write_evidence(iri: str, source: str, k: int, rng: random.Random) -> list[str]:
    evidence, quote, position = f"<{iri}>", f"<{iri}/quote>", f"<{iri}/position>"
    start = rng.randint(0, 6000)
    lines = [
        f"{evidence} {_TYPE} <{OA}SpecificResource> .\n",
        f"{evidence} <{OA}hasSource> {source} .\n",
        f"{evidence} <{OA}hasSelector> {quote} .\n",
        f"{evidence} <{OA}hasSelector> {position} .\n",
        f"{quote} {_TYPE} <{OA}TextQuoteSelector> .\n",
        f'{quote} <{OA}exact> "more than {start} of them" .\n',
        f"{position} {_TYPE} <{OA}TextPositionSelector> .\n",
        f'{position} <{OA}start> "{start}"^^<{_XSD}integer> .\n',
        f'{position} <{OA}end> "{start + 20}"^^<{_XSD}integer> .\n',
    ]
    return lines + _lines(
        evidence,
        ("Evidence",),
        ("inArticle", source),
        ("documentPart", _concept("document-part", "body")),
        ("paragraph", f'"{1 + k % 12}"^^<{_XSD}integer>'),
    )
