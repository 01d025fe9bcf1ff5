# Two commands do everything on a machine with python3 (3.11+), python3-venv and make:
#   make demo    opens the page on a synthetic mall, with a case and recorded witnesses
#   make test    runs the tests
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check -q

.PHONY: demo test test-all lint bench clean

demo: .venv/.demo
	$(BIN)/cmps demo

test: .venv/.dev
	$(BIN)/pytest

test-all: .venv/.dev
	$(BIN)/pytest -m "slow or not slow"

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.dev
	$(BIN)/python -m benchmarks

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml | .venv/bin/python
	$(PIP) install -e ".[simulator]"
	touch $@

# torch first and by its pin: plain "torch" would bring several GB of CUDA packages
.venv/.dev: pyproject.toml | .venv/bin/python
	$(PIP) install torch==2.13.0
	$(PIP) install -e ".[dev,train]"
	touch $@

clean:
	rm -rf .venv demo dist build .mypy_cache .ruff_cache .pytest_cache
