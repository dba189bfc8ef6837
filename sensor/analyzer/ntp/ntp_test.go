package ntp

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

const (
	epoch  = "\x83\xaa\x7e\x80" // 1970 in seconds since 1900
	half   = "\x80\x00\x00\x00"
	zero   = "\x00\x00\x00\x00"
	client = "\x23\x00\x06\xec" + zero + "\x00\x01\x00\x00" + zero + zero + zero + zero + zero + zero + zero + epoch + half
	server = "\x24\x02\x0a\xe9" + "\x00\x00\x80\x00" + "\x00\x00\x40\x00" + "\x0a\x00\x00\x07" +
		epoch + zero + epoch + half + "\x83\xaa\x7e\x81" + zero + "\x83\xaa\x7e\x81" + half
)

type session struct {
	records []*events.NTP
	weirds  []string
	names   int
	reader  analyzer.Analyzer
}

func start() *session {
	s := &session{}
	s.reader = Spec.New(&analyzer.Conversation{
		Emit:    func(r events.Record) { s.records = append(s.records, r.(*events.NTP)) },
		Confirm: func(string) { s.names++ },
		Weird:   func(n, _ string) { s.weirds = append(s.weirds, n) },
	})
	return s
}

func (s *session) feed(data string, wire int) error {
	_, err := s.reader.Feed(stream.Chunk{Time: 5e9, Data: []byte(data), Wire: max(wire, len(data))})
	return err
}

func TestMessages(t *testing.T) {
	ext := "\x01\x04\x00\x24" + strings.Repeat("x", 32)
	mac := "\x00\x00\x00\x14" + strings.Repeat("m", 16) // key 20: looks like an extension of that length
	tests := []struct {
		what, data string
		wire       int
		want       map[string]any
	}{
		{"client", client, 0, map[string]any{"version": 4.0, "mode": 3.0, "stratum": 0.0, "poll": 64.0, "precision": 0.000000953, "root_disp": 1.0,
			"ref_id": nil, "ref_time": 0.0, "xmt_time": 0.5, "num_exts": 0.0, "ts": 5.0}},
		{"server", server, 0, map[string]any{"mode": 4.0, "stratum": 2.0, "poll": 1024.0, "root_delay": 0.5, "root_disp": 0.25, "ref_id": "10.0.0.7",
			"org_time": 0.5, "rec_time": 1.0, "xmt_time": 1.5}},
		{"atomic clock", "\x24\x01" + server[2:12] + "GPS\x00" + server[16:], 0, map[string]any{"ref_id": "GPS"}},
		{"kiss of death", "\xe4\x00" + server[2:12] + "RATE" + server[16:], 0, map[string]any{"ref_id": "RATE", "stratum": 0.0}},
		{"after 2036", client[:40] + "\x00\x00\x00\x01" + zero, 0, map[string]any{"xmt_time": 2085978497.0}},
		{"two extensions and a MAC", client + ext + ext + mac, 0, map[string]any{"num_exts": 2.0}},
		{"MAC only", client + mac, 0, map[string]any{"num_exts": 0.0}},
		{"extension that lies", client + "\x01\x04\xff\xff" + strings.Repeat("x", 32), 0, map[string]any{"num_exts": 0.0}},
		{"absurd poll", "\x23\x00\x7f\x80" + client[4:], 0, map[string]any{"poll": 8589934592.0, "precision": 0.0}},
		{"cut by the capture", server[:20], 48, map[string]any{"stratum": 2.0, "ref_id": "10.0.0.7", "xmt_time": 0.0}},
		{"control", "\x16\x01" + strings.Repeat("\x00", 10), 0, map[string]any{"version": 2.0, "mode": 6.0, "poll": 0.0}},
		{"monlist", "\x17\x00\x03\x2a" + zero, 0, map[string]any{"version": 2.0, "mode": 7.0}},
	}
	for _, tt := range tests {
		s := start()
		if err := s.feed(tt.data, tt.wire); err != nil || len(s.records) != 1 || s.names != 1 {
			t.Errorf("%s: %v, %d records, confirmed %d times", tt.what, err, len(s.records), s.names)
			continue
		}
		var got map[string]any
		if err := json.Unmarshal(s.records[0].AppendJSON(nil), &got); err != nil {
			t.Fatal(err)
		}
		for k, v := range tt.want {
			if f, ok := v.(float64); ok && got[k] != nil && abs(got[k].(float64)-f) < 1e-6 {
				continue
			}
			if got[k] != v {
				t.Errorf("%s: %s: got %v, want %v", tt.what, k, got[k], v)
			}
		}
	}
}

func abs(f float64) float64 { return max(f, -f) }

func TestNotNTP(t *testing.T) {
	for _, data := range []string{"", "\x23", client[:47], "\x03" + client[1:], "\x2b" + client[1:], "\x16\x01", "\x23\x40" + client[2:]} {
		if err := start().feed(data, 0); !errors.Is(err, analyzer.ErrNotMine) {
			t.Errorf("%q: got %v", data, err)
		}
	}
	s := start()
	if s.feed(client, 0) != nil || s.feed("junk", 0) != nil || len(s.records) != 1 || len(s.weirds) != 1 {
		t.Errorf("junk later on: %d records, weird %q", len(s.records), s.weirds)
	}
}

func TestProbe(t *testing.T) {
	for _, tt := range []struct {
		what, head       string
		hinted, stranger analyzer.Verdict
	}{
		{"client", client, analyzer.Yes, analyzer.Yes},
		{"server", server, analyzer.Yes, analyzer.Yes},
		{"monlist", "\x17\x00\x03\x2a" + zero, analyzer.Yes, analyzer.No},
		{"client with MAC", client + strings.Repeat("m", 20), analyzer.Yes, analyzer.No},
		{"48 zeros", strings.Repeat("\x00", 48), analyzer.No, analyzer.No},
		{"48 bytes of text", strings.Repeat("#abc", 12), analyzer.No, analyzer.No},
		{"sends no time", client[:40] + zero + zero, analyzer.Yes, analyzer.No},
	} {
		for hinted, want := range map[bool]analyzer.Verdict{true: tt.hinted, false: tt.stranger} {
			if got := Spec.Probe(flow.Orig, []byte(tt.head), hinted); got != want {
				t.Errorf("%s, hinted %v: got %d, want %d", tt.what, hinted, got, want)
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	s := start()
	chunk := stream.Chunk{Data: []byte(server)}
	got := testing.AllocsPerRun(100, func() { _, _ = s.reader.Feed(chunk); s.records = s.records[:0] })
	if got > 2 { // the record, its reference id
		t.Errorf("%v allocations a message, want 2", got)
	}
}

func BenchmarkServer(b *testing.B) {
	s := start()
	chunk := stream.Chunk{Data: []byte(server)}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.reader.Feed(chunk)
		s.records = s.records[:0]
	}
}

// FuzzReader wants no panic and a record that can be written, whatever comes.
func FuzzReader(f *testing.F) {
	f.Add([]byte(client), 0)
	f.Add([]byte(server[:20]), 48)
	f.Add([]byte("\x17\x00\x03\x2a"), 8)
	f.Fuzz(func(t *testing.T, data []byte, wire int) {
		Spec.Probe(flow.Orig, data, true)
		Spec.Probe(flow.Orig, data, false)
		s := start()
		_ = s.feed(string(data), wire)
		for _, r := range s.records {
			if !json.Valid(r.AppendJSON(nil)) || r.Poll < 0 || r.Precision < 0 {
				t.Fatalf("record is not sane: %+v", r)
			}
		}
	})
}
