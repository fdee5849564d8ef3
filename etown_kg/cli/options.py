"""The options that name a graph, shared by the group and its commands, and the graph they name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from pyoxigraph import NamedNode, Quad

from etown_kg.cli.console import step
from etown_kg.config import HELP, REASONERS, Settings

if TYPE_CHECKING:
    from etown_kg.graph import Closing, KnowledgeGraph

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def settings_of(context: click.Context) -> Settings:
    """The settings of this run: the environment's, changed by the options read so far."""
    root = context.find_root()
    if not isinstance(root.obj, Settings):
        root.obj = Settings.from_environment()
    return root.obj


def set_option(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Take an option into the settings; for `click.option(callback=..., expose_value=False)`."""
    assert parameter.name is not None  # click names every option
    # An option of several values is an empty tuple when it was not given.
    given = None if value == () else value
    changed = settings_of(context).changed(**{parameter.name: given})
    context.find_root().obj = changed


def setting(name: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    """The option of one setting, explained by the settings' own table."""
    return click.option(
        f"--{name.replace('_', '-')}",
        help=HELP[name],
        callback=set_option,
        expose_value=False,
        **attributes,
    )


def graph_options(command: Decorated) -> Decorated:
    """``--ontology``, ``--data``, ``--base`` and ``--reasoner``, before or behind the command."""
    folder = click.Path(path_type=Path)
    for option in (
        setting("reasoner", type=click.Choice(REASONERS)),
        setting("base", metavar="IRI"),
        setting("data", type=folder, metavar="DIR"),
        setting("ontology", type=folder, metavar="DIR"),
    ):
        command = option(command)
    return command


def load_graph(settings: Settings) -> KnowledgeGraph:
    """The asserted graph that the settings name."""
    from etown_kg.graph import KnowledgeGraph  # not before: `serve` reads it in another process

    with step("Reading the graph"):
        return KnowledgeGraph.load(
            ontology=settings.ontology, data=settings.data, base=settings.base
        )


def close_graph(graph: KnowledgeGraph, settings: Settings) -> Closing:
    """Close the graph with the reasoner that the settings name."""
    with step("Computing what follows"):
        return graph.close(settings.reasoner)


def rules_of(graph: KnowledgeGraph) -> tuple[Path | None, Path | None]:
    """The folders of shapes and of hygiene queries beside the ontology, where they are."""
    if graph.ontology is None:
        return None, None
    shapes, hygiene = graph.ontology / "shapes", graph.ontology / "queries" / "hygiene"
    return (shapes if shapes.is_dir() else None, hygiene if hygiene.is_dir() else None)


def ontology_of(graph: KnowledgeGraph) -> list[Quad]:
    """The statements of the ontology itself: not the code lists, not the facts."""
    name = NamedNode(f"{graph.base}graph/ontology")
    return [quad for quad in graph.asserted if quad.graph_name == name]
