"""The limits of a request, and what can be told of them from its text alone.

A limit that is reached is never a dead server and never a 200 cut short: time, memory, answer
size and full places are a `LimitError`, too deep a text is a `QueryError`, known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

from etown_kg import query_text
from etown_kg.errors import LimitError, QueryError, SettingError
from etown_kg.remote import Bounds

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
# A stack that outlasts `nesting` in every construct that was tried: the engine descends into
# brackets, EXISTS, UNION and operators by recursion, and 8 MB end at 860 nested EXISTS. Only
# what a query touches of it costs memory.
STACK_BYTES = 512 * MIB


_REMOTE = Bounds()
Work = Literal["query", "update"]
_STOPPED: Mapping[Work, str] = {
    "query": "the query was stopped before it had an answer",
    "update": "the update was stopped, and nothing was changed",
}
_LESS: Mapping[Work, str] = {
    "query": "ask for less: a LIMIT without ORDER BY, fewer unconnected patterns, named graphs",
    "update": (
        "change less at once, or what has fewer consequences: to find them may take a quarter of "
        "the time, since they are then drawn once more"
    ),
}


@dataclass(frozen=True)
class Limits:
    """What one query may take, and how many may be at work.

    Attributes:
        query_s: seconds from arrival to answer, waiting included, if the client asks for none.
        longest_s: the most seconds that a client may ask for.
        update_s: seconds that working out and making an update may take.
        memory_bytes: memory of one query or update, beyond the graph that all share.
        answer_bytes: size of an answer.
        text_bytes: size of a query's text in UTF-8.
        nesting: how deep a query's text may nest.
        places: queries at work at once.
        reserved_places: how many of them are for short work.
        short_s: seconds that short work takes; who works longer gets less of the processor, and
            leaves a reserved place.
        client_places: queries of one client at work at once.
        client_waiting: further queries of one client that may wait.
        spares: executors that stand by, so that nobody waits for a fork.
        services: IRIs that SERVICE may call.
        load_hosts: hosts that LOAD may ask (`addresses.is_listed`).
        networks: ranges of addresses inside the operator's network that both may lead to.
        remote: what one call of another server may take.
    """

    query_s: float = 10.0
    longest_s: float = 60.0
    update_s: float = 60.0
    memory_bytes: int = GIB
    answer_bytes: int = 256 * MIB
    text_bytes: int = 256 * KIB
    nesting: int = 400
    places: int = 8
    reserved_places: int = 2
    short_s: float = 1.0
    client_places: int = 4
    client_waiting: int = 16
    spares: int = 2
    services: tuple[str, ...] = ()
    load_hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    remote: Bounds = _REMOTE

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = 0 if field.name in ("reserved_places", "client_waiting") else 1e-9
            if isinstance(value, int | float) and value < least:
                raise SettingError(field.name, f"{value} is too small")
        if self.reserved_places >= self.places:
            raise SettingError(
                "reserved_places", f"{self.reserved_places} leave none of {self.places} places"
            )

    def granted_s(self, asked_s: float | None) -> float:
        """The seconds that a query gets which asks for so many."""
        return self.query_s if asked_s is None else min(max(asked_s, 0.0), self.longest_s)


def check_text(text: str, limits: Limits) -> None:
    """Refuse a query that is too long, or that nests too deep for the engine's stack.

    Raises:
        LimitError: it is longer than `text_bytes`.
        QueryError: it nests deeper than `nesting`.
    """
    size = len(text.encode(errors="surrogatepass"))
    if size > limits.text_bytes:
        raise LimitError(
            f"query length of {limits.text_bytes} bytes", f"the query has {size}", kind="request"
        )
    if query_text.nests_deeper(text, limits.nesting):
        raise QueryError(
            f"the query nests more than {limits.nesting} deep, the most that is read",
            hint="write chains flat: a || b || c, VALUES instead of nested UNION or IF",
        )


def time_over(limit_s: float, work: Work = "query") -> LimitError:
    """The failure of a query or update that took too long."""
    return LimitError(
        f"{work} time of {limit_s:g} s", _STOPPED[work], hint=_LESS[work], kind="time"
    )


def memory_over(limit_bytes: int, work: Work = "query") -> LimitError:
    """The failure of a query or update that needed too much memory."""
    hint = "sort, group or join fewer solutions at once" if work == "query" else _LESS[work]
    return LimitError(
        f"{work} memory of {limit_bytes // MIB} MiB", _STOPPED[work], hint=hint, kind="memory"
    )


def answer_over(limit_bytes: int) -> LimitError:
    """The failure of a query with too large an answer."""
    return LimitError(
        f"answer size of {limit_bytes / MIB:g} MiB",
        "the answer is larger, and none of it was sent",
        hint="ask for it in parts with ORDER BY, LIMIT and OFFSET, or fetch the export",
        kind="answer",
    )
