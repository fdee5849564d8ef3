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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["what clients rely on"])
def test_a_convention_has_a_test(row: dict[str, str]) -> None:
    file, _, name = row["test"].partition("::")
    module = ast.parse((HERE / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def test_no_convention_is_left_out() -> None:
    """The ninth, metadata in the data, is held by the tests of the data."""
    found = {row["convention"] for row in ROWS}
    assert found == {*map(str, range(1, 9)), "10", "defect"}
