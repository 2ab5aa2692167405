# Every target works on a fresh machine with Python 3.11 or newer; the first one that needs it makes .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check engine test-integration bench bench-engine fuzz faults mutate docs lock clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(BIN)/noroshi: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/noroshi requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(BIN)/noroshi ## make .venv with what Noroshi needs to run

demo: $(BIN)/noroshi ## run the bundled sample through everything on the embedded broker; ends in alerts
	$(BIN)/noroshi demo

up: $(BIN)/noroshi ## start everything and keep it running; Ctrl-C stops it
	$(BIN)/noroshi up

test: $(VENV)/.dev ## run the tests (no server, no Java, no Docker)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not pipeline and not integration"
	$(BIN)/python -m pytest -m pipeline

check: $(VENV)/.dev ## lint, types, import direction, fresh docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/noroshi check
	$(BIN)/noroshi docs --check

test-integration: $(VENV)/.dev ## evaluation material, Apache Kafka, PostgreSQL, Prometheus (needs `make engine`)
	$(BIN)/python -m pytest -m integration

engine: ## install Apache Kafka, PostgreSQL, Prometheus and Alertmanager for test-integration (Debian, root)
	tests/engine/install

bench-engine: $(VENV)/.dev ## our worker beside Faust and aiokafka on both brokers (needs `make engine`)
	$(BIN)/python -m tests.engine.bench

faults: $(VENV)/.dev ## every crash point RUNS times on ENGINE, embedded or kafka (`make faults ENGINE=kafka RUNS=20`)
	$(BIN)/python -m tests.faults --runs $(or $(RUNS),20) --engine $(or $(ENGINE),embedded)

bench: $(VENV)/.dev ## ratios measured side by side in one run
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.backfill

fuzz: $(VENV)/.dev ## feed the classifier made-up texts: at most 200 000, at most 5 minutes
	$(BIN)/python -m tests.fuzz.classify

mutate: $(VENV)/.dev ## change the delivery core and the matcher in 1200 ways: do the tests notice at least 85 %?
	$(BIN)/python -m tests.mutation

docs: $(VENV)/.dev ## write the generated reference pages and schemas
	$(BIN)/noroshi docs

lock: ## compile the lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra embedded --extra postgres pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra embedded --extra postgres --group dev pyproject.toml -o requirements-dev.lock

clean: ## remove the environment and everything the demo left
	rm -rf $(VENV) state mutants .pytest_cache .mypy_cache .ruff_cache .hypothesis
