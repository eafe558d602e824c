# Everything needs nothing before it: each target sets up what it uses.
PYTHON ?= python3
BIN := .venv/bin
VENDOR := api/web/static/vendor
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup run test check bench drill screenshots wheel lock clean

setup: .venv/.ready $(VENDOR)/icons.svg

.venv/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (set PYTHON=…)"; exit 1; }
	@echo "Installing locked dependencies (a minute or two) …"
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo "apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -W ignore -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENDOR)/htmx.min.js: package-lock.json
	@command -v npm >/dev/null || { echo "apt-get install npm"; exit 1; }
	@npm ci --loglevel=error --no-progress --no-audit --no-fund >/dev/null
	@mkdir -p $(VENDOR)
	@cp node_modules/echarts/dist/echarts.min.js $(VENDOR)/
	@cp node_modules/htmx.org/dist/htmx.min.js $(VENDOR)/

$(VENDOR)/icons.svg: $(VENDOR)/htmx.min.js $(wildcard api/web/templates/*.html api/web/templates/*/*.html)
	@$(PYTHON) -m api.web.sprite node_modules/lucide-static/icons $@

run: setup
	@$(BIN)/yingsheng demo $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/tsc --project .

test: check
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadgroup -r fEs $(ARGS)

bench: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks $(ARGS)

drill: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m drills $(ARGS)

screenshots: setup
	$(BIN)/python -m benchmarks.screenshots $(ARGS)

wheel: setup
	$(BIN)/python -m build --wheel --no-isolation

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-annotate --no-header pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-annotate --no-header --group dev pyproject.toml -c requirements/runtime.txt -o requirements/dev.txt

clean:
	rm -rf .venv node_modules dist $(VENDOR)
