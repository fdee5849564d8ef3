"""Editions: what clients read in memory is what the owner has, or they are told nothing."""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BaseDirection, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from etown_kg import formats
from etown_kg.backend import QueryRequest, QueryResult, UpdateRequest, editions, wire
from etown_kg.backend.client import ProcessBackend, connect, start
from etown_kg.backend.edition_reader import EditionReader, receive_edition
from etown_kg.backend.editions import MAX_QUADS, Edition, Editions, send_edition
from etown_kg.backend.owner import NUMBERS
from etown_kg.catalogue.description import Presentation
from etown_kg.config import DefaultGraph as Mode
from etown_kg.errors import InconsistentError, UnavailableError
from etown_kg.graph import KnowledgeGraph
from etown_kg.scope import Scope
from etown_kg.store import Delta, Location
from etown_kg.vocab import VOID
from tests.backend.conftest import BASE, SMALL, ZOO, zoo
from tests.backend.test_feed import BASE as Z
from tests.backend.test_feed import SETS, built
from tests.backend.test_processes import Start, children, eventually, owner_of

ROBIN = QueryRequest(f"SELECT * {{ <{BASE}robin> ?p ?o }}", accept="application/json")
# Two triples that every update changes together.
PAIR = f"SELECT ?x ?y {{ <{BASE}a> <{BASE}is> ?x . <{BASE}b> <{BASE}is> ?y }}"


def kept(path: Path) -> KnowledgeGraph:
    """The zoo in a location, with its description of itself."""
    location = Location.open(path)
    quads = parse(ZOO, RdfFormat.TRIG) if location.is_empty else location.quads()
    return described(quads, location=location)


def described(
    quads: Iterator[Quad] | None = None, *, mode: Mode = "union", location: Location | None = None
) -> KnowledgeGraph:
    quads = parse(ZOO, RdfFormat.TRIG) if quads is None else quads
    meta = NamedNode(f"{BASE}graph/meta")
    graph = KnowledgeGraph(
        (quad for quad in quads if quad.graph_name != meta),
        base=BASE, default_graph=mode, presentation=Presentation(),
    )  # fmt: skip
    if location is not None:
        graph.keep_in(location)
    graph.close()
    return graph


def rows(body: bytes) -> Counter[str]:
    found = json.loads(body)
    if "boolean" in found:
        return Counter([str(found["boolean"])])
    return Counter(json.dumps(row, sort_keys=True) for row in found["results"]["bindings"])


def pair(number: int) -> UpdateRequest:
    """Says that both are this number, and no other."""
    return UpdateRequest(
        f"DELETE WHERE {{ GRAPH <{BASE}pair> {{ ?s ?p ?o }} }} ;"
        f" INSERT DATA {{ GRAPH <{BASE}pair> {{"
        f' <{BASE}a> <{BASE}is> "{number}" . <{BASE}b> <{BASE}is> "{number}" }} }}'
    )


def many(number: int) -> UpdateRequest:
    """More than is followed."""
    quads = " ".join(f"<{BASE}m> <{BASE}m{number}> {n} ." for n in range(MAX_QUADS + 1))
    return UpdateRequest(f"INSERT DATA {{ GRAPH <{BASE}lot> {{ {quads} }} }}")


def numbers(body: bytes) -> tuple[int, int]:
    """The answer to `PAIR`."""
    (row,) = json.loads(body)["results"]["bindings"]
    return int(row["x"]["value"]), int(row["y"]["value"])


def looked_up(backend: ProcessBackend, request: QueryRequest = ROBIN) -> QueryResult:
    """What an edition answers, after a while."""
    assert is_read(backend, request)
    while (found := backend.lookup(request)) is None:
        pass  # a thread of the client reads what has changed
    return found


def is_read(backend: ProcessBackend, request: QueryRequest = ROBIN) -> bool:
    """Whether a request is answered by an edition, after a while."""
    return eventually(lambda: backend.lookup(request) is not None)


