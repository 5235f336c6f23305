// SPDX-License-Identifier: Apache-2.0

package main

// stagingBlocks is how many blocks fit into a staging buffer. It is a ring, so that memory does not grow with the length of prompts.
const stagingBlocks = 8

// gpu stands for the device of a worker: the staging buffer through which KV cache is copied to and from it. It is for one goroutine.
type gpu struct {
	staging    []byte
	blockBytes int
	next       int
}

func newGPU(blockBytes int) *gpu {
	return &gpu{staging: make([]byte, stagingBlocks*blockBytes), blockBytes: blockBytes}
}

func (g *gpu) slot(size int) []byte {
	at := g.next * g.blockBytes
	g.next = (g.next + 1) % stagingBlocks
	return g.staging[at : at+size]
}

// load copies a block to the device and checks that what arrived is what had been stored.
func (g *gpu) load(b block) error {
	slot := g.slot(len(b.data))
	copy(slot, b.data)
	return check(b.key, slot)
}

// save copies a block of that size from the device.
func (g *gpu) save(k key, size int) block {
	slot := g.slot(size)
	compute(k, slot)
	data := make([]byte, size)
	copy(data, slot)
	return block{key: k, data: data}
}
