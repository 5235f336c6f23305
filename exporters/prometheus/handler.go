// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
)

// Handler returns the page: Prometheus's text format or, if the client asks for
// them, OpenMetrics with exemplars or protobuf, compressed if the client accepts
// it. Scrapes may overlap. One that fails is answered with status 500 and the
// reason, which also goes to [otel.Handle].
func (e *Exporter) Handler() http.Handler {
	return promhttp.HandlerFor(e.Gatherer(), promhttp.HandlerOpts{
		ErrorLog:          errorLog{},
		ErrorHandling:     promhttp.HTTPErrorOnError,
		EnableOpenMetrics: true,
	})
}

// errorLog sends promhttp's errors to [otel.Handle].
type errorLog struct{}

func (errorLog) Println(v ...any) {
	for i := range v {
		if err, ok := v[i].(error); ok {
			otel.Handle(fmt.Errorf("prometheus exporter: %w", err))
			return
		}
	}
	otel.Handle(errors.New("prometheus exporter: " + fmt.Sprint(v...)))
}
