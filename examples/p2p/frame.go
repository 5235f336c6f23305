// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"io"
)

const maxFrame = 1 << 20

// writeFrame writes a frame: its length in four bytes, and its content.
func writeFrame(w io.Writer, content []byte) error {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(content)), uint32(len(content))) //nolint:gosec // at most maxFrame
	_, err := w.Write(append(b, content...))
	return err
}

func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxFrame {
		return nil, fmt.Errorf("frame of %d bytes; at most %d are allowed", n, maxFrame)
	}
	content := make([]byte, n)
	_, err := io.ReadFull(r, content)
	return content, err
}
