// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// textRule is what becomes of text that a caller gives. It is made valid UTF-8,
// with U+FFFD for what is not, and cut to a length. One string that is not valid
// would make protobuf refuse the whole batch that it is in, and Prometheus the
// whole page. NUL and other control characters stay: both accept them.
type textRule struct {
	limit  int // bytes
	hashed bool
}

var (
	// nameText is for attributes of metrics, and for the keys of attributes. A name
	// that is cut ends in a hash of the whole, so that two long names stay two.
	nameText = textRule{limit: 256, hashed: true}
	// spanText is for attributes of spans and the texts of errors.
	spanText = textRule{limit: 4096}
)

// cleanName returns a name that identifies a series. It reports one that is not
// clean, where the caller says.
func cleanName(name, where string) string {
	clean := nameText.clean(name)
	if clean != name {
		report(textRepaired, "%q in %s", clean, where)
	}
	return clean
}

const hashBytes = 8

// clean returns text as the rule wants it. Text that obeys the rule is returned
// as it is.
func (r textRule) clean(text string) string {
	if r.isClean(text) {
		return text
	}
	self.count(instruments.OTelRepairedTexts)
	repaired := strings.ToValidUTF8(cut(text, r.limit), "\uFFFD")
	if len(text) <= r.limit && len(repaired) <= r.limit {
		return repaired
	}
	if !r.hashed {
		return strings.Clone(cut(repaired, r.limit)) // or it would keep the whole text in memory
	}
	hash := sha256.Sum256([]byte(text))
	suffix := "~" + hex.EncodeToString(hash[:hashBytes])
	return cut(repaired, r.limit-len(suffix)) + suffix
}

func (r textRule) isClean(text string) bool { return len(text) <= r.limit && utf8.ValidString(text) }

// cut returns the first limit bytes of text, or up to three fewer, so that it does
// not end within a rune.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// attributes returns attributes as the rule wants them: their keys as names, their
// texts clean, and their other values at most as long as texts. Those that obey
// the rule are returned as they are.
func (r textRule) attributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	for i, a := range attrs {
		if r.isCleanAttribute(a) {
			continue
		}
		clean := append(make([]attribute.KeyValue, 0, len(attrs)), attrs[:i]...)
		for _, a := range attrs[i:] {
			clean = append(clean, r.attribute(a))
		}
		return clean
	}
	return attrs
}

// links returns links with clean attributes.
func (r textRule) links(links []trace.Link) []trace.Link {
	for i := range links {
		if !slices.ContainsFunc(links[i].Attributes, func(a attribute.KeyValue) bool { return !r.isCleanAttribute(a) }) {
			continue
		}
		clean := slices.Clone(links)
		for i := range clean {
			clean[i].Attributes = r.attributes(clean[i].Attributes)
		}
		return clean
	}
	return links
}

func (r textRule) isCleanAttribute(a attribute.KeyValue) bool {
	return nameText.isClean(string(a.Key)) && r.isCleanValue(a.Value)
}

func (r textRule) isCleanValue(v attribute.Value) bool {
	switch v.Type() {
	case attribute.EMPTY, attribute.BOOL, attribute.INT64, attribute.FLOAT64:
		return true
	case attribute.STRING:
		return r.isClean(v.AsString())
	}
	size, valid := sizeOf(v.AsInterface())
	return valid && size <= r.limit
}

func (r textRule) attribute(a attribute.KeyValue) attribute.KeyValue {
	key, value := attribute.Key(nameText.clean(string(a.Key))), a.Value
	if value.Type() == attribute.STRINGSLICE {
		value = validSlice(value.AsStringSlice())
	}
	if !r.isCleanValue(value) {
		value = attribute.StringValue(r.clean(value.Emit()))
	}
	return attribute.KeyValue{Key: key, Value: value}
}

// validSlice returns a slice of texts that are valid.
func validSlice(list []string) attribute.Value {
	for i, text := range list {
		if !utf8.ValidString(text) {
			self.count(instruments.OTelRepairedTexts)
			list[i] = strings.ToValidUTF8(text, "\uFFFD")
		}
	}
	return attribute.StringSliceValue(list)
}

// sizeOf returns the bytes of a value that is no plain one, and whether all texts
// in it are valid. Types that OpenTelemetry has since 1.44 are among them.
func sizeOf(value any) (size int, valid bool) {
	valid = true
	switch v := value.(type) {
	case bool:
		return 1, true
	case int64, float64:
		return 8, true
	case string:
		return len(v) + 1, utf8.ValidString(v) // with an end, so that a million of empty ones are long
	case []bool:
		return len(v), true
	case []byte:
		return len(v), true
	case []int64:
		return 8 * len(v), true
	case []float64:
		return 8 * len(v), true
	case []string:
		for _, s := range v {
			size += len(s) + 1
			valid = valid && utf8.ValidString(s)
		}
	case []attribute.Value:
		for _, element := range v {
			n, ok := sizeOf(element.AsInterface())
			size, valid = size+n, valid && ok
		}
	case []attribute.KeyValue:
		for _, a := range v {
			n, ok := sizeOf(a.Value.AsInterface())
			size, valid = size+n+len(a.Key), valid && ok && utf8.ValidString(string(a.Key))
		}
	case nil:
		return 1, true
	default:
		return 0, false // a type yet to come: as text it is safe
	}
	return size, valid
}
