// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestSecretsOfFlagsStaySecret: what should be an address and is not may be a URL
// with a password, which the complaint does not repeat.
func TestSecretsOfFlagsStaySecret(t *testing.T) {
	const secret = "s3cr3t"
	for _, flag := range []string{"-redis", "-listen"} {
		for _, value := range []string{
			"redis://:" + secret + "@127.0.0.1:1",
			"rediss://:" + secret + "@127.0.0.1:1",
			"redis://user:" + secret + "@127.0.0.1:1/0",
			"redis://user:" + secret + "@[::1",
			"redis://:" + secret + "@127.0.0.1:port",
			"redis://:" + secret + "@127.0.0.1",
			"redis:/:" + secret + "@127.0.0.1:1",
			"redis://:%zz" + secret + "@127.0.0.1:1",
			"redis://127.0.0.1:1?password=" + secret,
			"//:" + secret + "@127.0.0.1:1",
			"user:" + secret + "@127.0.0.1:1",
			secret + "@127.0.0.1:1",
			":" + secret + "@127.0.0.1:1",
			"127.0.0.1:1/" + secret,
			"127.0.0.1:1?password=" + secret,
			"127.0.0.1:" + secret,
			"127.0.0.1:1 -a " + secret,
			"unix://" + secret + "@/run/redis",
			":" + secret,
			"user " + secret + "@127.0.0.1:1",
		} {
			var stdout, stderr bytes.Buffer
			status := start([]string{flag, value, "-linger", "0s"}, &stdout, &stderr)
			said := stdout.String() + stderr.String()
			if status != statusUsage || strings.Contains(said, secret) || !strings.Contains(said, flag+" is no address") {
				t.Errorf("%s %s: status %d and %q, want a complaint without the secret", flag, value, status, said)
			}
		}
	}
	var stdout, stderr bytes.Buffer
	start([]string{"redis://:" + secret + "@127.0.0.1:1"}, &stdout, &stderr)
	if strings.Contains(stdout.String()+stderr.String(), secret) {
		t.Errorf("an argument: %q tells the secret", stderr.String())
	}
}
