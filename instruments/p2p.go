// SPDX-License-Identifier: Apache-2.0

package instruments

// Metrics of transfers between peers.
var (
	P2PTransferRequests = p2p.counter(Metric{
		Name: "lmcache.p2p.transfer.requests", Unit: "{request}",
		Description: "Peer-to-peer transfers started.",
		FedBy:       "StartTransfer",
	})

	P2PTransferTokens = p2p.counter(Metric{
		Name: "lmcache.p2p.transfer.tokens", Unit: "{token}",
		Description: "Tokens that finished peer-to-peer transfers moved.",
		FedBy:       "Transfer.Finish",
	})

	P2PTransferDuration = p2p.histogram(Metric{
		Name: "lmcache.p2p.transfer.duration", Unit: "s",
		Description: "Time that a peer-to-peer transfer took, from start to finish.",
		FedBy:       "Transfer.Finish, Transfer.Fail",
		Attributes:  []Attribute{errorType},
		LMCache:     Exposition{Name: "lmcache:p2p_time_to_transfer", Unit: "s", Bounds: requestSeconds},
	})

	P2PTransferSpeed = p2p.histogram(Metric{
		Name: "lmcache.p2p.transfer.speed", Unit: "{token}/s",
		Description: "Tokens per second of a peer-to-peer transfer.",
		FedBy:       "Transfer.Finish",
		LMCache:     Exposition{Name: "lmcache:p2p_transfer_speed", Unit: "tokens/s", Bounds: tokensPerSecond},
	})

	P2PTransferFailures = p2p.counter(Metric{
		Name: "lmcache.p2p.transfer.failures", Unit: "{request}",
		Description: "Peer-to-peer transfers that failed.",
		FedBy:       "Transfer.Fail",
	})

	P2PTransferCancelled = p2p.counter(Metric{
		Name: "lmcache.p2p.transfer.cancelled", Unit: "{request}",
		Description: "Peer-to-peer transfers that were cancelled or abandoned.",
		FedBy:       "Transfer.Abandon, Transfer.Fail",
	})
)
