"""The audit log: one line of JSON for every update, done or refused.

The logger ``etown_kg.audit`` gets the lines; whoever runs the server sends them where they are
kept. A line never has a token, and of an update's text only a digest and the first characters.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime, timezone
from typing import Final

from etown_kg.changes import Change, GraphWrite, UpdateRequest

LOGGER: Final = logging.getLogger("etown_kg.audit")
SHOWN_CHARACTERS: Final = 200


def line(
    request: UpdateRequest | GraphWrite,
    outcome: Change | BaseException,
    *,
    client: str = "",
    request_id: str = "",
) -> str:
    """What was asked for by whom, and what became of it, as JSON.

    `outcome` is the change that was committed or the error that refused it.
    """
    entry: dict[str, object] = {
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "writer": request.writer,
        "client": client,
        "request_id": request_id,
    }
    if isinstance(request, UpdateRequest):
        entry["kind"] = "update"
        content = request.text.encode("utf-8", "replace")
        entry["text"] = request.text[:SHOWN_CHARACTERS]
    else:
        entry["kind"] = request.kind
        entry["graph"] = request.graph or "default"
        content = request.body
    entry["bytes"] = len(content)
    entry["sha256"] = hashlib.sha256(content).hexdigest()
    if isinstance(outcome, Change):
        entry["outcome"] = "done"
        entry["version"] = outcome.version
        entry["inserted"] = outcome.inserted
        entry["deleted"] = outcome.deleted
        entry["inferred_added"] = outcome.inferred_added
        entry["inferred_removed"] = outcome.inferred_removed
    else:
        entry["outcome"] = "refused"
        entry["error"] = type(outcome).__name__
        entry["problem"] = str(outcome).partition("\n")[0][:SHOWN_CHARACTERS]
    return json.dumps(entry, ensure_ascii=False)


def record(
    request: UpdateRequest | GraphWrite,
    outcome: Change | BaseException,
    *,
    client: str = "",
    request_id: str = "",
) -> None:
    """Write the `line` to the audit log."""
    LOGGER.info("%s", line(request, outcome, client=client, request_id=request_id))
