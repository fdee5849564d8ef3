"""``etown-kg push``: the graphs and what follows from them, put into another store."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import click
from pyoxigraph import NamedNode, Quad, Triple

from etown_kg.backend.remote import OWN_GRAPHS
from etown_kg.backend.sparql_store import SparqlStore
from etown_kg.blank_nodes import has_blank_node
from etown_kg.cli.console import step
from etown_kg.cli.options import close_graph, graph_options, load_graph, setting, settings_of
from etown_kg.cli.remote_store import remote_store
from etown_kg.config import Settings
from etown_kg.errors import EtownError, InvalidError, RemoteError, SettingError
from etown_kg.graph import KnowledgeGraph
from etown_kg.remote import Bounds

_SIZE = "SELECT (COUNT(*) AS ?size) WHERE { GRAPH <%s> { ?s ?p ?o } }"
_GRAPHS = "SELECT DISTINCT ?graph WHERE { GRAPH ?graph { ?s ?p ?o } }"
_ANSWER_BYTES = 64 << 20


@click.command(
    epilog="""\b
Examples:
  etown-kg push --backend http://127.0.0.1:7878/query --backend-update http://127.0.0.1:7878/update
  etown-kg push --backend URL --backend-graphs http://127.0.0.1:7878/store --prune
  etown-kg --ontology my-ontology --data my-facts push --backend URL --backend-graphs URL
"""
)
@graph_options
@setting("backend", metavar="URL")
@setting("backend_update", metavar="URL")
@setting("backend_graphs", metavar="URL")
@setting("backend_authorization", metavar="FILE")
@click.option("--asserted", is_flag=True, help="leave out what follows; the store can be changed")
@click.option("--no-validate", is_flag=True, help="push also what breaks a shape")
@click.option("--prune", is_flag=True, help="drop graphs below --base that are not pushed")
@click.option(
    "--timeout-s", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True,
    help="seconds that one request to the store may take",
)  # fmt: skip
@click.pass_context
def push(
    context: click.Context, asserted: bool, no_validate: bool, prune: bool, timeout_s: float
) -> None:
    """Put the graphs into another store, and what follows from them.

    Each graph is replaced by itself, and counted afterwards. Who asks meanwhile may see some graphs
    as they were and some as they will be.
    """
    settings = settings_of(context)
    store = _store(settings)
    bounds = Bounds(timeout_s, _ANSWER_BYTES)
    graph = load_graph(settings)
    if not no_validate:
        _check(graph)
    close_graph(graph, settings)  # also with --asserted: a graph without a model is not pushed
    if asserted:  # and no description of itself, which a change would belie
        graphs = _graphs(graph.asserted)
    else:
        graph.inferred = _following(graph)
        graphs = _graphs(chain(graph.quads(), graph.described))
    for iri, triples in graphs.items():
        with step(f"Putting {len(triples):,} statements into {iri}"):
            store.put(iri, triples, bounds)
    _count(store, graphs, bounds)
    _tell_of_repetitions(graphs)
    _others(store, graphs, settings.base, bounds, prune=prune)
    click.echo(f"{sum(map(len, graphs.values())):,} statements in {len(graphs)} graphs")


def _store(settings: Settings) -> SparqlStore:
    if not (settings.backend_update or settings.backend_graphs):
        raise SettingError(
            "backend_update", "neither it nor --backend-graphs says where to put the graphs"
        )
    if not settings.backend:
        raise SettingError(
            "backend", "it is missing", hint="queries count what the store has in the end"
        )
    return remote_store(settings)


def _check(graph: KnowledgeGraph) -> None:
    """Refuse what breaks a shape, where the ontology has shapes."""
    if graph.ontology is None or not (graph.ontology / "shapes").is_dir():
        return
    with step("Validating"):
        report = graph.validate()
    if not report.conforms:
        raise InvalidError(report.findings)


def _graphs(quads: Iterable[Quad]) -> dict[str, list[Triple]]:
    """The triples of each named graph.

    Raises:
        EtownError: some are in none; a store's own default graph may be all of its graphs.
    """
    found: dict[str, list[Triple]] = {}
    for quad in quads:
        if not isinstance(quad.graph_name, NamedNode):
            raise EtownError(
                f"not pushed: {quad.triple} is in no named graph",
                hint="keep it in a file of --data, which is a named graph",
            )
        found.setdefault(quad.graph_name.value, []).append(quad.triple)
    return dict(sorted(found.items()))


def _following(graph: KnowledgeGraph) -> list[Quad]:
    """What was inferred, without statements about nodes that another request cannot name."""
    kept = [quad for quad in graph.inferred if not has_blank_node(quad.triple)]
    left_out = len(graph.inferred) - len(kept)
    if left_out:
        click.echo(
            f"left out: {left_out} inferred statements about blank nodes, which have no name from"
            " graph to graph",
            err=True,
        )
    return kept


def _count(store: SparqlStore, graphs: dict[str, list[Triple]], bounds: Bounds) -> None:
    """Fail unless the store has as many statements of each graph as were put there."""
    for iri, triples in graphs.items():
        rows = list(store.solutions(_SIZE % iri, bounds))
        size = int(str(rows[0]["size"].value)) if rows else 0
        if size != len(set(triples)):
            raise RemoteError(
                iri,
                f"the store has {size:,} of {len(set(triples)):,} statements",
                hint="stores that write numbers in another form make one statement of two",
            )


def _tell_of_repetitions(graphs: dict[str, list[Triple]]) -> None:
    """Say how many statements several graphs have, which stores do not make one of."""
    repeated = sum(map(len, graphs.values())) - len(set(chain.from_iterable(graphs.values())))
    if repeated:
        click.echo(
            f"{repeated:,} repetitions of a statement in another graph: where graphs are read"
            " together, stores may count each",
            err=True,
        )


def _others(
    store: SparqlStore,
    graphs: dict[str, list[Triple]],
    base: str,
    bounds: Bounds,
    *,
    prune: bool,
) -> None:
    """Name the store's other graphs below the base, or drop them."""
    rows = store.solutions(_GRAPHS, bounds)
    named = {row["graph"].value for row in rows if isinstance(row["graph"], NamedNode)}
    others = sorted(
        iri for iri in named - set(graphs) - OWN_GRAPHS if iri.startswith(f"{base}graph/")
    )
    for iri in others:
        if prune:
            store.drop(iri, bounds)
        click.echo(f"{'dropped' if prune else 'also there (--prune drops it)'}: {iri}", err=True)
