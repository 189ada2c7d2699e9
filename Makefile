# Everything runs from one virtual environment that make builds by itself: a fresh machine needs only Python >= 3.11 and make.
# `make` or `make help` lists the targets. PYTHON=python3.12 picks another Python, VENV=path another place,
# EXTRAS=dev,browser installs FiftyOne too, and `make test` then opens the review in a browser (chromium has to be there).

PYTHON ?= python3
VENV ?= .venv
SCALE ?= 1
EXTRAS ?= dev

PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
ANNOTOOL := $(VENV)/bin/annotool
SAMPLES := sample_data

.PHONY: help env demo test lint type docs docs-check bench scorecard constraints
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP) ## the virtual environment, built once (.venv)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "annotool needs Python >= 3.11, $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@echo "installing annotool and its tools into $(VENV) (a minute or two)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]' --constraint constraints.txt
	@touch $@

# An audit that finds errors ends with exit code 1, a fix with errors left as well: news, not a failure of the demo.
demo: env ## audit the faulty samples, fix, convert, balance
	@set -u; out=$$(mktemp -d); \
	say() { printf '\n\n=== %s\n' "$$*"; }; \
	run() { printf '\n$$ annotool %s\n' "$$*"; $(ANNOTOOL) "$$@" || test $$? -eq 1; }; \
	set -e; \
	say 'Audit: the same pictures in three formats, each with faults planted in it'; \
	for data in coco voc yolo; do run audit $(SAMPLES)/faulty/$$data; done; \
	say 'Predictions: labels that a good model disagrees with'; \
	run audit $(SAMPLES)/faulty/cases/PRD001/data --predictions $(SAMPLES)/faulty/cases/PRD001/predictions; \
	say 'Explain: what a rule looks for, and who stumbles over it'; \
	run rule BOX002; \
	say 'Fix: what can be mended without changing a fact, into a new folder; then what is left'; \
	run fix $(SAMPLES)/faulty/voc --out "$$out/fixed"; \
	run audit "$$out/fixed" --output-format concise; \
	run undo "$$out/fixed/fixes.jsonl"; \
	say 'Convert a clean set, and count it'; \
	run convert $(SAMPLES)/coco --to yolo --out "$$out/yolo"; \
	run balance $(SAMPLES)/coco; \
	say 'Your turn'; \
	printf '\n$(ANNOTOOL) audit PATH    a folder, a file or a data.yaml of yours; README.md has more\n'; \
	printf 'What was written here is in %s\n' "$$out"

# The App, its database and a browser fill two cores: what needs them runs first and by itself (skipped where they are not), and
# what fails then gets one more try, for a browser on a busy machine runs into time limits.
APP := $(PY) -m pytest -m 'review or browser'

test: env ## all tests
	@$(APP) || $(APP) --last-failed
	@$(PY) -m pytest -m 'not review and not browser' -n auto --dist loadgroup

lint: env ## ruff: rules and format
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

type: env ## mypy --strict
	@$(PY) -m mypy

docs: env ## write the generated parts of README.md and docs/
	@$(PY) docs/generate.py

docs-check: env ## fail when they are out of date
	@$(PY) docs/generate.py --check

bench: env ## speed and memory against peers -> docs/benchmarks.md (make bench SCALE=0.01: a quick look, written nowhere)
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[bench]' --constraint constraints.txt
	@$(PY) bench/run.py --scale $(SCALE)
	@$(PY) -m bench.images --images $$($(PY) -c 'print(max(round(2000 * $(SCALE)), 10))')
	@$(PY) -m bench.evaluate --images $$($(PY) -c 'print(max(round(5000 * $(SCALE)), 10))')
	@$(PY) -m bench.report --images $$($(PY) -c 'print(max(round(118287 * $(SCALE)), 10))')
	@-$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[browser]' --constraint constraints.txt
	@$(PY) -m bench.review --images $$($(PY) -c 'print(max(round(50000 * $(SCALE)), 100))')

scorecard: env ## planted faults, found or not, beside peers -> docs/scorecard.md (about ten minutes)
	@$(PYTHON) -m venv $(VENV)-peers
	@$(VENV)-peers/bin/python -m pip install --quiet --disable-pip-version-check hotcoco panlabel 'datumaro[cli]'
	@$(PY) -m bench.scorecard --peers $(VENV)-peers/bin

constraints: env ## pin what the environment holds now into constraints.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev,dask,bench,browser]'
	@$(PY) -m pip freeze --exclude-editable --exclude pip --exclude setuptools > constraints.txt
