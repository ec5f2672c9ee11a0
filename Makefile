# The two commands are `make report` and `make test`; `make` alone prints this help.
PYTHON ?= python3
BIN    := .venv/bin
ifeq ($(OS),Windows_NT)
BIN    := .venv/Scripts
endif
BENCH  := $(subst .venv,.venv-bench,$(BIN))
READY  := .venv/ready

export PYTHONHASHSEED := 0
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
unexport PYTHONDONTWRITEBYTECODE

NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/sanitize.cfg --nbval-cell-timeout 120 \
         --nbval-kernel-startup-timeout 180 -n 2 --dist loadscope

.DEFAULT_GOAL := help
.PHONY: help report test elsewhere notebooks docs thorough benchmark start sample lock clean

help:            ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

report: $(READY) ## run every lesson on its default data and write reports/index.html
	$(BIN)/crmlab report --to html,pdf,docx --out reports

test: $(READY)   ## unit tests, doctests, and every notebook re-executed and compared
	$(BIN)/python -m pytest -q -n 2
	$(BIN)/python -m pytest -q $(NBVAL) notebooks

elsewhere: $(READY) ## every lesson as on other processors (AVX-512, AVX2 off, other sums, threads), compared to the byte
	$(BIN)/python tests/elsewhere.py

thorough: $(READY) ## the slow checks: many seeds, live peers (writes tests/thorough.md)
	$(BIN)/python -m pip install -q -e ".[peers]"
	$(BIN)/python -m pytest -q -m slow tests

benchmark:       ## the peers' timings beside ours, in .venv-bench (writes benchmarks/README.md, grading.md)
	$(PYTHON) -m venv .venv-bench
	$(BENCH)/python -m pip install -q --disable-pip-version-check -e ".[big,bench,report]"
	$(BENCH)/python -W ignore benchmarks/customer_summary.py
	$(BENCH)/python -W ignore benchmarks/grading.py

notebooks: $(READY) ## re-execute the lessons in place and strip what changes from run to run
	$(BIN)/python -m crmlab.desk.run notebooks

docs: $(READY)   ## write docs/teaching.md from what the exercises say
	$(BIN)/python docs/make.py

start: $(READY)  ## open JupyterLab on working copies of the lessons
	@$(BIN)/python -c "import jupyterlab" 2> /dev/null || { echo "JupyterLab is fetched into .venv, this once: some 40 MB, one to three minutes."; \
	    $(BIN)/python -m pip install --disable-pip-version-check -e ".[lab]"; }
	@$(BIN)/crmlab start

sample: $(READY) ## write the finished report that the README shows
	$(BIN)/crmlab report loyalty --to html,pdf --out reports/loyalty
	cp reports/loyalty/loyalty.html reports/loyalty/loyalty.pdf reports/sample/
	cp reports/loyalty/results/zones/figure.png reports/sample/figure.png

lock:            ## resolve requirements.lock again (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --no-annotate -q --extra report --extra test --extra real --extra spss --extra big pyproject.toml -o requirements.lock

clean:           ## remove .venv, generated reports and caches
	rm -rf .venv .venv-bench .pytest_cache reports/start_here reports/relationships reports/loyalty reports/portfolio reports/qci reports/index.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'crmlab needs Python 3.11 or newer. This is ' + sys.version.split()[0] + '. Say make PYTHON=python3.12, or another you have.')"
	@echo "crmlab is set up in .venv, this once: some 200 MB of packages, two to five minutes."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps -e .
	@touch $(READY)