# An edition and its log, without processes


class Writing:
    """Stands for the owner and who writes its editions."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        graph.prepare()
        graph.record()
        self.graph = graph
        self.state = 7
        self.editions = Editions(graph, self._fork)
        self.writers: list[subprocess.Popen[bytes]] = []

    def _fork(self, _task: Callable[[], None]) -> int:
        self.writers.append(subprocess.Popen(["/bin/sleep", "600"]))
        return self.writers[-1].pid

    def begin(self) -> None:
        """Write an edition of the present state; `end` makes it the current one."""
        self.editions.begin(self.state)
        begun = self.editions._next
        assert begun is not None
        begun.write(self.graph)

    def end(self, status: int = 0) -> bool:
        """Whether there is another edition, when who wrote it has ended."""
        return self.editions.reaped(self.writers[-1].pid, status)

    def change(self, delta: Delta) -> bool:
        """Make a change; whether clients may read on."""
        self.graph.apply(delta, sync=False)
        self.graph.sync()
        self.state += 1
        return self.editions.follow(self.graph.recorded(), self.state)

    def reader(self) -> EditionReader:
        """A client with the current edition."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            edition = self.editions.current
            assert edition is not None
            send_edition(ours, edition)
            wire.send(ours, {"state": edition.state, "version": edition.version})
            reader = receive_edition(theirs)
        assert reader is not None
        return reader

    def expect_same(self, reader: EditionReader, text: str, *, is_told: bool = True) -> None:
        """The reader's answer is the graph's, of the present state."""
        for _ in range(2):  # a shape is planned when it comes again
            found = reader.answer(text, self.state)
        if found is None:
            assert not is_told, text
            return
        (form, body), state, version = found
        assert (state, version) == (self.state, self.graph.state)
        answer = self.graph.query(text)
        assert form == answer.form
        wanted = answer.serialize(formats.negotiate(form, None, ("json",)))
        assert json.loads(body)["head"] == json.loads(wanted)["head"]
        assert rows(body) == rows(wanted), text

    def close(self) -> None:
        for writer in self.writers:
            writer.kill()
            writer.wait()
        for edition in (self.editions.current, self.editions._next):
            if edition is not None:
                edition.close()


def inserted(*quads: Quad) -> Delta:
    return Delta(frozenset(), frozenset(quads))


def fact(number: int, text: str = "x") -> Quad:
    graph = NamedNode(f"{BASE}g")
    return Quad(NamedNode(f"{BASE}a"), NamedNode(f"{BASE}p{number}"), Literal(text), graph)


TEXTS = [
    *(f"SELECT * {{ <{Z}{name}> ?p ?o }}" for name in ("a", "b", "Park")),
    *(f"SELECT * {{ ?s ?p <{Z}{name}> }}" for name in ("a", "b", "Place")),
    f"SELECT * {{ ?s a <{Z}Place> OPTIONAL {{ ?s <{Z}in> ?o }} }}",
    f'SELECT * {{ ?s <{Z}size> "x"@EN }}',
    f"SELECT * {{ <{Z}graph/meta> ?p ?o }}",
]


@pytest.mark.parametrize("mode", ["union", "standard"])
@settings(max_examples=25)
@given(
    said=SETS,
    changes=st.lists(st.tuples(SETS, SETS, st.sampled_from(["", "", "begin", "end"])), max_size=6),
)
def test_who_reads_an_edition_reads_what_the_owner_has(
    mode: Mode,
    said: frozenset[Quad],
    changes: list[tuple[frozenset[Quad], frozenset[Quad], str]],
) -> None:
    with closing(Writing(built(said, mode))) as owner:
        owner.begin()
        owner.end()
        reader = owner.reader()
        for deleted, added, then in changes:
            try:
                assert owner.change(Delta(deleted - added, added))
            except InconsistentError:
                continue
            if then == "begin" and owner.editions._next is None:
                owner.editions._due = 0.0
                owner.begin()
            elif then == "end" and owner.editions._next is not None:
                assert owner.end()
                assert owner.reader().number > reader.number
                reader = owner.reader()
            for text in TEXTS:
                owner.expect_same(reader, text)


