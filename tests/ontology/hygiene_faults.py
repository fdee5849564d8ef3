"""What each hygiene query finds, and what it leaves alone.

The query's name -> (TriG that breaks the rule, the foci it must name, TriG that keeps it).
Both are added to `WORLD`. The foci are local names of the namespace http://e/zone/.
"""

from __future__ import annotations

WORLD = """
@prefix : <http://e/zone/> .
@prefix o: <http://e/zone/terms#> .
:terms a owl:Ontology .
o:Harbour a owl:Class ; rdfs:isDefinedBy :terms ; rdfs:label "harbour"@en , "港口"@zh .
o:size a owl:DatatypeProperty ; rdfs:isDefinedBy :terms .
o:near a owl:ObjectProperty ; rdfs:isDefinedBy :terms .
skos:Concept a owl:Class .
et:Article a owl:Class . et:Evidence a owl:Class . et:Statement a owl:Class .
et:Period a owl:Class . et:BackgroundStatement a owl:Class . et:Observation a owl:Class .
et:DerivedFigure a owl:Class . sssom:Mapping a owl:Class .
"""

_ARTICLE = ":news a et:Article . :proof a et:Evidence ; et:inArticle :news ."
_FACT = 'et:factId "F1" ; et:hasEvidence :proof'
_FIGURE = """a et:Observation ; et:statedNumber 7.0 ; sdmx-dimension:refArea :harbour ;
    et:indicator :berths ; et:reportedIn :news ; et:boundKind bound-kind:exact ;
    sdmx-attribute:unitMeasure unit:NUM ; sdmx-dimension:refPeriod"""

