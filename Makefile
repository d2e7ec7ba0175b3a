# Everything a user or developer types. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/uv/bin/uv
HOST ?= 127.0.0.1
PORT ?= 3000

.DEFAULT_GOAL := help
.PHONY: help install demo demo-drift up serve test check format docs tour bench drift-study pictures clean lock

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "Installing into $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@test -x $(UV) || ($(PYTHON) -m venv $(VENV)/uv && $(VENV)/uv/bin/python -m pip install --quiet --disable-pip-version-check uv)
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

install: $(VENV)/.installed  ## make .venv from the hashed lock

demo: install  ## simulate 150 days of 2,000 listeners, materialise everything, show who is at risk
	@$(BIN)/churn-assets demo

demo-drift: install  ## change the simulated world half-way, and watch the model being mended
	@$(BIN)/churn-assets demo-drift

up: install  ## the Dagster UI on 127.0.0.1:3000, with its daemon
	@$(BIN)/dagster dev --host $(HOST) --port $(PORT)

serve: install  ## the HTTP API on 127.0.0.1:8000
	@$(BIN)/churn-assets serve

test: install  ## the whole suite
	@$(BIN)/python -m pytest -n 2 --dist loadscope -q

check: install  ## ruff, mypy, import-linter, freshness of generated docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/churn-assets docs --check
	@$(BIN)/python -m benchmarks.publish --check

format: install  ## format and fix what can be fixed
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: install  ## regenerate the generated pages
	@$(BIN)/churn-assets docs
	@$(BIN)/python -m benchmarks.publish

tour: install  ## execute the notebook tour on the home again, and keep its output
	@$(BIN)/python -m churn_assets_tests.workspace.tour

bench: install  ## measure speed and memory beside the references (STAGES="ingest drift" SIZE=small RESUME=1 SCRATCH=folder)
	@$(BIN)/python -m benchmarks $(STAGES) $(foreach size,$(SIZE),--size $(size)) $(if $(RESUME),--resume) $(if $(SCRATCH),--scratch $(SCRATCH))

drift-study: install  ## measure false alarms and power of the drift report; writes docs/drift.md
	@$(BIN)/python -m benchmarks.drift_alarms

pictures: install  ## photograph UI and pages of the demo in CHURN_HOME for the README; needs chromium
	@$(BIN)/python -m churn_assets_tests.ui.pictures

lock:  ## resolve the dependencies again
	@$(UV) pip compile --quiet --universal --generate-hashes --all-extras --no-emit-index-url --no-emit-find-links --no-header pyproject.toml --output-file requirements.lock

clean:  ## remove everything that was written below data/
	@find data -mindepth 1 ! -name README.md -delete
