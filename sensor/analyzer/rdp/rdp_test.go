package rdp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// framed puts TPKT around a packet.
func framed(b string) string {
	return "\x03\x00" + string(binary.BigEndian.AppendUint16(nil, uint16(len(b)+4))) + b
}

func x224(code byte, b string) string {
	return framed(string([]byte{byte(6 + len(b)), code}) + "\x00\x00\x00\x00\x00" + b)
}

func negotiation(kind, flags byte, value uint32) string {
	return string([]byte{kind, flags, 8, 0}) + string(binary.LittleEndian.AppendUint32(nil, value))
}

func block(kind uint16, b string) string {
	head := binary.LittleEndian.AppendUint16(nil, kind)
	return string(binary.LittleEndian.AppendUint16(head, uint16(len(b)+4))) + b
}

// wide writes UTF-16 in n bytes.
func wide(s string, n int) string {
	out := ""
	for _, c := range s {
		out += string([]byte{byte(c), byte(c >> 8)})
	}
	return out + strings.Repeat("\x00", n-len(out))
}

func le16(list ...uint16) (s string) {
	for _, n := range list {
		s += string(binary.LittleEndian.AppendUint16(nil, n))
	}
	return s
}

func le32(list ...uint32) (s string) {
	for _, n := range list {
		s += string(binary.LittleEndian.AppendUint32(nil, n))
	}
	return s
}

func settings(head, key, blocks string) string {
	size := string(binary.BigEndian.AppendUint16(nil, uint16(len(blocks))|0x8000))
	return framed("\x02\xf0\x80" + head + "\x82\x01\x40" + strings.Repeat("\x0a\x01\x00", 20) + key + size + blocks)
}

var (
	ask       = x224(codeAsk, "Cookie: mstshash=alice\r\n"+negotiation(negAsk, 0, 3))
	askAdmin  = x224(codeAsk, "Cookie: mstshash=bob\r\n"+negotiation(negAsk, 1, 11))
	giveTLS   = x224(codeGive, negotiation(negGive, 1, 2))
	giveRDP   = x224(codeGive, negotiation(negGive, 0, 0))
	refuse    = x224(codeGive, negotiation(negFail, 0, 2))
	core      = le32(0x80004) + le16(1920, 1080, 0xca01, 0xaa03) + le32(1033, 9600) + wide("JOHN-PC", 32) + strings.Repeat("\x00", 76+8) + le16(16, 7, 1) + wide("3c571ed0", 64)
	clientMCS = settings(mcsAsk, clientKey, block(clientCore, core)+block(clientNetwork, le32(2)+"rdpdr\x00\x00\x00\x00\x00\x00\x00"+"cliprdr\x00\x00\x00\x00\x00"))
	serverMCS = settings(mcsGive, serverKey, block(0x0c01, le32(0x80004))+block(serverSecurity, le32(2, 2, 4, 12)+"rand"+le32(0x80000002, 2, 7)))
	input     = "\x44\x04\x01\x02"
)

type sent struct {
	d    flow.Dir
	data string
}

type session struct {
	lines, service, weirds []string
	reader                 analyzer.Analyzer
	held                   [2]string
}

func begin() *session {
	s := &session{}
	s.reader = Spec.New(&analyzer.Conversation{
		Transport: analyzer.TCP,
		Emit: func(r events.Record) {
			x := r.(*events.RDP)
			perm := "-"
			if x.CertPermanent != nil {
				perm = fmt.Sprint(*x.CertPermanent)
			}
			s.lines = append(s.lines, fmt.Sprintf("%s|%s|%s|%v|%s|%s|%s|%s|%dx%d %s|%s %d %s|%s %s|%v %v", x.Cookie, x.Result, x.SecurityProtocol, x.ClientChannels, x.KeyboardLayout, x.ClientBuild,
				x.ClientName, x.ClientProductID, x.DesktopWidth, x.DesktopHeight, x.ColorDepth, x.CertType, x.CertCount, perm, x.EncryptionLevel, x.EncryptionMethod, x.Requested, x.RestrictedAdmin))
		},
		Confirm: func(n string) { s.service = append(s.service, n) },
		Weird:   func(n, _ string) { s.weirds = append(s.weirds, n) },
	})
	return s
}

