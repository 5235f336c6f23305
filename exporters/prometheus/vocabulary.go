// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"fmt"
	"strings"
)

// Vocabulary is the set of names under which the metrics of this module stand on a page.
type Vocabulary uint8

// The vocabularies.
const (
	// OTel is the default: names, labels and units as OpenTelemetry's own Prometheus exporter has them, for every metric of
	// the meter provider.
	OTel Vocabulary = iota
	// LMCache is LMCache's own names, labels, units and buckets, and nothing else.
	LMCache
	// Both is OTel and LMCache on one page; the two agree, because one collection feeds them.
	Both
)

var vocabularyNames = [...]string{OTel: "otel", LMCache: "lmcache", Both: "both"}

// String returns the name that [ParseVocabulary] accepts.
func (v Vocabulary) String() string {
	if int(v) >= len(vocabularyNames) {
		return fmt.Sprintf("Vocabulary(%d)", uint8(v))
	}
	return vocabularyNames[v]
}

// ParseVocabulary reads "otel", "lmcache" or "both", as a flag or a configuration file has it.
func ParseVocabulary(s string) (Vocabulary, error) {
	for v, name := range vocabularyNames {
		if s == name {
			return Vocabulary(v), nil
		}
	}
	return OTel, fmt.Errorf("%w %q: must be one of %s", ErrUnknownVocabulary, s, strings.Join(vocabularyNames[:], ", "))
}

func (v Vocabulary) hasOTel() bool    { return v != LMCache }
func (v Vocabulary) hasLMCache() bool { return v != OTel }
