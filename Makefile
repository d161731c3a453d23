# Nightdesk: `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := layers:.
unexport PYTHONDONTWRITEBYTECODE # or each of the tests' processes compiles all its modules again
.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: prerequisites
prerequisites:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { echo "Nightdesk needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1). Set PYTHON=."; exit 2; }
	@command -v node >/dev/null || { echo "Nightdesk needs Node.js 20 or newer on the PATH."; exit 2; }

$(VENV)/.bootstrap: requirements/bootstrap.txt | prerequisites
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.local: requirements/local.txt $(VENV)/.bootstrap
	@echo "Installing the desk's Python packages"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/local.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.bootstrap
	@echo "Installing the developer's Python packages"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/.local

web/node_modules/.installed: web/package-lock.json | prerequisites
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@

WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/vite.datafeed.config.ts 2>/dev/null)
web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	@echo "Building the web app"
	@cd web && npm run --silent build

.PHONY: run
run: $(VENV)/.local web/dist/index.html ## Run the whole desk on this machine (PORT=, REPLAY=, VENUES=live)
	@exec $(BIN)/python -m stacks.local run --port $(PORT)

.PHONY: dev
dev: $(VENV)/.dev web/node_modules/.installed ## Install everything a developer needs

.PHONY: check
check: dev lint types ## All static checks
	@$(BIN)/lint-imports

.PHONY: lint
lint: $(VENV)/.dev
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .
	@cd web && npm run --silent lint

.PHONY: types
types: $(VENV)/.dev
	@$(BIN)/mypy layers functions fargate stacks tests
	@cd web && npm run --silent types

.PHONY: test
test: dev check web/dist/index.html ## Every test, browser journeys included
	@cd web && npm run --silent test
	@$(BIN)/python -m tests.run

.PHONY: synth
synth: $(VENV)/.local ## Write the CloudFormation templates to cdk.out
	@$(BIN)/python -m stacks.app

.PHONY: layers
layers: $(VENV)/.local ## Build the third-party Lambda layers (needs the package index)
	@$(BIN)/python -m stacks.build layers

.PHONY: deploy
deploy: layers web/dist/index.html ## Deploy every stack into your AWS account
	@npx --yes aws-cdk@2.1148.1 deploy --all

.PHONY: bench
bench: dev web/dist/index.html ## Print every measured figure beside its bar; write bench.json
	@$(BIN)/python -m tests.perf

.PHONY: chaos
chaos: dev web/dist/index.html ## Kill parts of a running desk for ten minutes (MINUTES=); nothing may be lost or doubled
	@$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),10)

.PHONY: soak
soak: dev web/dist/index.html ## Run a desk undisturbed for an hour (MINUTES=) and look for anything lost or doubled
	@$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),60) --kill

.PHONY: lock
lock: $(VENV)/.bootstrap ## Pin requirements again
	@requirements/lock.sh

.PHONY: clean
clean: ## Stop the desk and forget its data, environment and builds
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m stacks.local clean; fi
	@rm -rf .nightdesk build cdk.out web/dist $(VENV) web/node_modules
