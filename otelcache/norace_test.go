// SPDX-License-Identifier: Apache-2.0

//go:build !race

package otelcache_test

const raceEnabled = false
