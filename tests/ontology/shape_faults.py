"""One fault for every shape, as a SPARQL update of the valid example it is put into.

The shape's name -> (the rule whose example takes the fault, the update). `ex:` is the
example's own namespace. The closure shapes have no examples: their faults are triples added to
`CLOSED`, a small closed graph.
"""

from __future__ import annotations

_NINE_WORDS = "the zone and its seven maker spaces opened today"


def _without(node: str, predicate: str) -> str:
    return f"DELETE WHERE {{ {node} {predicate} ?any }}"


def _with(node: str, triple: str) -> str:
    return f"INSERT DATA {{ {node} {triple} }}"


def _instead(node: str, predicate: str, value: str) -> str:
    return (
        f"DELETE {{ {node} {predicate} ?old }} INSERT {{ {node} {predicate} {value} }}"
        f" WHERE {{ {node} {predicate} ?old }}"
    )


_QUOTE = "<https://example.org/s06-valid/evidence/quote>"
_POSITION = "<https://example.org/s06-valid/evidence/position>"
_HARBOUR = "<https://example.org/s11-valid/ontology#Harbour>"

FAULTS: dict[str, tuple[str, str]] = {
    "S01-area": ("S01", _without("ex:maker-spaces", "sdmx-dimension:refArea")),
    "S01-indicator": ("S01", _instead("ex:maker-spaces", "et:indicator", "ex:figures")),
    "S01-unit": ("S01", _with("ex:maker-spaces", "sdmx-attribute:unitMeasure unit:PERCENT")),
    "S01-bound-kind": ("S01", _instead("ex:maker-spaces", "et:boundKind", "level:national")),
    "S01-stated-number": ("S01", _instead("ex:maker-spaces", "et:statedNumber", "7")),
    "S01-evidence": ("S01", _without("ex:maker-spaces", "et:hasEvidence")),
    "S01-article": ("S01", _without("ex:maker-spaces", "et:reportedIn")),
    "S01-period": ("S01", _with("ex:maker-spaces", "sdmx-dimension:refPeriod context:zone")),
    "S01-period-unless-gloss": ("S01", _without("ex:maker-spaces", "sdmx-dimension:refPeriod")),
    "S02-lower-bound": ("S02", _instead("ex:stations", "et:lowerBound", "60.0")),
    "S02-upper-bound": ("S02", _with("ex:output", "et:upperBound 7.0")),
    "S02-lower-inclusive": ("S02", _with("ex:stations", "et:lowerInclusive false")),
    "S02-upper-inclusive": ("S02", _with("ex:stations", "et:upperInclusive false")),
    "S02-lower-flag": ("S02", _without("ex:vehicles", "et:lowerInclusive")),
    "S02-upper-flag": ("S02", _with("ex:vehicles", "et:upperInclusive false")),
    "S02-some-bound": ("S02", _without("ex:vehicles", "et:lowerBound")),
    "S02-exact": ("S02", _without("ex:stations", "sdmx-measure:obsValue")),
    "S02-value-only-if-exact": ("S02", _with("ex:vehicles", "rdf:value 300.0")),
    "S02-more-than": ("S02", _instead("ex:vehicles", "et:lowerInclusive", "true")),
    "S02-nearly": ("S02", _with("ex:output", "et:lowerBound 1.0 ; et:lowerInclusive true")),
    "S02-fraction": ("S02", _instead("ex:standards-share", "et:denominator", "0.0")),
    "S03-start": ("S03", _instead("ex:first-half", "et:startDate", '"2022-01-01"')),
    "S03-end": ("S03", _without("ex:first-half", "et:endDate")),
    "S03-basis": ("S03", _instead("ex:first-half", "et:dateBasis", "level:national")),
    "S03-start-unless-unknown": ("S03", _without("ex:first-half", "et:startDate")),
    "S03-unknown-ends-at-publication": (
        "S03",
        _instead("ex:undated", "et:endDate", '"2022-07-01"^^xsd:date'),
    ),
    "S04-unit-fits-indicator": ("S04", _instead("ex:gdp", "sdmx-attribute:unitMeasure", "unit:M2")),
    "S04-count-is-whole": ("S01", _instead("ex:maker-spaces", "et:statedNumber", "7.5")),
    "S04-money-is-typed": ("S04", "DELETE DATA { ex:gdp a et:MoneyObservation }"),
    "S05-parts-sum": ("S05", _instead("ex:municipal", "sdmx-measure:obsValue", "8.0")),
    "S05-parts-alike": ("S05", _without("ex:municipal", "sdmx-dimension:refPeriod")),
    "S06-article": ("S06", _instead("ex:evidence", "et:inArticle", "context:zone")),
    "S06-source": ("S06", _without("ex:evidence", "oa:hasSource")),
    "S06-part": ("S06", _instead("ex:evidence", "et:documentPart", "level:national")),
    "S06-paragraph": ("S06", _instead("ex:evidence", "et:paragraph", "0")),
    "S06-paragraph-in-body": ("S06", _without("ex:evidence", "et:paragraph")),
    "S06-paragraph-exists": ("S06", _instead("ex:evidence", "et:paragraph", "4")),
    "S06-quote-selector": ("S06", f"DELETE DATA {{ ex:evidence oa:hasSelector {_QUOTE} }}"),
    "S06-position-selector": ("S06", f"DELETE DATA {{ ex:evidence oa:hasSelector {_POSITION} }}"),
    "S06-quote": ("S06", _instead(_QUOTE, "oa:exact", f'"{_NINE_WORDS}"')),
    "S06-start": ("S06", _instead(_POSITION, "oa:start", "1000")),
    "S06-end": ("S06", _with(_POSITION, "oa:end 1000")),
    "S06-lengths-agree": ("S06", _instead(_POSITION, "oa:end", "1000")),
    "S07-subject": ("S07", _without("ex:first", "et:claimSubject")),
    "S07-asserter": ("S07", _without("ex:first", "et:assertedBy")),
    "S07-status": ("S07", _without("ex:first", "et:claimStatus")),
    "S07-evidence": ("S07", _without("ex:first", "et:hasEvidence")),
    "S07-rank": ("S07", _instead("ex:first", "et:rankPosition", "1")),
    "S07-scope": ("S07", _instead("ex:first", "et:rankScope", "context:city")),
    "S07-comparison-class": ("S07", _without("ex:first", "et:comparisonClass")),
    "S08-time": ("S08", _without("ex:fair", "et:occursDuring")),
    "S08-place": ("S08", _without("ex:conference", "et:venue")),
    "S08-period-described": ("S08", _instead("ex:fair", "et:occursDuring", "ex:some-year")),
    "S09-inputs": ("S09", _with("ex:both", "prov:wasDerivedFrom context:zone")),
    "S09-formula": ("S09", _without("ex:both", "et:formula")),
    "S09-status": (
        "S09",
        _instead("ex:both", "sdmx-attribute:obsStatus", "sdmx-code:obsStatus-A"),
    ),
    "S09-indicator": ("S09", _without("ex:both", "et:indicator")),
    "S09-unit": ("S09", _without("ex:both", "sdmx-attribute:unitMeasure")),
    "S09-bound-kind": ("S09", _without("ex:both", "et:boundKind")),
    "S09-not-stated": ("S09", _with("ex:both", "et:reportedIn context:article")),
    "S09-no-evidence": ("S09", _with("ex:both", "et:hasEvidence context:evidence")),
    "S09-no-fact-id": ("S09", _with("ex:both", 'et:factId "E999"')),
    "S09-formula-names-inputs": ("S09", _instead("ex:both", "et:formula", '"E901 * 2"')),
    "S10-gloss": ("S10", _without("ex:output-in-dollars", "et:glossOf")),
    "S10-gloss-of": ("S10", _with("ex:output", "et:glossOf ex:output-in-dollars")),
    "S10-gloss-target": ("S10", _with("ex:output", "et:glossOf ex:output-in-dollars")),
    "S11-term-label-en": ("S11", _with(_HARBOUR, 'rdfs:label "port"@en')),
    "S11-term-label-zh": ("S11", f'DELETE DATA {{ {_HARBOUR} rdfs:label "港口"@zh }}'),
    "S11-term-definition": ("S11", _without(_HARBOUR, "skos:definition")),
    "S11-term-defined-by": ("S11", _without(_HARBOUR, "rdfs:isDefinedBy")),
    "S11-thing": ("S11", _without("ex:basin", "et:noChineseLabel")),
    "S11-thing-label-en": ("S11", _without("ex:basin", "rdfs:label")),
    "S12-no-cycle": ("S12", _with("ex:district", "et:locatedIn ex:quarter")),
    "S12-zone-in-district": ("S12", _without("ex:stated", "et:hasEvidence")),
    "S13-fact-id": ("S13", _instead("ex:date", "et:factId", '"the second"')),
    "S13-fact-evidence": ("S13", _without("ex:date", "et:hasEvidence")),
    "S13-has-id": ("S13", _without("ex:date", "et:factId")),
    "S13-statement": ("S13", _with("ex:date", "et:object context:zone")),
    "S13-statement-subject": ("S13", _without("ex:date", "et:subject")),
    "S13-statement-predicate": ("S13", _instead("ex:date", "et:predicate", '"modified"')),
    "S13-statement-origin": ("S13", _with("ex:date", "a et:BackgroundStatement")),
    "S13-range": ("S13", _without("ex:date", "et:factId")),
    "S13-range-first": ("S13", _without("ex:article", "et:firstFactId")),
    "S13-range-last": ("S13", _without("ex:article", "et:lastFactId")),
    "S13-in-range": ("S13", _instead("ex:date", "et:factId", '"E1309"')),
    "S14-subject": ("S14", _without("ex:mapping", "sssom:subject_id")),
    "S14-predicate": ("S14", _instead("ex:mapping", "sssom:predicate_id", "owl:sameAs")),
    "S14-object": ("S14", _without("ex:mapping", "sssom:object_id")),
    "S14-justification": ("S14", _without("ex:mapping", "sssom:mapping_justification")),
    "S14-source": ("S14", _without("ex:mapping", "sssom:mapping_source")),
    "S14-date": ("S14", _instead("ex:mapping", "sssom:mapping_date", '"July 2022"')),
    "S14-agreement": ("S14", _instead("ex:mapping", "sssom:reviewer_agreement", "2.0")),
    "S14-reviewer": ("S14", _without("ex:mapping", "sssom:reviewer_label")),
    "S14-review-date": ("S14", _without("ex:mapping", "sssom:review_date")),
    "S14-reason": ("S14", _without("ex:mapping", "skos:editorialNote")),
    "S14-no-foreign-same-as": (
        "S14",
        _with("ex:mapping", "owl:sameAs <https://other.example.com/mapping/1>"),
    ),
    "S15-observation-closed": ("S15", _with("ex:maker-spaces", 'et:locationHint "east"')),
    "S16-list": ("S16", _without("ex:fleet", "et:listCompleteness")),
    "R01-cube-type": ("S01", "DELETE DATA { ex:maker-spaces a qb:Observation }"),
    "R01-data-set": ("S10", _with("ex:output-in-dollars", "qb:dataSet ex:figures")),
    "R01-status": ("S01", _without("ex:maker-spaces", "sdmx-attribute:obsStatus")),
    "R06-title": ("S13", _without("ex:article", "dcterms:title")),
    "R06-modified": ("S13", _instead("ex:article", "dcterms:modified", '"July 2022"')),
    "R06-sha256": ("S13", _instead("ex:article", "et:sha256", '"ABC"')),
    "R06-file-name": ("S13", _without("ex:article", "et:fileName")),
    "R06-paragraph-count": ("S13", _without("ex:article", "et:paragraphCount")),
    "R09-explanation": ("S09", _without("ex:both", "et:explanation")),
    "R09-note-relates": ("S09", _with("ex:note", "a et:Note ; et:relates ex:both")),
    "R11-term-definition-zh": (
        "S11",
        f'DELETE WHERE {{ {_HARBOUR} skos:definition "船舶停靠的地点。"@zh }}',
    ),
    "R11-term-example": ("S11", _without(_HARBOUR, "skos:example")),
    "R11-concept-definition": ("S11", _with("ex:pier", "a skos:Concept")),
}

