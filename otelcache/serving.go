// SPDX-License-Identifier: Apache-2.0

package otelcache

// AddEngineHitTokens counts prompt tokens that the serving engine found in its own prefix cache.
func (m *Monitor) AddEngineHitTokens(n int) {
	m.counters.add(engineHitTokens, m.natural(int64(n), "number of the engine's hit tokens"))
}

// AddPromptTokens counts prompt tokens that the serving engine received.
func (m *Monitor) AddPromptTokens(n int) {
	m.counters.add(enginePromptTokens, m.natural(int64(n), "number of prompt tokens"))
}
