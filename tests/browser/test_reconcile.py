"""The reconciliation service as a page of another site uses it: by CORS and in a frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Browser

E_TOWN = "https://w3id.org/etown/id/place/beijing-e-town"


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another origin, with nothing on it."""

    def do_GET(self) -> None:
        body = b"<!DOCTYPE html><title>elsewhere</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_page_of_another_site_matches_names_and_shows_previews(
    browser: Browser, address: str, elsewhere: str
) -> None:
    page = browser.new_page()
    try:
        page.goto(elsewhere)
        found = page.evaluate(
            """async (root) => {
                const manifest = await (await fetch(root + "/reconcile")).json();
                const form = new URLSearchParams({queries: '{"q0": {"query": "亦庄开发区"}}'});
                const answer = await fetch(root + "/reconcile", {method: "POST", body: form});
                const best = (await answer.json()).q0.result[0];
                const frame = document.createElement("iframe");
                frame.src = manifest.preview.url.replace("{{id}}", encodeURIComponent(best.id));
                document.body.append(frame);
                return best;
            }""",
            address,
        )
        assert (found["id"], found["match"]) == (E_TOWN, True)
        shown = page.frame_locator("iframe").get_by_role("link", name=E_TOWN)
        shown.wait_for()
        assert shown.get_attribute("target") == "_blank"
        # Any other page of ours refuses to be framed, and the browser shows an error instead.
        with page.expect_event(
            "framenavigated", lambda frame: frame.url.startswith("chrome-error")
        ):
            page.evaluate(
                "(root) => { document.querySelector('iframe').src = root + '/search' }", address
            )
    finally:
        page.close()
