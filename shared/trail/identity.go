package trail

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// identity reads who called.
func (p *parser) identity(t *tree, node int, c *events.CloudTrail) {
	if node < 0 {
		return
	}
	session := -1
	for i := range t.children(node) {
		switch string(t.key(i)) {
		case "type":
			c.PrincipalType = p.text(t.text(i), 64)
		case "principalId":
			c.PrincipalID = p.text(t.text(i), maxMessage)
		case "arn":
			c.Principal = p.text(t.text(i), maxPrincipal)
		case "accountId":
			c.PrincipalOf = p.text(t.text(i), 32)
		case "userName":
			c.User = p.text(t.text(i), maxName)
		case "invokedBy":
			c.InvokedBy = p.text(t.text(i), maxName)
		case "accessKeyId":
			c.AccessKey, c.KeyHash = shownKey(t.text(i))
		case "sessionContext":
			session = i
		}
	}
	p.session(t, session, c)
	if c.Principal == "" {
		c.Principal = firstOf(c.InvokedBy, c.User, c.PrincipalID)
	}
	if c.PrincipalType == "AssumedRole" {
		c.Session = sessionName(c)
		if instanceID.MatchString(c.Session) {
			c.Instance = c.Session
		}
	}
	if c.Account == "" {
		c.Account = c.PrincipalOf
	}
}

// session reads the role that issued a session, and whether it began with a second factor.
func (p *parser) session(t *tree, node int, c *events.CloudTrail) {
	if i := t.find(t.find(node, "attributes"), "mfaAuthenticated"); i >= 0 && string(t.text(i)) == "true" {
		c.MFA = true
	}
	issuer := t.find(node, "sessionIssuer")
	if i := t.find(issuer, "arn"); i >= 0 {
		if arn := p.text(t.text(i), maxPrincipal); strings.Contains(arn, ":role/") {
			c.Role = arn
		}
	}
	if i := t.find(issuer, "userName"); i >= 0 && c.User == "" {
		c.User = p.text(t.text(i), maxName)
	}
}

// instanceID is the id of an instance, which is also the name of the sessions of its role.
var instanceID = regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)

// sessionName is what stands behind the id of the role, or behind the last stroke of the ARN.
func sessionName(c *events.CloudTrail) string {
	if i := strings.LastIndexByte(c.PrincipalID, ':'); i >= 0 {
		return c.PrincipalID[i+1:]
	}
	if i := strings.LastIndexByte(c.Principal, '/'); i >= 0 {
		return c.Principal[i+1:]
	}
	return ""
}

// shownKey is the id of an access key as it may be kept, and what tells it from others.
func shownKey(key []byte) (shown, hash string) {
	if len(key) == 0 || len(key) > maxName {
		return "", ""
	}
	if !isName(string(key)) {
		return string(bytes.Repeat([]byte{'*'}, len(key))), keyHash(key)
	}
	return string(starred(key)), keyHash(key)
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
