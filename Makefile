# The two commands: `make demo` and `make test`. `make` alone prints this file's help.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Where to look for Python 3.11 or newer; `make PYTHON=/path/to/python test` takes that one only.
PYTHON ?= python3 python3.13 python3.12 python3.11
# Further words for pytest: `make test PYTEST_ARGS="-k wilson"`.
PYTEST_ARGS ?=

# How long `make fuzz` goes on, and where it starts counting its seeds.
SECONDS ?= 60
SEED ?= $(shell date +%s)

.PHONY: help demo test quick lint bench fuzz contract docs environment clean

help: ## print this help
	@echo "Usage: make <word>"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r word meaning; do printf '%-14s%s\n' "$$word" "$$meaning"; done

demo: $(STAMP) ## real DICOM files in, predictions and demo/report.html out (about five minutes)
	$(BIN)/dicomill demo

test: lint ## everything: linters, types, import rules and all tests
	$(BIN)/pytest -n 2 $(PYTEST_ARGS)

quick: $(STAMP) ## ruff, import rules and the tests that need neither time nor TensorFlow nor a server
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 -q -m "not slow and not tensorflow and not mysql" $(PYTEST_ARGS)

lint: $(STAMP) ## ruff, mypy and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## run the benchmarks of benchmarks/
	@set -e; for each in benchmarks/*.py; do \
		if [ ! -e "$$each" ]; then echo "benchmarks/ holds no benchmark."; break; fi; \
		echo "$$each"; $(BIN)/python -P "$$each"; \
	done

fuzz: $(STAMP) ## damage files and read them: `make fuzz SECONDS=600`, repeatable by SEED=number
	$(BIN)/python -P tests/fuzz/fuzzing.py --seconds $(SECONDS) --seed $(SEED)

contract: $(STAMP) ## every network at length: builds, learns, saves, loads; its table goes into docs/networks.md
	@mkdir -p build; rm -f build/contract.tsv
	DICOMILL_CONTRACT_TABLE=build/contract.tsv $(BIN)/pytest -q -m contract $(PYTEST_ARGS)
	$(BIN)/python -P docs/fill_contract.py build/contract.tsv

docs: $(STAMP) ## make the generated pages of docs/ again
	@set -e; for each in docs/make_*.py; do echo "$$each"; $(BIN)/python -P "$$each"; done

environment: $(STAMP) ## build .venv from requirements.lock, if it is not up to date

clean: ## remove the environment and what the tools left behind
	rm -rf $(VENV) build htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f .coverage .coverage.*

# Every package is pinned with its hashes; the project itself is linked in, not copied.
$(STAMP): requirements.lock setup.cfg
	@set -e; found=; \
	for each in $(PYTHON); do \
		if "$$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
		then found=$$each; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "dicomill needs Python 3.11, 3.12 or 3.13. Tried: $(PYTHON). Install one, or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; \
		exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$found has no venv module. Install it (Debian, Ubuntu: apt-get install python3-venv) and run make again." >&2; \
		exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	then "$$found" -m venv --clear $(VENV); fi
	@echo "Installing the packages of requirements.lock into $(VENV) (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
# Compiled by all cores, which pip would do by one; the few files that do not compile are templates.
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $@
