# Two commands matter: `make report` and `make test`. Both set up the environment first; `make` alone lists all.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
SOURCES := $(shell find src notebooks data seeds -type f -not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*' -not -path 'data/calibration/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help report reports test test-long lint lab codebook calibrate lock clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

report: reports/overview/manifest.json  ## render reports/overview (HTML, PDF, data)

reports/%/manifest.json: reports/%.yaml $(SOURCES) | $(READY)
	$(BIN)/sitrep render $*

reports: $(patsubst %.yaml,%/manifest.json,$(wildcard reports/*.yaml))  ## render every report in reports/

test: $(READY)  ## run the tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: $(READY)  ## run the fuzzing and other long tests too
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'long or not long'

lint: $(READY)  ## check format, style, types and that notebooks carry no outputs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

lab: $(READY)  ## open JupyterLab on notebooks/explore.ipynb
	$(BIN)/jupyter lab notebooks/explore.ipynb

codebook: $(READY)  ## regenerate data/CODEBOOK.md and data/datapackage.json from src/sitrep/tables.py
	$(BIN)/python -m sitrep.codebook

calibrate: $(READY)  ## renew all measured error rates in data/calibration/ (some minutes)
	$(BIN)/python -m sitrep.calibrate

lock: $(READY)  ## compile requirements.txt from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev --no-header pyproject.toml -o requirements.txt

clean:  ## remove the environment and all that a render leaves beside the committed reports
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	git clean -fdXq reports
