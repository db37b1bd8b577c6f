# halfopen: `make help` lists the targets. Nothing is installed outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TYPECHECK := tests/typecheck
COMPILERS := $(TYPECHECK)/node_modules/.installed
SARIF := tests/sarif/node_modules/.installed
AXE := tests/report/node_modules/.installed
VSCODE := tests/vscode/node_modules/.installed
DOCFLOW := fixtures/docflow/frontend
VITEST := $(DOCFLOW)/node_modules/.installed
EXTENSION := clients/vscode/dist/halfopen.vsix

# What the caller's shell imports from must not stand in for what .venv holds.
unexport PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help install demo test lint types format bench schemas extension docs clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Create .venv with halfopen (editable) and every tool

demo: $(INSTALLED) ## See what halfopen finds in a small product that was quickly made
	@$(BIN)/python scripts/demo.py

test: lint types $(COMPILERS) $(SARIF) $(AXE) $(VITEST) $(VSCODE) $(EXTENSION) ## Check style, types and layers, then run every test
	@$(BIN)/python -m pytest -n auto

lint: $(INSTALLED) ## ruff check, ruff format --check, and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: $(INSTALLED) ## pyright, strict on server/, rules/ and website/
	@$(BIN)/pyright --project pyproject.toml

format: $(INSTALLED) ## Rewrite the code in the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(INSTALLED) ## Measure the time budgets, as ratios in one run
	@$(BIN)/python -m bench

schemas: $(INSTALLED) ## Write docs/schema anew from the models in the code
	@$(BIN)/python scripts/write_schemas.py

extension: $(EXTENSION) ## Build the VS Code extension: clients/vscode/dist/halfopen.vsix

docs: $(INSTALLED) ## Build the documentation's site: build/website/site
	@$(BIN)/python -m website

clean: ## Remove .venv and every cache
	rm -rf $(VENV) $(TYPECHECK)/node_modules tests/report/node_modules tests/sarif/node_modules $(DOCFLOW)/node_modules $(DOCFLOW)/dist tests/vscode/node_modules clients/vscode/node_modules clients/vscode/dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build artefacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@scripts/create-venv $(PYTHON) $(VENV)

$(INSTALLED): requirements-dev.txt pyproject.toml server/halfopen/__init__.py | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# TypeScript, and the types of what the fixtures import: tests/rule_fixtures compiles what each fix makes.
$(COMPILERS): $(addprefix $(TYPECHECK)/,package.json package-lock.json .npmrc)
	@command -v npm >/dev/null || { echo 'halfopen: npm is not on the PATH; "make test" needs it.' >&2; exit 1; }
	@cd $(TYPECHECK) && npm ci --loglevel=error >/dev/null
	@touch $@

# What looks for barriers in the HTML report.
$(AXE): $(addprefix tests/report/,package.json package-lock.json .npmrc)
	@cd tests/report && npm ci --loglevel=error >/dev/null
	@touch $@

# The SARIF validator, with the official schema: tests/cli holds the output against both.
$(SARIF): $(addprefix tests/sarif/,package.json package-lock.json .npmrc)
	@cd tests/sarif && npm ci --loglevel=error >/dev/null
	@chmod u+x tests/sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
	@touch $@

# The frontend of docflow, the model application, and what tests/docflow shows it with: the proxy and the browser.
$(VITEST): $(addprefix $(DOCFLOW)/,package.json package-lock.json .npmrc) scripts/install-from-debian
	@scripts/install-from-debian nginx nginx-light
	@scripts/install-from-debian chromium chromium
	@cd $(DOCFLOW) && npm ci --loglevel=error >/dev/null
	@touch $@

# A VS Code that a browser shows, the browser, and Emacs: tests work in them as a person does.
$(VSCODE): $(addprefix tests/vscode/,package.json package-lock.json .npmrc) scripts/install-code-server scripts/install-from-debian
	@scripts/install-from-debian chromium chromium
	@scripts/install-from-debian emacs emacs-nox elpa-eglot
	@cd tests/vscode && npm ci --loglevel=error >/dev/null
	@scripts/install-code-server tests/vscode
	@touch $@

$(EXTENSION): $(wildcard clients/vscode/src/*.ts) $(addprefix clients/vscode/,package.json package-lock.json .npmrc .vscodeignore esbuild.mjs tsconfig.json README.md CHANGELOG.md LICENSE icon.png)
	@cd clients/vscode && npm ci --loglevel=error >/dev/null
	@cd clients/vscode && npm run --silent package >/dev/null
