"""Every IRI that the code names, spelled once.

Two groups: *standard* namespaces, and the project's own terms. The own terms are under
`TERMS`, which does not follow the `base` setting: an ontology's IRIs are stable, only the
graph and thing IRIs of somebody else's data start elsewhere.
"""

from __future__ import annotations

BASE = "https://w3id.org/etown/"
TERMS = BASE + "ontology#"
ONTOLOGY = BASE + "ontology"
ID = BASE + "id/"
CONCEPT = BASE + "concept/"
GRAPH = BASE + "graph/"

GRAPH_ONTOLOGY = GRAPH + "ontology"
GRAPH_VOCABULARY = GRAPH + "vocabulary"
GRAPH_BACKGROUND = GRAPH + "background"
GRAPH_DERIVED = GRAPH + "derived"
GRAPH_LINKS = GRAPH + "links"
GRAPH_INFERRED = GRAPH + "inferred"
GRAPH_META = GRAPH + "meta"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
ORG = "http://www.w3.org/ns/org#"
QB = "http://purl.org/linked-data/cube#"
SDMX_DIMENSION = "http://purl.org/linked-data/sdmx/2009/dimension#"
SDMX_ATTRIBUTE = "http://purl.org/linked-data/sdmx/2009/attribute#"
SDMX_MEASURE = "http://purl.org/linked-data/sdmx/2009/measure#"
SDMX_CODE = "http://purl.org/linked-data/sdmx/2009/code#"
UNIT = "http://qudt.org/vocab/unit/"
SCHEMA = "https://schema.org/"
DCAT = "http://www.w3.org/ns/dcat#"
VOID = "http://rdfs.org/ns/void#"
GEO = "http://www.opengis.net/ont/geosparql#"
SD = "http://www.w3.org/ns/sparql-service-description#"
SH = "http://www.w3.org/ns/shacl#"
SSSOM = "https://w3id.org/sssom/"
FOAF = "http://xmlns.com/foaf/0.1/"
SPDX = "http://spdx.org/rdf/terms#"
FORMATS = "http://www.w3.org/ns/formats/"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
# What the program says of the service in terms of its own.
SERVICE = BASE + "service#"

# The prefixes that queries, exports and pages use; order is the order of display.
PREFIXES: dict[str, str] = {
    "et": TERMS,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "prov": PROV,
    "oa": OA,
    "org": ORG,
    "qb": QB,
    "sdmx-dimension": SDMX_DIMENSION,
    "sdmx-attribute": SDMX_ATTRIBUTE,
    "sdmx-measure": SDMX_MEASURE,
    "sdmx-code": SDMX_CODE,
    "unit": UNIT,
    "schema": SCHEMA,
    "dcat": DCAT,
    "void": VOID,
    "geo": GEO,
    "sd": SD,
    "sh": SH,
    "sssom": SSSOM,
}
# One prefix per kind of thing and per code list, so that local names need no escapes.
KINDS = (
    "place", "agent", "post", "event", "facility", "cohort", "cluster", "reform", "programme",
    "service", "media", "article", "period", "obs", "claim", "fact", "trend", "evidence",
    "derived", "note", "mapping", "dataset",
)  # fmt: skip
SCHEMES = (
    "indicator", "bound-kind", "date-basis", "indicator-kind", "measure-type", "rank-position",
    "rank-scope", "comparison-class", "claim-status", "level", "industry", "vehicle-kind",
    "operation-mode", "seat", "completeness", "direction", "attribution", "extent",
    "support-instrument", "project-status", "means", "document-part", "identity-basis",
    "source-list",
)  # fmt: skip
PREFIXES.update({kind: f"{ID}{kind}/" for kind in KINDS})
PREFIXES.update({scheme: f"{CONCEPT}{scheme}/" for scheme in SCHEMES})

# Properties that name a thing, the best first.
LABEL_PROPERTIES = (
    SKOS + "prefLabel",
    RDFS + "label",
    DCTERMS + "title",
    SCHEMA + "name",
    "http://xmlns.com/foaf/0.1/name",
    "http://purl.org/dc/elements/1.1/title",
)
