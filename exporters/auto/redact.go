// SPDX-License-Identifier: Apache-2.0

package auto

import (
	"errors"
	"regexp"
)

// redacted is an error of a library without the text that a pattern matches,
// which may be a password or token.
type redacted struct {
	err     error
	pattern *regexp.Regexp
}

var (
	// user matches the user and password of a URL or address, up to the last @,
	// but not a path with an @.
	user = regexp.MustCompile(`\S*:\S*@`)
	// setting matches in addition what the libraries quote of a setting: by Go's
	// rules, by those of yaml, which escape nothing, or as what should be a name.
	setting = regexp.MustCompile(`"(?:[^"\\]|\\.)*"` + "|(?s:`.*?`)( into | as a )" +
		`|(variable name: ).*|(unknown anchor )'.*'|` + user.String())
)

func (r redacted) Error() string { return r.pattern.ReplaceAllString(r.err.Error(), "$2$3…$1") }

// Is lets [errors.Is] see the error, which Unwrap would give away.
func (r redacted) Is(target error) bool { return errors.Is(r.err, target) }
