package incident

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	outside = "203.0.113.9"
	web     = "10.0.0.7"
	db      = "10.0.0.8"
	hour    = time.Hour
)

// TestRules takes two detections at a time, the first at noon, and wants them in one incident or not.
func TestRules(t *testing.T) {
	with := func(d events.Detection, change func(*events.Detection)) events.Detection { change(&d); return d }
	closed := func(r events.Resolution) func(*events.Detection) {
		return func(d *events.Detection) { d.Status, d.Resolution = events.StatusClosed, r }
	}
	instance := func(d *events.Detection) {
		d.Participants[len(d.Participants)-1].Instance = "i-7" // the victim
	}
	role := func(d *events.Detection) {
		d.Participants[0].User, d.Participants[0].Instance = "arn:aws:sts::111122223333:assumed-role/web/i-7", "i-7"
	}
	for _, c := range []struct {
		what        string
		first, then events.Detection
		one         bool
	}{
		{"one offender in a day", by(1, "recon", 40, 0, outside, web), by(2, "access", 50, 20*hour, outside, db), true},
		{"one offender after a day", by(1, "recon", 40, 0, outside, web), by(2, "access", 50, 25*hour, outside, db), false},
		{"low and medium", by(1, "recon", 10, 0, outside, web), by(2, "access", 50, hour, outside, db), true},
		{"a chain", by(1, "access", 50, 0, outside, web), by(2, "lateral", 50, 6*24*hour, web, db), true},
		{"a chain after a week", by(1, "access", 50, 0, outside, web), by(2, "lateral", 50, 8*24*hour, web, db), false},
		{"an offender that becomes a victim", by(1, "lateral", 50, 0, web, db), by(2, "access", 50, hour, outside, web), false},
		{"scanned, and then an offender", by(1, "recon", 40, 0, outside, web), by(2, "c2", 50, 2*hour, web, db), false},
		{"scanned, and at once an offender", by(1, "recon", 40, 0, outside, web), by(2, "lateral", 50, hour/2, web, db), true},
		{"scanned, and then a scanner", by(1, "recon", 40, 0, outside, web), by(2, "recon", 50, hour/2, web, db), false},
		{"flooded, and then a scanner", by(1, "impact", 50, 0, outside, web), by(2, "recon", 50, hour, web, db), false},
		{"a victim twice, further", by(1, "recon", 40, 0, outside, web), by(2, "access", 50, hour/2, "198.51.100.1", web), true},
		{"a victim twice, the same", by(1, "access", 50, 0, outside, web), by(2, "access", 50, hour/2, "198.51.100.1", web), false},
		{"a victim twice, back", by(1, "access", 50, 0, outside, web), by(2, "recon", 50, hour/2, "198.51.100.1", web), false},
		{"got in, and then a beacon", by(1, "access", 50, 0, outside, web), by(2, "c2", 50, 20*hour, "198.51.100.1", web), true},
		{"got in low, and then a beacon", by(1, "access", 20, 0, outside, web), by(2, "c2", 50, 20*hour, "198.51.100.1", web), false},
		{"a stolen role", with(by(1, "access", 75, 0, "", web), instance), with(by(2, "access", 80, 2*hour, "198.51.100.1"), role), true},
		{"a scan of the instance before", with(by(1, "recon", 40, 0, outside, web), instance), with(by(2, "access", 80, 2*hour, "198.51.100.1"), role), false},
		{"two calls of one role", with(by(1, "hygiene", 70, 0, "198.51.100.1"), role), with(by(2, "access", 80, 2*hour, "198.51.100.2"), role), true},
		{"nothing in common", by(1, "access", 50, 0, outside, web), by(2, "access", 50, hour, "198.51.100.1", db), false},
		{"hidden", by(1, "access", 50, 0, outside, web), with(by(2, "access", 50, hour, outside, db), func(d *events.Detection) { d.HiddenBy = "rule" }), false},
		{"false", by(1, "access", 50, 0, outside, web), with(by(2, "access", 50, hour, outside, db), closed(events.ResolutionFalsePositive)), false},
		{"benign", by(1, "access", 50, 0, outside, web), with(by(2, "access", 50, hour, outside, db), closed(events.ResolutionBenign)), false},
		{"closed as true", by(1, "access", 50, 0, outside, web), with(by(2, "access", 50, hour, outside, db), closed(events.ResolutionTruePositive)), true},
		{"hygiene", by(1, "access", 50, 0, outside, web), by(2, "hygiene", 50, hour, outside, db), false},
		{"bad hygiene", by(1, "access", 50, 0, outside, web), by(2, "hygiene", 65, hour, outside, db), true},
		{"a scanner of one's own", by(1, "access", 50, 0, web, db), with(by(2, "recon", 50, hour, web, db), func(d *events.Detection) {
			d.Risk.Terms = []events.Term{{Name: "known_scanner", Points: -10}}
		}), false},
	} {
		s := newShelf(t)
		s.take(c.then)
		s.take(c.first)
		one := false
		for _, in := range s.incidents() {
			one = one || len(in.Members) == 2
		}
		if one != c.one {
			t.Errorf("%s: in one incident is %v, want %v", c.what, one, c.one)
		}
	}
	s := newShelf(t)
	for n := range 5 {
		s.take(by(n+1, "recon", 20, time.Duration(n)*time.Minute, outside, web))
	}
	if list := s.incidents(); len(list) != 0 {
		t.Errorf("low ones alone make %v", membersOf(list))
	}
	s.take(by(9, "access", 20, 10*time.Minute, outside, web))
	if id := s.take(by(10, "lateral", 20, time.Hour, web, db)); id == "" {
		t.Error("a chain of low ones is none")
	}
}