def test_terms_of_all_kinds_are_followed() -> None:
    a, p, g = (NamedNode(f"{BASE}{name}") for name in "apg")
    objects: list[Literal | Triple] = [
        Literal("tab\t, quote \", end\n, \\, \x01, \x7f, \u2028, 園"), Literal("x", language="EN"),
        Literal("01", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
        Literal("b", language="en", direction=BaseDirection.LTR), Triple(a, p, Literal("t")),
        Literal("y" * 20_000), Literal("y" * 20_000, language="en"),
    ]  # fmt: skip
    with closing(Writing(zoo())) as owner:
        owner.begin()
        owner.end()
        reader = owner.reader()
        for number, each in enumerate(objects):
            kind = NamedNode(f"{BASE}p{number}")
            owner.change(inserted(Quad(a, kind, each, g)))
            text = f"SELECT ?o {{ <{BASE}a> <{kind.value}> ?o }}"
            # What an index does not write is shown by executors, and yet known to be there.
            owner.expect_same(reader, text, is_told=number < 3)
            owner.expect_same(reader, f"ASK {{ <{BASE}a> <{kind.value}> ?o }}")
        for number, each in enumerate(objects):
            owner.change(Delta(frozenset([Quad(a, NamedNode(f"{BASE}p{number}"), each, g)])))
            owner.expect_same(reader, f"ASK {{ <{BASE}a> <{BASE}p{number}> ?o }}")


def test_an_older_state_is_not_told() -> None:
    with closing(Writing(zoo())) as owner:
        owner.begin()
        owner.end()
        reader = owner.reader()
        assert reader.answer(ROBIN.text, owner.state) is None  # met once
        assert reader.answer(ROBIN.text, owner.state) is not None
        assert reader.answer(ROBIN.text, owner.state + 1) is None


def test_a_change_while_an_edition_is_written_is_in_it() -> None:
    with closing(Writing(zoo())) as owner:
        owner.begin()
        assert owner.change(inserted(fact(1)))
        assert owner.end()
        assert owner.change(inserted(fact(2)))
        owner.expect_same(owner.reader(), f"SELECT * {{ <{BASE}a> ?p ?o }}")


def test_a_half_full_log_has_another_edition_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "LOG_BYTES", 4096)
    with closing(Writing(zoo())) as owner:
        owner.begin()
        owner.end()
        assert owner.editions.wait_s() is None
        first = owner.reader()
        number = 0
        while owner.editions.wait_s() is None:
            number += 1
            assert owner.change(inserted(fact(number)))
        assert owner.editions.wait_s() == 0
        owner.begin()
        assert owner.change(inserted(fact(number + 1)))  # in both logs
        for reader in (first, owner.reader()):
            owner.expect_same(reader, f"SELECT * {{ <{BASE}a> ?p ?o }}")
        assert owner.end()
        assert owner.reader().number > first.number
        owner.expect_same(owner.reader(), f"SELECT * {{ <{BASE}a> ?p ?o }}")


def test_a_full_log_ends_an_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "LOG_BYTES", 4096)
    with closing(Writing(zoo())) as owner:
        owner.begin()
        owner.end()
        reader = owner.reader()
        assert not owner.change(inserted(fact(1, "x" * 5000)))
        assert owner.editions.current is None
        assert reader.answer(ROBIN.text, owner.state) is None
        assert 0 < (owner.editions.wait_s() or 0) <= 1


