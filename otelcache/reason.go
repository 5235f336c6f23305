// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"go.opentelemetry.io/otel/attribute"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// MissReason says why a lookup did not find tokens. The zero MissReason is
// NotFound.
type MissReason uint8

// The reasons of misses. Tokens behind the first missing chunk take its reason.
const (
	// NotFound is for tokens that were never stored.
	NotFound MissReason = iota
	// Evicted is for tokens that made room for others.
	Evicted
	// Expired is for tokens whose time was over.
	Expired
	// Unreachable is for a tier that may have them and does not answer.
	Unreachable
	// TimedOut is for a tier that may have them and did not answer in time.
	TimedOut
	// LookupFailed is for a lookup that failed.
	LookupFailed
	// PromptChanged is for a prompt that differs from the one that was stored.
	PromptChanged
	// Elsewhere is for tokens that another worker has.
	Elsewhere
	// Uncacheable is for tokens that do not fill a chunk.
	Uncacheable

	otherReason
	numMissReasons
)

// String returns the reason's value of the attribute lmcache.miss.reason.
func (r MissReason) String() string { return missReasons[min(r, otherReason)] }

// SkipReason says why a store did not keep tokens. The zero SkipReason is Exists.
type SkipReason uint8

// The reasons of stores that do not keep tokens.
const (
	// Exists is for tokens that the cache has.
	Exists SkipReason = iota
	// Full is for tokens that the cache has no room for.
	Full
	// Policy is for tokens that a rule of the host keeps out.
	Policy
	// PutFailed is for tokens whose part of the store failed.
	PutFailed

	otherSkip
	numSkipReasons
)

// String returns the reason's value of the attribute lmcache.skip.reason.
func (r SkipReason) String() string { return skipReasons[min(r, otherSkip)] }

// EvictionReason says why a tier has keys no more. The zero EvictionReason is
// Capacity.
type EvictionReason uint8

// The reasons of evictions.
const (
	// Capacity is for keys that made room for others.
	Capacity EvictionReason = iota
	// Expiry is for keys whose time was over.
	Expiry
	// Deletion is for keys that the host does not want any more.
	Deletion
	// Loss is for keys that the tier lost.
	Loss

	otherEviction
	numEvictionReasons
)

// String returns the reason's value of the attribute lmcache.eviction.reason.
func (r EvictionReason) String() string { return evictionReasons[min(r, otherEviction)] }

var (
	missReasons     = valuesOf(instruments.LookupMissedTokens, instruments.MissReasonKey)
	skipReasons     = valuesOf(instruments.StoreSkippedTokens, instruments.SkipReasonKey)
	evictionReasons = valuesOf(instruments.TierEvictedKeys, instruments.EvictionReasonKey)
)

// valuesOf returns the values of an attribute, in the catalog's order.
func valuesOf(c instruments.Counter, key attribute.Key) (values []string) {
	for _, a := range c.Metric().Attributes {
		if a.Key == key {
			for _, v := range a.Values {
				values = append(values, v.Name)
			}
		}
	}
	return values
}

// missReasonOf returns the reason of the misses of a lookup that failed with err.
func missReasonOf(err error) (reason MissReason) {
	defer func() {
		if recover() != nil {
			reason = LookupFailed // an error of the host panicked
		}
	}()
	var network net.Error
	isNetwork := errors.As(err, &network)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isNetwork && network.Timeout():
		return TimedOut
	case isNetwork, errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Unreachable
	default:
		return LookupFailed
	}
}
