"""One request, evaluated to the end against one graph: what every backend does alike.

The order is that of cost: what the text alone tells, then parsing and negotiation, then the
evaluation into a bounded spool. Nothing is sent from here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results

from etown_kg import formats, query_text, vocab
from etown_kg.backend import ProofRequest, ProofResult, QueryRequest, QueryResult, Status
from etown_kg.backend.limits import Limits, answer_over, check_text
from etown_kg.backend.relay import calls
from etown_kg.diagnosis import diagnose, unfinished
from etown_kg.errors import QueryError

if TYPE_CHECKING:
    from etown_kg.graph import Answer, KnowledgeGraph

# An answer longer than this has rows: the variables of a text of the usual length fit.
_EMPTY_BYTES = 1 << 20
# The most seconds that the explanation of an empty answer may take, beside the query.
EXPLAIN_S = 2.0


class Spool(io.BytesIO):
    """Bytes in memory, up to a size; beyond it writing fails."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__()
        self._limit_bytes = limit_bytes

    def write(self, chunk: bytes, /) -> int:  # type: ignore[override]  # bytes are all we write
        """Append.

        Raises:
            LimitError: it would be more than the limit.
        """
        if self.tell() + len(chunk) > self._limit_bytes:
            raise answer_over(self._limit_bytes)
        return super().write(chunk)


def evaluate(
    graph: KnowledgeGraph,
    request: QueryRequest,
    limits: Limits,
    version: str,
    *,
    open_descriptors: Callable[[], object] | None = None,
) -> QueryResult:
    """The whole answer; no limit but those of the text and of the answer's size is kept here.

    `open_descriptors` is called before a query runs that may call others; without it SERVICE
    is refused and SERVICE SILENT does nothing.

    Raises:
        QueryError, FormatError, LimitError, RemoteError: see `Backend.query`.
    """
    check_text(request.text, limits)
    with calls(request.text, limits, open_descriptors) as services:
        answer = ask(graph, request, request.text, services=services)
        format = formats.negotiate(answer.form, request.accept, request.parameters)
        spool = Spool(limits.answer_bytes)
        answer.write(spool, format)
    return QueryResult(answer.form, format, spool.getvalue(), version)


def ask(
    graph: KnowledgeGraph,
    request: QueryRequest,
    text: str,
    *,
    services: Mapping[str, str] | None = None,
) -> Answer:
    """The answer to `text` on the dataset that the request names."""
    return graph.query(
        text,
        infer=request.infer,
        default_graphs=request.default_graphs,
        named_graphs=request.named_graphs,
        base=request.base,
        services=services,
        same_as=request.same_as,
    )


def is_empty(result: QueryResult) -> bool:
    """Whether it is the answer to a SELECT and has no solutions."""
    results = result.format.results
    if result.form != "SELECT" or results is None or len(result.body) > _EMPTY_BYTES:
        return False
    if results == QueryResultsFormat.CSV:
        return result.body.count(b"\n") <= 1  # the head alone; this format cannot be read back
    solutions = parse_query_results(result.body, format=results)
    return isinstance(solutions, QuerySolutions) and next(iter(solutions), None) is None


def status_of(graph: KnowledgeGraph) -> Status:
    """What a graph has at the moment."""
    return Status(
        version=graph.state,
        asserted=len(graph.asserted),
        inferred=len(graph.inferred),
        graphs=tuple(graph.graphs()),
        number=graph.version,
        time=graph.time,
    )


def explain(
    graph: KnowledgeGraph, request: QueryRequest, limits: Limits, seconds: float
) -> dict[str, object]:
    """Why a SELECT has no solutions: `Diagnosis.members`, found within so many seconds.

    Raises:
        QueryError: the query does not parse, or cannot be evaluated.
    """
    check_text(request.text, limits)
    if query_text.services(request.text, vocab.PREFIXES):
        return unfinished("the query calls other servers").members()
    found = diagnose(
        request.text,
        lambda text: ask(graph, request, text),
        prefixes=vocab.PREFIXES,
        seconds=seconds,
    )
    return found.members()


def prove(graph: KnowledgeGraph, request: ProofRequest, limits: Limits) -> ProofResult:
    """The proofs of a triple in this graph.

    Raises:
        QueryError: the terms are no triple.
        LimitError: all proofs were asked for and there are too many to search, or to send.
    """
    from etown_kg.reason.proof import as_dict, as_turtle  # the graph has loaded it

    spelled = " ".join(request.triple)
    check_text(spelled, limits)
    try:
        quads = list(parse(f"{spelled} .", RdfFormat.N_TRIPLES))
    except SyntaxError as error:
        raise QueryError(f"no triple in N-Triples: {spelled}: {error}") from error
    if len(quads) != 1:
        raise QueryError(f"not one triple in N-Triples: {spelled}")
    triple = quads[0].subject, quads[0].predicate, quads[0].object
    proofs = graph.explain(triple, limit=request.limit)
    if request.as_turtle:
        documents = (
            as_turtle(proof, graph.sources_of, label=f"proof{number}step")
            for number, proof in enumerate(proofs, 1)
        )
        body = "".join(documents).encode()
    else:
        trees = [as_dict(proof, graph.sources_of) for proof in proofs]
        body = json.dumps(trees, ensure_ascii=False).encode()
    if len(body) > limits.answer_bytes:
        raise answer_over(limits.answer_bytes)
    return ProofResult(len(proofs), body, graph.state)
