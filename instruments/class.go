// SPDX-License-Identifier: Apache-2.0

package instruments

// Class is a group of metrics: a section of the reference page.
type Class struct {
	// Name is one word, such as "request".
	Name string
	// Title is a heading for people.
	Title string

	order int
}

// The classes, in the order of the reference page. The metrics of a class are
// in the file of its name.
var (
	request   = newClass("request", "Lookups, retrieves and stores")
	phase     = newClass("phase", "Phases of retrieves and stores")
	slow      = newClass("slow", "Slow retrieves")
	p2p       = newClass("p2p", "Peer-to-peer transfers")
	engine    = newClass("engine", "The serving engine")
	local     = newClass("local", "Local memory and disk")
	remote    = newClass("remote", "The remote backend")
	storage   = newClass("storage", "Storage events")
	health    = newClass("health", "Health")
	chunks    = newClass("chunks", "Chunk statistics")
	connector = newClass("connector", "Scheduler and connector")
	threads   = newClass("threads", "Periodic threads")
	otel      = newClass("otel", "This module itself")
)

var numClasses int

func newClass(name, title string) Class {
	numClasses++
	return Class{name, title, numClasses}
}
