package settings

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	yaml "go.yaml.in/yaml/v4"

	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Limits of what is said of principals and of work on the account.
const (
	maxPrincipal = 256
	maxReason    = 256
	maxPlanned   = 31 * 24 * time.Hour // what takes longer is not a change but how things are
)

// Principal reads a pattern of the ARNs of principals: assumed-role/deploy/*, or a whole ARN. One that means everybody would blind, and is
// refused.
func Principal(text string) (string, bool) {
	text = strings.TrimSpace(text)
	odd := func(r rune) bool {
		return r == ',' || r > unicode.MaxASCII || !unicode.IsPrint(r) || unicode.IsSpace(r)
	}
	named := strings.Trim(text, "*:/?")
	return text, len(text) <= maxPrincipal && len(named) >= 3 && named != "arn" && strings.IndexFunc(text, odd) < 0
}

// PlannedChange reads an announced change as a store keeps it: FROM/TO PRINCIPAL REASON, the moments as of RFC 3339.
func PlannedChange(text string) (device.PlannedChange, error) {
	span, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	from, to, _ := strings.Cut(span, "/")
	principal, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return plannedChange(from, to, principal, reason)
}

func plannedChange(from, to, principal, reason string) (c device.PlannedChange, err error) {
	if c.From, err = time.Parse(time.RFC3339, from); err != nil {
		return c, fmt.Errorf("from: %q is not a moment such as 2026-03-02T10:00:00Z", from)
	}
	if c.To, err = time.Parse(time.RFC3339, to); err != nil {
		return c, fmt.Errorf("to: %q is not a moment such as 2026-03-02T12:00:00Z", to)
	}
	if span := c.To.Sub(c.From); span < time.Second || span > maxPlanned {
		return c, fmt.Errorf("to: %q is not after from, or more than 31 days after it", to)
	}
	var ok bool
	if c.Principal, ok = Principal(principal); !ok {
		return c, fmt.Errorf("principal: %q is not a pattern of a principal such as user/ada or assumed-role/deploy/*", principal)
	}
	c.Reason = strings.Join(strings.FieldsFunc(reason, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) }), " ")
	if c.Reason == "" || len(c.Reason) > maxReason {
		return c, errors.New("reason: it has 1 to 256 characters")
	}
	c.From, c.To = c.From.UTC().Truncate(time.Second), c.To.UTC().Truncate(time.Second)
	return c, nil
}

// PlannedText writes a change as PlannedChange reads it.
func PlannedText(c device.PlannedChange) string {
	return c.From.Format(time.RFC3339) + "/" + c.To.Format(time.RFC3339) + " " + c.Principal + " " + c.Reason
}

// planned reads one change of a file: a mapping of from, to, principal and reason, or the one line that a store keeps.
func (r *reader) planned(item *yaml.Node) {
	path := "parameters." + PlannedChanges
	var c device.PlannedChange
	var err error
	if item.Kind == yaml.ScalarNode {
		c, err = PlannedChange(item.Value)
	} else {
		said := map[string]string{}
		r.each(item, path+".", func(key, value *yaml.Node) {
			switch key.Value {
			case "from", "to", "principal", "reason":
				said[key.Value] = value.Value
			default:
				r.say(key.Line, "%s: unknown key %q; there are from, to, principal and reason", path, key.Value)
			}
		})
		c, err = plannedChange(said["from"], said["to"], said["principal"], said["reason"])
	}
	if err != nil {
		r.say(item.Line, "%s: %v", path, err)
		return
	}
	r.out.Known.Changes = append(r.out.Known.Changes, c)
}
