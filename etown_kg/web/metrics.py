"""``/metrics``: counts and times for Prometheus (https://prometheus.io/docs/instrumenting/).

Each process counts its own requests, and tells its own, unless the environment names a folder
(``PROMETHEUS_MULTIPROC_DIR``) where all of them count: then whichever is asked tells the sum. The
label of the route is its pattern, never the address itself, so that strangers cannot make labels.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from etown_kg.backend import Backend
from etown_kg.errors import UnavailableError

# Seconds; the last step below "more" is what a query with a token may take.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
# prometheus-client reads it when it is imported.
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Graph(Collector):
    """The size of what is served, asked for when somebody looks."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def collect(self) -> Iterator[Metric]:
        ready = GaugeMetricFamily("etown_ready", "Whether queries can be answered: 1 or 0")
        try:
            status = self._backend.status()
        except UnavailableError:
            ready.add_metric([], 0)
            yield ready
            return
        ready.add_metric([], 1)
        yield ready
        triples = GaugeMetricFamily("etown_triples", "Statements served", labels=["kind"])
        triples.add_metric(["asserted"], status.asserted)
        triples.add_metric(["inferred"], status.inferred)
        yield triples
        yield GaugeMetricFamily("etown_graphs", "Named graphs", value=len(status.graphs))
        yield GaugeMetricFamily("etown_changes", "Changes made to the data", value=status.number)


class _Counters(NamedTuple):
    """What counts the requests of one kind; to look each up takes longer than to count."""

    requests: Callable[[], None]
    seconds: Callable[[float], None]
    sent: Callable[[float], None]


class Metrics:
    """What is counted of all requests, by `Metrics.count`."""

    def __init__(self, backend: Backend) -> None:
        self._counters: dict[tuple[str, str, int], _Counters] = {}
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "etown_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "etown_request_seconds",
            "Time to the answer",
            ["route"],
            registry=self.registry,
            buckets=BUCKETS,
        )
        self._sent = Counter(
            "etown_response_bytes", "Bytes of answers", ["route"], registry=self.registry
        )
        folder = os.environ.get(FOLDER_VARIABLE)
        if folder is not None:  # prometheus-client counts there; these are what it has of it
            self.registry = CollectorRegistry()
            MultiProcessCollector(self.registry, path=folder)  # type: ignore[no-untyped-call]  # it has no types
        self.registry.register(_Graph(backend))

    def count(self, method: str, route: str, status: int, seconds: float, size: int) -> None:
        """Count a request that was answered with so many bytes after so many seconds."""
        counters = self._counters.get((method, route, status))
        if counters is None:
            counters = _Counters(
                self._requests.labels(method if method in _METHODS else "other", route, status).inc,
                self._seconds.labels(route).observe,
                self._sent.labels(route).inc,
            )
            if method in _METHODS:  # strangers make up others
                self._counters[method, route, status] = counters
        counters.requests()
        counters.seconds(seconds)
        counters.sent(size)


def register(app: Flask, backend: Backend) -> Metrics:
    """Count all requests, and answer ``/metrics``."""
    kept = Metrics(backend)

    @app.after_request
    def count(response: Response) -> Response:
        route = str(request.url_rule) if request.url_rule is not None else "none"
        seconds = time.perf_counter() - g.started
        size = response.content_length or 0
        kept.count(request.method, route, response.status_code, seconds, size)
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(kept.registry), content_type=CONTENT_TYPE)

    return kept


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
