// SPDX-License-Identifier: Apache-2.0

// Package e2e holds the end-to-end tests: examples/replay, with only its environment changed, sends to the real OpenTelemetry
// Collector, Prometheus and Jaeger, and the tests ask those programs what arrived.
//
// The programs are built by backends.sh (make e2e-backends) and kept outside the repository. Without them the tests skip, or fail where
// LMCACHE_OTEL_E2E is "required", as in CI.
// What must have arrived is computed from the replayed trace file by the tests themselves (workload_test.go), without any code
// of this repository.
package e2e
