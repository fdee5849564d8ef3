"""Hostile requests over real HTTP: each gets a clear answer, and the next client is served.

A case is the bytes that a client sends and the statuses that will do. A status of 0 is a
connection closed without an answer, which is right for what is no HTTP.
"""

# ruff: noqa: E501 - one case, one line: it is a table

from __future__ import annotations

import gzip
import json
import re
import socket
import time
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

import pytest

from tests.web.writers import SECRET

HOST = "Host: localhost\r\n"
AUTH = f"Authorization: Bearer {SECRET}\r\n"
ASK = "/sparql?query=ASK%7B%7D"
CRLF = "\r\n"


def get(path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\n{HOST}{headers}Connection: close\r\n\r\n".encode("latin-1")


def post(
    path: str, body: bytes, content_type: str, headers: str = "", method: str = "POST"
) -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\n{HOST}{AUTH}Content-Type: {content_type}\r\n{headers}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body


def query(text: str | bytes, headers: str = "") -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return post("/sparql", body, "application/sparql-query", headers)


def update(text: str) -> bytes:
    return post("/update", text.encode(), "application/sparql-update")


def put(body: bytes, content_type: str = "text/turtle", headers: str = "") -> bytes:
    return post("/graph/hostile", body, content_type, headers, "PUT")


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
LAUGHS = f"<?xml version='1.0'?><!DOCTYPE r [{ENTITIES}]><r>&a9;</r>".encode()
XXE = b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>"
BOMB = gzip.compress(b"#" * 30_000_000)
NESTED_BOMB = gzip.compress(gzip.compress(b"#" * 30_000_000))
SCRIPT = "<script>alert(1)</script>"

# Its first rows are there at once, so that a server might begin to send them.
STREAM = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"

CASES: dict[str, tuple[bytes, set[int]]] = {
    # What is no HTTP
    "nothing-but-line-ends": (b"\r\n\r\n\r\n\r\n", {0, 400}),
    "tls-hello": (bytes.fromhex("16030100a5010000a10303") + b"\0" * 160 + b"\r\n\r\n", {0, 400}),
    "binary": (bytes(range(256)) * 8 + b"\r\n\r\n", {0, 400}),
    "no-method": (b" /sparql HTTP/1.1\r\n\r\n", {0, 400}),
    "lower-case-method": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", {400, 405}),
    "strange-method": (b"BREW /sparql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", {400, 405}),
    "version-9": (b"GET /sparql HTTP/9.9\r\nHost: a\r\nConnection: close\r\n\r\n", {200, 400, 505}),
    "http-09": (b"GET /health\r\n\r\n", {0, 200, 400}),
    "smtp": (b"EHLO me\r\n\r\n", {0, 400, 404, 405}),
    # Headers
    "no-host": (f"GET {ASK} HTTP/1.1\r\nConnection: close\r\n\r\n".encode(), {400}),
    "no-host-in-http-1.0": (f"GET {ASK} HTTP/1.0\r\n\r\n".encode(), {200}),
    "host-of-nonsense": (b"GET /sparql HTTP/1.1\r\nHost: <script>\r\nConnection: close\r\n\r\n", {400}),
    "host-not-ascii": (b"GET /sparql HTTP/1.1\r\nHost: \xe4\xba\x91\r\nConnection: close\r\n\r\n", {400}),
    "two-hosts": (get(ASK, "Host: other\r\n"), {400}),
    "close-among-others": (get(ASK).replace(b"Connection: ", b"Connection: keep-alive, X, "), {200}),
    "huge-header": (get(ASK, f"X: {'y' * 100_000}\r\n"), {431}),
    "many-headers": (get(ASK, "".join(f"X{n}: y\r\n" for n in range(20_000))), {431}),
    "huge-address": (get("/sparql?query=" + "a" * 70_000), {431}),
    "folded-header": (get(ASK, "X: a\r\n b\r\n"), {200, 400}),
    "nul-in-header": (get(ASK, "X: a\0b\r\n"), {200, 400}),
    "no-colon": (get(ASK, "nonsense\r\n"), {200, 400}),
    "space-before-colon": (get(ASK, "X : y\r\n"), {200, 400}),
    "broken-accept": (get(ASK, "Accept: ;;;,/,q=,text/*;q=nan\r\n"), {200, 406}),
    "endless-accept": (get(ASK, "Accept: " + "a/b;q=0.1," * 5000 + "*/*\r\n"), {200}),
    "accept-not-ascii": (get(ASK, "Accept: \xff\xfe\r\n"), {200, 406}),
    "broken-tag": (get(ASK, 'If-None-Match: "\r\n'), {400}),
    "endless-tags": (get(ASK, "If-None-Match: " + '"a",' * 10_000 + '"b"\r\n'), {200, 400}),
    "broken-encoding": (get(ASK, "Accept-Encoding: gzip;q=x, \xff\r\n"), {200}),
    "request-id-with-markup": (get(ASK, f"X-Request-ID: {SCRIPT}\r\n"), {200}),
    "bad-range": (get(ASK, "Range: bytes=9-1,5-\r\n"), {200}),
    "expect-without-a-body": (get(ASK, "Expect: 100-continue\r\n"), {200}),
    "expect-nonsense": (get(ASK, "Expect: the unexpected\r\n"), {200, 417}),
    "basic-auth": (get(ASK, "Authorization: Basic YTpi\r\n"), {401}),
    "endless-token": (get(ASK, f"Authorization: Bearer {'x' * 50_000}\r\n"), {401}),
    "token-not-ascii": (get(ASK, "Authorization: Bearer \xe9\xff\r\n"), {401}),
    "forwarded-for": (get(ASK, "X-Forwarded-For: 127.0.0.1, <script>\r\n"), {200}),
    "forwarded-host": (get("/sparql", "X-Forwarded-Host: evil.example\r\n"), {200}),
    # Lengths: what one server reads as one request, another must not read as two
    "negative-length": (post("/sparql", b"", "text/plain").replace(b"Length: 0", b"Length: -1"), {400}),
    "length-of-letters": (post("/sparql", b"", "text/plain").replace(b"Length: 0", b"Length: ten"), {400}),
    "plus-length": (post("/sparql", b"", "text/plain").replace(b"Length: 0", b"Length: +5"), {400}),
    "two-lengths": (query("ASK {}", "Content-Length: 3\r\n"), {400}),
    "length-and-chunks": (query("0\r\n\r\nGET /x HTTP/1.1\r\n\r\n", "Transfer-Encoding: chunked\r\n"),
                          {400}),
    "chunks-in-http-1.0": (get("/sparql").replace(b"GET", b"POST").replace(b"1.1", b"1.0")[:-2]
                           + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "identity-transfer": (query("ASK {}", "Transfer-Encoding: identity\r\n"), {400, 501}),
    "two-transfers": (query("ASK {}", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), {400, 501}),
    "transfer-behind-a-space": (query("ASK {}", "Transfer-Encoding : chunked\r\n"), {400}),
    "transfer-behind-a-tabulator": (query("ASK {}", "Transfer-Encoding: \x0bchunked\r\n"), {400, 501}),
    "lengths-in-a-row": (query("ASK {}").replace(b"Length: 6", b"Length: 6, 6"), {400}),
    "length-underscored": (query("ASK {}", "Content_Length: 3\r\n"), {200}),
    "line-end-in-header": (get(ASK, "X: a\nTransfer-Encoding: chunked\r\n"), {400}),
    "body-of-a-get": (get(ASK, "Content-Length: 31\r\n") + b"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", {200}),
    "unknown-transfer": (query("ASK {}", "Transfer-Encoding: gzip\r\n"), {400, 501}),
    "broken-chunks": (get("/sparql").replace(b"GET", b"POST")[:-2]
                      + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nASK\r\n0\r\n\r\n", {400}),
    "endless-chunk-size": (get("/sparql").replace(b"GET", b"POST")[:-2]
                           + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 400 + b"\r\n", {0, 400, 413}),
    "huge-length": (post("/sparql", b"", "text/plain").replace(b"Length: 0", b"Length: 999999999999"),
                    {413}),
    "huge-length-expected": (post("/sparql", b"", "text/plain", "Expect: 100-continue\r\n")
                             .replace(b"Length: 0", b"Length: 999999999999"), {413}),
    "endless-trailers": (get("/sparql").replace(b"GET", b"POST")[:-2]
                         + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 4000 + b"\r\n", {400}),
    "endless-chunk-extension": (get("/sparql").replace(b"GET", b"POST")[:-2]
                                + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 24_000, {400}),
    "coded-as-nothing": (query("ASK {}", "Transfer-Encoding: \r\n"), {400}),
    "large-body-without-a-token": (put(b"#" * 900_000).replace(AUTH.encode(), b""), {401}),
    "large-body-of-an-unknown": (put(b"#" * 900_000).replace(SECRET.encode(), b"x"), {401}),
    "large-packed-body-without-a-token": (query(b"#" * 900_000, "Content-Encoding: gzip\r\n")
                                          .replace(AUTH.encode(), b""), {413}),
    "put-without-length": (f"PUT /graph/x HTTP/1.1\r\n{HOST}{AUTH}Content-Type: text/turtle\r\n"
                           "Connection: close\r\n\r\n".encode(), {411}),
    # Addresses
    "traversal": (get("/static/../../../../etc/passwd"), {404}),
    "traversal-encoded": (get("/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd"), {404}),
    "traversal-in-graph": (get("/graph/../../etc/passwd"), {404}),
    "percent-in-graph": (put(b"<x:a> <x:b> 1 .").replace(b"/graph/hostile", b"/graph/%25"), {201, 204}),
    "percent-alone-in-graph": (get("/graphs?graph=x:%25"), {400}),
    "not-utf8-graph-made": (put(b"<x:a> <x:b> 1 .").replace(b"/graph/hostile", b"/graph/%ff"), {400}),
    "no-character-graph-made": (put(b"").replace(b"/graph/hostile", b"/graphs?graph=x:%EF%BF%BE"), {400}),
    "percent-as-dataset": (get("/sparql?query=ASK%7B%7D&default-graph-uri=x:%25"), {400}),
    "no-character-as-dataset": (get("/sparql?query=ASK%7B%7D&named-graph-uri=x:%EE%80%80"), {400}),
    "no-port-as-dataset": (get("/sparql?query=ASK%7B%7D&default-graph-uri=http://%5B::1%5D:x/"), {400}),
    "percent-as-thing": (get("/api/entity?iri=x:%25zz"), {400}),
    "percent-as-class": (get("/api/entities?class=http://a/%25"), {400}),
    "far-sitemap": (get("/sitemap/99999999999999999999.xml"), {404}),
    "nul-in-address": (get("/graph/%00"), {400, 404}),
    "not-utf8-address": (get("/graph/%ff%fe"), {400, 404}),
    "not-utf8-query": (get("/sparql?query=%ff"), {400}),
    "bare-bytes-query": (get("/sparql?query=ASK{}\xff"), {400}),
    "surrogate-query": (get("/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%22%ED%A0%80%22%20%7D"), {400}),
    "line-end-in-address": (get("/nowhere%0d%0aSet-Cookie:%20a=b"), {404}),
    "line-end-in-graph": (get("/graphs?graph=x:a%0d%0ab"), {400}),
    "absolute-nonsense": (get("http://[::1/sparql"), {400}),
    "absolute-port": (get("http://a:99999999/health"), {200, 400}),
    "connect": (get("a:443").replace(b"GET", b"CONNECT"), {400, 405}),
    "trace": (get("/sparql").replace(b"GET", b"TRACE"), {405}),
    "host-with-quotes": (b"GET /sparql HTTP/1.1\r\nHost: a b\"<>\r\nConnection: close\r\n\r\n", {400}),
    "host-cut": (b"GET /sparql HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n", {400}),
    "bad-escapes": (get("/sparql?query=%zz%G1%&infer=%00"), {400}),
    "surrogate-thing": (get("/id/%ed%a0%80/x"), {404}),
    "markup-thing": (get("/id/place/%3Cscript%3E%22%7B%7D", "Accept: text/html\r\n"), {404}),
    "search-operators": (get("/search?q=%00%22*%20OR%20NEAR(%27"), {200, 400}),
    "search-of-a-book": (get("/search?q=" + "a" * 60_000), {400}),
    "why-of-nonsense": (get("/why?s=%3Cx&p=1&o=%22"), {400}),
    "network-of-nonsense": (get("/network.json?iri=%3E%20%7D%20DROP"), {400}),
    "two-ways-to-name-a-graph": (get("/graphs?graph=x:a&default"), {400}),
    "many-ranges": (get("/static/site.css", "Range: bytes=" + "0-0," * 5000 + "1-\r\n"), {200, 206, 416}),
    "many-cookies": (get(ASK, "Cookie: " + "a=b;" * 15_000 + "\r\n"), {200}),
    "absolute-address": (get("http://169.254.169.254/latest/meta-data"), {200, 400, 404}),
    "many-slashes": (get("/" * 5000), {200, 308, 404}),
    "many-parameters": (get("/sparql?" + "a=1&" * 2000 + "query=ASK%7B%7D"), {400}),
    "many-graphs": (get("/sparql?query=ASK%7B%7D&" + "&".join(f"default-graph-uri=x:{n}" for n in range(900))),
                    {200}),
    "javascript-graph": (get("/graphs?graph=javascript:alert(1)"), {404}),
    "script-in-page": (get(f"/query?query={quote(SCRIPT)}", "Accept: text/html\r\n"), {400}),
    "script-in-question": (get(f"/query?question={quote(SCRIPT)}", "Accept: text/html\r\n"), {404}),
    "script-in-literal": (get("/query?query=" + quote(f"SELECT ('{SCRIPT}' AS ?x) {{}}"),
                              "Accept: text/html\r\n"), {200}),
    "script-in-variable": (get(f"/sparql?query={quote('SELECT ?' + SCRIPT)}", "Accept: text/html\r\n"),
                           {400}),
    # Queries
    "empty-query": (query(""), {400}),
    "not-utf8-body": (query(b"ASK { ?s ?p '\xff' }"), {400}),
    "utf16-body": (query("ASK {}".encode("utf-16")), {400}),
    "byte-order-mark": (query(b"\xef\xbb\xbfASK {}"), {200, 400}),
    "nul-in-query": (query("ASK { ?s ?p '\0' }"), {200, 400}),
    "endless-line": (query("ASK { " + "#" * 200_000), {400}),
    "too-long": (query("#" * 300_000), {413}),
    "far-too-long": (query(b"#" * 5_000_000), {0, 413}),
    "deep-groups": (query("ASK " + "{" * 20_000 + "}" * 20_000), {400}),
    "deep-parentheses": (query("ASK { FILTER(" + "(" * 50_000 + "1" + ")" * 50_000 + ") }"), {400}),
    "deep-negations": (query("ASK { FILTER(" + "!" * 100_000 + "1) }"), {400}),
    "unclosed-braces": (query("ASK " + "{" * 100_000), {400}),
    "unclosed-string": (query("ASK { ?s ?p '" + "a" * 200_000), {400}),
    "cross-product": (query("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"),
                      {503}),
    "endless-csv": (query(STREAM, "Accept: text/csv\r\n"), {503}),
    "endless-tsv": (query(STREAM, "Accept: text/tab-separated-values\r\n"), {503}),
    "endless-sort": (query("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"), {503}),
    "large-answer": (query("SELECT * { ?a ?b ?c . ?d ?e ?f }"), {503}),
    "doubled-string": (query("SELECT ?z { BIND('aaaaaaaaaa' AS ?a0) "
                             + " ".join(f"BIND(CONCAT(?a{n}, ?a{n}) AS ?a{n + 1})" for n in range(28))
                             + " BIND(STRLEN(?a28) AS ?z) }"), {503}),
    "control-character-in-xml": (query(r"SELECT ('\u0001' AS ?x) {}", "Accept: application/sparql-results+xml\r\n"),
                                 {400}),
    "nul-in-rdf-xml": (query(r"CONSTRUCT { <x:a> <x:b> '\u0000' } {}", "Accept: application/rdf+xml\r\n"), {400}),
    "triple-term-in-json-ld": (query("CONSTRUCT { <x:a> <x:b> <<( <x:a> <x:b> 1 )>> } {}",
                                     "Accept: application/ld+json\r\n"), {400}),
    "counted-regex": (query("ASK { FILTER REGEX('a', '(a{1000}){1000}{1000}') }"), {200, 400, 503}),
    "service-loopback": (query("ASK { SERVICE <http://127.0.0.1:22/> { ?s ?p ?o } }"), {400}),
    "service-decimal": (query("ASK { SERVICE <http://2130706433/> { ?s ?p ?o } }"), {400}),
    "service-metadata": (query("ASK { SERVICE <http://169.254.169.254/> { ?s ?p ?o } }"), {400}),
    "service-file": (query("ASK { SERVICE <file:///etc/passwd> { ?s ?p ?o } }"), {400}),
    "service-mixed-case": (query("ASK { sErViCe/**/<http://[::1]/> { ?s ?p ?o } }"), {400}),
    "service-prefix": (query("PREFIX l: <http://127.0.0.1/> ASK { SERVICE l:x { ?s ?p ?o } }"), {400}),
    "service-variable": (query("ASK { BIND(<http://127.0.0.1/> AS ?x) SERVICE ?x { ?s ?p ?o } }"), {400}),
    "service-escaped": (query(r"ASK { \u0053ERVICE <http://127.0.0.1/> { ?s ?p ?o } }"), {400}),
    "service-silent": (query("ASK { SERVICE SILENT <http://127.0.0.1:22/> { ?s ?p ?o } }"), {200}),
    "from-address": (query("ASK FROM <http://127.0.0.1:22/> { ?s ?p ?o }"), {200}),
    "from-file": (query("ASK FROM <file:///etc/passwd> { ?s ?p ?o }"), {200}),
    "update-as-query": (query("DROP ALL"), {400}),
    "update-in-form": (post("/sparql", b"update=DROP+ALL", "application/x-www-form-urlencoded"), {400}),
    "two-types": (query("ASK {}", "Content-Type: text/plain\r\n"), {200, 400, 415}),
    "multipart-query": (post("/sparql", b"--x--", "multipart/form-data; boundary=x"), {415}),
    "endless-type": (post("/sparql", b"ASK{}", "a/b" + ";x=y" * 5000), {415}),
    "charset-nonsense": (post("/sparql", b"ASK{}", "application/sparql-query; charset=\xff"), {200, 415}),
    "wide-form": (post("/sparql", b"a=1&" * 50_000, "application/x-www-form-urlencoded"), {400}),
    # Updates
    "load-file": (update("LOAD <file:///etc/passwd>"), {400}),
    "load-loopback": (update("LOAD <http://127.0.0.1:22/>"), {400}),
    "load-silent": (update("LOAD SILENT <http://127.0.0.1:22/>"), {204}),
    "update-service": (update("INSERT { <x:s> ?p ?o } WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }"),
                       {400}),
    "runaway-update": (update("INSERT { <x:s> <x:p> ?n } WHERE { SELECT (COUNT(*) AS ?n) "
                              "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } }"), {503}),
    "deep-update": (update("INSERT { <x:s> <x:p> 1 } WHERE " + "{" * 20_000 + "}" * 20_000), {204, 400, 503}),
    "language-without-a-tag": (update("INSERT DATA { <x:a> <x:b> 'a'^^rdf:langString }"), {400}),
    "computed-language-without-a-tag": (update("INSERT { <x:a> <x:b> ?o } WHERE { BIND(STRDT('a', rdf:langString) AS ?o) }"),
                                        {400}),
    "literal-with-a-direction": (update("INSERT DATA { <x:a> <x:b> 'a'@en--rtl }"), {400}),
    "percent-in-using": (post("/update?using-graph-uri=x:%25", b"DELETE WHERE { <x:a> <x:none> 1 }",
                              "application/sparql-update"), {400}),
    "word-without-end": (update("INSERT DATA { " + "a" * 400_000), {400, 413, 503}),
    "escapes-without-end": (update("INSERT DATA { " + '\\"' * 300_000), {400, 413, 503}),
    "read-only-graph": (update("DROP GRAPH <http://zoo.example/graph/inferred>"), {403}),
    "contradiction": (update("INSERT DATA { <x:a> a <http://zoo.example/Bird>, <http://zoo.example/Fish> }"),
                      {409}),
    "long-update": (update("DELETE WHERE { ?s <x:none> '" + "a" * 300_000 + "' }"), {413}),
    # Uploads
    "laughs": (put(LAUGHS, "application/rdf+xml"), {400}),
    "xxe": (put(XXE, "application/rdf+xml"), {400}),
    "xxe-utf16": (put(XXE.decode().encode("utf-16"), "application/rdf+xml"), {400}),
    "deep-xml": (put(b"<a xmlns='x:'>" * 60_000, "application/rdf+xml"), {400}),
    "cut-xml": (put(b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><r:Description r:about='x:a'>"
                    b"<b xmlns='x:'>1</b>", "application/rdf+xml"), {400}),
    "xml-of-nothing": (put(b"", "application/rdf+xml"), {400}),
    "one-long-literal": (put(b"<x:a> <x:b> '" + b"a" * 1_000_000 + b"' ."), {201, 204}),
    "one-literal-of-escapes": (put(b"<x:a> <x:b> '" + rb"\n" * 400_000 + b"' ."), {201, 204, 503}),
    "patch-of-prefixes": (post("/graph/hostile", b"".join(b'PA "p%d" <x:%d> .\n' % (n, n) for n in range(5000))
                               + b"A <x:a> <x:b> <x:c> .\n" * 5000, "application/rdf-patch", method="PATCH"),
                          {201, 204}),
    "deep-json": (put(b"[" * 500_000, "application/ld+json"), {400}),
    "remote-context": (put(b'{"@context": "http://127.0.0.1:22/", "@id": "x:a"}', "application/ld+json"),
                       {400}),
    "import-context": (put(b'{"@context": {"@import": "http://127.0.0.1:22/"}, "@id": "x:a"}',
                           "application/ld+json"), {400}),
    "deep-terms": (put(b"<x:a> <x:b> " + b"<<( <x:a> <x:b> " * 50_000), {400}),
    "deep-lists": (put(b"<x:a> <x:b> " + b"(" * 500_000), {400}),
    "endless-prefixes": (put(b"".join(b"PREFIX p%d: <x:>\n" % n for n in range(50_000))), {201, 204}),
    "bomb": (put(BOMB, headers="Content-Encoding: gzip\r\n"), {413}),
    "nested-bomb": (put(NESTED_BOMB, headers="Content-Encoding: gzip\r\n"), {400}),
    "two-encodings": (put(NESTED_BOMB, headers="Content-Encoding: gzip, gzip\r\n"), {415}),
    "cut-gzip": (put(gzip.compress(b"<x:a> <x:b> 1 .")[:-4], headers="Content-Encoding: gzip\r\n"), {400}),
    "raw-deflate": (put(zlib.compress(b"<x:a> <x:b> 1 .")[2:-4], headers="Content-Encoding: deflate\r\n"),
                    {400}),
    "query-bomb": (query(gzip.compress(b"#" * 10_000_000), "Content-Encoding: gzip\r\n"), {413}),
    "too-large": (put(b"#" * 2_000_000), {413}),
    "owl-imports": (put(b"<x:a> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:22/> ."),
                    {201, 204}),
    "named-graphs": (put(b"<x:g> { <x:a> <x:b> 1 }", "application/trig"), {400}),
    "wrong-type": (put(b"<x:a> <x:b> 1 .", "application/rdf+xml"), {400}),
    "no-type": (put(b"<x:a> <x:b> 1 .", ""), {415}),
    "endless-boundary": (put(b"x", f"multipart/form-data; boundary={'b' * 5000}"), {400}),
    "patch-injection": (post("/graph/hostile", b"A <x:a> <x:b> 1 . } ; DROP ALL ; INSERT DATA {",
                             "application/rdf-patch", method="PATCH"), {400}),
}  # fmt: skip


def test_there_are_a_hundred_of_them() -> None:
    assert len(CASES) >= 100


@contextmanager
def connected(target: str, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A connection from an address of this machine: another address is another client."""
    host, port = target.removeprefix("http://").split(":")
    with socket.create_connection(
        (host, int(port)), timeout=30, source_address=(source, 0)
    ) as connection:
        yield connection


def exchange(target: str, sent: bytes, *, is_half_closed: bool = False) -> bytes:
    """All that comes back before the server closes the connection.

    Who closes its half of the connection is answered all the same, if it sent a whole request.
    """
    received = bytearray()
    with connected(target) as connection:
        try:
            connection.sendall(sent)
            if is_half_closed:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            pass  # an answer that came before it stays read
    return bytes(received)


def is_serving(target: str) -> bool:
    with urllib.request.urlopen(target + ASK, timeout=20) as response:
        return bool(json.load(response)["boolean"])


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_request_is_answered_and_the_next_one_too(target: str, case: str) -> None:
    sent, statuses = CASES[case]
    began = time.monotonic()
    received = exchange(target, sent, is_half_closed=0 in statuses)
    seconds = time.monotonic() - began
    status = int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/") else 0
    assert status in statuses, received[:2000]
    assert seconds < 15
    head, _, body = received.partition(b"\r\n\r\n")
    if status:
        assert b"access-control-allow-origin: *" in head.lower()
        assert b"set-cookie" not in head.lower()
    for secret in (b"root:", b"Traceback", SCRIPT.encode(), b"evil.example"):
        assert secret not in body
    if status == 503:
        assert b"\r\nretry-after:" not in head.lower()
        assert b'"bindings"' not in body
    assert is_serving(target)


def served_within(target: str, seconds: float) -> bool:
    """Whether ten small queries in a row are each answered in time."""
    for _ in range(10):
        began = time.monotonic()
        if not is_serving(target) or time.monotonic() - began > seconds:
            return False
    return True


def test_slow_clients_keep_nobody_waiting(target: str) -> None:
    halves = [b"GET /sparql HTTP/1.1\r\nHost: a\r\nX: ", query("ASK {}")[:-3], put(b"<x:a> ")[:-2]]
    with ExitStack() as stack:
        for number in range(150):
            connection = stack.enter_context(connected(target))
            connection.sendall(halves[number % len(halves)])
        assert served_within(target, 5)


def test_clients_that_never_read_keep_nobody_waiting(target: str) -> None:
    large = query("SELECT * { ?a <x:weight> ?c . ?d <x:weight> ?f } LIMIT 5000")
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(connected(target, "127.0.0.3"))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(large)
        assert served_within(target, 5)


def test_a_client_with_many_runaways_keeps_others_served(target: str) -> None:
    runaway, _ = CASES["cross-product"]
    with ExitStack() as stack:
        for _ in range(12):
            connection = stack.enter_context(connected(target, "127.0.0.2"))
            connection.sendall(runaway)
        assert served_within(target, 5)


def test_many_clients_with_a_runaway_each_keep_others_served(target: str) -> None:
    runaway, _ = CASES["cross-product"]
    with ExitStack() as stack:
        for number in range(12):
            connection = stack.enter_context(connected(target, f"127.0.1.{number + 1}"))
            connection.sendall(runaway)
        statuses = [exchange(target, get(ASK)).split(b" ", 2)[1] for _ in range(20)]
    # The first may have to wait for all of them, on a slow machine for longer than it may take.
    assert set(statuses) <= {b"200", b"503"}
    assert statuses.count(b"200") >= 19


def test_a_page_shows_a_script_as_text(target: str) -> None:
    sent, _ = CASES["script-in-literal"]
    head, _, page = exchange(target, sent).partition(b"\r\n\r\n")
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert SCRIPT.encode() not in page
    # Nor would one run that is in the page: only files of ours do.
    assert re.search(rb"content-security-policy: .*; script-src 'self';", head.lower())


def test_an_iri_that_runs_is_no_link(target: str) -> None:
    asked = quote("SELECT (IRI('javascript:alert(1)') AS ?x) {}")
    page = exchange(target, get(f"/query?query={asked}", "Accept: text/html\r\n"))
    assert b"javascript:alert(1)" in page
    assert b'href="javascript:' not in page.lower()
