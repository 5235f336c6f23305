// SPDX-License-Identifier: Apache-2.0

package otelcache

import (
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
)

var textSeeds = []string{
	"", "llama-3-70b", "a\x00b", "a\xffb", "token \xff", "\xed\xa0\x80", "界\xe7\x95", "\x1b[31m\r\n",
	strings.Repeat("x", 255) + "界", strings.Repeat("x", 254) + "\U0001F600", strings.Repeat("\xff", 256), strings.Repeat("a\xff", 128),
	strings.Repeat("x", 256), strings.Repeat("x", 257), strings.Repeat("界", 2000), strings.Repeat("\x80", 5000), strings.Repeat("e\xff", 3000),
}

// FuzzCleanText holds what both rules promise of any text.
func FuzzCleanText(f *testing.F) {
	for _, seed := range textSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range []textRule{nameText, spanText} {
			got := r.clean(text)
			if !utf8.ValidString(got) || len(got) > r.limit {
				t.Errorf("got %q of %d bytes, want valid UTF-8 of at most %d", got, len(got), r.limit)
			}
			if again := r.clean(got); again != got {
				t.Errorf("%q becomes %q when it is cleaned again", got, again)
			}
			repaired := strings.ToValidUTF8(text, "\uFFFD")
			if len(text) <= r.limit && len(repaired) <= r.limit {
				if got != repaired {
					t.Errorf("got %q, want %q", got, repaired)
				}
				continue
			}
			if r.hashed {
				if other := r.clean(text + "x"); other == got {
					t.Errorf("%d bytes and one more are both %q", len(text), got)
				}
			} else if !strings.HasPrefix(repaired, got) && !strings.HasPrefix(repaired+"\uFFFD", got) {
				t.Errorf("%q is not the beginning of the text", got)
			}
		}
	})
}

// TestCleanTextIsCutAtARune has runes of each length across each limit.
func TestCleanTextIsCutAtARune(t *testing.T) {
	for _, r := range []string{"x", "é", "界", "\U0001F600"} {
		for pad := range utf8.UTFMax {
			text := strings.Repeat("x", pad) + strings.Repeat(r, 4096)
			got := spanText.clean(text)
			if !strings.HasPrefix(text, got) || len(got) <= 4096-len(r) || len(got) > 4096 {
				t.Errorf("%d bytes and %q: cut to %d bytes that end in %q", pad, r, len(got), got[len(got)-4:])
			}
			name := nameText.clean(text)
			beginning, hash, _ := strings.Cut(name, "~")
			if !strings.HasPrefix(text, beginning) || len(name) <= 256-len(r) || len(name) > 256 || len(hash) != 16 {
				t.Errorf("%d bytes and %q: the name is %q", pad, r, name)
			}
		}
	}
}

// TestCleanAttributes has values of each type, those of later versions of
// OpenTelemetry by their Go types.
func TestCleanAttributes(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, c := range []struct{ attr, want attribute.KeyValue }{
		{attribute.Bool("k", true), attribute.Bool("k", true)},
		{attribute.Int64("k", 7), attribute.Int64("k", 7)},
		{attribute.Float64("k", 0.5), attribute.Float64("k", 0.5)},
		{attribute.String("k", "v"), attribute.String("k", "v")},
		{attribute.String("k\xff", "v\xff"), attribute.String("k\uFFFD", "v\uFFFD")},
		{attribute.String("k", long), attribute.String("k", long[:4096])},
		{attribute.StringSlice("k", []string{"a", "", "b\x00"}), attribute.StringSlice("k", []string{"a", "", "b\x00"})},
		{attribute.StringSlice("k", []string{"a\xff", "b"}), attribute.StringSlice("k", []string{"a\uFFFD", "b"})},
		{attribute.StringSlice("k", []string{"a", long}), attribute.String("k", `["a","`+long[:4096-6])},
		{attribute.StringSlice("k", make([]string, 5000)), attribute.String("k", (`[` + strings.Repeat(`"",`, 5000))[:4096])},
		{attribute.Int64Slice("k", make([]int64, 512)), attribute.Int64Slice("k", make([]int64, 512))},
		{attribute.Int64Slice("k", make([]int64, 5000)), attribute.String("k", ("[" + strings.Repeat("0,", 5000))[:4096])},
		{attribute.Float64Slice("k", []float64{0.5}), attribute.Float64Slice("k", []float64{0.5})},
		{attribute.BoolSlice("k", make([]bool, 4096)), attribute.BoolSlice("k", make([]bool, 4096))},
		{attribute.KeyValue{Key: "k"}, attribute.KeyValue{Key: "k"}},
	} {
		given := []attribute.KeyValue{attribute.Int("before", 1), c.attr, attribute.Int("after", 2)}
		got := spanText.attributes(given)
		if len(got) != 3 || got[0] != given[0] || got[2] != given[2] || got[1].Key != c.want.Key || got[1].Value != c.want.Value {
			t.Errorf("%v becomes %v, want %v", c.attr, got, c.want)
		}
		if given[1] != c.attr {
			t.Errorf("the caller's own %v is changed", c.attr)
		}
	}
}

func TestSizeOf(t *testing.T) {
	value := attribute.StringValue
	for _, c := range []struct {
		value any
		size  int
		valid bool
	}{
		{[]byte("\xff\xfe"), 2, true}, // is no text
		{[]attribute.Value{value("ab"), value("c"), attribute.Int64Value(1)}, 3 + 2 + 8, true},
		{[]attribute.Value{value("ab"), value("\xff")}, 3 + 2, false},
		{[]attribute.KeyValue{attribute.String("k", "ab")}, 1 + 3, true},
		{[]attribute.KeyValue{attribute.String("k\xff", "ab")}, 2 + 3, false},
		{[]attribute.KeyValue{attribute.StringSlice("k", []string{"\xff"})}, 1 + 2, false},
		{[]float64{1, 2}, 16, true},
		{true, 1, true},
		{nil, 1, true},
		{struct{}{}, 0, false},
	} {
		if size, valid := sizeOf(c.value); size != c.size || valid != c.valid {
			t.Errorf("%v: got %d bytes, valid: %t, want %d and %t", c.value, size, valid, c.size, c.valid)
		}
	}
}

// TestTextIsNotKept checks that what is cut does not keep the whole in memory.
func TestTextIsNotKept(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	if got := spanText.clean(long); unsafe.StringData(got) == unsafe.StringData(long) {
		t.Error("the text that is left keeps the whole in memory")
	}
}
