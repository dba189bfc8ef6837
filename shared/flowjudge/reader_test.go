package flowjudge_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowjudge"
	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
)

// lines writes records as AWS logs them in the default format: a line for each direction and window.
func lines(list []*events.Conn) string {
	type line struct {
		end  int64
		text string
	}
	var all []line
	for _, c := range list {
		start, end := int64(c.TS)/1e9, int64(c.TS.Add(c.Duration.Duration()))/1e9
		for _, way := range [...]struct {
			from, to fmt.Stringer
			pkts     uint64
			bytes    uint64
			ports    [2]uint16
		}{
			{c.OrigH, c.RespH, c.OrigPkts, c.OrigIPBytes, [2]uint16{c.OrigP, c.RespP}},
			{c.RespH, c.OrigH, c.RespPkts, c.RespIPBytes, [2]uint16{c.RespP, c.OrigP}},
		} {
			if way.pkts > 0 {
				all = append(all, line{end, fmt.Sprintln(2, "123456789012", c.Interface, way.from, way.to, way.ports[0], way.ports[1], c.IPProto, way.pkts, way.bytes, start, end, c.Action, "OK")})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b line) int { return int(a.end - b.end) })
	var b strings.Builder
	for _, l := range all {
		b.WriteString(l.text)
	}
	return b.String()
}

// Catches: a reader and a judge that understand each other in the tests of each only.
func TestWithTheReader(t *testing.T) {
	for _, s := range flowjudge.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			last := map[string]*events.Detection{}
			j, err := flowjudge.New(flowjudge.Options{Emit: func(d *events.Detection) {
				if !d.Evidence.End.Before(s.From) {
					last[d.ID] = d
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			pairs := flowlog.NewPairer(flowlog.PairOptions{}, j.Conn)
			r, err := flowlog.NewReader(strings.NewReader(lines(s.Records(t))), flowlog.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for batch := make([]flowlog.Record, 256); ; {
				n, err := r.Next(batch)
				for i := range batch[:n] {
					pairs.Add(&batch[i])
				}
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			pairs.Flush()
			j.Close(t.Context())
			var have []string
			for _, d := range last {
				have = append(have, fmt.Sprint(d.Type, " ", d.Participants[0].Address, " ", d.Risk.Band))
			}
			if slices.Sort(have); !slices.Equal(have, s.Want) {
				t.Errorf("told of %q, want %q", have, s.Want)
			}
		})
	}
}
