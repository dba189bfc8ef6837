package judgesim

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// side is one end of a conversation: a host of the site, or an address outside.
type side struct {
	host *host
	addr netip.Addr
}

func inside(h *host) side              { return side{h, h.addr} }
func outside(a netip.Addr) side        { return side{nil, a} }
func (s side) mute(t events.Time) bool { return s.host != nil && s.host.mute.holds(t) }

// talk is one conversation that is to take place.
type talk struct {
	from, to side
	port     uint16
	source   uint16 // port of the originator; 0: any
	udp      bool
	service  string
	out, in  float64 // payload bytes
	takes    time.Duration
	fails    string // the state of a TCP conversation that nobody took: S0 or REJ
	by       *Deviation

	tls  *hello
	http []page
	ssh  *login
}

// hello is what a TLS handshake shows.
type hello struct {
	name, ja4, ja3, version string
	chain                   []string
	subject, issuer         string
	until                   events.Time // the certificate's
	alone                   bool        // self-signed
}

// page is one HTTP request and its answer.
type page struct {
	method, host, uri, agent string
	status                   uint16
	after                    time.Duration
	out, in                  float64
}

// login is an SSH session's.
type login struct {
	success  bool
	attempts uint32
	client   string
	hassh    string
}

// open is a conversation that goes on.
type open struct {
	talk
	head events.Head
	end  events.Time
}

// interimEvery is how often the sensor reports a conversation that goes on: the default of its flow table.
const interimEvery = 5 * time.Minute

// talk plans a conversation and everything that is logged of it.
func (s *Site) talk(at events.Time, t talk, d *dice) {
	if t.from.mute(at) {
		return
	}
	if t.fails == "" && t.to.host != nil {
		switch {
		case t.to.mute(at) || !t.to.host.alive(at):
			t.fails = "S0"
		case t.to.host.refuse.holds(at):
			t.fails = "REJ"
		}
	}
	if t.from.host != nil && !t.from.host.alive(at) {
		return
	}
	o := &open{talk: t, head: s.head(at, &t, d)}
	if t.fails != "" {
		o.takes, o.out, o.in, o.service, o.tls, o.http, o.ssh = 0, 0, 0, "", nil, nil, nil
		if t.fails == "S0" {
			o.takes = 7 * time.Second // SYN sent again after one, three and seven seconds
		}
	}
	if t.takes <= 0 && t.fails == "" {
		o.takes = d.time(5*time.Millisecond, 400*time.Millisecond)
	}
	o.end = at.Add(o.takes)
	s.handshakes(o, d)
	s.due(item{at: min(o.end, at.Add(interimEvery)), open: o, by: t.by})
}

func (s *Site) head(at events.Time, t *talk, d *dice) events.Head {
	h := events.Head{TS: at, OrigH: t.from.addr, RespH: t.to.addr, RespP: t.port, OrigP: t.source, Sensor: "sensor-1"}
	if h.OrigP == 0 {
		h.OrigP = uint16(32768 + d.IntN(28000))
	}
	s.uids++
	h.UID = "C" + strconv.FormatUint(mix(s.o.Seed<<32^s.uids), 36)
	// Where both ends are mirrored the copies of one are left out: the conversation is told at the point that showed it first.
	switch {
	case t.from.host != nil:
		h.VNI = t.from.host.vni
	case t.to.host != nil:
		h.VNI = t.to.host.vni
	}
	return h
}

// handshakes plans the records that are written while the conversation goes on.
func (s *Site) handshakes(o *open, d *dice) {
	at := o.head.TS
	if o.tls != nil {
		s.due(item{at: at.Add(d.time(10*time.Millisecond, 90*time.Millisecond)), record: o.tls.record(o.head), by: o.by})
	}
	for i, p := range o.http {
		s.due(item{at: at.Add(p.after + d.time(5*time.Millisecond, 300*time.Millisecond)), record: p.record(o.head, i), by: o.by})
	}
	if o.ssh != nil {
		s.due(item{at: at.Add(d.time(300*time.Millisecond, 4*time.Second)), record: o.ssh.record(o.head), by: o.by})
	}
}

