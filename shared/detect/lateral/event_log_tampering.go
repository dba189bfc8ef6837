package lateral

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// EventLogTampering finds a host that takes the event log of another away.
var EventLogTampering = detect.Spec{
	Type:  "lateral.event_log_tampering",
	Title: "Remote event log cleared or stopped",
	Text: "Looks for logs of another host being cleared (ElfrClearELF, EvtRpcClearLog), for its event log service being stopped or " +
		"changed through the service control manager, and for calls to the old event log that failed or were never answered, twice " +
		"or more within minutes: a call that makes the service crash is not answered, and after two crashes Windows does not start " +
		"it again. Without a log nobody sees what comes next. What looks the same: an administrator who clears a log by hand, which " +
		"is rare; reading logs and writing to them, if it is answered, counts nothing.",
	Category: "lateral", Tactics: []string{"TA0005"}, Techniques: []string{"T1070.001", "T1562.002"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "What happens on a Windows host stands in its event logs, and most monitoring reads them. An intruder clears them to " +
		"hide what was done, or stops the service that writes them before going on; some malformed calls crash it from afar, without " +
		"any rights. The aim is to work unseen.",
	Mitigation: []string{
		"See whether the event log service of the hosts that are named here runs, and start it.",
		"Look in the copies of the logs that were collected elsewhere for what happened in the hour before; event 1102 or 104 says " +
			"who cleared a log.",
		"Isolate the host that did it, unless an administrator says why.",
		"Send event logs to another system as they are written, and install the updates of Windows.",
	},
	New:    func() detect.Detector { return NewEventLogTampering(EventLogTamperingDefaults()) },
	Tuning: detect.Tuned(EventLogTamperingDefaults, NewEventLogTampering),
}

// EventLogTamperingTunables are what may be set.
type EventLogTamperingTunables struct {
	Unanswered int           `tune:"calls to the old event log of a host without an answer that look like crashes" min:"2" max:"1000"`
	Idle       time.Duration `tune:"a pair of hosts that rests this long begins anew" min:"1m" max:"24h"`
	Pairs      int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// EventLogTamperingDefaults are the tunables that the project stands for. A pair takes about 1 KiB.
func EventLogTamperingDefaults() EventLogTamperingTunables {
	return EventLogTamperingTunables{Unanswered: 2, Idle: 30 * time.Minute, Pairs: 2_000}
}

// What may be done to a log.
const (
	logCleared    remoteStep = iota
	logStopped               // its service was stopped, or changed
	logUnanswered            // calls without an answer
	logService               // its service was opened
	logAnswered              // the event log answers, and its answers are seen
)

func logSteps() []string { return []string{"cleared", "service_calls", "unanswered", ""} }

// EventLogTamperings remembers who did what to whose logs.
type EventLogTamperings struct {
	tune EventLogTamperingTunables
	*remoteCases
}

// NewEventLogTampering makes the detector.
func NewEventLogTampering(t EventLogTamperingTunables) *EventLogTamperings {
	return &EventLogTamperings{t, newRemoteCases(t.Pairs, t.Idle)}
}

// Observe looks at what is done to the logs of another host.
func (d *EventLogTamperings) Observe(r events.Record, v device.View) []detect.Finding {
	call, ok := r.(*events.DCERPC)
	if !ok || rpcRefused(call) && !logFaults(call) {
		return nil
	}
	step, ok := d.logStep(call)
	if !ok {
		return nil
	}
	c := d.onPair(&call.Head, step)
	if step == logCleared && call.Args != "" {
		c.Thing(call.Args)
	}
	if step == logAnswered || step == logService {
		return nil // it is no act, and serves to understand the others
	}
	if step == logUnanswered && (call.Fault != 0 || v.Resp.OffersPort(device.TCP, call.RespP)) {
		c.Flags |= 1 << logAnswered
	}
	if timesDid(c.Case, logCleared)+timesDid(c.Case, logStopped) == 0 && !d.crashes(c.Case) {
		return nil
	}
	return c.findings(d.report)
}

// crashes says whether calls were in vain often enough, at a host whose answers are seen: a mirror may hold one direction only.
func (d *EventLogTamperings) crashes(c *detect.Case) bool {
	return did(c, logAnswered) && timesDid(c, logUnanswered) >= d.tune.Unanswered
}

// logStep says what a call does to a log, [MS-EVEN] 3.1.4, [MS-EVEN6] 3.1.4 and [MS-SCMR] 3.1.4.
func (d *EventLogTamperings) logStep(r *events.DCERPC) (step remoteStep, acts bool) {
	switch interfaceOf(r) {
	case eventLog:
		return logCleared, r.Opnum == 6
	case oldEventLog:
		if (r.Opnum == 0 || r.Opnum == 12) && r.Fault == 0 {
			return logCleared, true
		}
		if r.RTT > 0 && !logFaults(r) {
			return logAnswered, true
		}
		return logUnanswered, true
	case serviceControl:
		switch r.Opnum {
		case 16, 28: // ROpenServiceW, A
			return logService, len(r.Args) < 64 && holds(r.Args, "eventlog")
		case 1, 11, 23, 50, 51:
			return logStopped, d.opened(r)
		}
	}
	return 0, false
}

// logFaults says that the old event log failed at a call, rather than refused it.
func logFaults(r *events.DCERPC) bool {
	return r.Fault != 0 && r.Fault != faultAccessDenied && r.Fault != faultUnknownIf && interfaceOf(r) == oldEventLog
}

// logServiceFor is how long after it was opened a service is taken to be the one that is controlled: handles are not followed.
const logServiceFor = 5 * time.Second

func (d *EventLogTamperings) opened(r *events.DCERPC) bool {
	c := d.Peek(detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH})
	return c != nil && did(c, logService) && r.TS.Sub(c.Last) <= logServiceFor
}

// Tick has nothing to do: each act is told at once.
func (d *EventLogTamperings) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *EventLogTamperings) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *EventLogTamperings) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	var terms []events.Term
	if n := timesDid(c, logCleared); n > 0 {
		text := "cleared " + counted(n, "event log")
		if len(c.Names) > 0 {
			text += " (" + quoted(c.Names, 3, 60) + ")"
		}
		done = append(done, text)
	}
	if n := timesDid(c, logStopped); n > 0 {
		done = append(done, "controlled or changed the event log service "+counted(n, "time"))
	}
	if n := timesDid(c, logUnanswered); d.crashes(c) {
		done = append(done, "made "+counted(n, "call")+" to the event log that failed or were not answered, as when it crashes")
		if len(done) == 1 {
			terms = append(terms, events.Term{Name: "no_answer", Points: -10, Reason: "that the service crashed shows only by its silence"})
		}
	}
	f := c.Finding(k, 0.8, fmt.Sprintf("%s %s on %s.", k.By, listed(done), k.To))
	f.Properties = remoteProperties(c, logSteps())
	f.Terms = terms
	return f
}
