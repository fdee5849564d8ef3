"""Servers compared over HTTP: `python -m bench.http` writes docs/benchmarks-http.md."""
