// SPDX-License-Identifier: Apache-2.0

// Package views makes SDK views from the catalog: which metrics are kept, with
// which attributes, and with which buckets.
//
// Without views, the instruments' own advice gives histograms LMCache's buckets,
// unless the reader prefers exponential ones. [New] without options pins LMCache's
// buckets. Its options change them, for one instrument or for all, and drop
// metrics and attributes.
//
// A metric has several names: OpenTelemetry's ("lmcache.retrieve.duration"),
// LMCache's ("lmcache:time_to_retrieve"), LMCache's without the prefix
// ("time_to_retrieve"), and for a histogram that of LMCache's configuration
// ("histogram_bucket_time_to_retrieve"). In a pattern, * stands for any characters
// of such a name ("lmcache.remote.*", "remote_*"). A name of no metric is an error
// that suggests the nearest name; so is a pattern that matches none.
//
// The views match this module's instruments only, each at most once. The SDK makes
// one stream for every view that matches, so that a host with views of its own for
// the same instruments gets these metrics twice.
package views