FAULTS: dict[str, tuple[str, str, str]] = {
    "missing-english-label": (
        ':a a o:Harbour ; rdfs:label "甲港"@zh .',
        "a",
        ':a a o:Harbour ; rdfs:label "Harbour A"@en .',
    ),
    "missing-chinese-label": (
        ':a a o:Harbour ; rdfs:label "Harbour A"@en .',
        "a",
        ':a a o:Harbour ; et:noChineseLabel "It is not known."@en .',
    ),
    "chinese-label-and-reason-for-none": (
        ':a rdfs:label "甲港"@zh ; et:noChineseLabel "It is not known."@en .',
        "a",
        ':a rdfs:label "Harbour A"@en ; et:noChineseLabel "It is not known."@en .',
    ),
    "several-labels-in-one-language": (
        ':a rdfs:label "Harbour A"@en , "Port A"@en .',
        "a",
        ':a rdfs:label "Harbour A"@en , "甲港"@zh ; skos:altLabel "Port A"@en , "Quay A"@en .',
    ),
    "one-label-for-two-terms": (
        'o:Port a owl:Class ; rdfs:isDefinedBy :terms ; rdfs:label "harbour"@en .',
        "terms#Port terms#Harbour",
        'o:port a owl:ObjectProperty ; rdfs:isDefinedBy :terms ; rdfs:label "harbour"@en .',
    ),
    "one-label-for-two-concepts": (
        ':a skos:inScheme :s ; skos:prefLabel "A"@en .'
        ' :b skos:inScheme :s ; skos:prefLabel "A"@en .',
        "a b",
        ':a skos:inScheme :s ; skos:prefLabel "A"@en .'
        ' :b skos:inScheme :t ; skos:prefLabel "A"@en .',
    ),
    "label-without-language": (':a rdfs:label "A" .', "a", ':a rdfs:label "A"@en ; o:size "A" .'),
    "several-definitions": (
        ':a skos:definition "A port."@en , "A quay."@en .',
        "a",
        ':a skos:definition "A port."@en , "港口。"@zh .',
    ),
    "definition-whitespace": (
        ':a skos:definition "A  port."@en .',
        "a",
        ':a skos:definition "A port."@en ; et:note "Two  spaces."@en .',
    ),
    "literal-with-outer-space": (':a o:size "7 " .', "a", ':a o:size "7 m" ; oa:exact "7\u00a0" .'),
    "ill-typed-literal": (
        ':a o:size "2022-02-30"^^xsd:date .',
        "a",
        ':a o:size "2022-02-28"^^xsd:date , 7 , 7.0 , 7e0 , true , "x" .',
    ),
    "deprecated-term-in-use": (
        "o:size owl:deprecated true . :a o:size 7 .",
        "a",
        "o:size owl:deprecated true ; dcterms:isReplacedBy o:near . :a o:near :b .",
    ),
    "deprecated-without-replacement": (
        "o:size owl:deprecated true .",
        "terms#size",
        "o:size owl:deprecated true ; dcterms:isReplacedBy o:near .",
    ),
    "undeclared-term": (":a o:sise 7 .", "a", ":a o:size 7 ."),
    "undeclared-borrowed-term": (
        ":a <http://other/size> 7 .",
        "a",
        "<http://other/size> a owl:DatatypeProperty . :a <http://other/size> 7 .",
    ),
    "dangling-iri": (":a o:near :b .", "a", ":a o:near :b , <http://other/b> . :b o:size 7 ."),
    "concept-without-scheme": (
        ":a a skos:Concept .",
        "a",
        ":a a skos:Concept ; skos:inScheme :s ."
        " :b a skos:Concept ; rdfs:isDefinedBy <http://other/> .",
    ),
    "scheme-without-concept": (
        ":s a skos:ConceptScheme .",
        "s",
        ":s a skos:ConceptScheme . :a skos:inScheme :s .",
    ),
    "concept-without-way-up": (
        ":a skos:inScheme :s .",
        "a",
        ":a skos:inScheme :s ; skos:topConceptOf :s . :b skos:inScheme :s ; skos:broader :a .",
    ),
    "ontology-without-header-field": (
        ":terms owl:versionIRI :v1 .",
        "terms",
        ':terms owl:versionIRI :v1 ; owl:versionInfo "1" ; dcterms:title "T"@en ;'
        ' dcterms:description "D"@en ; dcterms:license <http://l> ; dcterms:creator "C" .',
    ),
    "fact-without-evidence": (
        ':a et:factId "F1" ; et:hasEvidence :proof . :proof a et:Evidence .',
        "a",
        f"{_ARTICLE} :a {_FACT} .",
    ),
    "fact-id-in-two-articles": (
        f'{_ARTICLE} :a {_FACT} . :b et:factId "F1" ; et:hasEvidence :p2 . :p2 et:inArticle :n2 .',
        "a b",
        f'{_ARTICLE} :a {_FACT} . :b et:factId "F2" ; et:hasEvidence :p2 . :p2 et:inArticle :n2 .',
    ),
    "evidence-not-used": (_ARTICLE, "proof", f"{_ARTICLE} :a {_FACT} ."),
    "selector-not-used": (
        ":q a oa:TextQuoteSelector .",
        "q",
        ":q a oa:TextQuoteSelector . :proof oa:hasSelector :q .",
    ),
    "period-not-used": (":y a et:Period .", "y", ":y a et:Period . :a o:near :y ."),
    "statement-without-triple": (
        ":f et:subject :a ; et:predicate o:size ; et:value 7.0 . :a o:size 8.0 .",
        "f",
        ":f et:subject :a ; et:predicate o:size ; et:value 7.0 . :a o:size 7.0 .",
    ),
    "article-triple-without-statement": (
        f":g {{ {_ARTICLE} :a o:size 7.0 . }}"
        " :f et:subject :a ; et:predicate o:size ; et:value 7.0 .",
        "a",
        f":g {{ {_ARTICLE} :a o:size 7.0 ; rdfs:label 'A'@en . :f et:subject :a ; et:value 7.0 ;"
        f" a et:Statement ; et:predicate o:size ; {_FACT} . :b {_FACT} ; o:size 8.0 ."
        " :y a et:Period ; o:size 9.0 . } :h { :a o:near :b . }",
    ),
    "background-triple-without-source": (
        ":g { :f a et:BackgroundStatement ; et:subject :a ; et:predicate o:size ; et:value 7.0 ."
        " :a o:size 7.0 . }",
        "a",
        ":g { :f a et:BackgroundStatement ; et:subject :a ; et:predicate o:size ; et:value 7.0 ;"
        " dcterms:source 'A book.' . :a o:size 7.0 ; rdfs:label 'A'@en ; owl:differentFrom :b . }",
    ),
    "match-without-mapping": (
        ":g { :m a sssom:Mapping ; sssom:subject_id :a ; sssom:predicate_id skos:exactMatch ;"
        " sssom:object_id <http://other/a> ; sssom:reviewer_agreement -1.0 ."
        " :a skos:exactMatch <http://other/a> . }",
        "a",
        ":g { :m a sssom:Mapping ; sssom:subject_id :a ; sssom:predicate_id skos:exactMatch ;"
        " sssom:object_id <http://other/a> ; sssom:reviewer_agreement 0.5 ."
        " :a skos:exactMatch <http://other/a> . }"
        " :h { :a skos:closeMatch <http://other/b> . }",
    ),
    "mapping-without-match": (
        ":m sssom:subject_id :a ; sssom:predicate_id skos:exactMatch ; sssom:object_id :b ;"
        " sssom:reviewer_agreement 1.0 .",
        "m",
        ":m sssom:subject_id :a ; sssom:predicate_id skos:exactMatch ; sssom:object_id :b ;"
        " sssom:reviewer_agreement 1.0 . :a skos:exactMatch :b ."
        " :n sssom:subject_id :a ; sssom:predicate_id skos:closeMatch ; sssom:object_id :c .",
    ),
    "same-as-by-hand": (":a owl:sameAs :b .", "a", ":a skos:exactMatch <http://other/a> ."),
    "blank-node-in-facts": (
        f":g {{ {_ARTICLE} :a {_FACT} ; o:near [ o:size 7 ] . }}",
        "a",
        f":g {{ {_ARTICLE} :a owl:distinctMembers ( :b :c ) . }} :h {{ :a o:near [ o:size 7 ] . }}",
    ),
    "number-that-is-no-decimal": (
        ":a et:lowerBound 7 .",
        "a",
        ":a et:lowerBound 7.0 ; o:size 7 .",
    ),
    "same-figure-twice": (
        f":a {_FIGURE} :y1 . :b {_FIGURE} :y1 .",
        "a b",
        f":a {_FIGURE} :y1 . :b {_FIGURE} :y2 .",
    ),
    "closure/member-of-nothing": (":a a owl:Nothing .", "a", ":a a owl:Thing ."),
    "closure/same-and-different": (
        ":a owl:sameAs :b ; owl:differentFrom :b .",
        "a",
        ":a owl:sameAs :b ; owl:differentFrom :c .",
    ),
    "closure/literal-same-as": (":a owl:sameAs 7 .", "a", ":a owl:sameAs :b ."),
    "closure/same-as-outward": (
        ":a owl:sameAs <http://other/a/> .",
        "a",
        ":a owl:sameAs :b , <http://e/zone/deep/b#c> .",
    ),
    "closure/fact-without-article": (
        ':a et:factId "F1" .',
        "a",
        ':a et:factId "F1" ; et:statedIn :news .',
    ),
}
