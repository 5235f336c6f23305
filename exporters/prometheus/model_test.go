// SPDX-License-Identifier: Apache-2.0

package prometheus_test

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"pgregory.net/rapid"

	"github.com/lmcache-go/lmcache-otel/exporters/bound"
	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
	"github.com/lmcache-go/lmcache-otel/instruments"
	"github.com/lmcache-go/lmcache-otel/otelcache"
)

// lmcacheModel keeps what LMCache would show of one engine, written down from
// LMCache's rules: numbers and lists, under LMCache's names without the prefix.
type lmcacheModel struct {
	numbers map[string]float64
	values  map[string][]float64
}

func newModel() *lmcacheModel {
	return &lmcacheModel{numbers: map[string]float64{"retrieve_hit_rate": 1}, values: map[string][]float64{}}
}

func (m *lmcacheModel) add(name string, v float64) { m.numbers[name] += v }

// record leaves out what LMCache's logger leaves out of a list: durations and
// speeds of nothing.
func (m *lmcacheModel) record(name string, v float64) {
	if v > 0 {
		m.values[name] = append(m.values[name], v)
	}
}

func (m *lmcacheModel) lookup(tokens, hits int, took time.Duration) {
	m.add("num_lookup_requests_total", 1)
	m.add("num_lookup_tokens_total", float64(tokens))
	m.add("num_lookup_hits_total", float64(hits))
	m.record("time_to_lookup", took.Seconds())
	if hits == 0 {
		m.add("lookup_0_hit_requests_total", 1)
	} else {
		m.record("request_cache_hit_rate", float64(hits)/float64(tokens))
	}
}

func (m *lmcacheModel) retrieve(tokens, hits int, took time.Duration, phases map[otelcache.PhaseName]time.Duration) {
	m.add("num_retrieve_requests_total", 1)
	m.add("num_requested_tokens_total", float64(tokens))
	m.add("num_hit_tokens_total", float64(hits))
	m.record("time_to_retrieve", took.Seconds())
	if took > 0 {
		m.record("retrieve_speed", float64(hits)/took.Seconds())
	}
	m.record("retrieve_process_tokens_time", phases[otelcache.ProcessTokens].Seconds())
	m.record("retrieve_broadcast_time", phases[otelcache.Broadcast].Seconds())
	m.record("retrieve_to_gpu_time", phases[otelcache.ToGPU].Seconds())
	m.record("remote_backend_batched_get_blocking_time", phases[otelcache.RemoteBatchedGet].Seconds())
	m.record("instrumented_connector_batched_get_time", phases[otelcache.ConnectorBatchedGet].Seconds())
	if took > slowTime {
		m.add("num_slow_retrieval_by_time_total", 1)
	}
	if speed := float64(hits) / took.Seconds(); hits > 0 && took > 0 && speed < slowSpeed {
		m.add("num_slow_retrieval_by_speed_total", 1)
	}
}

func (m *lmcacheModel) store(tokens int, took time.Duration, phases map[otelcache.PhaseName]time.Duration) {
	m.add("num_store_requests_total", 1)
	m.add("num_stored_tokens_total", float64(tokens))
	m.record("time_to_store", took.Seconds())
	if took > 0 {
		m.record("store_speed", float64(tokens)/took.Seconds())
	}
	m.record("store_process_tokens_time", phases[otelcache.ProcessTokens].Seconds())
	m.record("store_from_gpu_time", phases[otelcache.FromGPU].Seconds())
	m.record("store_put_time", phases[otelcache.Put].Seconds())
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

const (
	slowTime  = 50 * time.Millisecond
	slowSpeed = 1000
)

// TestModel: whatever happens, LMCache's page shows what the model of LMCache's
// rules has, whichever instruments monitors have.
func TestModel(t *testing.T) {
	for name, newProducer := range map[string]func() *bound.Producer{
		"sdk": func() *bound.Producer { return nil }, "bound": func() *bound.Producer { return bound.New() },
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				rapid.SyncTest(rt, func(rt *rapid.T) { checkModel(t, rt, newProducer()) })
			})
		})
	}
}

