"""One request to a server and its whole answer, or the problem that the server has with it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from etown_kg.errors import EtownError, RemoteError


class ProblemError(EtownError):
    """A server's refusal or failure, as its problem document (RFC 9457) tells it.

    `line` and `column` are those of the query's text, or None.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        type: str = "about:blank",  # noqa: A002  # the member's own name
        hint: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        place = "" if line is None else f"line {line}, column {column}: "
        super().__init__(f"HTTP {status}: {place}{detail}", hint=hint)
        self.status = status
        self.detail = detail
        self.type = type
        self.line = line
        self.column = column


@dataclass(frozen=True)
class Reply:
    """The answer to a request; the names of its headers are in lower case."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Connection:
    """Where requests go, and what each carries: a token, an agent, a time in seconds."""

    token: str | None
    timeout_s: float

    def send(
        self,
        address: str,
        *,
        body: bytes | None = None,
        content_type: str = "",
        accept: str,
        method: str | None = None,
    ) -> Reply:
        """One request, by POST where there is a body.

        Raises:
            ProblemError: the server refuses it, or fails.
            RemoteError: there is no server, or no whole answer.
        """
        headers = {"Accept": accept, "User-Agent": "etown-kg-client"}
        if content_type:
            headers["Content-Type"] = content_type
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        asked = urllib.request.Request(address, body, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=self.timeout_s) as answer:
                received = answer.read()
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status, answer.headers.get_content_type(), found, received)
        except urllib.error.HTTPError as error:
            with error:
                raise _problem(error.code, error.headers.get_content_type(), error.read()) from None
        except TimeoutError as error:
            raise RemoteError(address, f"no answer within {self.timeout_s:g} s") from error
        except urllib.error.URLError as error:
            raise RemoteError(address, str(error.reason)) from error
        except (HTTPException, OSError) as error:
            raise RemoteError(address, f"its answer is cut short: {error!r}") from error


def _problem(status: int, media_type: str, body: bytes) -> ProblemError:
    """What the body of a failure says, if it is a problem document; else its text."""
    text = body.decode(errors="replace")
    if media_type in ("application/problem+json", "application/json"):
        try:
            members: Any = json.loads(text)
        except ValueError:
            members = None
        if isinstance(members, dict) and isinstance(members.get("detail"), str):
            known = {name: members.get(name) for name in ("hint", "line", "column")}
            named = str(members.get("type", "about:blank"))
            return ProblemError(status, members["detail"], type=named, **known)
    return ProblemError(status, text.strip()[:1000] or "no reason given")
