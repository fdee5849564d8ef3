"""The OWL 2 RL reasoner: complete, columnar, incremental, and able to explain itself.

    materialise(source, profile="lean") -> Closure    what follows from some triples
    entails(premise, conclusion) -> Entailment        whether one graph follows from another
    RULES                                             the rules of the W3C tables, as data

Implements the rules of OWL 2 Profiles, section 4.3
(https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules). Relies on
NumPy; knows rdflib's and pyoxigraph's objects by their shape, and imports neither.
"""

from etown_kg.reason.closure import Closure, materialise
from etown_kg.reason.consistency import Violation
from etown_kg.reason.entailment import Entailment, entails
from etown_kg.reason.lists import Finding
from etown_kg.reason.ntriples import Columns, read_ntriples
from etown_kg.reason.profile import PROFILES, Profile
from etown_kg.reason.proof import Proof
from etown_kg.reason.rounds import Round, RuleCount
from etown_kg.reason.rules import RULES, Rule
from etown_kg.reason.showing import InferredChange

__all__ = [
    "PROFILES",
    "RULES",
    "Closure",
    "Columns",
    "Entailment",
    "Finding",
    "InferredChange",
    "Profile",
    "Proof",
    "Round",
    "Rule",
    "RuleCount",
    "Violation",
    "entails",
    "materialise",
    "read_ntriples",
]
