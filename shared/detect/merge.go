package detect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Limits of one detection. What a person is shown of a sweep over a thousand hosts is the first of them and the count.
const (
	maxUIDs         = 16
	maxParticipants = 64
	maxActivity     = 32
)

// merge makes a finding part of the detection with the same key, or begins one.
func (j *Judge) merge(s *Spec, f *Finding, v device.View) {
	key := s.Type + "\x00" + f.Key
	if f.Final && j.live.Peek(key) == nil {
		return
	}
	d, fresh := j.live.Put(key)
	if !fresh && f.Start.Time().Sub(d.Update) > mergeGap {
		// The earlier one is told and over. The day of the start makes the new id another.
		j.acts.forget(key, &d.Detection)
		*d, fresh = ongoing{}, true
	}
	if fresh {
		j.stats.Detections++
		begin(&d.Detection, s, f)
	}
	if (fresh || d.restored) && j.knew(d, fresh, f) {
		return // told before the program began anew: the same packets were read again
	}
	j.update(&d.Detection, s, f, v)
	j.acts.note(key, &d.Detection)
	if !f.Final && !d.repeats() {
		alert(&d.Detection, f)
	}
	j.changed.Note(key)
	copied := d.Detection
	j.emit(&copied)
}

func begin(d *events.Detection, s *Spec, f *Finding) {
	*d = events.Detection{
		ID: identity(s.Type, f.Key, f.Start), Type: s.Type, Title: s.Title, Category: s.Category, Triage: events.Triage{Status: events.StatusOpen},
		Start: f.Start.Time(), Tactics: s.Tactics, Techniques: s.Techniques,
		VNI: f.VNI, Sensor: f.Sensor, DetectorVersion: s.Version, GuardDutyEquivalent: s.GuardDuty,
		Evidence: events.Evidence{Start: f.Start.Time(), End: f.End.Time()},
	}
}

// update writes what the finding says. Slices are replaced, never changed, because copies of the detection were given away.
func (j *Judge) update(d *events.Detection, s *Spec, f *Finding, v device.View) {
	start, end := f.Start.Time(), f.End.Time()
	d.Start = earlier(d.Start, start)
	d.Evidence.Start, d.Evidence.End = earlier(d.Evidence.Start, start), later(d.Evidence.End, end)
	d.Update, d.End = d.Evidence.End, nil
	d.Evidence.UIDs = union(d.Evidence.UIDs, f.UIDs)
	d.Description, d.Properties = f.Description, f.Properties
	d.Confidence = min(max(f.Confidence, 0), 1)
	if len(f.Techniques) > 0 {
		d.Techniques = f.Techniques
	}
	d.Participants = participants(d.Participants, f, v)
	d.Risk = assess(s.Risk, f, j.circumstances(s, f, d.Participants, v))
}

// alert adds an alert to what a detection has told. Its description and score are those of now.
func alert(d *events.Detection, f *Finding) {
	d.Activity = append(slices.Clip(d.Activity), events.Activity{Time: f.End.Time(), Description: f.Description, Score: d.Risk.Score})
	if n := len(d.Activity); n > maxActivity {
		d.Activity = d.Activity[n-maxActivity:]
	}
}

// identity is the first half of a SHA-256. The start counts by its day only: records that end together may come in any order,
// and which of them is the first must not change the name of the thing.
func identity(kind, key string, start events.Time) string {
	day := start.Time().Truncate(24 * time.Hour).Unix()
	sum := sha256.Sum256([]byte(kind + "\x00" + key + "\x00" + strconv.FormatInt(day, 10)))
	return hex.EncodeToString(sum[:16])
}

func participants(have []events.Participant, f *Finding, v device.View) []events.Participant {
	list, v := slices.Clone(have), v.At(f.VNI)
	for _, p := range f.Offenders {
		list = join(list, Offender, p, v)
	}
	for _, p := range f.Victims {
		list = join(list, Victim, p, v)
	}
	slices.SortStableFunc(list, func(a, b events.Participant) int { return rolePlace(a.Role) - rolePlace(b.Role) })
	return list
}

func rolePlace(role string) int {
	if role == Offender {
		return 0
	}
	return 1
}

func join(list []events.Participant, role string, p Party, v device.View) []events.Participant {
	for i := range list {
		if list[i].Role == role && p.is(&list[i]) {
			return list
		}
	}
	n := p.named()
	if len(list) >= maxParticipants || !p.Addr.IsValid() && n.nobody() {
		return list
	}
	one := events.Participant{
		Role: role, Endpoint: p.Endpoint, Address: p.Addr, Port: p.Port, Hostname: n.Thing,
		Interface: n.Interface, Instance: n.Instance, VPC: n.VPC, Account: n.Account, User: n.User,
	}
	if p.Addr.IsValid() {
		one.Device, one.External = v.ID(p.Addr), v.IsExternal(p.Addr)
		one.Hostname = cmp.Or(n.Thing, v.Hostname(p.Addr))
	}
	return append(list, one)
}

func (p *Party) named() Named {
	if p.AWS == nil {
		return Named{}
	}
	return *p.AWS
}

func (n *Named) nobody() bool { return *n == Named{Account: n.Account} }

// is says whether a party is a participant. What others know of the participant besides, and the party does not say, is no difference.
func (p *Party) is(have *events.Participant) bool {
	if p.Addr != have.Address {
		return false
	}
	same := func(said, known string) bool { return said == "" || said == known }
	n := p.named()
	if p.Addr.IsValid() {
		return same(n.User, have.User)
	}
	return !n.nobody() && same(n.User, have.User) && same(n.Thing, have.Hostname) && same(n.Interface, have.Interface) &&
		same(n.Instance, have.Instance) && same(n.VPC, have.VPC)
}

// circumstances looks at who takes part, those of earlier alerts included.
func (j *Judge) circumstances(s *Spec, f *Finding, list []events.Participant, v device.View) circumstances {
	c := circumstances{others: j.terms(f, v), firstDay: s.Novelty && v.Age(f.Start) < 24*time.Hour}
	outside, inside := false, false
	for i := range list {
		p := &list[i]
		precious := valued(p, v.At(f.VNI))
		if p.Role == Offender {
			c.valueOffender = c.valueOffender || precious
			outside = outside || p.External
			c.scanner = c.scanner || v.Known().Scanner(p.Address)
			continue
		}
		c.valueVictim = c.valueVictim || precious
		inside = inside || p.Address.IsValid() && !p.External
	}
	c.external = outside && inside
	return c
}

// valued says that a participant is a device of high value.
func valued(p *events.Participant, v device.View) bool {
	if !p.Address.IsValid() {
		return false
	}
	d := v.Device(p.Address)
	return d != nil && d.HighValue()
}

func union(have, more []string) []string {
	list := slices.Clone(have)
	for _, uid := range more {
		if uid != "" && len(list) < maxUIDs && !slices.Contains(list, uid) {
			list = append(list, uid)
		}
	}
	return list
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
