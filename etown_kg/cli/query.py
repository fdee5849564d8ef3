"""``etown-kg query``: one SPARQL query, its answer as a table or in any W3C format."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from etown_kg.cli.console import remark
from etown_kg.cli.options import close_graph, graph_options, load_graph, settings_of
from etown_kg.curies import shown
from etown_kg.errors import MissingPathError, SourceError
from etown_kg.formats import RDF_FORMATS, SOLUTION_FORMATS, TURTLE, by_name, for_form
from etown_kg.graph import Answer

_FORMATS = ("table", *dict.fromkeys(format.name for format in SOLUTION_FORMATS + RDF_FORMATS))
# Off a terminal nothing is folded to its width: a program, or a file, gets whole lines.
_ENDLESS_WIDTH = 10_000


@click.command(
    epilog="""\b
Examples:
  etown-kg query 'SELECT ?id ?number { ?figure et:factId ?id ; et:statedNumber ?number }'
  etown-kg query @question.rq --format csv > answer.csv
  echo 'ASK { place:beijing-e-town et:locatedIn place:china }' | etown-kg query -
"""
)
@graph_options
@click.option(
    "--format", "-f", type=click.Choice(_FORMATS), default="table", show_default=True,
    help="json is JSON-LD and xml is RDF/XML for CONSTRUCT and DESCRIBE",
)  # fmt: skip
@click.option("--no-infer", is_flag=True, help="answer from what is asserted alone")
@click.option(
    "--same-as", is_flag=True, help="read IRIs of linked graphs as the things they are linked with"
)
@click.argument("query", required=False)
@click.pass_context
def query(
    context: click.Context, format: str, no_infer: bool, same_as: bool, query: str | None
) -> None:
    """Answer a SPARQL 1.1 query.

    QUERY is the query itself, @FILE or the path of a file, or - for standard input (also when
    it is left out). The prefixes of the project need not be declared.
    """
    text = _query_text(query)
    settings = settings_of(context)
    graph = load_graph(settings)
    if not no_infer:
        close_graph(graph, settings)
    started = time.perf_counter()
    answer = graph.query(text, infer=not no_infer, same_as=same_as)
    if format == "table":
        count = _print_table(answer)
        remark(f"{count} in {(time.perf_counter() - started) * 1000:.0f} ms")
    else:
        chosen = by_name(format, for_form(answer.form))
        _write(answer.serialize(chosen))


def _query_text(given: str | None) -> str:
    """The text of the query that an argument stands for.

    Raises:
        MissingPathError, SourceError: it names a file that is not there or not UTF-8.
    """
    if given is None or given == "-":
        if given is None and sys.stdin.isatty():
            raise click.UsageError("no query: give one, or @FILE, or - to type it in")
        return _decoded(sys.stdin.buffer.read(), "standard input")
    if given.startswith("@"):
        path = Path(given[1:])
    elif any(char.isspace() or char in "{}" for char in given):
        return given  # no query is without a space or a brace
    else:
        path = Path(given)
    if not path.is_file():
        raise MissingPathError(path, "a file with a query")
    return _decoded(path.read_bytes(), path)


def _decoded(content: bytes, place: object) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(place, "not UTF-8", line=line, hint="save it as UTF-8") from error


def _print_table(answer: Answer) -> str:
    """Print an answer for a reader; returns what was printed, in words."""
    if answer.form == "ASK":
        click.echo("true" if answer.boolean else "false")
        return "answered"
    if answer.form != "SELECT":
        text = answer.serialize(TURTLE)
        _write(text)
        return "described"
    variables = answer.variables
    rows = answer.rows()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for variable in variables:
        table.add_column(variable, overflow="fold")
    for row in rows:
        table.add_row(*map(shown, row))
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _ENDLESS_WIDTH
    console.print(table)
    return f"{len(rows)} solution{'' if len(rows) == 1 else 's'}"


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    if not content.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
