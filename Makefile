# `make run` and `make test` do everything on an empty machine; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONWARNINGS :=

.PHONY: help
help: ## Say what there is to do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(VENV)/.runtime: requirements.txt
	@echo "[setup] environment and requirements (the first time takes some minutes)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.txt
	@echo "[setup] what development and tests need"
	@$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.runtime ## Make the environment
	@echo "[setup] ready: $$($(BIN)/python --version); next: make run"

.PHONY: run
run: setup ## Set up, fill the demo, match, and start the server
	@$(BIN)/python -m matcher demo
	@$(BIN)/python -m matcher serve

.PHONY: demo
demo: setup ## Fill the demo and match it, without starting the server
	@$(BIN)/python -m matcher demo

.PHONY: test
test: $(VENV)/.development ## Run everything that CI runs
	@tools/test.sh

.PHONY: check
check: $(VENV)/.development ## Run the quick checks only: format, lint, types, import directions
	@tools/check.sh

.PHONY: audit
audit: $(VENV)/.development ## Look up known weaknesses of the requirements
	@$(BIN)/python -m pip install --quiet pip-audit==2.10.1
	@$(BIN)/pip-audit -r requirements.txt

.PHONY: bench
bench: setup ## Measure speed and scale beside other libraries (installs these in .venv-bench; ARGS=--quick for a minute)
	@$(BIN)/python -m matcher bench --install $(ARGS)

.PHONY: clean
clean: ## Remove the demo's data (not the environment)
	rm -rf instance
