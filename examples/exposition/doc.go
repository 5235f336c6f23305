// SPDX-License-Identifier: Apache-2.0

// Package exposition holds the pages of package exporters/prometheus against the parsers that Prometheus itself scrapes with. It
// is here and not there because those parsers bring all of Prometheus's server along.
package exposition
