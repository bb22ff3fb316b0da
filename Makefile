# Noisewise: `make run` trains, samples, measures and exports; `make test` runs all tests on both backends.
REQUIREMENTS ?= requirements.txt
VENV ?= .venv
RECIPE ?= mnist-small
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)
BIN = $(VENV)/bin
INSTALLED = $(VENV)/.installed-$(REQUIREMENTS)

export MLFLOW_DISABLE_TELEMETRY ?= true
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help run test test-slow check ui gpu-check lock

help:  ## Lists the targets.
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

run: $(INSTALLED)  ## Installs, then trains, samples, measures and exports RECIPE (default: mnist-small).
	$(BIN)/python -m app train $(RECIPE)

test: $(INSTALLED)  ## Installs, then runs all tests on TensorFlow and on JAX.
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest -q -n 2 --dist loadfile
	KERAS_BACKEND=jax $(BIN)/python -m pytest -q -n 2 --dist loadfile

test-slow: $(INSTALLED)  ## The tests marked slow, on TensorFlow and on JAX: minutes, not part of `test`.
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest -q -m slow
	KERAS_BACKEND=jax $(BIN)/python -m pytest -q -m slow

check: $(INSTALLED)  ## Style only: ruff's rules and format.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

ui: $(INSTALLED)  ## Opens the MLflow UI on this machine's runs.
	$(BIN)/python -m app ui

gpu-check: $(INSTALLED)  ## On a GPU machine: what could not be run on a CPU.
	$(BIN)/python -m pytest -q -m gpu tests/gpu

lock: $(INSTALLED)  ## Writes requirements.lock from this install.
	( head -1 requirements.lock; $(BIN)/pip freeze ) > requirements.lock.new && mv requirements.lock.new requirements.lock

$(INSTALLED): $(REQUIREMENTS) requirements-common.txt
	@test -n "$(PYTHON)" || { echo "Noisewise needs Python 3.11, 3.12 or 3.13 and found none on PATH. Install one, or pass PYTHON=/path/to/python."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(REQUIREMENTS)
	@touch $(INSTALLED)
