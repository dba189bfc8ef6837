package device

import (
	"strings"
	"time"
)

// PlannedChange is work on the account that somebody announced: what the principal does within it is no news.
type PlannedChange struct {
	From, To  time.Time // To is not within it any more
	Principal string    // pattern of ARNs, see NamedBy
	Reason    string    // for a person
}

// OwnRole says whether a call was made by one of Mirrorwatch's own roles. The names are all that the caller goes by: its ARN, and that of
// the role that issued its session.
func (k *Known) OwnRole(names ...string) bool { return NamedBy(k.OwnRoles, names...) }

// Planned says whether what a principal did at a moment was announced, and why it was to be done.
func (k *Known) Planned(at time.Time, names ...string) (reason string, planned bool) {
	for i := range k.Changes {
		c := &k.Changes[i]
		if !at.Before(c.From) && at.Before(c.To) && NamedBy([]string{c.Principal}, names...) {
			return c.Reason, true
		}
	}
	return "", false
}

// NamedBy says whether one of the patterns means one of the ARNs. In a pattern * stands for any number of letters. One that does not begin
// as ARNs do is held against what comes after the account: role/deploy, assumed-role/deploy/*, user/ada.
func NamedBy(patterns []string, arns ...string) bool {
	for _, p := range patterns {
		whole := strings.HasPrefix(p, "arn:") || strings.HasPrefix(p, "*")
		for _, a := range arns {
			if a != "" && (fits(p, a) || !whole && fits(p, ShortARN(a))) {
				return true
			}
		}
	}
	return false
}

// ShortARN is what comes after the account of an ARN; of another text it is the text.
func ShortARN(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return arn
	}
	return parts[5]
}

// fits holds a text against a pattern. A star takes as little as it can, and more where the rest does not fit: the last one alone needs to
// be tried anew, so that no pattern takes more than the product of both lengths.
func fits(pattern, text string) bool {
	star, tried := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, tried = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p, t = p+1, t+1
		case star >= 0:
			tried++
			p, t = star+1, tried
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