CLOSED = """
<x:zone> a et:Zone ; et:divisionCode "1" ; owl:sameAs <x:zone> , <x:variant> ;
    et:locatedIn <x:city> .
<x:variant> owl:sameAs <x:zone> .
<x:derived> a et:DerivedFigure .
<x:article> a et:Article ; et:sha256 "a" .
<x:gdp> a et:MoneyObservation ; et:factId "F1" ; et:statedIn <x:article> ;
    sdmx-attribute:unitMeasure unit:CCY_CNY ; owl:sameAs <x:gdp> .
unit:CCY_CNY a et:Currency ; et:measuresKind indicator-kind:money .
"""

CLOSURE_FAULTS: dict[str, str] = {
    "C01-nothing": "<x:zone> a owl:Nothing .",
    "C02-located-elsewhere": "<x:zone> et:locatedIn <x:variant> .",
    "C02-not-itself": "<x:zone> et:locatedIn <x:zone> .",
    "C03-derived-is-not-stated": "<x:derived> et:statedIn <x:article> .",
    "C04-fact-is-stated": '<x:other> et:factId "F2" .',
    "C05-same-fact": '<x:gdp> et:factId "F2" ; owl:sameAs <x:other> .',
    "C06-key-holds": '<x:article> et:sha256 "b" .',
    "C07-currency": "<x:gdp> sdmx-attribute:unitMeasure unit:NUM .",
    "C07-measures-money": "<x:gdp> sdmx-attribute:unitMeasure unit:NUM . unit:NUM a et:Currency .",
}
