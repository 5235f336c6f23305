// SPDX-License-Identifier: Apache-2.0

package instruments

// Class engine: what the serving engine reports.
var (
	// EngineHitTokens is lmcache.engine.hit_tokens. Prompt tokens that the serving engine found in its own prefix cache.
	EngineHitTokens = counter(Metric{
		Class: ClassEngine, Name: "lmcache.engine.hit_tokens", Unit: "{token}",
		Description: "Prompt tokens that the serving engine found in its own prefix cache.",
		FedBy:       "AddEngineHitTokens",
		LMCache:     LMCache{Name: "lmcache:num_vllm_hit_tokens", Unit: "tokens"},
	})

	// EnginePromptTokens is lmcache.engine.prompt_tokens. Prompt tokens that the serving engine received.
	EnginePromptTokens = counter(Metric{
		Class: ClassEngine, Name: "lmcache.engine.prompt_tokens", Unit: "{token}",
		Description: "Prompt tokens that the serving engine received.",
		FedBy:       "AddPromptTokens",
		LMCache:     LMCache{Name: "lmcache:num_prompt_tokens", Unit: "tokens"},
	})
)
