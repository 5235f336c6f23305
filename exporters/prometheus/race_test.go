// SPDX-License-Identifier: Apache-2.0

//go:build race

package prometheus_test

const raceEnabled = true