func (s *session) feed(step int, list ...sent) error {
	for _, m := range list {
		for rest := m.data; rest != ""; {
			cut := min(step, len(rest))
			b := s.held[m.d&1] + rest[:cut]
			rest = rest[cut:]
			n, err := s.reader.Feed(stream.Chunk{Dir: m.d, Time: 5, Data: []byte(b)})
			if err != nil {
				return err
			}
			s.held[m.d&1] = b[n:]
		}
	}
	return nil
}

// Catches: settings read at the wrong place, a hand-over that does not come, and what the cuts of the stream change.
func TestSessions(t *testing.T) {
	nothing := "|[]|||||0x0 | 0 -| |"
	for _, tt := range []struct {
		what string
		in   []sent
		want string
		err  error
	}{
		{"own encryption", []sent{{flow.Orig, ask}, {flow.Resp, giveRDP}, {flow.Orig, clientMCS}, {flow.Resp, serverMCS}},
			"alice|Success|RDP|[rdpdr cliprdr]|English - United States|RDP 8.1|JOHN-PC|3c571ed0|1920x1080 16bit|X.509 2 false|Client compatible 128bit|[RDP SSL HYBRID] false", nil},
		{"TLS follows", []sent{{flow.Orig, ask}, {flow.Resp, giveTLS}}, "alice|encrypted|HYBRID" + nothing + "[RDP SSL HYBRID] false", analyzer.ErrHandOver},
		{"refused", []sent{{flow.Orig, ask}, {flow.Resp, refuse}}, "alice|SSL_NOT_ALLOWED_BY_SERVER|" + nothing + "[RDP SSL HYBRID] false", nil},
		{"restricted admin", []sent{{flow.Orig, askAdmin}}, "bob||" + nothing + "[RDP SSL HYBRID HYBRID_EX] true", nil},
		{"only the server's side", []sent{{flow.Resp, giveTLS}}, "|encrypted|HYBRID" + nothing + "[] false", analyzer.ErrHandOver},
		{"input ends it", []sent{{flow.Orig, ask}, {flow.Resp, giveRDP}, {flow.Orig, input}}, "alice||RDP" + nothing + "[RDP SSL HYBRID] false", analyzer.ErrDone},
		{"another protocol", []sent{{flow.Orig, "GET / HTTP/1.1\r\n"}}, "", analyzer.ErrNotMine},
	} {
		for _, step := range []int{1, 6, 1 << 20} {
			s := begin()
			err := s.feed(step, tt.in...)
			s.reader.Close()
			s.reader.Close()
			if got := strings.Join(s.lines, "\n"); got != tt.want || !errors.Is(err, tt.err) || len(s.weirds) > 0 {
				t.Errorf("%s, %d at a time: %v, %q\n got %s\nwant %s", tt.what, step, err, s.weirds, got, tt.want)
			}
		}
	}
}

func TestHandOverStopsAtThePacket(t *testing.T) {
	s := begin()
	n, err := s.reader.Feed(stream.Chunk{Dir: flow.Resp, Data: []byte(giveTLS + "\x16\x03\x03")})
	if n != len(giveTLS) || !errors.Is(err, analyzer.ErrHandOver) {
		t.Errorf("consumed %d of %d: %v", n, len(giveTLS), err)
	}
}

func TestGap(t *testing.T) {
	s := begin()
	_ = s.feed(1<<20, sent{flow.Orig, ask})
	if err := s.reader.Gap(flow.Resp, 5); !errors.Is(err, analyzer.ErrDone) {
		t.Errorf("got %v", err)
	}
	if s.reader.Close(); len(s.lines) != 1 {
		t.Errorf("%d records", len(s.lines))
	}
}

