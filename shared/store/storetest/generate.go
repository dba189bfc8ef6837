package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The made-up network: devices inside, and hosts outside that few of them meet.
const (
	insiders  = 5000
	outsiders = 200_000
	types     = 80
)

var categories = []struct{ name, tactic, technique string }{
	{"recon", "TA0043", "T1046"}, {"access", "TA0001", "T1110.001"}, {"lateral", "TA0008", "T1021.002"}, {"c2", "TA0011", "T1071.004"},
	{"exfil", "TA0010", "T1048"}, {"impact", "TA0040", "T1496"}, {"hygiene", "TA0005", "T1573"},
}

// random gives the random numbers of the i-th thing of a kind: the same ones each time.
func random(kind string, i int) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256([]byte(kind + strconv.Itoa(i)))))
}

// DetectionID is the id of the i-th detection.
func DetectionID(i int) string {
	sum := sha256.Sum256([]byte("detection" + strconv.Itoa(i)))
	return hex.EncodeToString(sum[:16])
}

// Detection makes the i-th detection, begun at a moment: one of 80 types, by and of one of 5,000 devices, some with hosts outside. The
// same arguments give the same detection.
func Detection(i int, at time.Time) events.Detection {
	r := random("detection", i)
	at = at.UTC()
	kind := r.IntN(types)
	c := categories[kind%len(categories)]
	score := 1 + r.IntN(99)
	lasts := time.Duration(r.ExpFloat64() * float64(10*time.Minute))
	d := events.Detection{
		ID: DetectionID(i), Type: c.name + ".type_" + strconv.Itoa(kind), Title: "Something of type " + strconv.Itoa(kind), Category: c.name,
		Confidence: float64(r.IntN(100)) / 100, Triage: events.Triage{Status: events.StatusOpen},
		Risk: events.Risk{
			Score: score, Band: events.BandOf(score), Likelihood: events.High, Complexity: events.Low, Impact: events.Medium,
			Terms: []events.Term{{Name: "base", Points: score, Reason: "likelihood high, complexity low, impact medium"}},
		},
		Start: at, Update: at.Add(lasts), Tactics: []string{c.tactic}, Techniques: []string{c.technique},
		Participants: []events.Participant{Insider("offender", r.IntN(insiders)), Insider("victim", r.IntN(insiders))},
		Properties:   map[string]any{"ports": float64(r.IntN(65536)), "rate": r.Float64(), "names": []any{"a", "b"}},
		Sensor:       "sensor-" + strconv.Itoa(r.IntN(8)), DetectorVersion: 1,
	}
	if r.IntN(3) == 0 {
		d.Participants[r.IntN(2)] = Outsider([]string{"offender", "victim"}[r.IntN(2)], r.IntN(outsiders))
	}
	for j := range d.Participants {
		d.Participants[j].Port = []uint16{0, 22, 53, 80, 443, 445, 3389}[r.IntN(7)]
	}
	d.VNI = uint32(1000 + r.IntN(insiders))
	d.Description = fmt.Sprintf("%s tried %d ports of %s within %d seconds, %d of them answered",
		d.Participants[0].Address, r.IntN(65536), d.Participants[1].Address, 1+r.IntN(600), r.IntN(50))
	d.Evidence = events.Evidence{UIDs: []string{"C" + d.ID[:17]}, Start: d.Start, End: d.Update}
	d.Activity = []events.Activity{{Time: d.Update, Description: d.Description, Score: score}}
	if r.IntN(10) > 0 {
		end := d.Update
		d.End = &end
	}
	return d
}

// Insider makes a participant of the i-th device inside.
func Insider(role string, i int) events.Participant {
	return events.Participant{
		Role: role, Endpoint: "client", Device: fmt.Sprintf("eni-%017x", i), Address: inside(i),
		Hostname: fmt.Sprintf("host-%d.app-%d.corp.example", i, i%40), Interface: fmt.Sprintf("eni-%017x", i),
		Instance: fmt.Sprintf("i-%017x", i), VPC: fmt.Sprintf("vpc-%d", i%20), Account: fmt.Sprintf("%012d", i%7),
		Tags: map[string]string{"env": []string{"prod", "test", "dev"}[i%3], "team": "team-" + strconv.Itoa(i%25)}, User: user(i),
	}
}

func user(i int) string {
	if i%4 != 0 {
		return ""
	}
	return "user" + strconv.Itoa(i%300)
}

// Outsider makes a participant of the i-th host outside.
func Outsider(role string, i int) events.Participant {
	a := outside(i)
	p := events.Participant{Role: role, Endpoint: "server", Device: a.String(), Address: a, External: true}
	if i%2 == 0 {
		p.Hostname = fmt.Sprintf("cdn%d.example.net", i)
	}
	return p
}

