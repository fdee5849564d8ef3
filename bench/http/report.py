"""The tables of docs/benchmarks-http.md, from samples alone."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.http.contenders import OURS
from bench.http.load import Sample


class Start(NamedTuple):
    """How a server started on a graph, and what it takes at rest."""

    server: str
    graph: str
    start_s: float
    load_s: float | None
    rest_mb: float


class Results(NamedTuple):
    """All that was measured. The samples of a section are by its title."""

    starts: Sequence[Start]
    sections: Mapping[str, Sequence[Sample]]
    command: str
    versions: str
    triples: Mapping[str, int]
    seconds: float
    rounds: int
    connections: int
    notes: Sequence[str] = ()


def write(results: Results) -> str:
    """The whole page."""
    lines = [
        "# Speed over HTTP",
        "",
        f"Written by `{results.command}` on {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC;"
        " not edited by hand.",
        "",
        f"- Machine: {_processor()}, {os.cpu_count()} processors, {_memory_gb():.0f} GB,"
        f" Linux {platform.release()}, Python {platform.python_version()}.",
        f"- {results.versions}.",
        "- Graphs: "
        + ", ".join(f"{name} with {count:,} triples" for name, count in results.triples.items())
        + ", closed under OWL 2 RL; every server has the same triples in its default graph.",
        f"- wrk asks over {results.connections} connections for {results.seconds:g} s at a time,"
        f" {results.rounds} times each, the servers in turn; the median counts."
        " It has the same processors as the server.",
        "- *ratio*: requests a second of etown-kg divided by those of the server; above 1 etown-kg"
        " answers more.",
        "- *CPU*: processor time of the server's processes for each request, which depends less on"
        " what else runs than the rest.",
        "- Unless *repeated* or *revalidated*, no two requests have the same text, so that nothing"
        " is answered from memory.",
        f"- Other programs used {_elsewhere(results.sections.values()):.2f} processors meanwhile"
        " (median).",
        *[f"- {note}" for note in results.notes],
    ]
    for title, samples in results.sections.items():
        lines += ["", f"## {title}", "", *_table(samples)]
    lines += ["", "## Start and memory", "", *_starts(results)]
    return "\n".join(lines) + "\n"


def _table(samples: Sequence[Sample]) -> Iterable[str]:
    has_changes = any(sample.changes_s for sample in samples)
    yield (
        "| question | server | requests/s | ratio | p50 ms | p99 ms | CPU µs | failed |"
        + (" updates/s |" if has_changes else "")
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|" + ("---:|" if has_changes else "")
    for question in dict.fromkeys(sample.question for sample in samples):
        rates = _by_server(samples, question)
        for server, found in rates.items():
            rate = median(each.requests_s for each in found)
            ours = median(each.requests_s for each in rates[OURS]) if OURS in rates else None
            ratio = f"{ours / rate:.2f}" if ours is not None and rate and server != OURS else ""
            yield (
                f"| {question} | {server} | {_figure(rate)} | {ratio} |"
                f" {_figure(median(each.p50_ms for each in found))} |"
                f" {_figure(median(each.p99_ms for each in found))} |"
                f" {_figure(median(each.processor_us for each in found))} |"
                f" {sum(each.failed for each in found)} |"
                + (f" {_figure(median(e.changes_s for e in found))} |" if has_changes else "")
            )


def _starts(results: Results) -> Iterable[str]:
    yield "| graph | server | first answer s | of these loading s | at rest MB | under load MB |"
    yield "|---|---|---:|---:|---:|---:|"
    everything = [sample for samples in results.sections.values() for sample in samples]
    for graph in results.triples:
        for server in dict.fromkeys(start.server for start in results.starts):
            found = [s for s in results.starts if (s.server, s.graph) == (server, graph)]
            if not found:
                continue
            loads = [s.load_s for s in found if s.load_s is not None]
            peak = max((s.peak_mb for s in everything if s.server == server), default=0.0)
            shown = f"{peak:.0f}" if graph == list(results.triples)[-1] and peak else ""
            yield (
                f"| {graph} | {server} | {median(s.start_s for s in found):.2f} |"
                f" {f'{median(loads):.2f}' if loads else ''} |"
                f" {median(s.rest_mb for s in found):.0f} | {shown} |"
            )


def _by_server(samples: Sequence[Sample], question: str) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.question == question:
            found.setdefault(sample.server, []).append(sample)
    return found


def _elsewhere(sections: Iterable[Sequence[Sample]]) -> float:
    found = [sample.busy_elsewhere for samples in sections for sample in samples]
    return median(found) if found else 0.0


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
