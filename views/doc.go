// SPDX-License-Identifier: Apache-2.0

// Package views makes SDK views from the catalog: which metrics are kept, with which attributes, and with which buckets.
//
// Without views, the instruments' own advice gives histograms LMCache's buckets, unless the reader was told to prefer exponential ones.
// [New] without options pins LMCache's buckets; its options change them, one instrument at a time or all, and drop what is not wanted.
//
// Metrics are named by their OpenTelemetry name ("lmcache.retrieve.duration"), LMCache's ("lmcache:time_to_retrieve"), LMCache's without the
// prefix ("time_to_retrieve"), histograms also as in LMCache's configuration ("histogram_bucket_time_to_retrieve"), or by a pattern of any of
// these, in which * stands for any characters ("lmcache.remote.*", "remote_*"). A name or pattern that names nothing is an error that suggests
// the nearest name.
//
// The views concern this module's instruments only, and match each at most once: the SDK makes one stream for every view that matches, so a host
// that adds views of its own for the same instruments gets these metrics twice.
package views