// checkModel runs in a bubble of testing/synctest, so that everything takes
// exactly as long as it sleeps.
func checkModel(t *testing.T, rt *rapid.T, producer *bound.Producer) {
	exporter, err := prometheus.New(prometheus.WithVocabulary(prometheus.LMCache), prometheus.WithBound(producer))
	if err != nil {
		rt.Fatal(err)
	}
	b := bridge{exporter, sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter)), producer}
	defer b.provider.Shutdown(context.Background()) //nolint:errcheck // a manual reader has nothing to flush
	engines := []otelcache.Engine{llama, mistral}
	run := &run{Context: t.Context()}
	for _, e := range engines {
		mon, err := otelcache.New(e, otelcache.WithMeterProvider(b.meters()), otelcache.WithLogger(slog.New(slog.DiscardHandler)),
			otelcache.WithSlowRetrieve(slowTime), otelcache.WithSlowRetrieveSpeed(slowSpeed), otelcache.WithHitRateInterval(10000*time.Hour))
		if err != nil {
			rt.Fatal(err)
		}
		defer mon.Close() //nolint:errcheck // nothing depends on it
		run.monitors, run.models = append(run.monitors, mon), append(run.models, newModel())
	}
	rt.Repeat(map[string]func(*rapid.T){
		"lookup": run.lookup, "retrieve": run.retrieve, "store": run.store, "transfer": run.transfer, "remote call": run.remoteCall,
		"remote": run.remote, "ping": run.ping, "local": run.local, "chunk": run.chunk, "engine": run.engine,
	})
	p := b.page(t)
	for i, e := range engines {
		run.models[i].compare(t, rt, p, e)
	}
}

// compare holds every family of the page against the model.
func (m *lmcacheModel) compare(t *testing.T, rt *rapid.T, p page, e otelcache.Engine) {
	if len(p) != lmcacheMetrics {
		rt.Errorf("%d families, want %d", len(p), lmcacheMetrics)
	}
	used := 0
	for name, family := range p {
		short := strings.TrimPrefix(name, "lmcache:")
		series := p.series(t, name, e)
		if family.GetType() != dto.MetricType_HISTOGRAM {
			if want, ok := m.numbers[short]; !near(number(series), want) {
				rt.Errorf("%s of %s is %v, want %v", name, e.ModelName, number(series), want)
			} else if ok {
				used++
			}
			continue
		}
		values, ok := m.values[short]
		if ok {
			used++
		}
		h, sum := series.GetHistogram(), 0.0
		for _, v := range values {
			sum += v
		}
		if h.GetSampleCount() != uint64(len(values)) || !near(h.GetSampleSum(), sum) {
			rt.Errorf("%s of %s has the count %d and the sum %v, want %d and %v", name, e.ModelName, h.GetSampleCount(), h.GetSampleSum(), len(values), sum)
		}
		metric, known := instruments.Lookup(name)
		if bounds := metric.LMCache.Bounds; !known || len(h.GetBucket()) != len(bounds)+1 {
			rt.Errorf("%s has the buckets %v, want them to end at %v", name, h.GetBucket(), bounds)
		}
		for _, bucket := range h.GetBucket() {
			want := uint64(0)
			for _, v := range values {
				if v <= bucket.GetUpperBound() {
					want++
				}
			}
			if got := bucket.GetCumulativeCount(); got != want {
				rt.Errorf("%s of %s has %d values up to %v, want %d of %v", name, e.ModelName, got, bucket.GetUpperBound(), want, values)
			}
		}
	}
	if want := len(m.numbers) + len(m.values); used != want {
		rt.Errorf("%d of the model's %d metrics are on the page", used, want)
	}
}

// near allows for the order in which floating-point numbers are added up.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a)) }

// run is one sequence of events. Each happens to one of the engines.
type run struct {
	context.Context
	monitors []*otelcache.Monitor
	models   []*lmcacheModel
}

func (r *run) draw(rt *rapid.T) (*otelcache.Monitor, *lmcacheModel) {
	i := rapid.IntRange(0, len(r.monitors)-1).Draw(rt, "engine")
	return r.monitors[i], r.models[i]
}

var errFailed = errors.New("failed")

// The numbers that events are made of. Times are often exactly at a bucket's
// bound.
var (
	tokenCounts = rapid.IntRange(0, 5000)
	smallCounts = rapid.IntRange(0, 100)
	byteCounts  = rapid.Int64Range(0, 1<<40)
	times       = rapid.OneOf(
		rapid.SampledFrom([]time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, time.Second, time.Minute, time.Hour}),
		rapid.Map(rapid.Int64Range(0, int64(20*time.Second)), func(n int64) time.Duration { return time.Duration(n) }),
	)
)

