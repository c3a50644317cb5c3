# The front door. Everything is installed into the checkout; nothing else is needed than Python 3.11, git and make.

PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check fix bench fuzz real run worker migrations lock docs clean

demo: .venv/runtime  ## fill a lively community and start the whole service
	$(BIN)/python manage.py demo

test: .venv/dev  ## pass the tests: on PostgreSQL where it is installed, then on SQLite
	$(BIN)/python -m tests.run

check: .venv/dev  ## style, types, layers, dependencies, migrations, API document
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file build/openapi.yaml && cmp build/openapi.yaml docs/openapi.yaml

fix: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev  ## measure, as ratios within one run; QUICK=1 for a small one
	$(BIN)/python -m tests.bench

fuzz: .venv/dev  ## the differential fuzz of the rule language, larger
	LAURELS_FUZZ=20000 $(BIN)/pytest tests/members/domain/language -k fuzz

real: .venv/dev  ## real community data with known answers
	$(BIN)/python -m tests.real

run: .venv/runtime
	$(BIN)/python manage.py up

worker: .venv/runtime
	$(BIN)/celery -A config worker -P threads -c 2 --without-gossip --without-mingle

migrations: .venv/dev
	$(BIN)/python manage.py makemigrations

docs: .venv/dev  ## write the API document anew
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

lock: .venv/dev  ## pin the dependencies anew
	uv lock --upgrade
	uv export -q --no-dev --no-emit-project --format requirements-txt --no-annotate --no-header -o requirements.txt
	uv export -q --no-emit-project --format requirements-txt --no-annotate --no-header -o requirements-dev.txt

clean:
	rm -rf .venv .data build

# The lock names every package with its hash, so nothing is resolved: a release of tomorrow cannot break today's.
.venv/runtime: requirements.txt
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.txt
	touch $@

.venv/dev: requirements-dev.txt
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements-dev.txt
	mkdir -p build
	touch $@ .venv/runtime
