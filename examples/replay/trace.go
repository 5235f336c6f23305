// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"
)

// blockTokens is how many tokens a block of a trace stands for; the last one of a prompt may have fewer.
const blockTokens = 512

// request is one request of a trace.
type request struct {
	at           time.Duration // of its arrival, from the start of the trace
	inputTokens  int
	outputTokens int
	blocks       []int64 // ids of the prompt's prefix blocks; equal ids are the same block
}

// tokensOf returns how many of the prompt's tokens are in its first n blocks.
func (r request) tokensOf(n int) int {
	if n == len(r.blocks) {
		return r.inputTokens
	}
	return min(n*blockTokens, r.inputTokens)
}

// readTraceFile reads all requests of a file; its errors name the file, and the line if one is malformed.
func readTraceFile(name string) ([]request, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	defer f.Close()
	return readTrace(f, name)
}

// readTrace reads all requests before the first is replayed, so that a malformed line costs no work.
func readTrace(r io.Reader, name string) ([]request, error) {
	var requests []request
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n') // not a Scanner: prompts may be long, and so may be their lines
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("trace: %w", err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			req, err := parseRequest(line)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, number, err)
			}
			requests = append(requests, req)
		}
		if err == io.EOF {
			break
		}
	}
	if len(requests) == 0 {
		return nil, fmt.Errorf("%s: no requests in it", name)
	}
	return requests, nil
}

func parseRequest(line []byte) (request, error) {
	var fields struct {
		Timestamp    *float64 `json:"timestamp"` // milliseconds
		InputLength  *int     `json:"input_length"`
		OutputLength int      `json:"output_length"`
		HashIDs      []int64  `json:"hash_ids"`
	}
	if err := json.Unmarshal(line, &fields); err != nil {
		return request{}, malformed(err)
	}
	switch {
	case fields.Timestamp == nil:
		return request{}, errors.New("timestamp is missing")
	case !(*fields.Timestamp >= 0 && *fields.Timestamp < math.MaxInt64/float64(time.Millisecond)):
		return request{}, fmt.Errorf("timestamp is %v, want milliseconds from the start, 0 or more", *fields.Timestamp)
	case fields.InputLength == nil:
		return request{}, errors.New("input_length is missing")
	case *fields.InputLength < 0 || *fields.InputLength > math.MaxInt32:
		return request{}, fmt.Errorf("input_length is %d, want 0 to %d", *fields.InputLength, math.MaxInt32)
	case fields.OutputLength < 0 || fields.OutputLength > math.MaxInt32:
		return request{}, fmt.Errorf("output_length is %d, want 0 to %d", fields.OutputLength, math.MaxInt32)
	case fields.HashIDs == nil:
		return request{}, errors.New("hash_ids is missing")
	case len(fields.HashIDs) == 0 && *fields.InputLength > 0:
		return request{}, fmt.Errorf("hash_ids is empty, want the blocks of %d tokens", *fields.InputLength)
	}
	return request{
		at:           time.Duration(*fields.Timestamp * float64(time.Millisecond)),
		inputTokens:  *fields.InputLength,
		outputTokens: fields.OutputLength,
		blocks:       fields.HashIDs,
	}, nil
}

// malformed says in the words of the trace's format what the decoder did not like.
func malformed(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return fmt.Errorf("a line is a JSON object, not a JSON %s", wrong.Value)
		}
		return fmt.Errorf("%s cannot be a JSON %s", wrong.Field, wrong.Value)
	}
	return fmt.Errorf("not a JSON object: %w", err)
}