func (r *run) lookup(rt *rapid.T) {
	mon, m := r.draw(rt)
	tokens, took := tokenCounts.Draw(rt, "tokens"), times.Draw(rt, "time")
	hits := rapid.IntRange(0, tokens).Draw(rt, "hits")
	_, lookup := mon.StartLookup(r, tokens)
	time.Sleep(took)
	if rapid.Bool().Draw(rt, "fails") {
		lookup.Fail(errFailed)
		m.add("num_lookup_requests_total", 1)
		m.add("num_lookup_tokens_total", float64(tokens))
		return
	}
	lookup.Finish(hits)
	m.lookup(tokens, hits, took)
}

// phased runs through phases, some of them more than once. It returns the time
// of all and of each.
func phased(
	rt *rapid.T, names []otelcache.PhaseName, start func(otelcache.PhaseName) otelcache.Phase,
) (total time.Duration, spent map[otelcache.PhaseName]time.Duration) {
	spent = map[otelcache.PhaseName]time.Duration{}
	for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 6).Draw(rt, "phases") {
		took := times.Draw(rt, "time of the phase")
		phase := start(name)
		time.Sleep(took)
		phase.End()
		spent[name] += took
		total += took
	}
	return total, spent
}

func (r *run) retrieve(rt *rapid.T) {
	mon, m := r.draw(rt)
	tokens := tokenCounts.Draw(rt, "tokens")
	hits := rapid.IntRange(0, tokens).Draw(rt, "hits")
	_, retrieve := mon.StartRetrieve(r, tokens)
	took, phases := phased(rt, []otelcache.PhaseName{
		otelcache.ProcessTokens, otelcache.Broadcast, otelcache.ToGPU, otelcache.RemoteBatchedGet, otelcache.ConnectorBatchedGet,
	}, func(name otelcache.PhaseName) otelcache.Phase {
		_, phase := retrieve.StartPhase(r, name)
		return phase
	})
	if rapid.Bool().Draw(rt, "fails") {
		retrieve.Fail(errFailed)
		m.add("num_retrieve_requests_total", 1)
		m.add("num_requested_tokens_total", float64(tokens))
		return
	}
	retrieve.Finish(hits)
	m.retrieve(tokens, hits, took, phases)
}

func (r *run) store(rt *rapid.T) {
	mon, m := r.draw(rt)
	tokens := tokenCounts.Draw(rt, "tokens")
	stored := rapid.OneOf(rapid.IntRange(0, tokens), rapid.Just(otelcache.AllTokens)).Draw(rt, "stored")
	_, store := mon.StartStore(r, tokens)
	took, phases := phased(rt, []otelcache.PhaseName{otelcache.ProcessTokens, otelcache.FromGPU, otelcache.Put},
		func(name otelcache.PhaseName) otelcache.Phase {
			_, phase := store.StartPhase(r, name)
			return phase
		})
	if rapid.Bool().Draw(rt, "fails") {
		store.Fail(errFailed)
		m.add("num_store_requests_total", 1)
		return
	}
	store.Finish(stored)
	if stored == otelcache.AllTokens {
		stored = tokens
	}
	m.store(stored, took, phases)
}

func (r *run) transfer(rt *rapid.T) {
	mon, m := r.draw(rt)
	tokens, took := tokenCounts.Draw(rt, "tokens"), times.Draw(rt, "time")
	_, transfer := mon.StartTransfer(r, tokens, "peer")
	time.Sleep(took)
	if rapid.Bool().Draw(rt, "fails") {
		transfer.Fail(errFailed)
		return
	}
	transfer.Finish()
	m.record("p2p_time_to_transfer", took.Seconds())
	if took > 0 {
		m.record("p2p_transfer_speed", float64(tokens)/took.Seconds())
	}
}

