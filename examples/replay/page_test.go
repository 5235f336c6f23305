// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

const (
	textFormat  = "text/plain;version=0.0.4"
	openMetrics = "application/openmetrics-text;version=1.0.0"
)

// TestPage reads the replay's page in each vocabulary with the parsers of Prometheus and its clients, and its linter.
func TestPage(t *testing.T) {
	for _, names := range []string{"otel", "lmcache", "both"} {
		t.Run(names, func(t *testing.T) {
			c := startCommand(t, nil, "-names", names, "-remote", "-cpu-bytes", "1048576")
			url := c.url(t) + "/metrics"
			c.awaitStderr(t, "serving until Ctrl-C")

			page, _ := get(t, url, textFormat)
			parser := expfmt.NewTextParser(model.LegacyValidation)
			families, err := parser.TextToMetricFamilies(strings.NewReader(page))
			if err != nil {
				t.Errorf("expfmt: %v", err)
			}
			native, lmcache := 0, 0
			for name := range families {
				switch {
				case strings.HasPrefix(name, "lmcache:"):
					lmcache++
				case strings.HasPrefix(name, "lmcache_"):
					native++
				}
			}
			if want := 0; names == "otel" && lmcache != want || names != "otel" && lmcache != lmcacheNames() {
				t.Errorf("got %d families with LMCache's names, want %d or, with otel names only, none", lmcache, lmcacheNames())
			}
			if (native > 0) != (names != "lmcache") {
				t.Errorf("got %d families with native names", native)
			}

			lintNative(t, page)
			openPage, contentType := get(t, url, openMetrics)
			if !strings.HasPrefix(contentType, "application/openmetrics-text") {
				t.Errorf("got content type %q, want OpenMetrics", contentType)
			}
			parse(t, page, textFormat)
			parse(t, openPage, contentType)

			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			c.expectStatus(t, statusInterrupted)
		})
	}
}

func lmcacheNames() (n int) {
	for _, m := range instruments.All() {
		if m.LMCache.Name != "" {
			n++
		}
	}
	return n
}

// lintNative finds problems with native names only: LMCache's are what they are.
func lintNative(t *testing.T, page string) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(page)).Lint()
	if err != nil {
		t.Errorf("promlint: %v", err)
	}
	for _, p := range problems {
		if !strings.HasPrefix(p.Metric, "lmcache:") {
			t.Errorf("promlint: %s: %s", p.Metric, p.Text)
		}
	}
}

// parse reads a page as Prometheus does when it scrapes.
func parse(t *testing.T, page, contentType string) {
	t.Helper()
	parser, err := textparse.New([]byte(page), contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		t.Fatalf("%s: %v", contentType, err)
	}
	series := 0
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", contentType, err)
		}
		if entry == textparse.EntrySeries {
			series++
		}
	}
	if series == 0 {
		t.Errorf("%s: no series", contentType)
	}
}
