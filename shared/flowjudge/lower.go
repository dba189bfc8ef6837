package flowjudge

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// lowered is a detector whose findings rest on flow logs alone, and say so.
type lowered struct {
	detect.Detector
	of *Judge
	t  Type
}

// lower wraps the detectors of specs that are fed from flow logs.
func (j *Judge) lower(list []detect.Spec) []detect.Spec {
	out := make([]detect.Spec, 0, len(list))
	for _, s := range list {
		t, flows := typeOf(s.Type)
		if flows {
			made := s.Make(j.set[s.Type])
			s.New, s.Tuning = func() detect.Detector { return made }, detect.Tuning{}
			if made != nil {
				s.New = func() detect.Detector { return &lowered{made, j, t} }
			}
			if made == nil {
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

func typeOf(name string) (Type, bool) {
	for _, t := range Types() {
		if t.Name == name {
			return t, true
		}
	}
	return Type{}, false
}

// Observe lowers what is found of a record.
func (l *lowered) Observe(r events.Record, v device.View) []detect.Finding {
	return l.all(l.Detector.Observe(r, v), v)
}

// Tick lowers what time tells.
func (l *lowered) Tick(now events.Time, v device.View) []detect.Finding {
	return l.all(l.Detector.Tick(now, v), v)
}

// Close lowers the last words (detect.Closer).
func (l *lowered) Close(v device.View) []detect.Finding {
	if c, ok := l.Detector.(detect.Closer); ok {
		return l.all(c.Close(v), v)
	}
	return nil
}

// Watch lowers what a device's habits tell (detect.Watcher).
func (l *lowered) Watch(t *device.Turned, v device.View) []detect.Finding {
	if w, ok := l.Detector.(detect.Watcher); ok {
		return l.all(w.Watch(t, v), v)
	}
	return nil
}

// Overflow is the detector's (detect.Limited).
func (l *lowered) Overflow() uint64 {
	if d, ok := l.Detector.(detect.Limited); ok {
		return d.Overflow()
	}
	return 0
}

// Save is the detector's (detect.Keeper).
func (l *lowered) Save(put func(key, value []byte)) {
	if k, ok := l.Detector.(detect.Keeper); ok {
		k.Save(put)
	}
}

// Load is the detector's (detect.Keeper).
func (l *lowered) Load(key, value []byte) error {
	if k, ok := l.Detector.(detect.Keeper); ok {
		return k.Load(key, value)
	}
	return nil
}

// all lowers findings, and leaves out those that flow logs cannot carry.
func (l *lowered) all(found []detect.Finding, v device.View) []detect.Finding {
	kept := found[:0]
	for i := range found {
		if l.one(&found[i], v) {
			kept = append(kept, found[i])
		}
	}
	return kept
}

// keyPrefix keeps a detection of flow logs from being taken for a sensor's of the same thing.
const keyPrefix = "flowlog "

// one says of a finding how it was seen.
func (l *lowered) one(f *detect.Finding, v device.View) bool {
	if l.t.cloud && l.of.toCloud(f, v) {
		l.of.stats.Cloud++
		return false
	}
	c := count{}
	if l.t.tries {
		c = l.of.tries.behind(f)
		if l.of.noise(f, &c, v) {
			l.of.stats.Noise++
			return false
		}
	}
	f.Key = keyPrefix + f.Key
	f.Confidence *= l.t.Trust
	f.Description = "Seen in VPC Flow Logs alone: " + f.Description + c.sentence()
	f.Terms = append(append(f.Terms[:len(f.Terms):len(f.Terms)], events.Term{
		Name: "flow_logs_only", Points: l.t.Points, Reason: "no sensor saw the packets; confidence is " + percent(l.t.Trust) + " of what packets would give",
	}), blockedTerms(f, &c, v)...)
	if f.Properties == nil {
		f.Properties = map[string]any{}
	}
	f.Properties["source"] = events.FlowLog
	if c.all > 0 {
		f.Properties["tries"], f.Properties["rejected"] = c.all, c.rejected
	}
	f.Sensor = events.FlowLog
	return true
}

// blockedTerms weigh that nothing got through: from outside it is what every public address meets all day, and from inside somebody tries
// doors that are closed to him.
func blockedTerms(f *detect.Finding, c *count, v device.View) []events.Term {
	if !c.blocked() || len(f.Offenders) == 0 {
		return nil
	}
	if outside(f, v) {
		return []events.Term{{Name: "all_rejected", Points: -20, Reason: "every public address meets this all day, and nothing got through"}}
	}
	return []events.Term{{Name: "rejected_inside", Points: 5, Reason: "a host inside tries what is closed to it"}}
}

func outside(f *detect.Finding, v device.View) bool { return v.IsExternal(f.Offenders[0].Addr) }

// loudSweep is from how many hosts on a sweep from outside of which nothing got through is told at all.
const loudSweep = 200

// noise says that a finding is the background noise of the internet: somebody outside asks many public addresses, in vain.
func (j *Judge) noise(f *detect.Finding, c *count, v device.View) bool {
	silent, sweeps := f.Properties["silent"].(int)
	return sweeps && c.blocked() && len(f.Offenders) > 0 && outside(f, v) && silent < loudSweep
}

// toCloud says that who is outside is a service of AWS.
func (j *Judge) toCloud(f *detect.Finding, v device.View) bool {
	if j.o.Service == nil {
		return false
	}
	for _, list := range [...][]detect.Party{f.Offenders, f.Victims} {
		for i := range list {
			if !v.IsExternal(list[i].Addr) {
				continue
			}
			switch j.o.Service(list[i].Addr) {
			case "", "AMAZON", "EC2", "EC2_INSTANCE_CONNECT", "GLOBALACCELERATOR": // anybody's, or nobody's in particular
			default:
				return true
			}
		}
	}
	return false
}

var (
	_ detect.Closer  = (*lowered)(nil)
	_ detect.Watcher = (*lowered)(nil)
	_ detect.Limited = (*lowered)(nil)
	_ detect.Keeper  = (*lowered)(nil)
)
