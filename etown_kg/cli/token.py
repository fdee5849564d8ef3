"""``etown-kg token``: make, list and revoke the tokens that writing and private graphs need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import click

from etown_kg.errors import SettingError
from etown_kg.scope import EVERY_GRAPH, UNNAMED_GRAPH
from etown_kg.tokens import Tokens, file_of

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _keep(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[f"{__name__}.{parameter.name}"] = value


def _file_options(command: _Command) -> _Command:
    """``--location`` and ``--tokens``, before or behind the word that says what to do."""
    for option in (
        click.option(
            "--tokens", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
            envvar="ETOWN_TOKENS", callback=_keep, expose_value=False,
            help="the file of tokens",
        ),
        click.option(
            "--location", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
            envvar="ETOWN_LOCATION", callback=_keep, expose_value=False,
            help="the location whose tokens are meant",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def _tokens(context: click.Context) -> Tokens:
    meta = context.meta
    return Tokens.open(file_of(meta.get(f"{__name__}.location"), meta.get(f"{__name__}.file")))


@click.group(
    epilog="""\b
Examples:
  etown-kg token create --write ci
  etown-kg token list
  etown-kg token revoke ci
"""
)
@_file_options
def token() -> None:
    """Make, list and revoke the tokens that let a client write, or read private graphs.

    They are kept in the file named with --tokens, in the --location, or else in the user's own
    configuration (etown-kg/tokens.json). The file has no token, only what recognises one; a
    running server notices every change.
    """


@token.command(
    epilog="""\b
Examples:
  etown-kg token create --write --location data
  etown-kg token create ci --write https://w3id.org/etown/graph/news
  etown-kg token create auditor --read
"""
)
@_file_options
@click.argument("name", default="")
@click.option(
    "--read",
    multiple=True,
    is_flag=False,
    flag_value=EVERY_GRAPH,
    metavar="[GRAPH]",
    help="may read this private graph, without GRAPH all of them; repeatable",
)
@click.option(
    "--write", "--write-graph", multiple=True, is_flag=False, flag_value=EVERY_GRAPH,
    metavar="[GRAPH]", help="may change and read this graph, without GRAPH all of them; repeatable",
)  # fmt: skip
@click.pass_context
def create(
    context: click.Context, name: str, read: tuple[str, ...], write: tuple[str, ...]
) -> None:
    """Make a token and print it, alone on the last line; it cannot be shown again.

    GRAPH is an IRI, or 'default' for the graph without a name. Any other word behind an option
    is the token's NAME.
    """
    names, readable, writable = _told_apart(name, read, write)
    if len(names) > 1:
        raise SettingError("name", f"one is enough: {', '.join(names)}", hint=_GRAPHS_ARE)
    tokens = _tokens(context)
    name = names[0] if names else _free_name(tokens)
    secret = tokens.create(name, may_read=_graphs(readable), may_write=_graphs(writable))
    click.echo(f"token {name}, kept in {tokens.path}", err=True)
    click.echo(secret)


@token.command("list")
@_file_options
@click.pass_context
def list_(context: click.Context) -> None:
    """List the tokens by name, with what they allow."""
    for each in _tokens(context).all():
        click.echo(
            f"{each.name}\t{each.created}\tread {_scope(each.may_read, 'what all may')}"
            f"\twrite {_scope(each.may_write, 'nothing')}"
        )


@token.command()
@_file_options
@click.argument("name")
@click.pass_context
def revoke(context: click.Context, name: str) -> None:
    """Forget a token; who has it can do no more than a stranger."""
    _tokens(context).revoke(name)
    click.echo(f"{name}: revoked")


_GRAPHS_ARE = "a graph is named by its IRI, or 'default'"


def _told_apart(
    name: str, read: Sequence[str], write: Sequence[str]
) -> tuple[list[str], list[str], list[str]]:
    """The names, and the graphs of both options, whose value may be left out.

    What stands behind an option and is no graph is the name; the option then stands alone.
    """
    names = [name] if name else []

    def graphs(values: Sequence[str]) -> list[str]:
        found: list[str] = []
        for value in values:
            is_graph = ":" in value or value in (EVERY_GRAPH, UNNAMED_GRAPH)
            found.append(value if is_graph else EVERY_GRAPH)
            if not is_graph:
                names.append(value)
        return found

    readable, writable = graphs(read), graphs(write)
    return names, readable, writable


def _graphs(named: Sequence[str]) -> Sequence[str] | None:
    """The graphs of a scope; None is all of them."""
    return None if EVERY_GRAPH in named else named


def _scope(graphs: tuple[str, ...] | None, nothing: str) -> str:
    if graphs is None:
        return "all graphs"
    return " ".join(graphs) or nothing


def _free_name(tokens: Tokens) -> str:
    taken = {each.name for each in tokens.all()}
    free = (f"token-{number}" for number in count(1))
    return next(name for name in free if name not in taken)
