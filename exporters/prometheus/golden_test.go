// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
)

var update = flag.Bool("update", false, "write the pages to testdata")

// TestGolden compares the pages of one scripted workload, of an engine that
// does everything and one that does nothing, with testdata.
func TestGolden(t *testing.T) {
	for _, v := range both {
		t.Run(v.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// A resource without the version of the SDK.
				b := newBridge(t, []prometheus.Vocabulary{v}, sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "kv-cache"))))
				feed(t.Context(), t, b.monitor(t, llama, feedOptions...))
				b.monitor(t, mistral)
				time.Sleep(10 * time.Second) // for the hit rates
				got, file := b.text(t), filepath.Join("testdata", v.String()+".txt")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				compareLines(t, got, string(want))
				if got != string(want) && !t.Failed() {
					t.Errorf("the lines of %s are in another order", file)
				}
			})
		})
	}
}
