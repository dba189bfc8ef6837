package intel

import (
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	indicators "github.com/mirrorwatch/mirrorwatch/shared/intel"
)

// look is one record on its way past the index.
type look struct {
	m     *Matches
	x     *indicators.Index
	v     device.View
	found []detect.Finding
}

// maxAnswers is how many answers of one look-up are held against the index.
const maxAnswers = 16

// second is a moment as the index counts it.
func second(t events.Time) int64 { return int64(t) / 1e9 }

func (l *look) remember() bool { return l.m.feed.Remember }

func (l *look) conn(c *events.Conn) {
	answered := device.Answered(c)
	if l.remember() && l.v.Resp.IsExternal() {
		l.m.seen.Address(c.RespH, c.OrigH, second(c.TS), answered)
	}
	if l.remember() && l.v.Orig.IsExternal() && answered {
		l.m.seen.Address(c.OrigH, c.RespH, second(c.TS), true)
	}
	if r, ok := l.x.Address(c.RespH); ok {
		l.hit(r, contact{head: c.Head, observed: c.RespH.String(), reach: either(answered, talked, tried), listed: c.RespH, host: c.OrigH})
	}
	if r, ok := l.x.Address(c.OrigH); ok {
		l.hit(r, contact{head: c.Head, observed: c.OrigH.String(), reach: either(answered, taken, knocked), listed: c.OrigH, host: c.RespH})
	}
}

func either(yes bool, a, b reach) reach {
	if yes {
		return a
	}
	return b
}

func (l *look) dns(d *events.DNS) {
	name := d.Query
	if d.QType == nil && d.Question != "" {
		name = d.Question
	}
	at := second(d.TS)
	if l.remember() && strings.IndexByte(name, '.') > 0 && !strings.HasSuffix(name, ".arpa") {
		l.m.seen.Domain(name, d.OrigH, at, len(d.Answers) > 0)
	}
	if r, ok := l.x.Domain(name); ok {
		l.hit(r, contact{head: d.Head, observed: strings.Clone(name), reach: asked, host: d.OrigH})
	}
	for _, a := range d.Answers[:min(len(d.Answers), maxAnswers)] {
		address, ok := addressIn(a)
		if !ok {
			if r, ok := l.x.Domain(a); ok && a != name {
				l.hit(r, contact{head: d.Head, observed: strings.Clone(a), reach: asked, host: d.OrigH})
			}
			continue
		}
		if l.remember() && l.v.IsExternal(address) {
			l.m.seen.Address(address, d.OrigH, at, false)
		}
		if r, ok := l.x.Address(address); ok {
			l.hit(r, contact{head: d.Head, observed: name + " " + a, reach: asked, listed: address, host: d.OrigH})
		}
	}
}

// addressIn reads an address. What ends like a name is not even tried: the error would have to be made each time.
func addressIn(s string) (a netip.Addr, ok bool) {
	if s == "" || (s[len(s)-1] < '0' || s[len(s)-1] > '9') && strings.IndexByte(s, ':') < 0 {
		return a, false
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil
}

func (l *look) http(h *events.HTTP) {
	host, uri := h.Host, h.URI
	if rest, ok := strings.CutPrefix(uri, "http://"); ok { // asked of a proxy
		at := strings.IndexByte(rest, '/')
		if at < 0 {
			at = len(rest)
		}
		host, uri = rest[:at], rest[at:]
	}
	at, name := second(h.TS), bare(host)
	if l.remember() && l.v.Resp.IsExternal() {
		l.m.seen.URL(host, uri, h.OrigH, at)
		l.m.seen.Domain(name, h.OrigH, at, true)
	}
	c := contact{head: h.Head, reach: talked, listed: h.RespH, host: h.OrigH}
	if r, ok := l.x.URL(host, uri); ok {
		c.observed = host + uri[:min(len(uri), maxShown)]
		l.hit(r, c)
	}
	if r, ok := l.x.Domain(name); ok {
		c.observed = strings.Clone(name)
		l.hit(r, c)
	}
	// Of a proxy the host is asked for that the conversation does not go to.
	if a, ok := addressIn(strings.Trim(name, "[]")); ok && a != h.RespH {
		if r, ok := l.x.Address(a); ok {
			c.observed, c.listed = name, a
			l.hit(r, c)
		}
	}
}

// maxShown is how much of a URL a person is shown, in bytes.
const maxShown = 200

// bare is the name in a Host header, in lower case.
func bare(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host, ']') < 0 {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func (l *look) ssl(s *events.SSL) {
	at, name := second(s.TS), strings.ToLower(strings.TrimSuffix(s.ServerName, "."))
	if l.remember() && l.v.Resp.IsExternal() {
		l.m.seen.Domain(name, s.OrigH, at, true)
		l.m.seen.Text(indicators.JA3, s.JA3, s.OrigH, at)
		l.m.seen.Text(indicators.JA4, s.JA4, s.OrigH, at)
		for _, fp := range s.CertChainFPs {
			l.m.seen.Text(indicators.CertSHA256, fp, s.OrigH, at)
		}
	}
	c := contact{head: s.Head, reach: talked, listed: s.RespH, host: s.OrigH}
	if r, ok := l.x.Domain(name); ok {
		c.observed = name
		l.hit(r, c)
	}
	for _, fp := range s.CertChainFPs {
		if r, ok := l.x.Text(indicators.CertSHA256, fp); ok {
			c.observed = fp
			l.hit(r, c)
		}
	}
	// The client bears these: where it is a host here, something on it is listed; else whoever turned to us is.
	c.mine = true
	if l.v.Orig.IsExternal() {
		c.mine, c.reach, c.listed, c.host = false, taken, s.OrigH, s.RespH
	}
	l.mark(c, indicators.JA3, s.JA3)
	l.mark(c, indicators.JA4, s.JA4)
	for _, fp := range s.ClientCertFPs {
		l.mark(c, indicators.CertSHA256, fp)
	}
}

func (l *look) mark(c contact, k indicators.Kind, text string) {
	if r, ok := l.x.Text(k, text); ok {
		c.observed = text
		l.hit(r, c)
	}
}

// late takes what was seen before it was listed. It is dated to when it was seen.
func (l *look) late(r indicators.Ref, s indicators.Sighting) {
	for _, host := range s.Clients {
		in := l.x.At(r)
		c := contact{observed: in.Value, reach: asked, host: host, late: true}
		c.head.TS, c.head.OrigH = events.Time(s.First*1e9), host
		if s.Talked && s.Kind != indicators.Domain {
			c.reach = talked
		}
		switch s.Kind {
		case indicators.Address:
			c.listed, c.observed = s.Addr, s.Addr.String()
			c.reach = either(s.Talked, talked, tried)
		case indicators.JA3, indicators.JA4:
			c.mine = true
		}
		before := len(l.found)
		l.hit(r, c)
		for i := before; i < len(l.found); i++ {
			l.found[i].End = events.Time(s.Last * 1e9)
		}
	}
}
