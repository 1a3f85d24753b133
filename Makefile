# make run: index the bundled reports, answer the example question, serve the page.
# make test: format, lint, types, tests.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS ?= dev
QUESTION ?= how do bureaus handle repeated petitioning
PORT ?= 8000

.PHONY: run test check bench clean
.DEFAULT_GOAL := run

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

run: $(VENV)/installed
	$(BIN)/bureau index
	$(BIN)/bureau ask '$(QUESTION)'
	$(BIN)/bureau serve --port $(PORT)

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: check
	$(BIN)/python -m pytest

bench: $(VENV)/installed
	$(BIN)/python -m indexer.bench

clean:
	rm -rf $(VENV) .bureau .mypy_cache .ruff_cache .pytest_cache
