"""``etown-kg serve``: the process from its start to its end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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
        [*SERVE, *arguments, "serve", "--port", str(port)],
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
