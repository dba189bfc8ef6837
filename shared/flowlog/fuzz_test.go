package flowlog_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/flowlog"
)

// held reads whatever it is given, and holds what comes out against what was promised.
func held(t *testing.T, in io.Reader, o flowlog.Options) {
	r, err := flowlog.NewReader(in, o)
	if err != nil {
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %v", err)
		}
		return
	}
	p := flowlog.NewPairer(flowlog.PairOptions{Limit: 16}, func(c *events.Conn) { checkConn(t, c) })
	batch := make([]flowlog.Record, 7)
	total := uint64(0)
	for {
		n, err := r.Next(batch)
		total += uint64(n)
		for i := range batch[:n] {
			var c events.Conn
			if batch[i].Conn(&c) {
				checkConn(t, &c)
			}
			p.Add(&batch[i])
		}
		if err != nil {
			if n > 0 && errors.Is(err, io.EOF) {
				t.Error("records and the end at once")
			}
			break
		}
		if n == 0 {
			t.Fatal("nothing, and not the end")
		}
	}
	p.Flush()
	s := r.Stats()
	if total != s.Records || total > o.MaxRecords || len(s.Problems) > 20 || len(s.Unknown) > 128 || p.Waiting() != 0 {
		t.Errorf("%d records, %+v", total, s)
	}
	for _, problem := range s.Problems {
		if msg := problem.Error(); strings.Contains(msg, "\n") || len(msg) > 600 {
			t.Errorf("problem: %q", msg)
		}
	}
}

func checkConn(t *testing.T, c *events.Conn) {
	if !c.OrigH.IsValid() || !c.RespH.IsValid() || len(c.UID) != 12 || c.UID[0] != 'V' || c.Duration < 0 || c.ConnState == "" || c.Proto == "" || c.Source != flowlog.Source {
		t.Errorf("%+v", c)
	}
	if c.OrigBytes > c.OrigIPBytes || c.RespBytes > c.RespIPBytes {
		t.Errorf("more payload than bytes: %+v", c)
	}
	c.AppendJSON(nil)
}

func FuzzText(f *testing.F) {
	for _, name := range append(files, "headless") {
		f.Add(open(f, name+".log"), "")
		f.Add(zip(f, open(f, name+".log")), "${version} ${srcaddr} ${dstaddr}")
	}
	f.Fuzz(func(t *testing.T, b []byte, format string) {
		if bytes.HasPrefix(b, []byte("PAR1")) {
			return
		}
		o := flowlog.Options{Format: format, MaxRecords: 10_000, MaxLine: 1 << 10, MaxText: 1 << 20}
		held(t, bytes.NewReader(b), o)
		l, err := flowlog.NewLines(o)
		if err != nil {
			return
		}
		var r flowlog.Record
		for line := range bytes.SplitSeq(b, []byte("\n")) {
			l.Read(line, &r)
		}
	})
}

func FuzzParquet(f *testing.F) {
	for _, form := range forms() {
		f.Add(parquetOf(f, open(f, "v5.log"), form))
	}
	f.Add(parquetOf(f, open(f, "v10.log"), forms()[1]))
	f.Fuzz(func(t *testing.T, b []byte) {
		held(t, bytes.NewReader(append([]byte("PAR1"), b[min(4, len(b)):]...)), flowlog.Options{MaxRecords: 10_000, MaxMemory: 4 << 20})
	})
}