// remoteCall is a call that the monitor times.
func (r *run) remoteCall(rt *rapid.T) {
	mon, m := r.draw(rt)
	bytes, took := byteCounts.Draw(rt, "bytes"), times.Draw(rt, "time")
	fails := rapid.Bool().Draw(rt, "fails")
	if rapid.Bool().Draw(rt, "get") {
		_, get := mon.StartRemoteGet(r)
		time.Sleep(took)
		if fails {
			get.Fail(errFailed)
			return
		}
		get.Finish(bytes)
		m.add("num_remote_read_requests_total", 1)
		m.add("num_remote_read_bytes_total", float64(bytes))
		m.values["remote_time_to_get"] = append(m.values["remote_time_to_get"], milliseconds(took))
		return
	}
	_, put := mon.StartRemotePut(r)
	time.Sleep(took)
	if fails {
		put.Fail(errFailed)
		return
	}
	put.Finish(bytes)
	m.add("num_remote_write_requests_total", 1)
	m.add("num_remote_write_bytes_total", float64(bytes))
	m.values["remote_time_to_put"] = append(m.values["remote_time_to_put"], milliseconds(took))
}

// remote is what callers that time calls themselves report.
func (r *run) remote(rt *rapid.T) {
	mon, m := r.draw(rt)
	read, written, usage := byteCounts.Draw(rt, "read"), byteCounts.Draw(rt, "written"), byteCounts.Draw(rt, "usage")
	took := times.Draw(rt, "time")
	mon.RecordRemoteRead(read)
	mon.RecordRemoteWrite(written)
	mon.RecordRemoteGetSyncTime(r, took)
	mon.SetRemoteCacheUsage(usage)
	m.add("num_remote_read_requests_total", 1)
	m.add("num_remote_read_bytes_total", float64(read))
	m.add("num_remote_write_requests_total", 1)
	m.add("num_remote_write_bytes_total", float64(written))
	m.values["remote_time_to_get_sync"] = append(m.values["remote_time_to_get_sync"], milliseconds(took))
	m.numbers["remote_cache_usage"] = float64(usage)
}

func (r *run) ping(rt *rapid.T) {
	mon, m := r.draw(rt)
	latency, code := times.Draw(rt, "latency"), rapid.IntRange(-2, 2).Draw(rt, "code")
	mon.RecordPing(latency, code)
	m.numbers["remote_ping_latency"] = milliseconds(latency)
	m.numbers["remote_ping_error_code"] = float64(code)
	if code == 0 {
		m.add("remote_ping_successes_total", 1)
	} else {
		m.add("remote_ping_errors_total", 1)
	}
}

func (r *run) local(rt *rapid.T) {
	mon, m := r.draw(rt)
	n := smallCounts.Draw(rt, "number")
	delta := rapid.IntRange(-50, 50).Draw(rt, "pinned")
	mon.RecordEviction(n)
	mon.RecordEvictionFailures(n)
	mon.RecordForcedUnpins(n)
	mon.SetActiveObjects(n)
	mon.SetLocalCacheUsage(int64(n))
	mon.SetLocalStorageUsage(int64(2 * n))
	mon.AddPinnedObjects(delta)
	m.add("local_cpu_evict_count_total", 1)
	m.add("local_cpu_evict_keys_count_total", float64(n))
	m.add("local_cpu_evict_failed_count_total", float64(n))
	m.add("forced_unpin_count_total", float64(n))
	m.numbers["active_memory_objs_count"] = float64(n)
	m.numbers["local_cache_usage"] = float64(n)
	m.numbers["local_storage_usage"] = float64(2 * n)
	if m.numbers["pinned_memory_objs_count"]+float64(delta) >= 0 { // more than are pinned cannot be unpinned
		m.add("pinned_memory_objs_count", float64(delta))
	}
}

func (r *run) chunk(rt *rapid.T) {
	mon, m := r.draw(rt)
	idle := times.Draw(rt, "idle")
	mon.RecordChunkReuse(r, idle)
	m.values["request_cache_lifespan"] = append(m.values["request_cache_lifespan"], idle.Minutes())
}

func (r *run) engine(rt *rapid.T) {
	mon, m := r.draw(rt)
	prompt := tokenCounts.Draw(rt, "prompt")
	hits := rapid.IntRange(0, prompt).Draw(rt, "hits")
	mon.AddEnginePromptTokens(prompt)
	mon.AddEngineHitTokens(hits)
	m.add("num_prompt_tokens_total", float64(prompt))
	m.add("num_vllm_hit_tokens_total", float64(hits))
}
