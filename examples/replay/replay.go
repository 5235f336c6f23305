// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// engine is the identity under which the replay reports.
var engine = otelcache.Engine{ModelName: "replay", WorkerID: "0", Role: "worker", ServedModelName: "replay"}

// replay does all that the options ask for, until ctx ends. What is left out because ctx ended is not an error.
func replay(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	requests, err := o.requests()
	if err != nil {
		return err
	}
	bar := newProgress(stderr, len(requests))
	warn := newWarnings(bar)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { warn.add("telemetry", err) }))

	tel, err := startTelemetry(ctx, o)
	if tel == nil {
		return err
	}
	if err != nil {
		warn.add("telemetry", err) // the rest of it works
	}
	mon, err := otelcache.New(engine, otelcache.WithMeterProvider(tel.meters), otelcache.WithTracerProvider(tel.tracers),
		otelcache.WithLogger(warn.logger))
	if err != nil {
		return errors.Join(err, tel.shutdown(stderr))
	}
	// A closed monitor has nothing to report to the last push, so that it is closed after it. That telemetry was lost is a warning:
	// the replay itself has been done.
	defer func() {
		if lost := tel.shutdown(stderr); lost != nil {
			warn.add("telemetry", lost)
		}
		warn.flush()
		err = errors.Join(err, mon.Close())
	}()

	kv, err := openCache(ctx, o, mon, tel.tracers, warn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kv.close()) }()

	r := &run{options: o, mon: mon, cache: kv, tracers: tel.tracers, warn: warn, bar: bar}
	if err := r.observe(); err != nil {
		return err
	}
	srv, err := serve(o.listen, tel.page, o.names)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, srv.close()) }()
	fmt.Fprintf(stderr, "replay: %s; metrics at %s/metrics\n", o.describe(len(requests)), srv.url)

	cursor := mon.Cursor()
	began := time.Now()
	done := r.all(ctx, requests)
	elapsed := time.Since(began)
	bar.finish()
	warn.flush()
	result := summary{stats: cursor.Next(), hits: r.hits.load(), requests: done, of: len(requests), elapsed: elapsed}
	if ctx.Err() == nil && !o.linger.none() {
		result.endpoint = srv.url
	}
	result.write(tableOutput(stdout, stderr))
	return o.linger.wait(ctx, stderr, srv.failed)
}

// run is a replay in progress.
type run struct {
	options
	mon     *otelcache.Monitor
	cache   *cache
	tracers trace.TracerProvider
	warn    *warnings
	bar     *progress

	hits       tierTokens
	unfinished atomic.Int64 // requests that arrived and are not finished
}

// observe feeds the gauges that are read when somebody asks.
func (r *run) observe() error {
	_, err := r.mon.Observe(instruments.SchedulerUnfinishedRequests, func() float64 { return float64(r.unfinished.Load()) })
	return errors.Join(err, r.cache.observe())
}

// all replays the requests and returns how many were served.
func (r *run) all(ctx context.Context, requests []request) (served int) {
	type job struct {
		number int
		request
	}
	jobs := make(chan job)
	var done atomic.Int64
	var workers sync.WaitGroup
	for range r.workers {
		workers.Go(func() {
			w := newWorker(r)
			for j := range jobs {
				// A request that has begun is finished, also when the replay is interrupted.
				w.serve(context.WithoutCancel(ctx), j.number, j.request)
				r.unfinished.Add(-1)
				done.Add(1)
				r.bar.add()
			}
		})
	}
	began := time.Now()
	for i, q := range requests {
		if !r.waitForArrival(ctx, began, q) {
			break
		}
		r.unfinished.Add(1)
		select {
		case jobs <- job{i + 1, q}:
			continue
		case <-ctx.Done():
			r.unfinished.Add(-1)
		}
		break
	}
	close(jobs)
	workers.Wait()
	return int(done.Load())
}

// maxWait keeps times from overflowing at a speed close to 0.
const maxWait = 1 << 62

// waitForArrival returns false when ctx ended before the request arrived.
func (r *run) waitForArrival(ctx context.Context, began time.Time, q request) bool {
	if r.speed == 0 {
		return ctx.Err() == nil
	}
	after := time.Duration(min(float64(q.at)/r.speed, maxWait))
	timer := time.NewTimer(time.Until(began.Add(after)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
