package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Bounds of what is kept of a call, in bytes.
const (
	maxName       = 128
	maxPrincipal  = 512
	maxMessage    = 256
	maxResources  = 32
	maxResource   = 512
	maxParameters = 4 << 10
)

// Problem is a record that makes no sense, and why. The others of its file are used.
type Problem struct {
	Index   int    // of the record in its file, from 0
	Field   string // as CloudTrail writes it; "record" where it is no JSON
	Value   string // shortened, and without secrets
	Allowed string
}

// Error says it in one line.
func (p *Problem) Error() string {
	return fmt.Sprintf("record %d: %s %q is not %s", p.Index, p.Field, p.Value, p.Allowed)
}

// parser makes calls of records. It belongs to one goroutine.
type parser struct {
	cleaner
	outer, inner tree
	canon        canon
}

func newParser() *parser {
	p := &parser{cleaner: newCleaner()}
	p.canon.cleaner = &p.cleaner
	return p
}

// insight is the category of what CloudTrail reckons itself: no call.
const insight = "Insight"

// record reads one call. passed is true where it is of a kind that is no call.
func (p *parser) record(t *tree, root int, c *events.CloudTrail) (passed bool, bad *Problem) {
	*c = events.CloudTrail{}
	parts := parts{identity: -1, request: -1, response: -1, resources: -1, more: -1}
	var version, when, id, category []byte
	for i := range t.children(root) {
		switch string(t.key(i)) {
		case "eventVersion":
			version = t.text(i)
		case "eventTime":
			when = t.text(i)
		case "eventID":
			id = t.text(i)
		case "eventCategory":
			category = t.text(i)
		default:
			p.field(t, i, c, &parts)
		}
	}
	if string(category) == insight {
		return true, nil
	}
	if bad = p.check(version, when, id, c); bad != nil {
		return false, bad
	}
	p.identity(t, parts.identity, c)
	p.outcome(t, &parts, c)
	p.canon.resources(t, &parts, c)
	c.Parameters = p.canon.parameters(t, parts.request, c)
	return false, nil
}

// parts are the members of a record that have members themselves; -1 where they are missing.
type parts struct{ identity, request, response, resources, more int }

// field reads a member of a record; what is not known is passed over, as AWS asks for.
func (p *parser) field(t *tree, i int, c *events.CloudTrail, parts *parts) {
	switch string(t.key(i)) {
	case "eventName":
		c.Name = p.text(t.text(i), maxName)
	case "eventSource":
		c.Service = p.text(t.text(i), maxName)
	case "awsRegion":
		c.Region = p.text(t.text(i), 32)
	case "recipientAccountId":
		c.Account = p.text(t.text(i), 32)
	case "sourceIPAddress":
		c.From = p.text(t.text(i), maxMessage)
	case "userAgent":
		c.Agent = p.text(t.text(i), maxMessage)
	case "errorCode":
		c.ErrorCode = p.text(t.text(i), maxName)
	case "errorMessage":
		c.ErrorMessage = p.text(t.text(i), maxMessage)
	case "eventType":
		c.EventType = p.text(t.text(i), 64)
	case "vpcEndpointId":
		c.VPCEndpoint = p.text(t.text(i), 64)
	case "readOnly":
		c.ReadOnly = string(t.text(i)) == "true"
	case "userIdentity":
		parts.identity = i
	case "requestParameters":
		parts.request = i
	case "responseElements":
		parts.response = i
	case "resources":
		parts.resources = i
	case "additionalEventData":
		parts.more = i
	}
}

// timeForms are how CloudTrail writes times: in files and events, and in the answers of CloudTrail Lake.
var timeForms = []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00"}

// check holds what every record must have, and sets when and which.
func (p *parser) check(version, when, id []byte, c *events.CloudTrail) *Problem {
	bad := func(field string, value []byte, allowed string) *Problem {
		return &Problem{Field: field, Value: p.text(value, 64), Allowed: allowed}
	}
	if len(version) > 0 && !bytes.HasPrefix(version, []byte("1.")) {
		return bad("eventVersion", version, "a version 1 of CloudTrail's records")
	}
	at, ok := moment(when)
	if !ok {
		return bad("eventTime", when, "a time like 2006-01-02T15:04:05Z, from 2013 to 2099")
	}
	if !isName(c.Name) {
		return bad("eventName", []byte(c.Name), "the name of a call")
	}
	if !isName(c.Service) {
		return bad("eventSource", []byte(c.Service), "the name of a service")
	}
	if len(id) > 64 || !isName(string(id)) || signsOf(id) != 0 {
		return bad("eventID", id, "an id of letters, digits and dashes")
	}
	c.TS, c.UID = events.TimeOf(at), string(id)
	if a, err := netip.ParseAddr(c.From); err == nil && a.Zone() == "" {
		c.OrigH = a.Unmap()
	}
	return nil
}

func moment(when []byte) (time.Time, bool) {
	if len(when) > 40 {
		return time.Time{}, false
	}
	for _, form := range timeForms {
		if at, err := time.Parse(form, string(when)); err == nil {
			return at.UTC(), at.Year() >= 2013 && at.Year() < 2100
		}
	}
	return time.Time{}, false
}

// isName says whether s can be the name of a call or a service, or an id.
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' && r != ':'
	})
}

// outcome reads what stands outside the parameters: whether a sign-in went well, and with a second factor.
func (p *parser) outcome(t *tree, parts *parts, c *events.CloudTrail) {
	if i := t.find(parts.more, "MFAUsed"); i >= 0 && string(t.text(i)) == "Yes" {
		c.MFA = true
	}
	// A sign-in that failed has a message and no code; everybody else asks the code.
	if i := t.find(parts.response, "ConsoleLogin"); i >= 0 && c.ErrorCode == "" && string(t.text(i)) == "Failure" {
		c.ErrorCode = "Failure"
	}
}

// keyHash tells access keys apart without saying which they are.
func keyHash(key []byte) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}
