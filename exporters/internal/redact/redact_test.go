// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/lmcache-go/lmcache-otel/exporters/internal/redact"
)

func TestURLs(t *testing.T) {
	for text, want := range map[string]string{
		`Post "http://h:4318/s3cr3t/v1/traces": dial tcp 1.2.3.4:4318: refused`: `Post "http://h:4318/…": dial tcp 1.2.3.4:4318: refused`,
		`failed to send to https://u:s3cr3t@h/p?q=s3cr3t: 404`:                  `failed to send to https://h/…: 404`,
		`"http://u:s3cr3t\"s3cr3t@h:1"`:                                         `"http://h:1/…"`,
		`http://u:a/s3cr3t?s3cr3t#s3cr3t@h:1/x down`:                            `http://h:1/… down`,
		`http://s3cr3t@h, redis://:s3cr3t@h:6379/0`:                             `http://h,/… redis://h:6379/…`,
		`https:///s3cr3t/v1: no host`:                                           `https:///…: no host`,
		`lookup u:s3cr3t@h: no such host`:                                       `lookup …h: no such host`,
		`lookup s3cr3t@h: no such host`:                                         `lookup …h: no such host`,
		`http:/u:s3cr3t@h and s3cr3t:x@h`:                                       `…h and …h`,
		`address h:1?token=s3cr3t: missing`:                                     `address h:1?… missing`,
		`dial tcp: lookup tcp/1/ s3cr3t: unknown port`:                          `dial tcp: lookup tcp/…: unknown port`,
		`lookup h/s3cr3t on 1.2.3.4:53: no such host`:                           `lookup h/…: no such host`,
		`open /etc/user@1/otel.yaml: no such file`:                              `open /etc/user@1/otel.yaml: no such file`,
		`http://h:4318 is away; is it there? 10:30`:                             `http://h:4318 is away; is it there? 10:30`,
	} {
		if got := redact.URLs(errors.New(text)).Error(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestSettings(t *testing.T) {
	for text, want := range map[string]string{
		`parse "http://u:s3cr3t@[::1": missing ']' in host`:                 `parse …: missing ']' in host`,
		`unsupported compression "a \"s3cr3t"`:                              `unsupported compression …`,
		"line 3: cannot unmarshal !!str `s3cr3t` into int":                  "line 3: cannot unmarshal !!str … into int",
		"line 3: cannot unmarshal !!str `a`s3cr3t` into int":                "line 3: cannot unmarshal !!str … into int",
		"line 2: field s3cr3t not found in type web.Config":                 "line 2: field … not found in type web.Config",
		"unknown propagator: s3cr3t":                                        "unknown propagator: …",
		"unknown cipher: s3cr3t":                                            "unknown cipher: …",
		"invalid ClientAuth: s3cr3t":                                        "invalid ClientAuth: …",
		"unknown anchor 's3cr3t' referenced":                                "unknown anchor … referenced",
		"failed to read key_file (d/-----BEGIN KEY-----\ns3cr3t\n-----END)": "failed to read key_file (d/…",
		"listen tcp: address u:s3cr3t@h: too many colons":                   "listen tcp: address …h: too many colons",
	} {
		if got := redact.Settings(errors.New(text)).Error(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	if redact.URLs(nil) != nil || redact.Settings(nil) != nil {
		t.Error("nil becomes an error")
	}
	err := redact.URLs(errors.Join(io.EOF, errors.New("http://u:s3cr3t@h")))
	if !errors.Is(err, io.EOF) {
		t.Errorf("%v is not io.EOF", err)
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("unwrapping gives %v", err)
		}
	}
}
