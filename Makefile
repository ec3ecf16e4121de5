# The two commands of the README are `make demo` and `make test`; everything happens in .venv.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export MLFLOW_DISABLE_TELEMETRY := true
export PATH := $(CURDIR)/$(BIN):$(PATH)
FULL := .[train,ray,formats,sql,dev]
# uv looks for wheels where pip is told to look
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
endif
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

# uv installs the same set in a quarter of pip's time; where it cannot be had, pip does it.
define install
test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
$(PIP) uv || echo "uv cannot be installed; pip is used instead"
if test -x $(BIN)/uv; then $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '$(1)'; \
else $(PIP) -e '$(1)'; fi
endef

.PHONY: help demo test check repro benchmark notebooks release-model experiments ui docs clean

help:  ## list these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | column -t -s '|'

$(BIN)/claimstance: pyproject.toml constraints.txt Makefile
	$(call install,.)
	touch $@

$(VENV)/.full: pyproject.toml constraints.txt Makefile
	$(call install,$(FULL))
	touch $@ $(BIN)/claimstance

demo: $(BIN)/claimstance  ## base install, score the samples (larger model), show the claims, write out/report.html
	mkdir -p out
	claimstance score data/samples --model accurate --output out/claims.parquet --articles out/articles.parquet --html out/report.html --force
	claimstance show out/claims.parquet

test: $(VENV)/.full  ## every test of every tier
	python -m pytest -m "" -n auto --dist loadfile

check: $(VENV)/.full  ## style, types, layers
	ruff check .
	ruff format --check .
	mypy
	lint-imports

repro: $(VENV)/.full  ## the whole pipeline, from the corpus to scored samples
	dvc repro

benchmark: $(VENV)/.full  ## the default model on every test set that `prepare` made
	mkdir -p out
	claimstance evaluate --examples data/examples --corpus data/corpus --details out/benchmark.json

release-model: $(VENV)/.full  ## the released models anew: hours, see models/default/run/README.md
	cd models/default/run && for end in yaml lock; do ! test -f pipeline.$$end || cp pipeline.$$end dvc.$$end; done
	trap 'cd models/default/run; rm -f dvc.yaml; ! test -f dvc.lock || mv dvc.lock pipeline.lock' EXIT; \
	dvc repro models/default/run/dvc.yaml

experiments: $(VENV)/.full  ## DVC's experiments: headline numbers, and the parameters that differ
	dvc exp show --no-pager --only-changed --drop '^(pipeline|data|models|reports|constraints)' --sort-by test.overall --sort-order desc

ui: $(VENV)/.full  ## compare runs in MLflow on http://127.0.0.1:5000; prints the link of the run list
	claimstance ui

notebooks: $(VENV)/.full  ## run the notebooks and keep their outputs
	python notebooks/execute.py

docs: $(VENV)/.full  ## write docs/cli.md, the model cards and the README's table anew
	claimstance docs --model models/default --accurate models/accurate --reference docs/cli.md --card docs/model-card.md --readme README.md

clean:  ## remove outputs and caches
	rm -rf out .cache
