"""``docs/deploy/nginx.conf`` on a real nginx before a real server."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.backend.test_processes import children, eventually, owners
from tests.cli.test_serve import answer, server
from tests.faults.clients import make_token, options, write_sources

CONF = Path(__file__).parents[2] / "docs" / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
CROSS = "SELECT (COUNT(*) AS ?n) { " + " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(60)) + " }"


@dataclass
class Proxied:
    """A server behind nginx: the proxy's host, the server's process id, a token, its folder."""

    host: str
    pid: int
    secret: str
    folder: Path

    def send(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """The response of a request through nginx, with its body."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    write_sources(folder)
    secret = make_token(folder)
    log = folder / "access.log"
    more = ("--ephemeral-updates", "--proxies", "1", "--access-log", str(log), "--upload-mib", "1",
            "--timeout-s", "30")  # fmt: skip
    with server(*options(folder, *more)) as (process, address):
        answer(f"{address}/ready")
        port = free_port()
        site = CONF.read_text(encoding="utf-8")
        site = site.replace("127.0.0.1:8000", address.removeprefix("http://"))
        site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
        (folder / "site.conf").write_text(site, encoding="utf-8")
        places = "".join(
            f"{name}_temp_path {folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{}} http {{ access_log off; {places} include {folder}/site.conf; }}",
            encoding="utf-8",
        )
        nginx = subprocess.Popen(
            [str(NGINX), "-p", str(folder), "-e", f"{folder}/error.log", "-c",
             str(folder / "nginx.conf")],
        )  # fmt: skip
        try:
            answer(f"http://127.0.0.1:{port}/kg/ready")
            yield Proxied(f"127.0.0.1:{port}", process.pid, secret, folder)
        finally:
            nginx.terminate()
            nginx.wait(timeout=30)


def test_the_pages_stay_below_the_path(proxied: Proxied) -> None:
    for path in ("/kg/", "/kg/query"):
        response, body = proxied.send("GET", path, Accept="text/html")
        assert response.status == 200
        links = re.findall(rb'(?:href|src|action)="([^"]+)"', body)
        assert links
        astray = [
            link
            for link in links
            if link.startswith(b"/") and not link.startswith((b"/kg/", b"//")) and link != b"/kg"
        ]
        assert astray == []
        styles = [link for link in links if link.startswith(b"/kg/static/")]
        assert all(proxied.send("GET", link.decode())[0].status == 200 for link in styles)
    response, _ = proxied.send("GET", "/kg")
    assert (response.status, response.headers["Location"].endswith("/kg/")) == (301, True)


def test_queries_tags_and_packing_go_through(proxied: Proxied) -> None:
    path = "/kg/sparql?" + urlencode({"query": "SELECT * { ?s ?p ?o }", "format": "json"})
    response, body = proxied.send("GET", path)
    assert response.status == 200
    assert json.loads(body)["results"]["bindings"]
    again, _ = proxied.send("GET", path, If_None_Match=response.headers["ETag"])
    assert again.status == 304
    head, nothing = proxied.send("HEAD", path)
    assert (head.headers["Content-Length"], nothing) == (str(len(body)), b"")
    long = "SELECT * { ?s ?p ?o } #" + "x" * 30_000
    assert proxied.send("GET", "/kg/sparql?" + urlencode({"query": long}))[0].status == 200


def test_addresses_in_answers_are_those_of_the_proxy(proxied: Proxied) -> None:
    response, _ = proxied.send(
        "POST", "/kg/graphs", b"<x:a> <x:b> 2 .", Content_Type="text/turtle",
        Authorization=f"Bearer {proxied.secret}",
    )  # fmt: skip
    assert response.status == 201
    made = response.headers["Location"]
    assert made.startswith(f"http://{proxied.host}/kg/graph/")
    path = made.removeprefix(f"http://{proxied.host}")
    assert proxied.send("GET", path, Accept="text/turtle")[0].status == 200
    _, described = proxied.send("GET", "/kg/sparql", Accept="text/turtle")
    assert f"<http://{proxied.host}/kg/sparql>".encode() in described


def test_what_is_too_large_is_refused_by_the_server_with_a_reason(proxied: Proxied) -> None:
    response, body = proxied.send(
        "PUT", "/kg/graph/large", b"#" * 2_000_000, Content_Type="text/turtle",
        Authorization=f"Bearer {proxied.secret}",
    )  # fmt: skip
    assert response.status == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["detail"]


def test_the_log_names_the_client_whatever_it_says_of_itself(proxied: Proxied) -> None:
    proxied.send("GET", "/kg/health?mine", X_Forwarded_For="203.0.113.9")
    lines = (proxied.folder / "access.log").read_text(encoding="utf-8").splitlines()
    clients = {json.loads(line)["client"] for line in lines}
    assert "127.0.0.1" in clients
    assert "203.0.113.9" not in clients


def test_a_client_that_leaves_has_its_query_stopped(proxied: Proxied) -> None:
    def busy() -> list[int]:
        executors = [pid for owner in owners(proxied.pid) for pid in children(owner)]
        before = {pid: ticks(pid) for pid in executors}
        time.sleep(0.2)
        return [pid for pid in executors if ticks(pid) - before[pid] > 2]

    path = "/kg/sparql?" + urlencode({"query": CROSS, "timeout": "30"})
    host, port = proxied.host.split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert eventually(lambda: bool(busy()))
    assert eventually(lambda: not busy(), 15)


def ticks(pid: int) -> int:
    """The processor time of a process in ticks of the kernel's clock."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])
