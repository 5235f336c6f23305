// SPDX-License-Identifier: Apache-2.0

// Package bench measures package otelcache beside other libraries. It is a
// module of its own, so that those libraries are no requirement of any service.
package bench
