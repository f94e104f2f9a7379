# Two commands do everything on a fresh machine: `make demo` and `make test`. Needs Python 3.11 or newer, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
ARGS ?=

.PHONY: help setup demo test lint types imports check bench screenshots clean

help: ## what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit("fluxtui needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11 …") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.created pyproject.toml constraints.txt
	@echo "installing fluxtui into $(VENV)"
	@$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(VENV)/.dev ## a virtual environment in .venv with everything

demo: $(VENV)/.runtime ## the program on a simulated fleet of four clusters (ARGS="--scenario storm")
	@$(BIN)/fluxtui demo $(ARGS)

test: $(VENV)/.dev ## the tests (ARGS="-k triage")
	@$(BIN)/pytest -n auto --dist loadfile $(ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.dev
	@$(BIN)/basedpyright --level error

imports: $(VENV)/.dev
	@$(BIN)/lint-imports

check: lint types imports test ## format, lint, types, layers and tests

bench: $(VENV)/.dev ## the benchmarks; results are explained in docs/benchmarks.md
	@$(BIN)/python -m benchmarks $(ARGS)

screenshots: $(VENV)/.dev ## the pictures of README and docs, made by the program itself
	@$(BIN)/python docs/screenshots.py $(ARGS)

clean: ## remove what these commands made
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache
