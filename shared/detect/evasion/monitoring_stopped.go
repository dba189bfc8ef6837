package evasion

import (
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// MonitoringStopped finds who takes the eyes away: of the sensors, of the flow logs, of the trail.
var MonitoringStopped = detect.Spec{
	Type:  "evasion.monitoring_stopped",
	Title: "Monitoring stopped",
	Text: "Looks in CloudTrail for calls that end or narrow what watches the account: traffic mirror sessions, targets, filters and their rules, the load balancer behind the mirror, flow logs, trails " +
		"and their selectors, GuardDuty, AWS Config, and alarms of Mirrorwatch. One detection a principal and kind of monitoring; it grows with what is ended. A call that was refused is told lower. " +
		"What looks the same: Mirrorwatch's own roles (own_roles), changes that were announced (planned_changes), deploys by CloudFormation or another service (planned_principals), and AWS's own services, " +
		"which are not told of; and what the same principal puts back within ten minutes, which is told and then comes down to low risk. Who ends what it made itself is told lower, too.",
	Category: "evasion", Tactics: []string{"TA0005"}, Techniques: []string{"T1562.008"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindCloudTrail}, GuardDuty: "Stealth:IAMUser/CloudTrailLoggingDisabled", Version: 1,
	Background: "Who means to stay looks for what could give him away, and switches it off before he does what matters: one call ends a trail, and one the copy of an instance's packets. " +
		"With the keys of an administrator, or of a role that may do too much, that is a matter of seconds. It is also the last thing that is seen of him.",
	Mitigation: []string{
		"Put back what was ended, now; the properties name it. What it would have shown meanwhile is lost.",
		"Ask the principal. If it was not theirs, disable the key or revoke the role's sessions, and look in CloudTrail for all else that they called.",
		"Look at what the hosts concerned did just before: the reason is mostly there.",
		"Deny these calls to all but the deploy's role, by a service control policy.",
		"Announce planned work (parameter planned_changes), so that the next one that is not planned stands out.",
	},
	New:    func() detect.Detector { return NewMonitoringStopped(MonitoringStoppedDefaults()) },
	Tuning: detect.Tuned(MonitoringStoppedDefaults, NewMonitoringStopped),
}

// MonitoringStoppedTunables are what may be set.
type MonitoringStoppedTunables struct {
	PlannedPrincipals []string      `tune:"patterns of the ARNs of principals that deploy: by way of CloudFormation or another service they are not told of, and directly with less risk"`
	Balancers         []string      `tune:"patterns of the ARNs of the load balancers, listeners and target groups behind the mirror, beside those that were seen being made"`
	Alarms            []string      `tune:"patterns of the names of alarms that watch Mirrorwatch"`
	PutBack           time.Duration `tune:"within this time what is ended may be made again" min:"1m" max:"24h"`
	Idle              time.Duration `tune:"a principal that rests this long begins anew" min:"1h" max:"720h"`
	Principals        int           `tune:"principals watched, for each kind of monitoring" min:"16" max:"100000"`
	Things            int           `tune:"sessions, flow logs and trails remembered by what they watch" min:"64" max:"1000000"`
}

// MonitoringStoppedDefaults are the tunables that the project stands for.
func MonitoringStoppedDefaults() MonitoringStoppedTunables {
	return MonitoringStoppedTunables{
		Balancers: []string{"*mirrorwatch*", "*Mirrorwatch*"}, Alarms: []string{"*mirrorwatch*", "*Mirrorwatch*"},
		PutBack: 10 * time.Minute, Idle: 24 * time.Hour, Principals: 2_000, Things: 50_000,
	}
}

// Stopped is the detector.
type Stopped struct {
	detect.Memories
	tune  MonitoringStoppedTunables
	rows  *detect.CallsTable
	known *detect.Memory[string, thing]
	ends  *detect.Memory[string, moment]
	made  *detect.Memory[string, moment]
	rules map[string]rule
}

// NewMonitoringStopped makes the detector.
func NewMonitoringStopped(t MonitoringStoppedTunables) *Stopped {
	s := &Stopped{
		tune: t, rules: rules(), rows: detect.NewCallsTable(t.Principals, t.Idle),
		known: detect.NewFilledMemory(t.Things, 'k', 1, thingFields),
		ends:  detect.NewFilledMemory(t.Things, 'e', 1, momentFields),
		made:  detect.NewFilledMemory(t.Things, 'm', 1, momentFields),
	}
	s.Memories = append(detect.Memories{s.known, s.ends, s.made}, s.rows.Memories...)
	return s
}

// What the rows' flags say.
const (
	ended       = 1 << iota // something is not watched at all
	lowered                 // it was told that all is back
	byInstance              // the session of an instance's role did it
	byDeploy                // one of the planned principals did it by itself
	refusedOnly             // it was told when nothing had come of it yet
	ofOthers                // something was not made by whoever ended it
)

// What the rows' tallies count.
const (
	gone    = iota // things that were ended or narrowed
	back           // of these, what was put back
	perhaps        // and what may have been: it is not known what the old one watched
)

// Observe looks at a call.
func (s *Stopped) Observe(r events.Record, v device.View) []detect.Finding {
	c, ok := r.(*events.CloudTrail)
	if !ok {
		return nil
	}
	rule, ok := s.rules[c.Name]
	if !ok || rule.service != c.Service || c.ErrorCode != "" && !detect.Refused(c) || detect.OfAWS(c) || s.rows.Heard(c) {
		return nil
	}
	p := detect.ParametersOf(c.Parameters)
	effect, things := rule.judge(s, c, p)
	if c.ErrorCode == "" {
		s.learn(c, things)
	}
	switch {
	case effect == nothing || detect.Foreseen(c, v.Known()) || s.deployed(c):
		return nil
	case effect == restores:
		if c.ErrorCode != "" {
			return nil
		}
		return s.putBack(c, things)
	}
	return s.stop(c, &rule, effect, things)
}

// deployed says whether a service made the call for a principal that is known to deploy.
func (s *Stopped) deployed(c *events.CloudTrail) bool {
	return detect.ByService(c) != "" && device.NamedBy(s.tune.PlannedPrincipals, c.Principal, c.Role)
}

// stop takes note of what a principal ended.
func (s *Stopped) stop(c *events.CloudTrail, r *rule, effect effect, things []thing) []detect.Finding {
	key := rowKey(c, r.act)
	row, news := s.rows.Note(key, c), false
	for i := range things {
		news = row.Add(things[i].party(c)) || news
		if c.ErrorCode == "" {
			row.Tally[gone]++
			if things[i].maker != makerOf(c) {
				row.Flags |= ofOthers
			}
			s.expect(key, row, c, &things[i])
		}
	}
	wasRefused, wasLow := row.Flags&refusedOnly != 0, row.Flags&lowered != 0
	s.mark(row, c, effect)
	again := wasRefused && row.Flags&refusedOnly == 0 || wasLow && row.Flags&lowered == 0
	if row.Reached(row.Total(), 1) || again {
		return []detect.Finding{s.report(key, row)}
	}
	if !news && wasLow == (row.Flags&lowered != 0) {
		return nil
	}
	f := s.report(key, row)
	f.Final = true
	return []detect.Finding{f}
}

func (s *Stopped) mark(row *detect.Calls, c *events.CloudTrail, effect effect) {
	if c.ErrorCode == "" && effect == ends {
		row.Flags |= ended
	}
	if c.Instance != "" {
		row.Flags |= byInstance
	}
	if device.NamedBy(s.tune.PlannedPrincipals, c.Principal, c.Role) {
		row.Flags |= byDeploy
	}
	row.Flags &^= refusedOnly | lowered
	if row.Count == 0 {
		row.Flags |= refusedOnly
	} else if row.Tally[back]+row.Tally[perhaps] >= row.Tally[gone] {
		row.Flags |= lowered
	}
}

// rowKey says who did what to which kind of monitoring, in which account.
func rowKey(c *events.CloudTrail, act string) string {
	return c.Account + "|" + detect.Principal(c) + "|" + act
}

// Overflow is how much had to be forgotten for want of room (Limited).
func (s *Stopped) Overflow() uint64 {
	return s.rows.Overflow() + s.known.Evicted() + s.ends.Evicted() + s.made.Evicted()
}

// Tick has nothing to do: a call is told of when it is seen.
func (s *Stopped) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (s *Stopped) Close(device.View) []detect.Finding { return s.rows.LastWords(s.report) }

// actOf gives the kind of monitoring that a row is about.
func actOf(key string) string { return key[strings.LastIndexByte(key, '|')+1:] }
