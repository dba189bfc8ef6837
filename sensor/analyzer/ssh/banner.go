package ssh

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

const (
	maxBanner    = 255  // bytes of the identification, line end included (RFC 4253 section 4.2)
	maxGreeting  = 1024 // bytes of a line that a server sends before it; the RFC names no limit
	maxGreetings = 64   // such lines
)

// probe knows SSH by its identification. A server may send other lines first (RFC 4253 section 4.2), and some say in one why they
// refuse, so that a responder's text may yet become SSH, on any port: what the client says decides.
func probe(d flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	const mark = "SSH-"
	n := min(len(head), len(mark))
	switch {
	case string(head[:n]) == mark[:n] && n < len(mark):
		return analyzer.Maybe
	case string(head[:n]) == mark:
		return probeVersion(head[n:])
	case d != flow.Resp:
		return analyzer.No
	}
	if i := bytes.Index(head, []byte("\nSSH-")); i >= 0 {
		return probeVersion(head[i+len("\nSSH-"):])
	}
	if bytes.HasPrefix(head, []byte("HTTP/")) || !isText(head, hinted) {
		return analyzer.No
	}
	return analyzer.Maybe
}

// isText says whether b may be lines that people read: UTF-8 on SSH's own port, as the RFC has it, and ASCII where anything may be spoken.
func isText(b []byte, wide bool) bool {
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' || c >= 0x7f && !wide {
			return false
		}
	}
	return true
}

// probeVersion wants "1." or "2.".
func probeVersion(b []byte) analyzer.Verdict {
	switch {
	case len(b) > 0 && b[0] != '1' && b[0] != '2', len(b) > 1 && b[1] != '.':
		return analyzer.No
	case len(b) < 2:
		return analyzer.Maybe
	}
	return analyzer.Yes
}

// banner reads the identification line of a direction.
func (r *reader) banner(d flow.Dir, s *side, b []byte, now int64) (int, error) {
	limit := maxBanner
	if d == flow.Resp && !isIdentification(b) {
		limit = maxGreeting
	}
	i := bytes.IndexByte(b[:min(len(b), limit)], '\n')
	switch {
	case i < 0 && len(b) >= limit:
		return 0, r.noBanner("ssh_overlong_identification")
	case i < 0:
		return 0, nil
	}
	line := bytes.TrimSuffix(b[:i], []byte{'\r'})
	if !isIdentification(line) {
		if s.lines++; d == flow.Orig || s.lines > maxGreetings {
			return 0, r.noBanner("malformed_ssh_identification")
		}
		return i + 1, nil
	}
	if r.rec.Client == "" && r.rec.Server == "" {
		r.rec.TS = events.Time(now)
		r.conv.Confirm("")
	}
	if d == flow.Orig {
		r.rec.Client = analyzer.Text(line)
	} else {
		r.rec.Server = analyzer.Text(line)
	}
	s.state = inPackets
	r.rec.Version = version(r.rec.Client, r.rec.Server)
	if r.rec.Version == 1 {
		return i + 1, analyzer.ErrDone
	}
	return i + 1, nil
}

// noBanner leaves: for good where nothing of SSH was seen, else with what the other side said.
func (r *reader) noBanner(weird string) error {
	if r.rec.Client == "" && r.rec.Server == "" {
		return analyzer.ErrNotMine
	}
	r.conv.Weird(weird, "")
	return analyzer.ErrDone
}

func isIdentification(line []byte) bool { return bytes.HasPrefix(line, []byte("SSH-")) }

// version is the major version that two identifications agree on; 1.99 stands for "1 and 2" (RFC 4253 section 5.1). 0 where
// they do not agree, or where one is missing.
func version(client, server string) uint8 {
	speaks := func(banner string) (one, two bool) {
		switch {
		case len(banner) < len("SSH-x"):
		case banner[4] == '2':
			two = true
		case len(banner) >= len("SSH-1.99") && banner[4:8] == "1.99":
			one, two = true, true
		case banner[4] == '1':
			one = true
		}
		return one, two
	}
	c1, c2 := speaks(client)
	s1, s2 := speaks(server)
	switch {
	case c2 && s2:
		return 2
	case c1 && s1:
		return 1
	}
	return 0
}
