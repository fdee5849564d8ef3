"""What clients rely on, one line each, and the test that holds it: `conventions.tsv`."""

from __future__ import annotations

import ast
import csv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = HERE / "conventions.tsv"
with TABLE.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines, delimiter="\t"))


# The fixtures that are, or ask, an app on a real server.
SERVED = {"address", "client", "make_zoo", "own_zoo", "served", "shipped", "target"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what clients rely on"])
def test_a_convention_has_a_test_over_http(row: dict[str, str]) -> None:
    file, _, name = row["test"].partition("::")
    module = ast.parse((HERE / file).read_text(encoding="utf-8"))
    tests = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    assert SERVED & {argument.arg for argument in tests[name].args.args}


def test_no_convention_is_left_out() -> None:
    found = {row["convention"] for row in ROWS}
    assert found == {*map(str, range(1, 11)), "defect"}
