# Everything here runs inside .venv, which the first use of any target makes from the two locks, hashes checked.
# The package index is the one that your uv settings name (UV_DEFAULT_INDEX); the locks name none.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
RESIDENTS ?= 10000
OPINIONS ?=
MAPPING ?=
NAME ?= walk
WORKERS ?= 2
TESTS ?=
FRIENDS ?=
PREFECT_PORT ?=
DOOR_PORT ?=
LINE_PORT ?=
RESIDENT_PORT ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
GINZA := .ginza
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export GX_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
# Compiled once, here and in the lock's packages: without it every start of a program compiles pandas and Prefect anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test check fix bench figures golden up docs pictures ginza

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{ printf "make %-8s %s\n", $$1, $$2 }'

$(READY): requirements.lock requirements/bootstrap.lock
	@command -v $(PYTHON) >/dev/null || { echo "Tayori needs Python 3.11 as $(PYTHON); name another with make PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Making $(VENV) from the lock (once; about 1.2 GB)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/bootstrap.lock
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --offline --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

demo: $(READY) ## Rehearse it all on dummy people: RESIDENTS=10000 OPINIONS=file MAPPING=file
	@$(BIN)/tayori demo --residents $(RESIDENTS) $(if $(OPINIONS),--opinions $(OPINIONS)) $(if $(MAPPING),--mapping $(MAPPING))

test: $(READY) ## Run the tests: TESTS=tests/vault WORKERS=2
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(TESTS)

check: $(READY) ## Style, types, layers, generated pages: what must hold before a commit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m cli.pages --check

fix: $(READY) ## Mend what the linter and the formatter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## Measure every set of figures and print them
	@$(BIN)/python -m bench all

figures: $(READY) ## Measure one set anew and write out/figures/NAME.json: NAME=walk PARTS=ingest
	@$(BIN)/python -m bench figures $(NAME) $(PARTS)

golden: $(READY) ## Write the golden files anew; read the difference before you commit it
	@GOLDEN=write $(BIN)/python -m pytest -q -m golden tests

up: $(READY) ## Run everything here until Ctrl-C: RESIDENTS=200 FRIENDS=0 PREFECT_PORT=4200 DOOR_PORT=8081 LINE_PORT=8082 RESIDENT_PORT=8083 OPINION_PORT=8084
	@exec $(BIN)/tayori up $(if $(findstring file,$(origin RESIDENTS)),,--residents $(RESIDENTS)) \
	  $(if $(FRIENDS),--friends $(FRIENDS)) $(if $(PREFECT_PORT),--prefect-port $(PREFECT_PORT)) \
	  $(if $(DOOR_PORT),--door-port $(DOOR_PORT)) $(if $(LINE_PORT),--line-port $(LINE_PORT)) \
	  $(if $(RESIDENT_PORT),--resident-port $(RESIDENT_PORT)) $(if $(OPINION_PORT),--opinion-port $(OPINION_PORT))

docs: $(READY) ## Write the generated pages anew (settings, cli, deployments)
	@$(BIN)/python -m cli.pages

pictures: $(READY) ## Draw the pictures of the residents' pages anew; look at them before you commit them
	@$(BIN)/python -m tests.path.pictures

ginza: $(GINZA)/.ready ## Make the second reader's own environment; then TAYORI_GINZA_PYTHON=.ginza/bin/python

$(GINZA)/.ready: requirements/ginza.lock | $(READY)
	@test -x $(GINZA)/bin/python || $(PYTHON) -m venv $(GINZA)
	@echo "Making $(GINZA) from its lock (once; about 0.6 GB)"
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(GINZA)/bin/python requirements/ginza.lock
	@touch $@
