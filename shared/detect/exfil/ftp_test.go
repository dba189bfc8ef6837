package exfil

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// stored is a file that 10.0.0.5 stores, with the two records that come before it.
func stored(at time.Duration, server, name string, bytes uint64) []events.Record {
	port := uint16(40_000 + at/time.Second)
	head := events.Head{TS: events.Time(1e18).Add(at), UID: "C" + at.String(), OrigH: netip.MustParseAddr("10.0.0.5"), RespH: netip.MustParseAddr(server), RespP: 21}
	pasv := &events.FTP{Head: head, Command: "PASV", ReplyCode: 227, Passive: true, DataRespH: head.RespH, DataRespP: port}
	stor := &events.FTP{Head: head, Command: "STOR", Arg: "ftp://" + server + "/up/" + name, ReplyCode: 226, Passive: true, DataRespH: head.RespH, DataRespP: port}
	data := &events.Conn{Head: head, Proto: "tcp", IPProto: device.TCP, OrigBytes: bytes}
	data.RespP = port
	return []events.Record{pasv, data, stor}
}

// Catches: an upload that is not told, or told for each file; a nightly transfer that is told every night; bytes of another connection.
func TestFTP(t *testing.T) {
	const inside, outside = "10.0.0.21", "203.0.113.21"
	run := func(list []events.Record) (found []detect.Finding, risk []int) {
		m := device.New(device.Options{})
		d := NewFTP(FTPDefaults())
		for _, r := range list {
			found = append(found, d.Observe(r, m.Observe(r))...)
		}
		found = append(found, d.Close(m.View())...)
		for _, f := range found {
			sum := 0
			for _, term := range f.Terms {
				sum += term.Points
			}
			risk = append(risk, sum)
		}
		return found, risk
	}
	many := func(n int, step time.Duration, server string, bytes uint64) (list []events.Record) {
		for i := range n {
			list = append(list, stored(time.Duration(i)*step, server, fmt.Sprintf("page%d.html", i), bytes)...)
		}
		return list
	}
	for _, c := range []struct {
		name  string
		list  []events.Record
		n     int // findings, the last word among them
		said  string
		terms int
	}{
		{"below: a refused one", func() []events.Record {
			l := stored(0, outside, "a", 1)
			l[2].(*events.FTP).ReplyCode = 553
			return l
		}(), 0, "", 0},
		{"a small file outside", stored(0, outside, "index.html", 900), 1, `10.0.0.5 stored 1 file on the FTP server 203.0.113.21, outside, 900 bytes; the first was "index.html".`, -25},
		{"much outside", stored(0, outside, "x.bin", 6<<20), 1, "1 file", 0},
		{"an archive outside", stored(0, outside, "DB.SQL", 900), 1, `"DB.SQL"`, 5},
		{"an archive inside", stored(0, inside, "db.sql", 900), 1, "inside", -20},
		{"ten files are worth a second word, and the rest a last", many(12, time.Minute, outside, 100), 3, "12 files", 0},
		{"innocent: every night", many(20, 24*time.Hour, inside, 100), 2, "2 files", -25},
	} {
		found, risk := run(c.list)
		if len(found) != c.n {
			t.Errorf("%s: %d findings, want %d", c.name, len(found), c.n)
			continue
		}
		if c.n > 0 && (!strings.Contains(found[c.n-1].Description, c.said) || risk[c.n-1] != c.terms) {
			t.Errorf("%s: %q and %d points, want %q and %d", c.name, found[c.n-1].Description, risk[c.n-1], c.said, c.terms)
		}
	}
	found, _ := run(many(12, time.Minute, outside, 100))
	if last := found[len(found)-1]; last.Properties["bytes"] != uint64(1200) || !last.Final {
		t.Errorf("the last word: %+v", last.Properties)
	}
}
