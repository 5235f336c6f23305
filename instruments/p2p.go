// SPDX-License-Identifier: Apache-2.0

package instruments

// Class p2p: transfers between peers.
var (
	// P2PTransferRequests is lmcache.p2p.transfer.requests. Peer-to-peer transfers started.
	P2PTransferRequests = counter(Metric{
		Class: ClassP2P, Name: "lmcache.p2p.transfer.requests", Unit: "{request}",
		Description: "Peer-to-peer transfers started.",
		FedBy:       "StartTransfer",
	})

	// P2PTransferTokens is lmcache.p2p.transfer.tokens. Tokens that finished peer-to-peer transfers moved.
	P2PTransferTokens = counter(Metric{
		Class: ClassP2P, Name: "lmcache.p2p.transfer.tokens", Unit: "{token}",
		Description: "Tokens that finished peer-to-peer transfers moved.",
		FedBy:       "Transfer.Finish",
	})

	// P2PTransferDuration is lmcache.p2p.transfer.duration. Time that a peer-to-peer transfer took, from start to finish.
	P2PTransferDuration = histogram(Metric{
		Class: ClassP2P, Name: "lmcache.p2p.transfer.duration", Unit: "s",
		Description: "Time that a peer-to-peer transfer took, from start to finish.",
		FedBy:       "Transfer.Finish, Transfer.Fail",
		LMCache:     LMCache{Name: "lmcache:p2p_time_to_transfer", Unit: "s", Bounds: requestSeconds},
	})

	// P2PTransferSpeed is lmcache.p2p.transfer.speed. Tokens per second of a peer-to-peer transfer.
	P2PTransferSpeed = histogram(Metric{
		Class: ClassP2P, Name: "lmcache.p2p.transfer.speed", Unit: "{token}/s",
		Description: "Tokens per second of a peer-to-peer transfer.",
		FedBy:       "Transfer.Finish",
		LMCache:     LMCache{Name: "lmcache:p2p_transfer_speed", Unit: "tokens/s", Bounds: tokensPerSecond},
	})
)
