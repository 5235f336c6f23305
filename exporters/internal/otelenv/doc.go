// SPDX-License-Identifier: Apache-2.0

// Package otelenv checks OpenTelemetry's environment variables. The SDK and its exporters log a malformed value, at a level that few
// programs show, and go on with a default; a service that was told where to send its telemetry should rather not start.
//
// A variable that is unset or blank is not set at all, as the specification has it. Errors name the variable and what it may be; they do not
// repeat values that may be secret.
package otelenv
