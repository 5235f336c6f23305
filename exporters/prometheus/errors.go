// SPDX-License-Identifier: Apache-2.0

package prometheus

import "errors"

// ErrUnknownVocabulary is wrapped by the errors of [ParseVocabulary] and [New] about a vocabulary that is none of the three.
var ErrUnknownVocabulary = errors.New("unknown vocabulary")