def test_a_large_change_ends_all_editions_and_who_writes_one() -> None:
    with closing(Writing(zoo())) as owner:
        owner.begin()
        owner.end()
        owner.editions._due = 0.0
        owner.begin()
        assert not owner.change(inserted(*(fact(number) for number in range(MAX_QUADS + 1))))
        assert owner.editions.current is owner.editions._next is None
        assert owner.writers[-1].wait() == -signal.SIGKILL
        assert not owner.end()
        owner.editions._due = 0.0
        owner.begin()
        assert owner.end()
        owner.expect_same(owner.reader(), f"SELECT * {{ <{BASE}a> <{BASE}p1> ?o }}")


def test_who_fails_to_write_leaves_the_edition_before() -> None:
    with closing(Writing(zoo())) as owner:
        owner.begin()
        owner.end()
        reader = owner.reader()
        owner.editions._due = 0.0
        owner.begin()
        assert not owner.end(status=9)
        assert owner.reader().number == reader.number
        assert owner.change(inserted(fact(1)))
        owner.expect_same(reader, f"SELECT * {{ <{BASE}a> ?p ?o }}")
        assert (owner.editions.wait_s() or 0) > 1


def test_a_want_of_memory_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "default_signals", lambda: None)
    monkeypatch.setattr(editions, "die_with_parent", lambda _owner: None)
    monkeypatch.setattr(editions, "_NICE", 0)
    graph = zoo()
    edition = Edition(1, graph.state)
    edition.close()  # so that nothing can be written
    with pytest.raises(MemoryError):  # the owner takes an OSError for a client that has left
        editions._write(edition, graph, os.getpid())


def test_an_edition_that_cannot_be_begun_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_name: str) -> int:
        raise OSError(24, "Too many open files")

    with closing(Writing(zoo())) as owner:
        with monkeypatch.context() as patch:
            patch.setattr(os, "memfd_create", full)
            owner.editions.begin(owner.state)
        assert owner.editions.current is owner.editions._next is None
        assert (owner.editions.wait_s() or 0) > 1


def test_a_large_graph_has_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editions, "MAX_TRIPLES", 3)
    with closing(Writing(zoo())) as owner:
        owner.editions.begin(owner.state)
        assert owner.editions._next is None
        assert owner.editions.wait_s() is None


def test_who_looks_sees_a_number_before_or_after_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(NUMBERS.pack(7, 7, 7))
    script = (
        "import mmap, sys\nfrom etown_kg.backend.owner import write_numbers\n"
        "file = open(sys.argv[1], 'r+b')\ncell = mmap.mmap(file.fileno(), 0)\n"
        "while True:\n    write_numbers(cell, (9, 8, 7)); write_numbers(cell, (7, 8, 9))\n"
    )
    seen = set()
    writer = subprocess.Popen([sys.executable, "-c", script, str(path)])
    try:
        with path.open("rb") as file:
            cell = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        assert eventually(lambda: NUMBERS.unpack_from(cell)[1] == 8)
        for _ in range(1_000_000):
            seen.add(NUMBERS.unpack_from(cell))
    finally:
        writer.kill()
        writer.wait()
    assert {number for numbers in seen for number in numbers} <= {7, 8, 9}


# Real processes


def test_an_edition_comes_and_tells_what_executors_do(own_processes: Start) -> None:
    backend = own_processes()
    for text in (
        ROBIN.text,
        f"ASK {{ <{BASE}robin> a <{BASE}Bird> }}",
        f"SELECT ?s ?l {{ ?s a <{BASE}Bird> ; rdfs:label ?l FILTER(LANG(?l) = 'en') }}",
    ):
        for accept in (None, "application/json", "application/sparql-results+json", "*/*"):
            request = QueryRequest(text, accept=accept)
            found, wanted = looked_up(backend, request), backend.query(request)
            assert rows(found.body) == rows(wanted.body)
            assert replace(found, body=b"") == replace(wanted, body=b"")
    assert backend.known_version() == backend.status().version