// report is what the sensor says of a conversation: how far it has come, or its end. Who is muted while it goes on ends it.
func (s *Site) report(o *open, at events.Time) events.Record {
	gone := o.from.mute(at) || o.to.mute(at) || o.to.host != nil && o.to.host.refuse.holds(at)
	done := 1.0
	if at < o.end {
		done = float64(at.Sub(o.head.TS)) / float64(o.takes)
	}
	c := o.record(done)
	if gone && at < o.end {
		c.ConnState, c.History = "RSTO", "ShADadR"
		return c
	}
	if at < o.end {
		c.Interim, c.ConnState, c.History = true, "S1", "ShADad"
		s.due(item{at: min(o.end, at.Add(interimEvery)), open: o, by: o.by})
	}
	return c
}

func (o *open) record(done float64) *events.Conn {
	c := &events.Conn{
		Head: o.head, Proto: "tcp", IPProto: 6, Service: o.service, Duration: events.Interval(float64(o.takes) * done),
		OrigBytes: uint64(o.out * done), RespBytes: uint64(o.in * done), ConnState: "SF", History: "ShADadFf",
		LocalOrig: o.from.host != nil, LocalResp: o.to.host != nil, TCPFlags: 2 | 16 | 8 | 1,
	}
	if o.from.host != nil {
		c.OrigL2 = o.from.host.mac
	}
	if o.to.host != nil {
		c.RespL2 = o.to.host.mac
	}
	c.OrigPkts, c.RespPkts = packets(c.OrigBytes, c.RespBytes), packets(c.RespBytes, c.OrigBytes)
	header := uint64(52)
	switch {
	case o.udp:
		c.Proto, c.IPProto, c.History, c.TCPFlags, header = "udp", 17, "Dd", 0, 28
		c.OrigPkts, c.RespPkts = max(c.OrigPkts-3, 1), max(c.RespPkts-3, 1)
		if o.in == 0 {
			c.RespPkts, c.ConnState, c.History = 0, "S0", "D"
		}
	case o.fails == "S0":
		c.ConnState, c.History, c.OrigPkts, c.RespPkts, c.TCPFlags = "S0", "S", 4, 0, 2
	case o.fails == "REJ":
		c.ConnState, c.History, c.OrigPkts, c.RespPkts, c.TCPFlags = "REJ", "Sr", 1, 1, 2
	}
	c.OrigIPBytes, c.RespIPBytes = c.OrigBytes+header*c.OrigPkts, c.RespBytes+header*c.RespPkts
	return c
}

// packets is how many it takes to send so much and to acknowledge the other's, the handshakes included.
func packets(own, other uint64) uint64 { return 3 + (own+1399)/1400 + other/2800 }

func (t *hello) record(h events.Head) *events.SSL {
	r := &events.SSL{
		Head: h, Version: "TLSv13", Cipher: "TLS_AES_128_GCM_SHA256", Curve: "x25519", ServerName: t.name, Established: true,
		SSLHistory: "CsiIx", JA3: t.ja3, JA4: t.ja4, NextProtocol: "http/1.1",
	}
	if t.version == "" || t.version == "TLSv13" {
		return r // the certificates are encrypted
	}
	r.Version, r.Cipher, r.SSLHistory = t.version, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "CsxknGIti"
	r.CertChainFPs, r.Subject, r.Issuer, r.SelfSigned = t.chain, t.subject, t.issuer, t.alone
	r.NotBefore, r.NotAfter = t.until.Add(-90*24*time.Hour), t.until
	r.CertKeyAlg, r.CertKeyBits, r.CertSigAlg = "rsa", 2048, "sha256WithRSAEncryption"
	return r
}

func (p *page) record(h events.Head, depth int) *events.HTTP {
	h.TS = h.TS.Add(p.after)
	return &events.HTTP{
		Head: h, TransDepth: uint32(depth + 1), Method: p.method, Host: p.host, URI: p.uri, Version: "1.1", UserAgent: p.agent,
		RequestLen: uint64(p.out), ResponseLen: uint64(p.in), StatusCode: p.status,
	}
}

func (l *login) record(h events.Head) *events.SSH {
	success := l.success
	return &events.SSH{
		Head: h, Version: 2, AuthSuccess: &success, AuthAttempts: l.attempts, Client: l.client, Server: "SSH-2.0-OpenSSH_9.6", HASSH: l.hassh,
		KexAlg: "curve25519-sha256", HostKeyAlg: "ssh-ed25519", CipherAlg: "chacha20-poly1305@openssh.com",
	}
}
