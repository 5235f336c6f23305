// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"
)

// key is what the cache knows a block by.
type key uint64

func (k key) String() string { return fmt.Sprintf("%016x", uint64(k)) }

// hasher turns blocks of tokens into keys. It is for one goroutine.
type hasher struct{ tokens [blockTokens * 4]byte }

// key hashes the tokens of a block. A trace has ids instead of tokens, so tokens are derived from the id. An id stands for the
// whole prefix up to its block, so keys need not be chained; a partial block is hashed as if it were full, as equal ids are the same block.
func (h *hasher) key(id int64) key {
	words := sequence(id)
	for at := 0; at < len(h.tokens); at += 8 {
		binary.LittleEndian.PutUint64(h.tokens[at:], words.next())
	}
	return key(xxhash.Sum64(h.tokens[:]))
}

func (h *hasher) keys(ids []int64) []key {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = h.key(id)
	}
	return keys
}

// block is the KV cache of a block of tokens. Its data is immutable, so that tiers and requests may share it.
type block struct {
	key      key
	data     []byte
	lastUsed time.Time // zero when unknown
}

// compute writes the KV cache of a block into data: what an engine's attention layers would have made. It depends on the key and
// the length alone, so that check can tell whether data is what was stored.
func compute(k key, data []byte) {
	words := contentOf(k, len(data))
	at := 0
	for ; at+8 <= len(data); at += 8 {
		binary.LittleEndian.PutUint64(data[at:], words.next())
	}
	if at < len(data) {
		copy(data[at:], binary.LittleEndian.AppendUint64(nil, words.next()))
	}
}

// check returns an error unless data begins as what compute wrote for k and that length. Each word depends on the key and the length,
// so the first one tells a wrong or cut block; comparing all would cost more than the copy that is being measured.
func check(k key, data []byte) error {
	words := contentOf(k, len(data))
	want := binary.LittleEndian.AppendUint64(nil, words.next())
	n := min(len(want), len(data))
	if string(data[:n]) != string(want[:n]) {
		return fmt.Errorf("block %s of %d bytes is damaged: it begins with %x, want %x", k, len(data), data[:n], want[:n])
	}
	return nil
}

func contentOf(k key, length int) sequence {
	return sequence(uint64(k) ^ uint64(length)<<40)
}

// sequence is SplitMix64: a few instructions a word, so that making data is not what takes the time.
type sequence uint64

func (s *sequence) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