// TestStory tells of a stolen role: who, what first and what last, the calls, and nothing that a host's name could do to a terminal.
func TestStory(t *testing.T) {
	ssrf := by(1, "access", 75, 0, outside, web)
	ssrf.Title, ssrf.Description = "SSRF", "web-1 was made to ask 169.254.169.254 for credentials 2 times."
	ssrf.Participants[1].Hostname, ssrf.Participants[1].Instance = "web-1", "i-7"
	stolen := by(2, "exfil", 80, 20*time.Minute, "198.51.100.7")
	stolen.Title, stolen.Description = "Use of a stolen role", "The role of i-7 was used from 198.51.100.7."
	stolen.Participants[0].User = "arn:aws:sts::111122223333:assumed-role/web/i-7"
	stolen.Participants = append(stolen.Participants, participant("victim", web))
	stolen.Participants[1].Instance, stolen.Participants[1].Hostname = "i-7", "\x1b[2Jweb\u202e"
	call := events.ContextCall{Time: noon.Add(10 * time.Minute), Event: "e-1", Name: "GetCallerIdentity", Principal: "web/i-7", Summary: "asked who it is", Address: "198.51.100.7", Relevance: 90}
	s := newShelf(t)
	s.take(ssrf, call)
	id := s.take(stolen, call)
	in, shown, err := Read(s.docs[incidentKey(id)])
	if err != nil || !shown {
		t.Fatalf("%v, %v", shown, err)
	}
	if want := "SSRF by 203.0.113.9 on web-1, then use of a stolen role by 198.51.100.7 on web-1"; in.Title != want {
		t.Errorf("title %q, want %q", in.Title, want)
	}
	if in.Score != 84 || in.Band != "critical" || !strings.Contains(in.Reason, "(Use of a stolen role) scores 80; 4 more for 1 further step") {
		t.Errorf("%d %s: %s", in.Score, in.Band, in.Reason)
	}
	for _, want := range []string{"2 detections of 2026-03-02 12:00 to 12:21 UTC", "It began with SSRF: web-1 was made", "exfiltration, with use of a stolen role", "web/i-7 asked who it is from 198.51.100.7"} {
		if !strings.Contains(in.Description, want) {
			t.Errorf("no %q in %q", want, in.Description)
		}
	}
	if len(in.Timeline) != 3 || in.Timeline[1].Kind != "call" || in.Timeline[1].Ref != "e-1" {
		t.Errorf("%+v", in.Timeline)
	}
	if len(in.Victims) != 1 || in.Victims[0].Count != 2 || in.Victims[0].Instance != "i-7" {
		t.Errorf("%+v", in.Victims)
	}
	if all := printed(t, in) + in.Description; strings.ContainsAny(all, "\x1b\u202e") || strings.Contains(all, `\u001b`) {
		t.Errorf("%q", all)
	}
}

// TestText cuts at whole characters, and within the limit.
func TestText(t *testing.T) {
	for in, want := range map[string]string{"": "", "short": "short", "\xff\x00a": "??a", "äöüäöü": "äö…", "a\nb": "a?b", strings.Repeat("x", 1000): "xxxxx…"} {
		if got := text(in, 8); got != want || len(got) > 8 {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestIDs sort the newest first, and tell when.
func TestIDs(t *testing.T) {
	old, young := ID(noon, "a"), ID(noon.Add(time.Second), "a")
	if young >= old {
		t.Errorf("%s is not before %s", young, old)
	}
	if at, ok := Started(old); !ok || !at.Equal(noon) {
		t.Errorf("%v, %v", at, ok)
	}
	for _, bad := range []string{"", "none", "1-a", "9822754719x-a"} {
		if _, ok := Started(bad); ok {
			t.Errorf("%q is an id", bad)
		}
	}
	p := Prefix(noon, noon.Add(time.Hour))
	for _, at := range []time.Time{noon, noon.Add(59 * time.Minute)} {
		if !strings.HasPrefix(ID(at, "x"), p) {
			t.Errorf("%s has not the prefix %s", ID(at, "x"), p)
		}
	}
}
