"""``etown-kg serve``: the process from its start to its end."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from etown_kg.tokens import Tokens
from tests.cli.conftest import Run

SERVE = (sys.executable, "-c", "from etown_kg.cli import main; main()")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def server(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running process and its address, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [*SERVE, *arguments, *(() if "serve" in arguments else ("serve",)), "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answer(address: str, deadline_s: float = 60) -> bytes:
    """What is at the address, waiting for the server to come up."""
    end = time.monotonic() + deadline_s
    while True:
        try:
            with urllib.request.urlopen(address, timeout=deadline_s) as response:
                return bytes(response.read())
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_it_answers_and_ends_when_told(on_zoo: tuple[str, ...]) -> None:
    with server(*on_zoo) as (process, address):
        health = json.loads(answer(f"{address}/health"))
        assert health["asserted"] == 7
        assert json.loads(answer(f"{address}/sparql?query=ASK%7B%7D"))["boolean"] is True
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0
        assert f"on {address}/" in out
        assert err == ""


def test_ctrl_c_ends_it_quietly(on_zoo: tuple[str, ...]) -> None:
    with server(*on_zoo) as (process, address):
        answer(f"{address}/health")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0
        assert err == ""


def test_a_port_in_use_is_said_before_any_work(
    run: Run, on_zoo: tuple[str, ...], taken: int
) -> None:
    result = run(*on_zoo, "--ontology", "/nowhere", "serve", "--port", taken)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        f"error: port {taken} of 127.0.0.1 is in use by another program\n"
        f"  stop it, or choose another: etown-kg serve --port {taken % 65535 + 1}\n"
    )


def test_an_address_of_another_machine_is_refused(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "serve", "--host", "203.0.113.7", "--port", 8123)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: host: '203.0.113.7': ")


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """A token that may change everything, in the file ``tokens.json`` of the test's folder."""
    return Tokens.open(tmp_path / "tokens.json").create("test", may_write=None)


def update(address: str, text: str, secret: str) -> int:
    """The status of an update."""
    request = urllib.request.Request(
        f"{address}/update", data=text.encode(), method="POST",
        headers={
            "Content-Type": "application/sparql-update", "Authorization": f"Bearer {secret}",
        },
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


IS_THERE = "/sparql?query=ASK%7B%3Cx%3Aa%3E%20%3Fp%20%3Fo%7D"


def test_what_was_acknowledged_is_there_after_a_restart(
    on_zoo: tuple[str, ...], tmp_path: Path, secret: str
) -> None:
    place = tmp_path / "location"
    arguments = (
        *on_zoo,
        "serve",
        "--location",
        str(place),
        "--tokens",
        str(tmp_path / "tokens.json"),
    )
    with server(*arguments) as (process, address):
        answer(f"{address}/ready")
        assert update(address, "INSERT DATA { <x:a> <x:b> 1 }", "wrong") == 401
        assert update(address, "INSERT DATA { <x:a> <x:b> 1 }", secret) == 204
        process.kill()
        process.wait(timeout=30)
    log = [json.loads(line) for line in (place / "audit.log").read_text().splitlines()]
    assert [(entry["writer"], entry["outcome"]) for entry in log] == [("test", "done")]
    with server(*arguments) as (process, address):
        assert json.loads(answer(address + IS_THERE))["boolean"] is True
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert not (place / "served-by").exists()


def test_changes_need_a_place_or_the_wish_to_lose_them(
    on_zoo: tuple[str, ...], tmp_path: Path, secret: str
) -> None:
    tokens = ("--tokens", str(tmp_path / "tokens.json"))
    with server(*on_zoo, "serve", *tokens) as (_, address):
        answer(f"{address}/ready")
        assert update(address, "INSERT DATA { <x:a> <x:b> 1 }", secret) == 403
    with server(*on_zoo, "serve", "--ephemeral-updates", *tokens) as (_, address):
        answer(f"{address}/ready")
        assert update(address, "INSERT DATA { <x:a> <x:b> 1 }", secret) == 204
        assert json.loads(answer(address + IS_THERE))["boolean"] is True


def test_a_query_at_work_is_answered_before_the_end(on_zoo: tuple[str, ...]) -> None:
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"
    path = "/sparql?" + urllib.parse.urlencode({"query": cross, "timeout": "2"})
    with server(*on_zoo, "serve") as (process, address):
        answer(f"{address}/ready")
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        connection.request("GET", path)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        response = connection.getresponse()
        assert response.status in (200, 503)
        json.loads(response.read())
        connection.close()
        assert process.wait(timeout=30) == 0


def test_a_reload_shows_new_data_and_drops_no_request(on_zoo: tuple[str, ...], zoo: Path) -> None:
    with server(*on_zoo, "serve") as (process, address):
        before = json.loads(answer(f"{address}/ready"))["version"]
        (zoo / "data" / "more.ttl").write_text("<x:a> <x:b> 1 .", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 60
        while not json.loads(answer(address + IS_THERE))["boolean"]:
            assert time.monotonic() < end
        assert json.loads(answer(f"{address}/ready"))["version"] != before
        (zoo / "data" / "more.ttl").write_text("broken", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        time.sleep(1)
        assert json.loads(answer(address + IS_THERE))["boolean"] is True


def test_graph_is_under_way_before_the_pages_are_loaded() -> None:
    """The owner is started first; what it loads is not loaded here, and the pages meanwhile."""
    heavy = ("numpy", "rdflib", "flask", "etown_kg.graph", "etown_kg.reason", "etown_kg.web")
    loaded = "import sys, etown_kg.cli.serve, etown_kg.cli.foreman"
    script = f"{loaded}; print(*(set({heavy!r}) & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
