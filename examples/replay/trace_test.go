// SPDX-License-Identifier: Apache-2.0

package main

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReadTrace(t *testing.T) {
	got, err := readTrace(strings.NewReader(`{"timestamp": 0, "input_length": 600, "output_length": 2, "hash_ids": [7, 8]}

{"timestamp": 1500.5, "input_length": 0, "output_length": 0, "hash_ids": []}`), "t.jsonl")
	want := []request{
		{inputTokens: 600, outputTokens: 2, blocks: []int64{7, 8}},
		{at: 1500*time.Millisecond + 500*time.Microsecond, blocks: []int64{}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
}

func TestReadTraceRefuses(t *testing.T) {
	const good = `{"timestamp":0,"input_length":600,"output_length":2,"hash_ids":[7,8]}` + "\n"
	for line, want := range map[string]string{
		`nonsense`:                              "not a JSON object",
		`[1]`:                                   "not a JSON array",
		`{"input_length":600,"hash_ids":[7,8]}`: "timestamp is missing",
		`{"timestamp":-1,"input_length":600,"hash_ids":[7,8]}`:                   "timestamp is -1",
		`{"timestamp":1e300,"input_length":600,"hash_ids":[7,8]}`:                "timestamp is 1e+300",
		`{"timestamp":0,"hash_ids":[7,8]}`:                                       "input_length is missing",
		`{"timestamp":0,"input_length":-1,"hash_ids":[7]}`:                       "input_length is -1",
		`{"timestamp":0,"input_length":1.5,"hash_ids":[7]}`:                      "input_length",
		`{"timestamp":0,"input_length":600,"output_length":-2,"hash_ids":[7,8]}`: "output_length is -2",
		`{"timestamp":0,"input_length":600}`:                                     "hash_ids is missing",
		`{"timestamp":0,"input_length":600,"hash_ids":[]}`:                       "hash_ids is empty",
		`{"timestamp":0,"input_length":600,"hash_ids":["7"]}`:                    "hash_ids",
		`{"timestamp":0,"input_length":600,"hash_ids":[7,8]} x`:                  "not a JSON object",
	} {
		_, err := readTrace(strings.NewReader(good+line+"\n"+good), "t.jsonl")
		if err == nil || !strings.HasPrefix(err.Error(), "t.jsonl:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one of t.jsonl:2 with %q", line, err, want)
		}
	}
}

func TestGenerate(t *testing.T) {
	trace := generate(1)
	if !reflect.DeepEqual(trace, generate(1)) {
		t.Error("equal seeds made different workloads")
	}
	if reflect.DeepEqual(trace, generate(2)) {
		t.Error("different seeds made equal workloads")
	}
	for i, q := range trace {
		if want := (q.inputTokens + 511) / 512; len(q.blocks) != want {
			t.Errorf("request %d: got %d blocks for %d tokens, want %d", i, len(q.blocks), q.inputTokens, want)
		}
		if i > 0 && q.at < trace[i-1].at {
			t.Errorf("request %d arrives before the one before it", i)
		}
	}
}