func TestProbe(t *testing.T) {
	tsap := x224(codeAsk, "\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02")
	for _, tt := range []struct {
		what, head       string
		hinted, stranger analyzer.Verdict
	}{
		{"request", ask, analyzer.Yes, analyzer.Yes}, {"confirm", giveTLS, analyzer.Yes, analyzer.Yes}, {"settings", clientMCS, analyzer.Yes, analyzer.Yes},
		{"routing token", x224(codeAsk, "Cookie: msts=3640205228.15629.0000\r\n"), analyzer.Yes, analyzer.Yes}, {"from the middle", framed("\x02\xf0\x80\x64\x00\x04"), analyzer.Yes, analyzer.No},
		{"without negotiation", x224(codeAsk, ""), analyzer.Yes, analyzer.No}, {"a few bytes", ask[:6], analyzer.Maybe, analyzer.Maybe}, {"one byte", ask[:1], analyzer.Maybe, analyzer.Maybe},
		{"ISO-TSAP", tsap, analyzer.Yes, analyzer.No}, {"Q.931", framed("\x08\x02\x00\x01\x05\x04\x03"), analyzer.No, analyzer.No}, {"SSL", "\x16\x03\x01\x00", analyzer.No, analyzer.No},
		{"HTTP", "GET / HTTP/1.1", analyzer.No, analyzer.No}, {"too short", "\x03\x00\x00\x04\x02\xf0\x80", analyzer.No, analyzer.No},
	} {
		for hinted, want := range map[bool]analyzer.Verdict{true: tt.hinted, false: tt.stranger} {
			if got := Spec.Probe(flow.Orig, []byte(tt.head), hinted); got != want {
				t.Errorf("%s, hinted %v: got %d, want %d", tt.what, hinted, got, want)
			}
		}
	}
}

// Catches: lengths that lie, names without end, and a conversation that is read for ever.
func TestHostile(t *testing.T) {
	s := begin()
	long := x224(codeAsk, "Cookie: mstshash="+strings.Repeat("\n", 200)+"\r\n")
	bad := settings(mcsAsk, clientKey, block(clientCore, core[:40])+block(clientNetwork, le32(1<<31)+strings.Repeat("a", 600)))
	if err := s.feed(1<<20, sent{flow.Orig, long + bad + settings(mcsAsk, clientKey, le16(clientCore, 60000)+core)}); err != nil {
		t.Fatal(err)
	}
	for range maxPDUs {
		_ = s.feed(1<<20, sent{flow.Orig, framed("\x02\xf0\x80\x64\x00\x04")})
	}
	if s.reader.Close(); len(s.lines) != 1 || len(s.lines[0]) > 3000 || strings.Contains(s.lines[0], "\n") {
		t.Errorf("got %q", s.lines)
	}
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(ask+clientMCS), []byte(giveRDP+serverMCS), uint16(3))
	f.Add([]byte(askAdmin), []byte(giveTLS), uint16(0))
	f.Fuzz(func(t *testing.T, a, b []byte, step uint16) {
		Spec.Probe(0, a[:min(len(a), analyzer.MaxProbe)], step&1 == 0)
		s := begin()
		_ = s.feed(int(step)+1, sent{flow.Orig, string(a)})
		_ = s.feed(int(step)+1, sent{flow.Resp, string(b)})
		s.reader.Close()
	})
}

// maxAllocs is what a session may cost: the reader, its texts and lists.
const maxAllocs = 22

func opening() func() {
	c := &analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}}
	list := []sent{{flow.Orig, ask}, {flow.Resp, giveRDP}, {flow.Orig, clientMCS}, {flow.Resp, serverMCS}}
	var chunks []stream.Chunk
	for _, m := range list {
		chunks = append(chunks, stream.Chunk{Dir: m.d, Data: []byte(m.data)})
	}
	return func() {
		r := Spec.New(c)
		for _, chunk := range chunks {
			_, _ = r.Feed(chunk)
		}
		r.Close()
	}
}

func TestAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(100, opening()); n > maxAllocs {
		t.Errorf("%v allocations a session, at most %d", n, maxAllocs)
	}
}

func BenchmarkOpening(b *testing.B) {
	one := opening()
	b.ReportAllocs()
	b.SetBytes(int64(len(ask) + len(giveRDP) + len(clientMCS) + len(serverMCS)))
	for b.Loop() {
		one()
	}
}
