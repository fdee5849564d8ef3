"""What the commands say: progress, findings, failures. People read standard error."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import NoReturn

import click

from etown_kg.curies import compressed
from etown_kg.findings import Finding, Report

# Findings name IRIs bare or in angle brackets, alone or inside a path.
_IRI = re.compile(r"<([^<>\s]+)>|\b(https?://[^\s<>\"']+)")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show, on a terminal only, that a long step is running and since when."""
    if not sys.stderr.isatty():
        yield
        return
    # Not before: it takes 28 ms to load, for which a server would answer later.
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        progress.add_task(title, total=None)
        yield


def remark(text: str) -> None:
    """A sentence about the work, for whoever watches; nothing when nobody does."""
    if sys.stderr.isatty():
        click.secho(text, err=True, dim=True)


def told(error: OSError) -> str:
    """What the system does not let us do, in a few words: the file, if there is one, and why."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def fail(message: str, hint: str | None, exit_code: int) -> NoReturn:
    """End the run with one message and what to do about it."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)
    for line in (hint or "").splitlines():
        click.echo(f"  {line}", err=True)
    sys.exit(exit_code)


def report_findings(report: Report, format: str, subject: str) -> None:
    """Print a report; exit with 1 when it holds a violation.

    `subject` says what was looked at, for the closing line.
    """
    if format == "json":
        click.echo(json.dumps([asdict(each) for each in report.findings], indent=2))
    else:
        for finding in report.findings:
            click.echo(_finding_text(finding))
        click.echo(f"{subject}: {_counted(report)}")
    if not report.conforms:
        sys.exit(1)


def _finding_text(finding: Finding) -> str:
    """A finding in three lines at most: severity, focus and path; message and value; check."""
    colour = {"violation": "red", "warning": "yellow", "info": "blue"}[finding.severity]
    severity = click.style(finding.severity, fg=colour, bold=True)
    place = "  ".join(_short(part) for part in (finding.focus, finding.path) if part)
    value = f"\n  found: {_short(finding.value)}" if finding.value else ""
    return f"{severity}  {place}\n  {finding.message}  [{finding.check}]{value}"


def _short(text: str) -> str:
    return _IRI.sub(lambda match: compressed(match[1] or match[2]).strip("<>"), text)


def _counted(report: Report) -> str:
    counts = Counter(finding.severity for finding in report.findings)
    parts = [f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts.items()]
    return ", ".join(parts) or "nothing found, all is well"
