"""The engine's table of rules, against the judge's and against the documentation."""

from __future__ import annotations

from bench.rules import REPORT, cases_of, write_report
from etown_kg.reason import RULES
from tests.reason.naive import RULES as TRANSCRIBED


def test_every_rule_of_the_tables_is_there_once() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert {rule.id: rule.table for rule in RULES} == {
        rule.id: rule.table for rule in TRANSCRIBED.values()
    }


def test_rules_with_a_false_head_are_the_same() -> None:
    assert {rule.id for rule in RULES if rule.is_clash} == {
        rule.id for rule in TRANSCRIBED.values() if not rule.head
    }


def test_rules_mention_the_same_vocabulary() -> None:
    for rule in RULES:
        ours = {word for word in f"{rule.body} {rule.head}".split() if word[:3] in ("owl", "rdf")}
        transcribed = {
            "rdf:type" if word == "a" else word
            for condition in (*TRANSCRIBED[rule.id].conditions, *TRANSCRIBED[rule.id].head)
            for part in condition
            for word in part.strip("()").replace(",", " ").split()
            if word == "a" or word[:3] in ("owl", "rdf")
        }
        assert ours == transcribed, rule.id


def test_every_rule_has_cases() -> None:
    assert all(cases_of(rule) for rule in RULES)


def test_documented_table_is_up_to_date() -> None:
    written = REPORT.read_text(encoding="utf-8")
    assert written == "\n".join(write_report()) + "\n", "run `python -m bench.rules`"
