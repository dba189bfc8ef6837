package signin

import (
	"encoding/json"
	"strings"
)

// maxGroups and maxClaim bound what is read of one claim; a token has at most some kilobytes.
const (
	maxGroups = 256
	maxClaim  = 16 << 10
)

// claimList reads a claim with several values. API Gateway hands every claim on as text: a list of Cognito's as "[a b]", one that a
// SAML attribute was mapped to as "[a, b]" or "a,b", others as JSON. A claim that is too long, or whose brackets do not match, is
// none: half a list must not give half a right.
func claimList(s string) []string {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxClaim {
		return nil
	}
	var list []string
	if strings.HasPrefix(s, "[") != strings.HasSuffix(s, "]") {
		return nil
	}
	if json.Unmarshal([]byte(s), &list) != nil {
		s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
		list = strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
	}
	if len(list) > maxGroups {
		return nil
	}
	return list
}
