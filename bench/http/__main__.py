"""Compare servers over HTTP: `python -m bench.http` writes docs/benchmarks-http.md.

etown-kg, oxigraph serve in memory and on disk (PyPI ``oxigraph``) and rdflib-endpoint (PyPI) hold
the same closed graphs and are asked the same by wrk (Debian ``wrk``). All but rdflib-endpoint run
at the same time and are asked in turn, so that a noisy machine is noisy for all of them;
rdflib-endpoint, whose queries nothing stops, is asked behind the others, a slow query once. A
server whose program is not found is left out, and the report does not mention it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import generate, university
from bench.http import load, report
from bench.http.contenders import (
    OURS,
    Contender,
    GraphFiles,
    Running,
    contenders,
    interpreter_folder,
    serving,
    versions,
)
from bench.http.load import Sample
from bench.http.questions import Question, all_questions, university_names
from etown_kg.graph import KnowledgeGraph

REPORT = Path(__file__).parents[2] / "docs" / "benchmarks-http.md"
SLOW = "rdflib-endpoint"
DISTURBED = "name and mail"


def write_closed(graph: KnowledgeGraph, path: Path) -> int:
    """All triples of a closed graph as N-Triples, each once; returns how many."""
    lines = {f"{quad.triple} .\n" for quad in graph.quads()}
    with path.open("w", encoding="utf-8") as sink:
        sink.writelines(sorted(lines))
    return len(lines)


def prepare(folder: Path, triples: int) -> tuple[list[GraphFiles], dict[str, int], Path]:
    """The two graphs in a folder, their numbers of triples, and the university's facts."""
    ontology, data = folder / "ontology", folder / "data"
    for each in (ontology, data):
        each.mkdir()
    shutil.copy(university.ONTOLOGY, ontology)
    facts = data / "facts.nt"
    with facts.open("w", encoding="utf-8") as sink:
        generate.generate("university", triples, 1, sink)
    files = [
        GraphFiles("shipped", None, None, folder / "shipped.nt"),
        GraphFiles("university", ontology, data, folder / "university.nt"),
    ]
    counts = {
        each.name: write_closed(
            KnowledgeGraph.build(ontology=each.ontology, data=each.data), each.closed
        )
        for each in files
    }
    return files, counts, facts


class Run:
    """What was measured so far, and how."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.starts: list[report.Start] = []
        self.sections: dict[str, list[Sample]] = {}
        self.notes: list[str] = []

    def start(
        self, contender: Contender, graph: GraphFiles, folder: Path, stack: ExitStack
    ) -> Running:
        running = stack.enter_context(serving(contender, graph, folder))
        self.starts.append(
            report.Start(
                running.name, graph.name, running.start_s, running.load_s, running.memory_mb()
            )
        )
        say(f"{running.name} on {graph.name}: first answer after {running.start_s:.2f} s")
        return running

    def ask(self, section: str, running: Running, question: Question, number: int) -> None:
        sample = load.measure(
            running, question, seconds=self.options.seconds,
            connections=self.options.connections, start=number * 1_000_000,
        )  # fmt: skip
        self.keep(section, sample)

    def keep(self, section: str, sample: Sample) -> None:
        self.sections.setdefault(section, []).append(sample)
        say(
            f"{section} | {sample.question} | {sample.server}: {sample.requests_s:,.1f}/s,"
            f" p50 {sample.p50_ms:.1f} ms, p99 {sample.p99_ms:.1f} ms, {sample.processor_us:.0f} us"
            f" of CPU each, failed {sample.failed},"
            f" busy elsewhere {sample.busy_elsewhere:.2f}"
        )


SECTIONS = {"small": "Small queries", "join": "Joins", "aggregate": "Aggregates"}
WITH_UPDATES = "Small queries while updates stream in"
BESIDE_HOGS = "Small queries beside a client that sends endless cross products"


def compare(
    run: Run, graph: GraphFiles, questions: Sequence[Question], servers: Sequence[Running]
) -> None:
    """All questions of a graph, the servers in turn."""
    for number in range(run.options.rounds):
        for question in questions:
            for running in servers:
                run.ask(SECTIONS[question.kind], running, question, number)
        if graph.name != "university":
            continue
        disturbed = next(each for each in questions if each.name == DISTURBED)
        for running in servers:
            with load.changing(running) as took:
                run.ask(WITH_UPDATES, running, disturbed, number)
            made = run.sections[WITH_UPDATES][-1]
            run.sections[WITH_UPDATES][-1] = made._replace(
                changes_s=len(took) / run.options.seconds
            )
        for running in servers:
            if running.name == OURS:  # nothing stops a query of the others
                with load.hogging(running):
                    run.ask(BESIDE_HOGS, running, disturbed, number)


def ask_slowly(
    run: Run, contender: Contender, graph: GraphFiles, questions: Iterable[Question], folder: Path
) -> None:
    """The questions to a server whose queries nothing stops: until one takes too long."""
    with ExitStack() as stack:
        running = run.start(contender, graph, folder, stack)
        for question in questions:
            took = load.once(running, question, run.options.patience)
            if took is not None and took < 0.5:
                run.ask(SECTIONS[question.kind], running, question, 0)
                continue
            taken = run.options.patience if took is None else took
            run.keep(
                SECTIONS[question.kind],
                Sample(
                    running.name, question.name, 1 / taken, taken * 1000, taken * 1000,
                    int(took is None), 0.0, running.memory_mb(),
                ),
            )  # fmt: skip
            if took is None:
                return


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--triples", type=int, default=490_000, help="asserted; closed 1.3 million")
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument(
        "--patience", type=float, default=60, help=f"seconds for one query of {SLOW}"
    )
    parser.add_argument(
        "--programs", type=Path, action="append", default=[], help="folder of peers"
    )
    parser.add_argument("--servers", nargs="*", help="names; default: all that are found")
    parser.add_argument("--output", type=Path, default=REPORT)
    options = parser.parse_args(arguments)
    if shutil.which("wrk") is None:
        parser.error("wrk is not here; on Debian: apt install wrk")
    found = [
        each
        for each in contenders([*options.programs, interpreter_folder()])
        if not options.servers or each.name in options.servers
    ]
    run = Run(options)
    with tempfile.TemporaryDirectory(prefix="bench-http-") as name:
        folder = Path(name)
        graphs, counts, facts = prepare(folder, options.triples)
        questions = all_questions(*university_names(facts))
        for graph in graphs:
            asked = [each for each in questions if each.graph == graph.name]
            with ExitStack() as stack:
                servers = [
                    run.start(each, graph, folder / f"{graph.name}-{place}", stack)
                    for place, each in enumerate(found)
                    if each.name != SLOW
                ]
                compare(run, graph, asked, servers)
            for each in found:
                if each.name == SLOW:
                    ask_slowly(run, each, graph, asked, folder / f"{graph.name}-slow")
    if any(each.name == SLOW for each in found):
        run.notes.append(
            f"{SLOW} was asked behind the others; a query that took longer than half a second was"
            f" asked once, over one connection. After one that had no answer within"
            f" {options.patience:g} s (shown as if it had come then) it was asked no more."
        )
    shown = " ".join(["python -m bench.http", *(f"--{name} {vars(options)[name]}" for name in (
        "triples", "seconds", "rounds", "connections", "patience"))])  # fmt: skip
    results = report.Results(
        run.starts, run.sections, shown, versions(), counts,
        options.seconds, options.rounds, options.connections, run.notes,
    )  # fmt: skip
    options.output.write_text(report.write(results), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