@pytest.mark.parametrize(
    "change",
    [
        {"infer": False}, {"default_graphs": (f"{BASE}east",)}, {"named_graphs": (f"{BASE}east",)},
        {"same_as": True}, {"explain_empty": True}, {"scope": Scope.all_but([f"{BASE}east"])},
        {"accept": "text/csv"}, {"accept": "application/sparql-results+xml"}, {"accept": "no/no"},
        {"text": "SELECT * { ?s ?p ?o"}, {"parameters": ("csv",)},
        {"text": f"SELECT * {{ GRAPH ?g {{ <{BASE}eel> ?p ?o }} }}"},
    ],
    ids=str,
)  # fmt: skip
def test_what_asks_for_more_is_for_executors(
    processes: ProcessBackend, change: dict[str, object]
) -> None:
    assert is_read(processes)
    asked = replace(ROBIN, **change)  # type: ignore[arg-type]
    assert [processes.lookup(asked) for _ in range(3)] == [None] * 3
    assert looked_up(processes).body


def test_a_view_of_a_scope_ends_no_edition(own_processes: Start) -> None:
    backend = own_processes()
    assert is_read(backend)
    scoped = replace(ROBIN, scope=Scope.all_but([f"{BASE}east"]))
    assert rows(backend.query(scoped).body) != rows(backend.query(ROBIN).body)
    assert is_read(backend)
    backend.update(pair(1))
    assert backend.lookup(scoped) is None
    assert is_read(backend)


def test_a_client_reads_what_it_has_written(own_processes: Start) -> None:
    backend = own_processes()
    asked = replace(ROBIN, text=PAIR)
    backend.update(pair(0))
    assert is_read(backend, asked)
    with closing(connect(backend.folder, SMALL)) as other:
        assert is_read(other, asked)
        for number in range(1, 100):
            backend.update(pair(number))
            for client in (backend, other):
                found = looked_up(client, asked)
                assert numbers(found.body) == (number, number)
                assert found.version == client.status().version


def test_a_large_update_has_another_edition_written(own_processes: Start) -> None:
    backend = own_processes()
    asked = replace(ROBIN, text=PAIR)
    backend.update(pair(0))
    assert is_read(backend, asked)
    number = 0
    for turn in range(3):
        before = backend._edition._reader
        backend.update(many(turn))
        assert backend.lookup(asked) is None
        until = time.monotonic() + 60
        while backend._edition._reader in (before, None) or backend.lookup(asked) is None:
            assert time.monotonic() < until
            number += 1  # also while the next edition is written
            backend.update(pair(number))
            found = backend.lookup(asked) or backend.query(asked)
            assert numbers(found.body) == (number, number)
        count = f"SELECT * {{ <{BASE}m> <{BASE}m{turn}> 7 }}"
        assert rows(backend.query(replace(ROBIN, text=count)).body) == Counter(["{}"])


def test_a_killed_writer_leaves_executors_to_answer(own_processes: Start) -> None:
    graph = NamedNode(f"{BASE}lot")
    lot = [
        Quad(NamedNode(f"{BASE}{n}"), NamedNode(f"{BASE}p"), Literal(str(n)), graph)
        for n in range(60_000)
    ]
    backend = own_processes(SMALL, [*parse(ZOO, RdfFormat.TRIG), *lot])
    owner = owner_of(backend)

    def kill_writer() -> bool:
        found = [pid for pid in children(owner) if niceness(pid) == 19]
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        return bool(found)

    while backend._edition._reader is None and not kill_writer():
        pass
    if backend._edition._reader is not None:
        pytest.skip("the edition was written before its writer was found")
    assert rows(backend.query(ROBIN).body)
    assert [backend.lookup(ROBIN) for _ in range(3)] == [None] * 3
    backend.update(many(0))  # a large change has one written again
    assert is_read(backend)


