"""The audit log: who asked for what, and what became of it."""

from __future__ import annotations

import json
import logging

import pytest

from etown_kg import audit
from etown_kg.changes import Change, GraphWrite, UpdateRequest
from etown_kg.errors import ForbiddenError


def test_a_line_tells_who_did_what() -> None:
    request = UpdateRequest("INSERT DATA { <a:a> <a:b> 1 }\n" + "x" * 300, writer="ci")
    change = Change(7, "2031-05-20T00:00:00.000Z", 2, 1, 4, 3)
    entry = json.loads(audit.line(request, change, client="192.0.2.1", request_id="r1"))
    assert entry["writer"] == "ci"
    assert (entry["client"], entry["request_id"], entry["kind"]) == ("192.0.2.1", "r1", "update")
    assert (entry["outcome"], entry["version"]) == ("done", 7)
    assert (entry["inserted"], entry["deleted"], entry["inferred_added"]) == (2, 1, 4)
    assert len(entry["text"]) == audit.SHOWN_CHARACTERS
    assert entry["bytes"] == len(request.text)


def test_a_line_is_one_line_whatever_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    request = GraphWrite("put", "http://z/\n{}", b"\xff\n", "text/turtle", writer='"\n')
    with caplog.at_level(logging.INFO, logger="etown_kg.audit"):
        audit.record(request, ForbiddenError(["http://z/g"], hint="two\nlines"))
    (record,) = caplog.records
    text = record.getMessage()
    assert "\n" not in text
    entry = json.loads(text)
    assert (entry["outcome"], entry["error"]) == ("refused", "ForbiddenError")
    assert (entry["kind"], entry["graph"], entry["bytes"]) == ("put", "http://z/\n{}", 2)
