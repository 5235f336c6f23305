// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"google.golang.org/protobuf/proto"

	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// typed is an error with a type of its own.
type typed string

func (typed) Error() string       { return "failed" }
func (e typed) ErrorType() string { return string(e) }

// TestHostileText has what callers may say as the identity of an engine, as an
// attribute and as the type of an error. Every page and every message for
// Prometheus is valid and not much larger for it.
func TestHostileText(t *testing.T) {
	for name, v := range vocabularies {
		t.Run(name, func(t *testing.T) {
			for what, text := range map[string]string{
				"invalid": "token \xff", "1 MB": strings.Repeat("x", 1<<20), "NUL": "a\x00b", "lines": "a\n# TYPE b counter\r\n\"}", "empty": "",
			} {
				t.Run(what, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						handled(t)
						b := newBridge(t, v)
						feed(t.Context(), t, b.monitor(t, llama))
						clean := len(b.text(t))
						e := otelcache.Engine{ModelName: text, WorkerID: "1" + text, Role: text, ServedModelName: text}
						m := b.monitor(t, e, otelcache.WithAttributes(attribute.String("tenant", text)))
						feed(t.Context(), t, m)
						_, l := m.StartLookup(t.Context(), 1)
						time.Sleep(time.Second)
						l.Fail(fmt.Errorf("get: %w", typed(text)))
						b.page(t) // which parses it
						b.openMetrics(t)
						if size := len(b.text(t)); size > 20*clean { // it has lines of 1 KiB
							t.Errorf("the page has %d bytes, with an engine of short names %d", size, clean)
						}
						families, err := b.exporter.Gatherer().Gather()
						if err != nil {
							t.Fatal(err)
						}
						for _, f := range families {
							if _, err := proto.Marshal(f); err != nil {
								t.Errorf("%s: %v", f.GetName(), err)
							}
						}
					})
				})
			}
		})
	}
}
