// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/lmcache-go/lmcache-otel/exporters/prometheus"
)

// options are what the command line asks for.
type options struct {
	trace         string // a file; empty: the generated workload
	seed          uint64
	speed         float64 // 0: as fast as it goes
	workers       int
	bytesPerToken int
	cpuBytes      int64  // 0: unlimited
	disk          string // a directory; empty: no disk tier
	remote        bool
	redis         string // an address; empty: the embedded server
	listen        string
	names         string // a key of vocabularies
	instruments   string // sdkInstruments or boundInstruments
	linger        linger
}

// bothNames is the default of -names.
const bothNames = "both"

// What -instruments chooses from.
const (
	boundInstruments = "bound" // those of exporters/bound, the default
	sdkInstruments   = "sdk"   // OpenTelemetry's own
)

// vocabularies are what -names chooses from.
var vocabularies = map[string][]prometheus.Vocabulary{
	"otel": {prometheus.OTel}, "lmcache": {prometheus.LMCache}, bothNames: {prometheus.OTel, prometheus.LMCache},
}

const usageHead = `Replays LLM requests through a small tiered KV cache that is instrumented with lmcache-otel.

Usage: replay [flags]

`

const usageTail = `
Examples:
  replay -linger 0s                                a generated workload, then the table
  replay -trace requests.jsonl                     a recorded trace; afterwards look at http://127.0.0.1:9464
  replay -cpu-bytes 4194304 -disk /tmp/kv -remote  what memory evicts is read from disk, all is in Redis, too
  replay -cpu-bytes 4194304 -remote                what memory evicts is read from Redis
  OTEL_TRACES_EXPORTER=console replay -linger 0s   spans on stdout, the table on stderr
  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 replay
                                                   spans and metrics are pushed there

Exit status: 0 done, 1 failed, 2 bad flags, 130 interrupted.
`

// parseFlags reads the command line. What is wrong with it, or the help that it asks for ([flag.ErrHelp]), has been written to output.
func parseFlags(args []string, output io.Writer) (options, error) {
	o := options{names: bothNames, instruments: boundInstruments, linger: linger{forever: true}}
	set := flag.NewFlagSet("replay", flag.ContinueOnError)
	set.SetOutput(io.Discard) // the package answers every mistake with the whole of the help
	set.StringVar(&o.trace, "trace", "", "replay the requests of `FILE` (JSON lines, as in Mooncake's traces); without it, a generated workload")
	set.Uint64Var(&o.seed, "seed", 1, "seed of the generated workload")
	set.Float64Var(&o.speed, "speed", 0, "replay `F` times as fast as recorded; 0: as fast as it goes")
	set.IntVar(&o.workers, "workers", 1, "requests that are served at once")
	set.IntVar(&o.bytesPerToken, "bytes-per-token", 64, "size of the KV cache of a token")
	set.Int64Var(&o.cpuBytes, "cpu-bytes", 0, "capacity of the cache in memory; 0: unlimited")
	set.StringVar(&o.disk, "disk", "", "keep what memory evicts in files in `DIR`, until the replay ends")
	set.BoolVar(&o.remote, "remote", false, "write all blocks to Redis too, and find there what memory and disk have not")
	set.StringVar(&o.redis, "redis", "", "use the Redis server at `ADDR` (implies -remote); without it, an embedded one")
	set.StringVar(&o.listen, "listen", "127.0.0.1:9464", "serve metrics on `ADDR`")
	set.Func("names", "`names` of the metrics: otel, lmcache or both (default both)", func(s string) error {
		if vocabularies[s] == nil {
			return fmt.Errorf("unknown vocabulary %q, want otel, lmcache, both", s)
		}
		o.names = s
		return nil
	})
	set.Func("instruments", "`instruments` of the metrics: bound or sdk (default bound)", func(s string) error {
		if s != boundInstruments && s != sdkInstruments {
			return fmt.Errorf("unknown instruments %q, want bound, sdk", s)
		}
		o.instruments = s
		return nil
	})
	set.Var(&o.linger, "linger", "serve for this `duration` after the last request")
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		set.SetOutput(output)
		fmt.Fprint(output, usageHead)
		set.PrintDefaults()
		fmt.Fprint(output, usageTail)
		return options{}, err
	}
	if err != nil {
		return options{}, complain(output, err)
	}
	if set.NArg() > 0 {
		return options{}, complain(output, fmt.Errorf("unexpected argument %q; a trace is given with -trace", set.Arg(0)))
	}
	if o.redis != "" {
		o.remote = true
	}
	if err := o.validate(); err != nil {
		return options{}, complain(output, err)
	}
	return o, nil
}

// complain says what is wrong, and where help is.
func complain(output io.Writer, err error) error {
	fmt.Fprintf(output, "replay: %s\nrun replay -h for help\n", strings.ReplaceAll(err.Error(), "\n", "\nreplay: "))
	return err
}

// The limits keep a block below the 512 MB that Redis allows for a value, and slips of the keyboard from taking all memory.
const (
	maxWorkers       = 1 << 12
	maxBytesPerToken = 1 << 19
)

func (o options) validate() error {
	var errs []error
	if !(o.speed >= 0) || math.IsInf(o.speed, 1) {
		errs = append(errs, fmt.Errorf("-speed is %v, want 0 or more", o.speed))
	}
	if o.workers < 1 || o.workers > maxWorkers {
		errs = append(errs, fmt.Errorf("-workers is %d, want 1 to %d", o.workers, maxWorkers))
	}
	if o.bytesPerToken < 1 || o.bytesPerToken > maxBytesPerToken {
		errs = append(errs, fmt.Errorf("-bytes-per-token is %d, want 1 to %d", o.bytesPerToken, maxBytesPerToken))
	}
	if o.cpuBytes < 0 {
		errs = append(errs, fmt.Errorf("-cpu-bytes is %d, want 0 or more", o.cpuBytes))
	}
	return errors.Join(errs...)
}

// requests returns what is to be replayed.
func (o options) requests() ([]request, error) {
	if o.trace == "" {
		return generate(o.seed), nil
	}
	return readTraceFile(o.trace)
}

// describe says in words what is going to happen to that many requests.
func (o options) describe(requests int) string {
	source, cache, pace := o.trace, "memory", "as fast as it goes"
	if source == "" {
		source = "a generated workload"
	}
	if o.disk != "" {
		cache += ", disk"
	}
	if o.remote {
		cache += ", Redis"
	}
	if o.speed > 0 {
		pace = fmt.Sprintf("%v times as fast as recorded", o.speed)
	}
	return fmt.Sprintf("%s of %s through %s, %s", count(requests), source, cache, pace)
}
