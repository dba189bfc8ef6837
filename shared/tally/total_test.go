package tally

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// TestRejectedOnce: of a record without a direction between two private addresses nobody knows whose interface logged it, and it counts once.
func TestRejectedOnce(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return at.Add(time.Hour) }
	var lines []string
	for i := range 120 {
		lines = append(lines, fmt.Sprintf("2 123456789012 eni-1 10.0.1.5 10.0.2.7 40000 22 6 1 60 %d %d REJECT OK", at.Unix()+int64(i), at.Unix()+int64(i)+1))
	}
	r, err := flowlog.NewReader(strings.NewReader(strings.Join(lines, "\n")+"\n"), flowlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := NewCounter(Options{})
	batch := make([]flowlog.Record, 200)
	n, err := r.Next(batch)
	if n != 120 || err != nil {
		t.Fatal(n, err)
	}
	for i := range batch[:n] {
		var conn events.Conn
		if batch[i].Conn(&conn) {
			c.Add(&conn)
		}
	}
	docs := memory.New(memory.Options{Now: now}).Documents
	if err := c.Keep(t.Context(), docs, "object"); err != nil {
		t.Fatal(err)
	}
	d := &events.Detection{
		Start: at, Update: at.Add(3 * time.Minute), Evidence: events.Evidence{Start: at, End: at.Add(3 * time.Minute)},
		Participants: []events.Participant{{Role: "offender", Address: netip.MustParseAddr("10.0.1.5")}, {Role: "victim", Address: netip.MustParseAddr("10.0.2.7")}},
	}
	have, err := docs.GetMany(t.Context(), Keys(d, now())...)
	if err != nil {
		t.Fatal(err)
	}
	sum, _, err := Summary(d, have)
	if err != nil || sum == nil || sum.Rejected.Records != 120 || sum.Accepted.Records != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}