def niceness(pid: int) -> int:
    """A process's nice value, 0 if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(stat.rpartition(")")[2].split()[16])


def test_no_reader_sees_an_older_state_or_half_of_one(tmp_path: Path) -> None:
    """While updates stream in, large ones among them, and the owner is killed and reborn."""
    backend = start(partial(kept, tmp_path / "location"), SMALL)
    acknowledged = 0
    is_over = threading.Event()
    seen: list[int] = []

    def read() -> None:
        asked, newest = replace(ROBIN, text=PAIR), 0
        while not is_over.is_set():
            least = max(acknowledged, newest)
            try:
                found = backend.lookup(asked) or backend.query(asked)
            except UnavailableError:
                continue
            one, two = numbers(found.body)
            assert one == two
            assert one >= least
            newest = one
            if backend.lookup(asked) is not None:
                seen.append(one)

    with closing(backend):
        backend.update(pair(0))
        failures: list[BaseException] = []

        def guarded() -> None:
            try:
                read()
            except BaseException as error:  # noqa: BLE001  # it is raised below
                failures.append(error)

        readers = [threading.Thread(target=guarded) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for number in range(1, 60):
                if number == 20:
                    backend.update(many(number))
                if number == 40:
                    os.kill(owner_of(backend), signal.SIGKILL)
                assert eventually(partial(_updates, backend, number))
                acknowledged = number
                if number in (10, 30, 59):
                    assert is_read(backend, replace(ROBIN, text=PAIR))
        finally:
            is_over.set()
            for reader in readers:
                reader.join()
        assert not failures, failures
        assert seen


def _updates(backend: ProcessBackend, number: int) -> bool:
    try:
        backend.update(pair(number))
    except UnavailableError:
        return False
    return True


def test_a_reload_has_an_edition_of_its_own(own_processes: Start) -> None:
    backend = own_processes()
    asked = replace(ROBIN, text=f"ASK {{ <{BASE}a> <{BASE}is> '1' }}")
    backend.update(pair(1))
    assert is_read(backend, asked)
    first = backend._edition._reader
    backend.reload()
    while (found := backend.lookup(asked)) is None or backend._edition._reader is first:
        assert rows((found or backend.query(asked)).body) == Counter(["False"])
        time.sleep(0.01)
    # What was updated in memory alone is gone with the owner that had it.
    assert rows(found.body) == Counter(["False"])


@pytest.mark.parametrize("mode", ["union", "standard"])
def test_the_graph_tells_of_itself_as_it_is(mode: Mode) -> None:
    with closing(start(partial(described, mode=mode), SMALL)) as backend:
        texts = [
            f"SELECT ?n {{ <{BASE}graph/meta> <{VOID}triples> ?n }}",
            f"SELECT ?p ?n {{ <{BASE}graph/meta> ?p ?n }}",
            f"SELECT * {{ <{BASE}robin> ?p ?o }}",
            f"SELECT * {{ ?s a <{BASE}Animal> }}",
            f"SELECT * {{ ?s ?p <{BASE}pair> }}",
            *_described(backend),
        ]
        for number in range(4):
            for text in texts:
                request = replace(ROBIN, text=text)
                found = looked_up(backend, request)
                assert rows(found.body) == rows(backend.query(request).body), text
            backend.update(pair(number))
            text = f"INSERT DATA {{ GRAPH <{BASE}east> {{ <{BASE}n{number}> a <{BASE}Bird> }} }}"
            backend.update(UpdateRequest(text))


def _described(backend: ProcessBackend) -> list[str]:
    """A query for the number of triples of each thing that has one."""
    text = f"SELECT DISTINCT ?s {{ GRAPH ?g {{ ?s <{VOID}triples> ?n }} FILTER(ISIRI(?s)) }}"
    body = backend.query(replace(ROBIN, text=text)).body
    found = [row["s"]["value"] for row in json.loads(body)["results"]["bindings"]]
    assert found
    return [f"SELECT ?n {{ <{iri}> <{VOID}triples> ?n }}" for iri in found]
