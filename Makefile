# SPDX-License-Identifier: Apache-2.0

modules := $(sort $(patsubst %/,%,$(dir $(shell find . -name go.mod -not -path './.*'))))
# The end-to-end tests have targets of their own.
tested := $(filter-out ./examples/e2e,$(modules))
released := $(filter-out ./docs ./examples%,$(modules))

# The race detector needs a C compiler; without one, the tests run without it.
race := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

# Tests of the documentation read files outside of their module, of which the go command's cache does not know.
uncached = $(if $(filter ./docs,$(m)),-count=1)

# A workspace would raise the versions that modules are tested with.
export GOWORK := off

tool := go tool -modfile=$(CURDIR)/.ci/tools/go.mod

.PHONY: all
all: generate lint test

.PHONY: test
test: ## tests of every module that need no other program, with the versions in its go.mod
	$(foreach m,$(tested),go -C $(m) test $(race) $(uncached) ./... &&) true

.PHONY: test-lowest
test-lowest: ## tests of the modules that services require, with the Go version in their go.mod, which is downloaded
	$(foreach m,$(released),GOTOOLCHAIN=go$(shell go -C $(m) list -m -f '{{.GoVersion}}') go -C $(m) test ./... &&) true

.PHONY: test-newest
test-newest: ## tests of every module with the newest version of every dependency, on a copy of the files
	bash .ci/newest $(MAKE) test

.PHONY: release-check
release-check: ## that the modules require one another as a release needs it, and that programs can be built with them
	go -C docs test -count=1 -v -run 'TestModules|TestConsumers' .

.PHONY: lint
lint: ## formatting, vet and staticcheck
	@unformatted=$$($(tool) gofumpt -l .) && test -z "$$unformatted" || { echo "not formatted with gofumpt:"; echo "$$unformatted"; exit 1; }
	$(foreach m,$(modules),(cd $(m) && go vet ./... && $(tool) staticcheck ./... && go mod tidy -diff) &&) true

.PHONY: vulncheck
vulncheck: ## known vulnerabilities that the code of any module reaches; skipped where the database of them cannot be reached
	bash .ci/vulncheck

.PHONY: format
format:
	$(tool) gofumpt -w .

.PHONY: tidy
tidy: ## go.mod and go.sum of every module
	$(foreach m,$(modules),go -C $(m) mod tidy &&) true

.PHONY: generate
generate: ## docs/metrics.md from the catalog
	go -C docs generate ./...

.PHONY: cost
cost: ## what operations may cost: allocations exactly, time as a share; the race detector would distort both
	go test -count=1 -run 'TestAllocations|TestCheaperThanByHand|TestCursorCost' -v ./otelcache

.PHONY: bench
bench: ## cost of each operation, beside the same telemetry written by hand, and of scrapes; about 10 minutes
	$(foreach m,otelcache exporters/prometheus,go -C $(m) test -run '^$$' -bench . -count 6 . &&) true | tee bench.out
	$(tool) benchstat bench.out

.PHONY: figures
figures: ## the tables of docs/performance.md about ways to write telemetry, and about scrapes; 5 minutes or more on a quiet machine
	{ go -C examples/bench test -run '^$$' -bench . -benchtime 300ms -count 6 -timeout 1h . && \
	go -C exporters/prometheus test -run '^$$' -bench Scrape -benchtime 2s -count 6 .; } > figures.out
	go -C examples/bench run ./figures < figures.out

.PHONY: e2e-backends
e2e-backends: ## builds the Collector, Jaeger and Prometheus, outside the repository; about 14 minutes the first time
	bash examples/e2e/backends.sh

.PHONY: e2e
e2e: e2e-backends ## end-to-end tests against them
	LMCACHE_OTEL_E2E=required go -C examples/e2e test $(race) -count=1 -v ./...
