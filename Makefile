# What people type. The work is in scripts/.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: run build test lint fmt bench web help

run: ## Build podium and run the demo; needs only Go. ARGS="--listen :8080"
	@exec scripts/run.sh $(ARGS)

build: ## Build bin/podium
	@scripts/build.sh

test: ## Check everything: tools, lint, pages, tests with real servers
	@scripts/test.sh

lint: ## Check the Go files and the scripts
	@scripts/lint.sh

fmt: ## Format the Go files
	@scripts/fmt.sh

bench: ## Run the benchmarks, and the comparison with nginx
	@scripts/bench.sh

web: ## Build the pages into stb-api/web/dist; needs Node.js
	@scripts/web.sh

help: ## List these
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16
