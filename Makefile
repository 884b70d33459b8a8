# `make` alone lists what one can do.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
# Where this is set, every process would compile every library anew: ten seconds for pytest, each time.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## several athletes, 120 nights, the mails; serves the pages until Ctrl-C (ONCE=1: stops by itself)
	@$(BIN)/python -m tests.demo $(if $(ONCE),--once)

run: $(RUNTIME) ## the service: web, clock and worker on an embedded Postgres (settings in .env)
	@$(BIN)/freshlegs up

# Three on two cores: a third of a worker's time is waiting for a browser, a server or a process.
test: $(DEV) ## every test but drills and benches, on a real Postgres
	@$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m "not drill and not bench"

lint: $(DEV) ## ruff, mypy --strict, import contracts, no registry addresses in locks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@! grep -nE 'https?://' requirements*.txt || { echo "a lock file names a registry"; exit 1; }

drills: $(DEV) ## kill processes, stop the database, race for tokens: prints DRILL lines, fails on a worse figure
	@$(BIN)/python -m tests.drills

audit: $(DEV) ## hashes, bill of materials, hidden secrets, dangerous calls, known holes: prints AUDIT lines
	@$(BIN)/python -m tests.supply_chain

bench: $(DEV) ## ratios measured side by side with a reference: prints BENCH lines
	@$(BIN)/python -m tests.bench $(NAMES)

bench-people: $(DEV) ## score our verdicts against what real people said next (needs ../shared/truth)
	@$(BIN)/python -m tests.bench.people $(ARGS)

bench-warnings: $(DEV) ## made-up runners with planted trouble: false starts, detection, rivals (ARGS=--small)
	@$(BIN)/python -m tests.bench.alarms $(ARGS)

lock: $(DEV) ## write the hashed requirements files anew
	@for set in ":requirements.txt" "--extra dev:requirements-dev.txt"; do \
	  $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --extra embedded --extra build \
	    $${set%%:*} pyproject.toml --no-header --no-annotate -o $${set##*:}; done

clean: ## remove the virtual environment and everything the demo or the service kept here
	@rm -rf $(VENV) .data .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# pip is there on every machine; uv, pinned by hash, makes the rest a matter of seconds.
$(VENV)/bin/uv: requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("freshlegs needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-uv.txt
	@touch $@

$(RUNTIME): $(VENV)/bin/uv requirements.txt pyproject.toml
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.txt
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@touch $@

.PHONY: help demo run test lint drills audit bench bench-people bench-warnings lock clean
