# Every command a person needs; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export HOST ?= 127.0.0.1
export PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help demo run dev test format lint catalogue bench bench-large trials trials-large lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# The environment is made from the lock file, and made again only when the lock file changes.
$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: '$(PYTHON)' was not found. Name yours with 'make PYTHON=python3 …'."; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Hài Lòng into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/test.stamp: requirements-test.lock $(VENV)/run.stamp
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

demo: $(VENV)/run.stamp ## The whole platform with the units of Đà Nẵng and synthetic answers, on http://127.0.0.1:8000
	@exec $(BIN)/hailong demo

run: $(VENV)/run.stamp ## The same without demonstration waves and answers: an empty province
	@exec $(BIN)/hailong run

dev: $(VENV)/run.stamp ## One process that starts again when a file changes and shows tracebacks
	@exec $(BIN)/hailong dev

test: $(VENV)/test.stamp ## Everything; or, with FILE=tests/…/test_….py, the tests of one file or folder
ifdef FILE
	@$(BIN)/python -m pytest -q $(FILE)
else
	@$(BIN)/python -m tests.run
endif

format: $(VENV)/test.stamp ## Put sources into the one format, and mend what can be mended by a machine
	@$(BIN)/python -m ruff check --fix --quiet . || true
	@$(BIN)/python -m ruff format --quiet .

lint: $(VENV)/test.stamp ## Style, format, types, import rules and the rules of the house, no other tests
	@$(BIN)/python -m tests.run --only lint

catalogue: $(VENV)/test.stamp ## Collect the interface texts into survey/translations
	@$(BIN)/python -m tests.catalogue

bench: $(VENV)/test.stamp ## The figures of the README, measured on this machine
	@$(BIN)/python -m tests.load.bench

bench-large: $(VENV)/test.stamp ## 100,000,000 synthetic respondents in 100 Parquet parts, some minutes and 1 GB of disk
	@$(BIN)/python -m tests.load.large_bench

trials: $(VENV)/test.stamp ## How often the verdict's rule is wrong: 180 situations × 6,000 simulated surveys, some 5 minutes
	@$(BIN)/python -m tests.load.verdict_trials

trials-large: $(VENV)/test.stamp ## The same for the whole grid of 19,000 situations, some hours
	@$(BIN)/python -m tests.load.verdict_trials --large

lock: $(VENV)/test.stamp ## Choose the newest versions again and write the lock files
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --all-extras pyproject.toml -o requirements-test.lock
	@$(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --extra postgresql --extra analysis --extra exports --extra xlsform -c requirements-test.lock pyproject.toml -o requirements.lock

clean: ## Remove the environment and what was built; the record in instance/ stays
	@rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
