// SPDX-License-Identifier: Apache-2.0

package otelcache

// Version is the version of this module, and of the instrumentation scope of what it records.
const Version = "0.1.0"
