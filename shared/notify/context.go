package notify

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of the line that tells of a context, and of each thing that it names.
const (
	contextLine  = 600
	contextWords = 200
)

// contextOf is what AWS knows of a detection, in one line: whether it was blocked, the call that matters most, the incident, and what has
// not arrived yet; empty where nobody knows anything.
func contextOf(d *events.Detection) string {
	c := d.Context
	if c == nil {
		return ""
	}
	var parts []string
	add := func(s string) {
		if s = line(strings.TrimSuffix(strings.TrimSpace(s), "."), contextWords); s != "" {
			parts = append(parts, s)
		}
	}
	add(blocked(c.Flows))
	if len(c.Calls) > 0 {
		l := &c.Calls[0]
		add(fmt.Sprintf("%s %s at %s", line(l.Principal, 60), line(l.Summary, 100), l.Time.UTC().Format("15:04:05")))
	}
	if c.Incident != "" {
		add("incident " + line(c.Incident, 64))
	}
	if len(parts) > 0 && !c.Complete {
		add("more is waited for")
	}
	return line(strings.Join(parts, "; "), contextLine)
}

// blocked says whether the tries were rejected.
func blocked(f *events.FlowSummary) string {
	switch {
	case f == nil || f.Accepted.Records+f.Rejected.Records == 0:
		return ""
	case f.Accepted.Records == 0:
		return fmt.Sprintf("blocked: all %d tries were rejected", f.Rejected.Records)
	case f.Rejected.Records == 0:
		return "not blocked"
	}
	return fmt.Sprintf("not blocked: %d of %d tries were rejected", f.Rejected.Records, f.Accepted.Records+f.Rejected.Records)
}
