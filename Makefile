# The developer's day. `make serve` and `make test` need Python 3.10 or later and make, nothing
# else: both build .venv on their first run and reuse it afterwards.
#
#   make serve PORT=8001      another port
#   make test TESTS=tests/web some of the tests
#   make PYTHON=python3.12    another Python to build .venv with

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
TESTS ?=

VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve test lint format types screenshot bench wheel clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

serve: $(VENV)/.installed  ## serve the graph on http://127.0.0.1:8000/
	$(BIN)/etown-kg serve --host $(HOST) --port $(PORT)

test: $(VENV)/.tools  ## run all tests
	$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/.tools  ## ruff: rules and layout
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.tools  ## let ruff mend the layout
	$(BIN)/ruff format .

types: $(VENV)/.tools  ## mypy, strict
	$(BIN)/mypy

screenshot: $(VENV)/.tools  ## take the pictures that the docs show
	$(BIN)/python docs/screenshot.py

bench: $(VENV)/.peers  ## compare with other engines; writes docs/benchmarks.md
	$(BIN)/python -m bench

wheel: $(VENV)/.tools  ## build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## remove everything that make built
	rm -rf $(VENV) build dist etown_kg/web/static/vendor frontend/testing .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo 'etown-kg needs Python 3.10 or later; name one with: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo 'this Python cannot make virtual environments; on Debian: apt install python3-venv' >&2; exit 1; }

# Installing also bundles the pages' JavaScript libraries (hatch_build.py).
INSTALLED_FROM := pyproject.toml hatch_build.py $(wildcard frontend/*.json frontend/*.py frontend/entries/*)

# Stamps: an install that was interrupted leaves none, so the next run starts it again.
$(VENV)/.installed: $(INSTALLED_FROM) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.tools: $(INSTALLED_FROM) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(VENV)/.installed $@

$(VENV)/.peers: $(INSTALLED_FROM) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,bench]'
	@touch $(VENV)/.installed $(VENV)/.tools $@
