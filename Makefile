# `make` lists what there is. Every target first makes .venv, or brings it up to date (tools/setup.sh).
# Works with GNU make 3.81 and in a folder whose path has spaces.

PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup lab test test-all notebooks experiments format

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup:
	@sh tools/setup.sh

lab: setup  ## copy what is new into work/ and open JupyterLab at lesson 00 (NO_BROWSER=1: only print the address)
	@$(PY) -m rnncourse lab

test: setup  ## unit tests, then every notebook cell by cell
	@status=0; \
	$(PY) -m pytest tests -q -n 2 --dist loadfile -m "not slow" || status=1; \
	$(PY) tools/run_notebooks.py || status=1; \
	exit $$status

test-all: setup  ## the same with the slow tests
	@status=0; \
	$(PY) -m pytest tests -q -n 2 --dist loadfile || status=1; \
	$(PY) tools/run_notebooks.py || status=1; \
	exit $$status

notebooks: setup  ## rebuild the notebooks whose source changed (ARGS="01 02", ARGS=--all, ARGS=--check)
	@$(PY) tools/build_notebooks.py $(ARGS)

experiments: setup  ## measure data/results/ and data/models/ again (ARGS="adding_by_lag": that table alone)
	@$(PY) tools/run_experiments.py $(ARGS)
	@test -n "$(ARGS)" || $(PY) tools/keep_weights.py

format: setup  ## format the Python files and mend what ruff can mend
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix
