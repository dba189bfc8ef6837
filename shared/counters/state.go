package counters

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Why says what an error of a Source means.
type Why string

// What may be wrong.
const (
	Denied      Why = "denied"      // AWS refused: a permission is missing, or the credentials are no good
	Throttled   Why = "throttled"   // AWS has no capacity for the call just now
	Unreachable Why = "unreachable" // nobody answered, or not in time
	Broken      Why = "broken"      // AWS failed, or what it said makes no sense
	Refused     Why = "refused"     // AWS does not understand what was asked, so that asking again is of no use
)

// Error is why a Source gave no answer.
type Error struct {
	Why     Why
	Code    string // AWS's own, where it gave one
	Message string
	Cause   error
}

// Error says it in one line.
func (e *Error) Error() string {
	said := strings.TrimSuffix(e.Code+": "+e.Message, ": ")
	return "get metric data: " + string(e.Why) + ": " + strings.TrimPrefix(said, ": ")
}

// Unwrap gives what the client said.
func (e *Error) Unwrap() error { return e.Cause }

// Again says whether the same may be asked again with hope.
func (e *Error) Again() bool { return e.Why == Throttled || e.Why == Unreachable || e.Why == Broken }

// Status is what the error makes of the source.
func (e *Error) Status() events.SourceStatus {
	if e.Why == Denied {
		return events.SourceDenied
	}
	return events.SourceFailed
}

// mostWhy bounds what is said of a state.
const mostWhy = 500

// State says what came of asking. A source that is not there at all ("missing") is whoever asks to know.
func State(q Query, a Answer, err error) events.SourceState {
	s := events.SourceState{Source: events.SourceCloudWatch, Status: events.SourceComplete}
	var known *Error
	why := append([]string(nil), q.Left...)
	switch {
	case errors.As(err, &known):
		s.Status, why = known.Status(), []string{known.Error()}
	case err != nil:
		s.Status, why = events.SourceFailed, []string{err.Error()}
	case len(q.Machines) == 0:
		s.Status = events.SourceEmpty
		if len(why) == 0 {
			why = append(why, "no participant is known to be an instance")
		}
	case len(index(&q, a)) == 0:
		s.Status = events.SourceEmpty
		why = append(why, "CloudWatch has no metrics of the machines", a.Partial)
	default:
		why = append(why, a.Partial)
		why = append(why, thin(&q, a)...)
		through := q.To()
		if q.running() {
			through = q.Asked.UTC()
		}
		s.Through = &through
	}
	s.Why = join(why)
	if s.Status == events.SourceComplete && s.Why != "" {
		s.Status = events.SourcePartial
	}
	return s
}

// thin says what is missing to compare with.
func thin(q *Query, a Answer) []string {
	var why []string
	all := index(q, a)
	for i := range q.Machines {
		m := &q.Machines[i]
		h := all[seriesKey{m.ID, netOut}]
		v, there := h.of(hourOf(q.Hour))
		if _, known := usualOf(h, q.Hour, q.Weeks); there && !known {
			why = append(why, fmt.Sprintf("%s has too little history to compare with (NetworkOut %s %s)", label(m), bytes(v), inHour(q)))
		}
	}
	if q.running() {
		why = append(why, "the hour was not over when CloudWatch was asked")
	}
	return why
}

// join makes one line of sentences.
func join(list []string) string {
	var said []string
	for _, s := range list {
		if s != "" {
			said = append(said, s)
		}
	}
	all := strings.Join(said, "; ")
	if len(all) > mostWhy {
		return strings.ToValidUTF8(all[:mostWhy], "") + "..."
	}
	return all
}
