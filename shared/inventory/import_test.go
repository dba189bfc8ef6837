package inventory

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// TestImport: a file of last year with what was and what is; the same again is no news.
func TestImport(t *testing.T) {
	w := newWorld(t)
	w.now = noon().AddDate(1, 0, 0)
	const text = `{"holdings": [
		{"interface": "eni-1", "vpc": "vpc-1", "instance": "i-1", "addresses": ["10.0.0.5"], "to": "2026-11-25T12:00:00Z"},
		{"interface": "eni-1", "vpc": "vpc-1", "instance": "i-1", "addresses": ["10.0.0.6"], "from": "2026-11-25T12:00:00Z", "account": "111122223333"},
		{"interface": "eni-2", "vpc": "vpc-1", "instance": "i-2", "addresses": ["10.0.0.5"], "from": "2026-11-25T12:03:00Z", "public_addresses": ["203.0.113.5"]},
		{"addresses": ["192.168.1.10"], "name": "printer", "instance": "printer"}]}`
	list, err := ReadFile(strings.NewReader(text), "x")
	if err != nil || len(list) != 4 {
		t.Fatal(len(list), err)
	}
	if n, err := Import(t.Context(), w.docs, list, w.now); err != nil || n < 10 {
		t.Errorf("%d documents, %v", n, err)
	}
	for _, c := range []struct {
		p    events.Participant
		at   time.Duration
		want string
	}{
		{at("10.0.0.5"), -time.Hour, "i-1"}, {at("10.0.0.5"), -365 * 24 * time.Hour, "i-1"}, {at("10.0.0.5"), time.Minute, ""}, {at("10.0.0.5"), 3 * time.Minute, "i-2"},
		{at("10.0.0.6"), -time.Hour, ""}, {at("10.0.0.6"), time.Hour, "i-1"}, {events.Participant{Interface: "eni-1"}, -time.Hour, "i-1"},
		{events.Participant{Instance: "i-1"}, time.Hour, "i-1"}, {events.Participant{Address: addr("203.0.113.5")}, time.Hour, "i-2"},
		{events.Participant{Address: addr("192.168.1.10")}, -99 * 365 * 24 * time.Hour, "printer"},
	} {
		if got := w.who(c.p, noon().Add(c.at)); got != c.want {
			t.Errorf("at %s %+v is %q, want %q", c.at, c.p, got, c.want)
		}
	}
	for range 2 {
		w.now = w.now.Add(time.Minute)
		if n, err := Import(t.Context(), w.docs, list, w.now); err != nil || n != 0 {
			t.Errorf("the same again: %d documents, %v", n, err)
		}
	}
	w.now = w.now.Add(Remember)
	if got := w.who(at("10.0.0.5"), noon()); got != "" {
		t.Errorf("after %s it is %q still", Remember, got)
	}
}
