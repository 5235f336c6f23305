// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/lmcache-go/lmcache-otel/instruments"
)

// entry is a metric of the catalog with the names that a page gives it.
type entry struct {
	metric     instruments.Metric
	nativeName string
}

var (
	catalog = func() []entry {
		var list []entry
		for _, m := range instruments.All() {
			list = append(list, entry{m, nativeName(m)})
		}
		return list
	}()
	placeByName        = map[string]int{}
	placeByDescription = map[string]int{}
)

func init() {
	for place, e := range catalog {
		placeByName[e.metric.Name] = place
		placeByDescription[e.metric.Description] = place
	}
}

// notCollected stands for a metric that nothing was collected of.
var notCollected = &metricdata.Metrics{}

// locate puts each of the collected metrics where the catalog has it. When views made several streams of one instrument, the first
// counts: adding them up would count everything twice.
func locate(located []*metricdata.Metrics, collected []*metricdata.Metrics) {
	for place := range located {
		located[place] = notCollected
	}
	for _, m := range collected {
		if place, ok := placeByName[m.Name]; ok && located[place] == notCollected {
			located[place] = m
		}
	}
	for _, m := range collected { // a view that renames an instrument leaves its description
		if _, known := placeByName[m.Name]; known {
			continue
		}
		if place, ok := placeByDescription[m.Description]; ok && located[place] == notCollected {
			located[place] = m
		}
	}
}
