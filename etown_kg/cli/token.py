"""``etown-kg token``: make, list and revoke the tokens that writing needs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import click

from etown_kg.errors import SettingError
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
    """Make, list and revoke the tokens that let a client write.

    They are kept in the file named with --tokens, in the --location, or else in the user's own
    configuration (etown-kg/tokens.json). The file has no token, only what recognises one; a
    running server notices every change.
    """


@token.command(
    epilog="""\b
Examples:
  etown-kg token create --write --location data
  etown-kg token create ci --write-graph https://w3id.org/etown/graph/news
"""
)
@_file_options
@click.argument("name", default="")
@click.option("--write", is_flag=True, help="may change all graphs")
@click.option(
    "--write-graph", "written", multiple=True, metavar="IRI",
    help="may change this graph ('default' is the unnamed one); repeatable",
)  # fmt: skip
@click.pass_context
def create(context: click.Context, name: str, write: bool, written: tuple[str, ...]) -> None:
    """Make a token and print it, alone on the last line; it cannot be shown again."""
    if write and written:
        raise SettingError("write", "--write is all graphs: leave out --write-graph")
    tokens = _tokens(context)
    name = name or _free_name(tokens)
    secret = tokens.create(name, may_write=None if write else written)
    click.echo(f"token {name}, kept in {tokens.path}", err=True)
    click.echo(secret)


@token.command("list")
@_file_options
@click.pass_context
def list_(context: click.Context) -> None:
    """List the tokens by name, with what they allow."""
    for each in _tokens(context).all():
        click.echo(f"{each.name}\t{each.created}\twrite {_scope(each.may_write)}")


@token.command()
@_file_options
@click.argument("name")
@click.pass_context
def revoke(context: click.Context, name: str) -> None:
    """Forget a token; who has it can do no more than a stranger."""
    _tokens(context).revoke(name)
    click.echo(f"{name}: revoked")


def _scope(graphs: tuple[str, ...] | None) -> str:
    if graphs is None:
        return "all graphs"
    return " ".join(graphs) or "nothing"


def _free_name(tokens: Tokens) -> str:
    taken = {each.name for each in tokens.all()}
    free = (f"token-{number}" for number in count(1))
    return next(name for name in free if name not in taken)
