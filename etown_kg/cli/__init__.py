"""The ``etown-kg`` command. One module per group of commands; this one puts them together.

Exit codes: 0 done; 1 the work failed or a check found a violation; 2 wrong usage. Answers go
to standard output, everything said about them (progress, timings, errors) to standard error.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from etown_kg import __version__
from etown_kg.cli.console import fail, told
from etown_kg.cli.options import graph_options
from etown_kg.errors import EtownError

__all__ = ["COMMANDS", "commands", "main"]

# The commands and their modules, which are imported when they are needed: the validator alone
# takes longer to import than the shipped graph to load.
COMMANDS: dict[str, str] = {
    "serve": "etown_kg.cli.serve",
    "query": "etown_kg.cli.query",
    "reason": "etown_kg.cli.reason",
    "explain": "etown_kg.cli.explain",
    "export": "etown_kg.cli.export",
    "diff": "etown_kg.cli.diff",
    "build": "etown_kg.cli.build",
    "validate": "etown_kg.cli.check",
    "check": "etown_kg.cli.check",
    "locate": "etown_kg.cli.check",
    "links": "etown_kg.cli.links",
    "push": "etown_kg.cli.push",
    "token": "etown_kg.cli.token",
    "backup": "etown_kg.cli.backup",
    "restore": "etown_kg.cli.backup",
}


class _Commands(click.Group):
    """A group that imports its commands late and says a failure without a traceback."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = getattr(import_module(COMMANDS[name]), name)
        assert isinstance(command, click.Command)
        return command

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        try:
            return super().main(args, *rest, **options)
        except EtownError as error:
            fail(error.message, error.hint, error.exit_code)
        except OSError as error:
            # A file named on the command line that the system does not let us use. (Click
            # itself ends quietly when the reader of a pipe has gone.)
            fail(told(error), None, 1)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  etown-kg serve
  etown-kg query 'SELECT ?id ?number { ?figure et:factId ?id ; et:statedNumber ?number }'
  etown-kg --ontology my-ontology --data my-facts validate
""",
)
@graph_options
@click.version_option(__version__, prog_name="etown-kg", message="%(prog)s %(version)s")
def commands() -> None:
    """A knowledge graph you can question: every figure with its evidence.

    Without options the commands work on the graph of Beijing E-Town that ships; --ontology and
    --data name another one. The environment variables ETOWN_ONTOLOGY, ETOWN_DATA, ETOWN_BASE,
    ETOWN_REASONER, ETOWN_HOST, ETOWN_PORT and ETOWN_THREADS set the same things.
    """


def main() -> None:
    """The entry point of the installed command."""
    commands.main(prog_name="etown-kg")
