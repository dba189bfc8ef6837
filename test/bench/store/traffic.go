package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// traffic makes up records as a network of some thousand hosts would: 60 % conn, 20 % dns, 12 % ssl, 8 % http, names and servers by
// Zipf's law, every conversation with an id of its own.
type traffic struct {
	r       *rand.Rand
	hosts   []netip.Addr
	servers []netip.Addr
	names   []string
	agents  []string
	name    *rand.Zipf
	server  *rand.Zipf
	host    *rand.Zipf
	size    *rand.Zipf
}

func newTraffic(seed uint64) *traffic {
	r := rand.New(rand.NewPCG(seed, 1))
	t := &traffic{r: r}
	for i := range 4000 {
		t.hosts = append(t.hosts, netip.AddrFrom4([4]byte{10, 20, byte(i >> 8), byte(i)}))
	}
	for i := range 30000 {
		t.servers = append(t.servers, netip.AddrFrom4([4]byte{byte(11 + i%180), byte(i * 7 >> 8), byte(i * 13), byte(i*31 + 1)}))
	}
	words := []string{"api", "cdn", "mail", "static", "login", "img", "update", "telemetry", "store", "news"}
	for i := range 20000 {
		t.names = append(t.names, fmt.Sprintf("%s%d.site%d.example", words[i%len(words)], i%97, i/3))
	}
	for i := range 60 {
		t.agents = append(t.agents, fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0", 80+i, 80+i))
	}
	t.name = rand.NewZipf(r, 1.1, 4, uint64(len(t.names)-1))
	t.server = rand.NewZipf(r, 1.1, 8, uint64(len(t.servers)-1))
	t.host = rand.NewZipf(r, 1.01, 50, uint64(len(t.hosts)-1))
	t.size = rand.NewZipf(r, 1.05, 100, 1<<30)
	return t
}

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func (t *traffic) uid() string {
	b := [12]byte{'C'}
	n := t.r.Uint64()
	for i := 1; i < len(b); i++ {
		b[i] = letters[n%62]
		n /= 62
	}
	return string(b[:])
}

func (t *traffic) head(at time.Time, port uint16) events.Head {
	var id [20]byte
	for i := range id {
		id[i] = byte(t.r.Uint32())
	}
	return events.Head{
		TS: events.TimeOf(at), UID: t.uid(), OrigH: t.hosts[t.host.Uint64()], OrigP: uint16(32768 + t.r.IntN(28000)), RespH: t.servers[t.server.Uint64()],
		RespP: port, VNI: uint32(1000 + t.r.IntN(20)), Sensor: "sensor-a", CommunityID: "1:" + base64.StdEncoding.EncodeToString(id[:]),
	}
}

func (t *traffic) pick(list ...string) string { return list[t.r.IntN(len(list))] }

// row makes a record of one moment.
func (t *traffic) row(at time.Time) store.Row {
	var rec events.Record
	switch n := t.r.IntN(100); {
	case n < 60:
		rec = t.conn(at)
	case n < 80:
		rec = t.dns(at)
	case n < 92:
		rec = t.ssl(at)
	default:
		rec = t.http(at)
	}
	return store.Row{Kind: rec.Kind(), Time: at, UID: rec.Common().UID, Line: rec.AppendJSON(make([]byte, 0, 640))}
}

func (t *traffic) conn(at time.Time) *events.Conn {
	port := []uint16{443, 443, 443, 53, 53, 80, 22, 123, 3389, 8080}[t.r.IntN(10)]
	if t.r.IntN(20) == 0 {
		port = uint16(t.r.IntN(1 << 16))
	}
	sent, got := t.size.Uint64(), t.size.Uint64()
	return &events.Conn{
		Head: t.head(at, port), Proto: t.pick("tcp", "tcp", "udp"), Service: t.pick("ssl", "dns", "http", "ssh", ""),
		Duration: events.Interval(t.r.ExpFloat64() * 20e9), OrigBytes: sent, RespBytes: got, ConnState: t.pick("SF", "SF", "SF", "S0", "REJ", "RSTO"),
		LocalOrig: true, History: t.pick("ShADadFf", "ShADadFfR", "Dd", "S", "ShAdDaFf", "Sr"), OrigPkts: sent/900 + 1, OrigIPBytes: sent + 80,
		RespPkts: got/1200 + 1, RespIPBytes: got + 80, IPProto: 6, OrigL2: "0a:58:a9:fe:ac:01", RespL2: "0a:58:a9:fe:ac:02",
	}
}

func (t *traffic) dns(at time.Time) *events.DNS {
	one, class, code := uint16(1), uint16(1), uint16(0)
	name := t.names[t.name.Uint64()]
	d := &events.DNS{
		Head: t.head(at, 53), Proto: "udp", TransID: uint16(t.r.Uint32()), RTT: events.Interval(t.r.ExpFloat64() * 5e6), Query: name, QClass: &class,
		QClassName: "C_INTERNET", QType: &one, QTypeName: "A", RCode: &code, RCodeName: "NOERROR", RD: true, RA: true, QueryBytes: 40, AnswerBytes: 60,
	}
	if t.r.IntN(12) == 0 {
		code, d.RCodeName = 3, "NXDOMAIN"
		return d
	}
	for range 1 + t.r.IntN(3) {
		d.Answers = append(d.Answers, t.servers[t.server.Uint64()].String())
		d.TTLs = append(d.TTLs, events.Interval(60+t.r.IntN(5)*60)*1e9)
	}
	return d
}

func (t *traffic) ssl(at time.Time) *events.SSL {
	name := t.names[t.name.Uint64()]
	matches := true
	return &events.SSL{
		Head: t.head(at, 443), Version: t.pick("TLSv13", "TLSv13", "TLSv12"), Cipher: t.pick("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
			"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), Curve: "x25519", ServerName: name, NextProtocol: "h2", Established: true, SSLHistory: "CsxknGIi",
		SNIMatches: &matches, JA3: fmt.Sprintf("%032x", t.r.IntN(300)), JA4: fmt.Sprintf("t13d1516h2_%012x", t.r.IntN(300)), ALPN: []string{"h2", "http/1.1"},
		Subject: "CN=" + name, Issuer: t.pick("CN=R3,O=Example CA", "CN=E1,O=Example CA"), CertKeyBits: 2048, CertKeyAlg: "rsa",
		CertSigAlg: "sha256WithRSAEncryption",
	}
}

func (t *traffic) http(at time.Time) *events.HTTP {
	return &events.HTTP{
		Head: t.head(at, 80), TransDepth: 1, Method: t.pick("GET", "GET", "GET", "POST"), Host: t.names[t.name.Uint64()],
		URI: fmt.Sprintf("/%s/%d?session=%x", t.pick("assets", "api/v1", "index", "search"), t.r.IntN(3000), t.r.Uint32()), Version: "1.1",
		UserAgent: t.agents[t.r.IntN(len(t.agents))], ResponseLen: t.size.Uint64(), StatusCode: []uint16{200, 200, 200, 304, 404, 500}[t.r.IntN(6)],
		StatusMsg: "OK", RespMimeTypes: []string{"text/html"}, ContentType: "text/html",
	}
}
