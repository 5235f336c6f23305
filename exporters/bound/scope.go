// SPDX-License-Identifier: Apache-2.0

package bound

import (
	"strings"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// scope holds what the meters of one instrumentation scope share, whichever
// host's provider they came from. The producer's lock guards it.
type scope struct {
	instrumentation.Scope

	producer    *Producer
	sdk         metric.Meter
	instruments map[identity]any
	streams     map[identity]stream // nil for one that is dropped
}

// identity tells instruments, and streams, apart as the SDK does: those that
// agree are one.
type identity struct {
	name, description, unit string
	kind                    sdkmetric.InstrumentKind
	number                  any // zero, of the type of measurements
}

func (p *Producer) scope(name string, opts []metric.MeterOption) *scope {
	c := metric.NewMeterConfig(opts...)
	key := instrumentation.Scope{
		Name: name, Version: c.InstrumentationVersion(), SchemaURL: c.SchemaURL(),
		Attributes: c.InstrumentationAttributes(),
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.scopes[key]
	if s == nil {
		s = &scope{
			Scope: key, producer: p, sdk: p.sdk.Meter(name, opts...),
			instruments: map[identity]any{}, streams: map[identity]stream{},
		}
		p.scopes[key] = s
	}
	return s
}

func (s *scope) instrument(kind sdkmetric.InstrumentKind, name, description, unit string) sdkmetric.Instrument {
	return sdkmetric.Instrument{Name: name, Description: description, Unit: unit, Kind: kind, Scope: s.Scope}
}

// stream is a metric that a view makes of an instrument.
type stream interface {
	describe() *description
	// newReading returns what a collection reads of the stream. It is called
	// before the callbacks are.
	newReading() reading
}

// description is what the kinds of streams have in common.
type description struct {
	sdkmetric.Stream

	scope *scope
	index int // among the producer's streams
}

func (d *description) describe() *description { return d }

// streamsOf returns what the views make of an instrument; without a view that
// matches, that is the instrument itself.
func (p *Producer) streamsOf(i sdkmetric.Instrument) []sdkmetric.Stream {
	var streams []sdkmetric.Stream
	for _, view := range p.views {
		if s, ok := view(i); ok {
			streams = append(streams, s)
		}
	}
	if streams == nil {
		streams = []sdkmetric.Stream{{Name: i.Name, Description: i.Description, Unit: i.Unit}}
	}
	return streams
}

// instrumentOf returns the instrument of a scope that agrees with i. If there is
// none, construct makes it, of the streams that are described and not dropped.
func instrumentOf[N int64 | float64, S stream, I any](
	scope *scope, i sdkmetric.Instrument, descriptions []sdkmetric.Stream,
	newStream func(*description) S, construct func([]S) I,
) I {
	p := scope.producer
	p.mu.Lock()
	defer p.mu.Unlock()
	key := identity{i.Name, i.Description, i.Unit, i.Kind, N(0)}
	if made, ok := scope.instruments[key]; ok {
		return made.(I)
	}
	var streams []S
	seen := map[identity]bool{}
	for _, d := range descriptions {
		// The first of several spellings of a name wins, even if it is dropped.
		key := identity{strings.ToLower(d.Name), d.Description, d.Unit, i.Kind, N(0)}
		if seen[key] {
			continue
		}
		seen[key] = true
		s, ok := scope.streams[key]
		if !ok {
			if d.Aggregation != sdkmetric.Aggregation(sdkmetric.AggregationDrop{}) {
				s = newStream(&description{Stream: d, scope: scope, index: len(p.streams)})
				p.streams = append(p.streams, s)
			}
			scope.streams[key] = s
		}
		if s != nil {
			streams = append(streams, s.(S))
		}
	}
	made := construct(streams)
	scope.instruments[key] = made
	return made
}
