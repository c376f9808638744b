# Two commands to know: `make run` and `make test`. The rest is for those who work on Berth.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run test coverage conformance testdata postgres cluster lint fmt types pictures bench lock clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run ## Start the console (and a cluster to try it on) and say where to go
	@$(BIN)/python manage.py serve

test: .venv/dev ## The fast suite, on the embedded cluster
	@$(BIN)/pytest

coverage: .venv/dev ## The fast suite, and which lines and branches it never reached
	@$(BIN)/pytest --cov --cov-report=term

conformance: .venv/dev ## What meets the cluster, on a real control plane, which is built once (needs Go)
	@$(BIN)/python -m tests.controlplane build
	@$(BIN)/pytest --cluster real tests/kube tests/web tests/browser

testdata: ## Fetch other people's manifests for `make test`, which else leaves them out (needs Go)
	@cd tests/controlplane && go mod download k8s.io/api k8s.io/kubernetes

postgres: .venv/dev ## The tests that use the database, on PostgreSQL (needs Debian's postgresql)
	@$(BIN)/python -m tests.postgres

cluster: .venv/dev ## Start a real control plane to try things on, and print its kubeconfig
	@$(BIN)/python -m tests.controlplane start

lint: .venv/dev ## Everything that can be said without running it
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/mypy
	@$(BIN)/python -m tests.unused

fmt: .venv/dev ## Put code and templates into their form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

pictures: .venv/dev ## Render every screen into var/pictures
	@$(BIN)/python manage.py pictures

bench: .venv/dev ## Measure speed and memory (BERTH_KUBECONFIG=... for another cluster)
	@$(BIN)/python -m tests.bench

lock: .venv/dev ## Pin what requirements*.in ask for
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.lock
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header requirements-dev.in -o requirements-dev.lock

clean: ## Remove what was made here, the demo's data too
	rm -rf .venv var

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Berth needs Python 3.11 or later; say which with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }

.venv/run: .venv/bin/python requirements.lock
	@echo "Installing what the console needs (once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/dev: .venv/bin/python requirements-dev.lock
	@echo "Installing what the tests need (once) ..."
	@# uv installs three times as fast as pip, which brings it; where it cannot reach its index, pip goes on.
	@awk '/^uv==/,/[^\\]$$/' requirements-dev.lock > .venv/uv.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements-dev.lock || \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@ .venv/run
