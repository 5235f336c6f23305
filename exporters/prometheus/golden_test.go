// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
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
// does everything and one that does nothing, with testdata. They are the same
// with the SDK's instruments and with bound ones.
func TestGolden(t *testing.T) {
	for _, name := range []string{"sdk", "bound"} {
		for _, v := range both {
			t.Run(name+"/"+v.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					got, file := goldenPage(t, bridges[name], v), filepath.Join("testdata", v.String()+".txt")
					if *update && name == "sdk" {
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
}

// TestGoldenBoth: a page with both vocabularies is the same with either
// instruments.
func TestGoldenBoth(t *testing.T) {
	pages := map[string]string{}
	for name, newBridge := range bridges {
		synctest.Test(t, func(t *testing.T) { pages[name] = goldenPage(t, newBridge, both...) })
	}
	if pages["bound"] != pages["sdk"] || !strings.Contains(pages["sdk"], "lmcache:") || !strings.Contains(pages["sdk"], "lmcache_") {
		compareLines(t, pages["bound"], pages["sdk"])
		t.Error("the pages differ, or lack a vocabulary")
	}
}

func goldenPage(t *testing.T, newBridge newBridgeFunc, v ...prometheus.Vocabulary) string {
	t.Helper()
	// A resource without the version of the SDK.
	b := newBridge(t, v, sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "kv-cache"))))
	feed(t.Context(), t, b.monitor(t, llama, slow...))
	b.monitor(t, mistral)
	time.Sleep(10 * time.Second) // for the hit rates
	return settled(b.text(t))
}
