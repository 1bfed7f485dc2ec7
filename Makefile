# Everything here can be run again and again. `make demo` and `make test` are all that a new machine needs.
.DEFAULT_GOAL := help
.PHONY: help demo test check rig bench conformance lock screenshots

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

help:
	@echo "make demo   install, load the sample mailbox, run one pass, open the screen"
	@echo "make test   install what the tests need, lint, check types and run every test"
	@echo "make check  lint and types only"
	@echo "make rig    mailboxes at their worst: faults, kill -9 and moving mail over 20,000 messages"
	@echo "make bench  measure speed and memory; writes docs/performance.md"
	@echo "make conformance BACKEND=espocrm URL=https://crm.company.com USER=sam SECRET=...  hold an adapter against a live server"
	@echo "make screenshots  draw the README's pictures of the screen anew"
	@echo "make lock   resolve the dependencies anew into constraints.txt"

$(BIN)/python:
	$(PYTHON) -m venv .venv

# The stamps are newer than what they were made from, so nothing is installed twice.
.venv/installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

.venv/installed-tests: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[test]'
	@touch $@ .venv/installed

demo: .venv/installed
	$(BIN)/hitchpost demo

check: .venv/installed-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Three for two cores: a test often waits, for a screen to come to rest or for a server.
test: check
	$(BIN)/python -m pytest -n 3 --dist worksteal

rig: .venv/installed-tests
	HITCHPOST_RIG_MESSAGES=$${HITCHPOST_RIG_MESSAGES:-20000} $(BIN)/python -m pytest tests/journey/test_gmail_rig.py tests/journey/test_fault_rig.py -q

bench: .venv/installed-tests
	$(BIN)/python -m benchmarks

# USER counts only if it is given here: everybody's environment has one. OPTIONS="name=value name=value" sets others.
conformance: .venv/installed-tests
	@CONFORMANCE_BACKEND="$(BACKEND)" CONFORMANCE_URL="$(URL)" CONFORMANCE_OPTIONS="$(OPTIONS)" \
	  CONFORMANCE_USER="$(if $(filter command line,$(origin USER)),$(USER))" CONFORMANCE_SECRET="$(SECRET)" \
	  $(BIN)/python -m pytest tests/live/test_conformance.py -p no:cacheprovider

screenshots: .venv/installed
	$(BIN)/python docs/screenshots.py

lock: .venv/installed-tests
	$(BIN)/python -m pip --disable-pip-version-check install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --upgrade \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file constraints.txt
