// SPDX-License-Identifier: Apache-2.0

// Package redact takes credentials out of the errors of libraries, which quote
// the settings that they were given.
package redact

import (
	"errors"
	"regexp"
	"strings"
)

// URLs returns err with a text that has, of each URL, the scheme, host and port.
// The user, the password, the path and the query, each of which may be a
// credential, are left out, and so is a user before an address without a scheme.
//
// [errors.Is] sees err. It cannot be unwrapped, which would give the text away.
// It is nil if err is nil.
func URLs(err error) error { return redact(err, shortenURLs) }

// Settings leaves out what URLs does and, in addition, what libraries quote of a
// setting, by Go's rules or as YAML, and private keys.
func Settings(err error) error { return redact(err, SettingsIn) }

// SettingsIn is Settings for a text.
func SettingsIn(text string) string {
	text = quoted.ReplaceAllString(text, "$2$3$4…$1$5")
	return shortenURLs(text)
}

func redact(err error, clean func(string) string) error {
	if err == nil {
		return nil
	}
	return redacted{err, clean(err.Error())}
}

type redacted struct {
	err  error
	text string
}

func (r redacted) Error() string { return r.text }

func (r redacted) Is(target error) bool { return errors.Is(r.err, target) }

var (
	url = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://(?:\\.|[^\s"\\])*`)
	// user is up to the last @, but not in a path with an @.
	user = regexp.MustCompile(`\S*:\S*@|(^|[\s"=])[^\s"=/]+@`)
	// query and path are those of an address without a scheme.
	query = regexp.MustCompile(`\?[^\s"]+`)
	path  = regexp.MustCompile(`(lookup [^\s/]+/).*?(: )`)

	// quoted is what the libraries quote: by Go's rules, by those of yaml, which
	// escape nothing, and by none.
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"` + "|(?s:`.*?`)( into | as a )" +
		`|((?:variable name|unknown propagator|unknown cipher|unknown curve|unknown TLS version|invalid ClientAuth): ).*` +
		`|(unknown anchor )'.*'|(field ).*?( not found)|(?s:-----BEGIN.*)`)
)

func shortenURLs(text string) string {
	text = url.ReplaceAllStringFunc(text, shortenURL)
	text = user.ReplaceAllString(text, "$1…")
	text = query.ReplaceAllString(text, "?…")
	return path.ReplaceAllString(text, "$1…$2")
}

func shortenURL(u string) string {
	scheme, rest, _ := strings.Cut(u, "://")
	host := rest[strings.LastIndex(rest, "@")+1:]
	host = host[:strings.IndexAny(host+"/", "/?#")]
	short := scheme + "://" + host
	if host != rest {
		short += "/…"
		if strings.HasSuffix(u, ":") { // of the sentence
			short += ":"
		}
	}
	return short
}
