// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// disk is the tier on local disk: a file for each block, in a directory of its own that close removes. It starts empty, so that equal replays
// give equal results. It is safe for concurrent use.
type disk struct {
	dir string

	mu    sync.Mutex
	index map[key]*file
	used  int64
}

type file struct {
	size     int64
	lastUsed time.Time
	written  bool // false while the file is being written
}

func openDisk(parent string) (*disk, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("disk tier: %w", err)
	}
	dir, err := os.MkdirTemp(parent, "replay-")
	if err != nil {
		return nil, fmt.Errorf("disk tier: %w", err)
	}
	return &disk{dir: dir, index: make(map[key]*file)}, nil
}

func (d *disk) path(k key) string { return filepath.Join(d.dir, k.String()+".kv") }

func (d *disk) contains(k key) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.index[k]
	return ok && f.written
}

// get reads a block and marks it as used now. ok is false when it is not on disk.
func (d *disk) get(k key, now time.Time) (b block, ok bool, err error) {
	d.mu.Lock()
	f, ok := d.index[k]
	if !ok || !f.written {
		d.mu.Unlock()
		return block{}, false, nil
	}
	b = block{key: k, lastUsed: f.lastUsed}
	f.lastUsed = now
	d.mu.Unlock()

	if b.data, err = os.ReadFile(d.path(k)); err != nil {
		return block{}, false, fmt.Errorf("disk tier: %w", err)
	}
	return b, true, nil
}

// put writes a block, unless it is there or being written by another worker.
func (d *disk) put(b block) error {
	d.mu.Lock()
	if f, ok := d.index[b.key]; ok {
		f.lastUsed = b.lastUsed
		d.mu.Unlock()
		return nil
	}
	f := &file{size: int64(len(b.data)), lastUsed: b.lastUsed}
	d.index[b.key] = f
	d.mu.Unlock()

	err := os.WriteFile(d.path(b.key), b.data, 0o644)

	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		delete(d.index, b.key)
		return fmt.Errorf("disk tier: %w", err)
	}
	f.written = true
	d.used += f.size
	return nil
}

// usage returns how many bytes are on disk.
func (d *disk) usage() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used
}

// close removes the files.
func (d *disk) close() error { return os.RemoveAll(d.dir) }
