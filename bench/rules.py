"""The coverage table of the rules: `python -m bench.rules` writes docs/rules.md.

Generated from `etown_kg.reason.RULES` and the folders of tests/reason/cases; a test fails when
the file is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from etown_kg.reason import RULES, Rule

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "docs" / "rules.md"
CASES = ROOT / "tests" / "reason" / "cases"

TITLES = {
    4: "The semantics of equality",
    5: "The semantics of axioms about properties",
    6: "The semantics of classes",
    7: "The semantics of class axioms",
    8: "The semantics of datatypes",
    9: "The semantics of schema vocabulary",
}


def cases_of(rule: Rule) -> list[str]:
    """The folders that test the rule, itself first."""
    return sorted(folder.name for folder in CASES.iterdir() if folder.name.split("+")[0] == rule.id)


def describe_body(rule: Rule) -> str:
    """The body, and what ranges over a list or compares literals, in one line of Markdown."""
    parts = [f"`{rule.body}`"] if rule.body else []
    if rule.members.value != "none":
        parts.append(f"({rule.members.value} of the list)")
    if rule.condition.value != "none":
        parts.append(f"where {rule.condition.value}")
    return " ".join(parts) or "(always)"


def write_report() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "Written by `python -m bench.rules`; do not edit."
    yield ""
    yield (
        f"The reasoner implements all {len(RULES)} rules of OWL 2 RL/RDF, tables 4 to 9 of"
        " [OWL 2 Profiles, section 4.3]"
        "(https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules)."
    )
    yield "A rule whose head is `false` reports a violation. Cases are the folders of"
    yield "`tests/reason/cases`: what is given, what follows and what must not, or what clashes"
    yield "and what does not; `+` marks cases of the rule together with others."
    for table, title in TITLES.items():
        yield ""
        yield f"## Table {table}: {title}"
        yield ""
        yield "| rule | body | head | in words | cases |"
        yield "|---|---|---|---|---|"
        for rule in RULES:
            if rule.table == table:
                cases = cases_of(rule)
                more = f" and {len(cases) - 1} with others" if len(cases) > 1 else ""
                yield (
                    f"| {rule.id} | {describe_body(rule)} | `{rule.head}` | {rule.text} |"
                    f" {cases[0] if cases else 'none'}{more} |"
                )


def main() -> int:
    REPORT.write_text("\n".join(write_report()) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
