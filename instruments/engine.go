// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of what the serving engine reports.
var (
	EngineHitTokens = engine.counter(Metric{
		Name: "lmcache.engine.hit_tokens", Unit: "{token}",
		Description: "Prompt tokens that the serving engine found in its own prefix cache.",
		FedBy:       "AddEngineHitTokens",
		LMCache:     Exposition{Name: "lmcache:num_vllm_hit_tokens", Unit: "tokens"},
	})

	EnginePromptTokens = engine.counter(Metric{
		Name: "lmcache.engine.prompt_tokens", Unit: "{token}",
		Description: "Prompt tokens that the serving engine received.",
		FedBy:       "AddEnginePromptTokens",
		LMCache:     Exposition{Name: "lmcache:num_prompt_tokens", Unit: "tokens"},
	})
)
