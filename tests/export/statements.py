"""Random statements with what makes formats fail: odd characters, datatypes, blank nodes."""

from __future__ import annotations

from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad

from etown_kg import vocab

ZOO = "http://zoo.example/"
PROPERTIES = (
    vocab.RDF + "type", vocab.RDFS + "label", vocab.RDFS + "subClassOf", ZOO + "weight",
    ZOO + "legs", ZOO + "tame", ZOO + "name", ZOO + "eats", ZOO + "note", vocab.DCTERMS + "type",
    vocab.TERMS + "indicator", "urn:zoo:prop", ZOO + "1x-2",
)  # fmt: skip
ONTOLOGY = f"""
@prefix : <{ZOO}> .
@prefix owl: <{vocab.OWL}> .
@prefix rdfs: <{vocab.RDFS}> .
@prefix xsd: <{vocab.XSD}> .
@prefix et: <{vocab.TERMS}> .
@prefix dcterms: <{vocab.DCTERMS}> .
:Bird a owl:Class . :Animal a owl:Class .
:weight a owl:DatatypeProperty ; rdfs:range xsd:decimal .
:legs a owl:DatatypeProperty ; rdfs:range xsd:integer .
:tame a owl:DatatypeProperty ; rdfs:range xsd:boolean .
:name a owl:DatatypeProperty ; rdfs:range xsd:string .
:eats a owl:ObjectProperty .
:note a owl:DatatypeProperty .
et:indicator a owl:ObjectProperty .
dcterms:type a owl:ObjectProperty .
"""

iris = st.sampled_from(
    [
        ZOO + "robin", ZOO + "Bird", ZOO + "knast#a.b", ZOO + "", "urn:isbn:0-486",
        "geo:39.8,116.5", vocab.CONCEPT + "indicator/jobs", vocab.ID + "place/亦庄",
        "https://example.org/a?b=c&d='e'", vocab.RDF + "nil", "indicator:jobs", "mailto:a@b.c",
    ]
).map(NamedNode)  # fmt: skip
texts = st.one_of(
    st.sampled_from(["", "1", "01", "-0", "1.0", "true", "TRUE", "1E3", "超过300辆", '"\\', "]]>",
                     "a\nb\tc", "<&>", "\u2028", "@id", "9007199254740993"]),
    # What XML 1.0 cannot write, RDF/XML cannot hold.
    st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"],
                          exclude_characters="\ufffe\uffff"), max_size=8),
)  # fmt: skip
literals = st.one_of(
    st.builds(Literal, texts),
    st.builds(lambda text, tag: Literal(text, language=tag), texts,
              st.sampled_from(["en", "zh", "zh-hant", "de"])),
    st.builds(lambda text, name: Literal(text, datatype=NamedNode(name)), texts,
              st.sampled_from([vocab.XSD + name for name in ("integer", "decimal", "double",
                              "boolean", "date", "nonNegativeInteger")] + [ZOO + "unit"])),
)  # fmt: skip
blank_nodes = st.sampled_from(["a", "b", "c"]).map(BlankNode)
subjects = st.one_of(iris, blank_nodes)
graphs = st.one_of(
    st.just(DefaultGraph()), st.sampled_from([ZOO + "east", ZOO + "west"]).map(NamedNode)
)
quads = st.builds(
    Quad,
    subjects,
    st.sampled_from(PROPERTIES).map(NamedNode),
    st.one_of(subjects, literals),
    graphs,
)
datasets = st.sets(quads, max_size=12)