func inside(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

func outside(i int) netip.Addr {
	if i%10 == 0 {
		return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)})
	}
	return netip.AddrFrom4([4]byte{203, byte(i >> 16), byte(i >> 8), byte(i)})
}

// Record makes the i-th record, at a moment: a line of conn, dns, http or ssl. The same arguments give the same record.
func Record(i int, at time.Time) store.Row {
	r := random("record", i)
	h := events.Head{
		TS: events.TimeOf(at), UID: "C" + DetectionID(i)[:17], OrigH: inside(r.IntN(insiders)), OrigP: uint16(1024 + r.IntN(60000)),
		RespH: inside(r.IntN(insiders)), RespP: 443, VNI: uint32(1000 + r.IntN(insiders)), Sensor: "sensor-" + strconv.Itoa(r.IntN(8)),
		CommunityID: "1:" + DetectionID(i)[:27] + "=",
	}
	if r.IntN(3) == 0 {
		h.RespH = outside(r.IntN(outsiders))
	}
	record := recordOf(r, h)
	return store.Row{Kind: record.Kind(), Time: h.TS.Time(), UID: h.UID, Line: record.AppendJSON(nil)}
}

func recordOf(r *rand.Rand, h events.Head) events.Record {
	switch r.IntN(10) {
	case 0, 1:
		return dns(r, h)
	case 2:
		h.RespP = 80
		return &events.HTTP{
			Head: h, TransDepth: 1, Method: []string{"GET", "POST"}[r.IntN(2)], Host: name(r), URI: "/v1/items/" + strconv.Itoa(r.IntN(9999)),
			Version: "1.1", UserAgent: "curl/8.5.0", ResponseLen: uint64(r.IntN(1 << 20)), StatusCode: []uint16{200, 404, 500}[r.IntN(3)],
		}
	case 3:
		return &events.SSL{
			Head: h, Version: []string{"TLSv12", "TLSv13"}[r.IntN(2)], Cipher: "TLS_AES_128_GCM_SHA256", Curve: "x25519", ServerName: name(r),
			Established: r.IntN(9) > 0, JA3: DetectionID(r.IntN(200)), JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1", ALPN: []string{"h2", "http/1.1"},
		}
	}
	h.RespP = []uint16{22, 53, 80, 123, 443, 445, 3306, 8080}[r.IntN(8)]
	return &events.Conn{
		Head: h, Proto: []string{"tcp", "udp"}[r.IntN(2)], Service: []string{"", "dns", "http", "ssl", "ssh"}[r.IntN(5)],
		Duration: events.Interval(r.ExpFloat64() * 3e9), OrigBytes: uint64(r.IntN(1 << 16)), RespBytes: uint64(r.IntN(1 << 22)),
		ConnState: []string{"SF", "S0", "REJ", "RSTO"}[r.IntN(4)], LocalOrig: true, History: "ShADadFf",
		OrigPkts: uint64(1 + r.IntN(100)), OrigIPBytes: uint64(40 + r.IntN(1<<16)), RespPkts: uint64(r.IntN(1000)),
		RespIPBytes: uint64(r.IntN(1 << 22)), IPProto: 6,
	}
}

func dns(r *rand.Rand, h events.Head) events.Record {
	h.RespP = 53
	class, kind, code := uint16(1), uint16(1), uint16([]int{0, 0, 0, 3}[r.IntN(4)])
	d := &events.DNS{
		Head: h, Proto: "udp", TransID: uint16(r.IntN(65536)), RTT: events.Interval(r.IntN(50e6)), Query: name(r), QClass: &class,
		QClassName: "C_INTERNET", QType: &kind, QTypeName: "A", RCode: &code, RCodeName: "NOERROR", RD: true, RA: true, QueryBytes: 40,
	}
	if code != 0 {
		d.RCodeName = "NXDOMAIN"
		return d
	}
	d.Answers, d.TTLs = []string{outside(r.IntN(outsiders)).String()}, []events.Interval{60e9}
	if r.IntN(8) == 0 { // a record may name a value twice
		d.Answers, d.TTLs = append(d.Answers, "203.0.113.7", d.Answers[0]), append(d.TTLs, 60e9, 60e9)
	}
	return d
}

func name(r *rand.Rand) string {
	return fmt.Sprintf("%s%d.%s", []string{"www", "api", "cdn"}[r.IntN(3)], r.IntN(300), []string{"example.com", "example.net", "corp.example"}[r.IntN(3)])
}
