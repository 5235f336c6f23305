# SPDX-License-Identifier: Apache-2.0

# The end-to-end tests are a module of their own, with targets of their own.
modules := . examples
all_modules := $(modules) examples/e2e

# The race detector needs a C compiler; without one, the tests run without it.
race := $(if $(filter 1,$(shell go env CGO_ENABLED)),-race)

tool := go tool -modfile=$(CURDIR)/.ci/tools/go.mod

.PHONY: all
all: generate lint test

.PHONY: test
test: ## tests of every module that need no other program
	$(foreach m,$(modules),go -C $(m) test $(race) ./... &&) true

.PHONY: lint
lint: ## formatting, vet and staticcheck
	@unformatted=$$($(tool) gofumpt -l .) && test -z "$$unformatted" || { echo "not formatted with gofumpt:"; echo "$$unformatted"; exit 1; }
	$(foreach m,$(all_modules),(cd $(m) && go vet ./... && $(tool) staticcheck ./... && go mod tidy -diff) &&) true

.PHONY: format
format:
	$(tool) gofumpt -w .

.PHONY: generate
generate: ## docs/metrics.md from the catalog
	go generate ./...

.PHONY: cost
cost: ## what operations may cost: allocations exactly, time as a share; the race detector would distort both
	go test -count=1 -run 'TestAllocations|TestCheaperThanByHand|TestCursorCost' -v ./otelcache

.PHONY: bench
bench: ## cost of each operation, beside the same telemetry written by hand; about 10 minutes
	go test -run '^$$' -bench . -count 6 ./otelcache ./exporters/prometheus | tee bench.out
	$(tool) benchstat bench.out

.PHONY: e2e-backends
e2e-backends: ## builds the Collector, Jaeger and Prometheus, outside the repository; about 14 minutes the first time
	bash examples/e2e/backends.sh

.PHONY: e2e
e2e: e2e-backends ## end-to-end tests against them
	LMCACHE_OTEL_E2E=required go -C examples/e2e test $(race) -count=1 -v ./...
