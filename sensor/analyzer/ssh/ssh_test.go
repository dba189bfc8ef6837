package ssh

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// part is one segment of a conversation, or, with gap, bytes that are missing.
type part struct {
	d    flow.Dir
	data string
	gap  int
}

func client(s string) part { return part{d: flow.Orig, data: s} }
func server(s string) part { return part{d: flow.Resp, data: s} }

// packetOf frames a payload in the clear.
func packetOf(payload string) string {
	pad := 8 - (len(payload)+5)%8 + 4
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)+1+pad))
	return string(append(b, byte(pad))) + payload + strings.Repeat("\x00", pad)
}

func str(s string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) + s }

// kexInitOf builds KEXINIT from kex, host key, cipher, MAC and compression, the same in both directions.
func kexInitOf(kex, host, cipher, mac, compression string) string {
	p := "\x14" + strings.Repeat("c", 16) + str(kex) + str(host) + str(cipher) + str(cipher) + str(mac) + str(mac)
	return packetOf(p + str(compression) + str(compression) + str("") + str("") + "\x00\x00\x00\x00\x00")
}

// sealed is an encrypted packet with a payload of n bytes, as it looks from outside.
func sealed(f framing, n int) string {
	size := f.size(n)
	b := []byte(strings.Repeat("\xAA", size))
	if f.clear {
		binary.BigEndian.PutUint32(b, uint32(size-4-f.tag))
	}
	return string(b)
}

// handshake is everything up to NEWKEYS, with one cipher and MAC.
func handshake(cipher, mac, compression string) []part {
	return []part{
		client("SSH-2.0-OpenSSH_9.6\r\n"),
		server("SSH-2.0-OpenSSH_9.6p1 Debian\r\n"),
		client(kexInitOf("x,curve25519-sha256", "ssh-ed25519", "zz,"+cipher, mac, compression)),
		server(kexInitOf("curve25519-sha256,x2", "rsa,ssh-ed25519", cipher+",zz2", mac, compression)),
		client(packetOf("\x1e" + str("ephemeral"))),
		server(packetOf("\x1f"+str("hostkey")+str("e")+str("s")) + packetOf("\x15")),
		client(packetOf("\x15")),
	}
}

// The payload sizes of an authentication, by message.
const (
	service  = 17
	extInfo  = 300
	none     = 35  // user "root"
	password = 56  // "hunter2", not padded
	offer    = 120 // a key
	signed   = 210 //
	failure  = 44  // publickey,password,keyboard-interactive
	keyOK    = 132
	success  = 1
	hostKeys = 400
)

// turns alternates client and server packets of the given payload sizes, client first; 0 is no packet.
func turns(f framing, sizes ...int) (parts []part) {
	for i, n := range sizes {
		if n > 0 {
			parts = append(parts, part{d: flow.Dir(i & 1), data: sealed(f, n)})
		}
	}
	return parts
}

func join(lists ...[]part) (all []part) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// run feeds the parts as the engine would, in pieces of at most size bytes.
func run(t testing.TB, parts []part, size int) (recs []*events.SSH, end error) {
	t.Helper()
	var held [2][]byte
	a := Spec.New(&analyzer.Conversation{
		LocalResp: true,
		Emit:      func(r events.Record) { recs = append(recs, r.(*events.SSH)) },
		Confirm:   func(string) {},
		Weird:     func(string, string) {},
	})
	for _, p := range parts {
		if p.gap > 0 {
			held[p.d] = nil
			end = a.Gap(p.d, p.gap)
		}
		for i := 0; i < len(p.data) && end == nil && p.gap == 0; i += size {
			b := append(held[p.d], p.data[i:min(i+size, len(p.data))]...)
			n, err := a.Feed(stream.Chunk{Dir: p.d, Time: 7, Data: b})
			if n < 0 || n > len(b) || len(b)-n > analyzer.MaxHeld {
				t.Fatalf("consumed %d of %d", n, len(b))
			}
			held[p.d], end = append([]byte(nil), b[n:]...), err
			for j := range b {
				b[j] = 0xEE // borrowed bytes: nobody may have kept them
			}
		}
		if end != nil {
			break
		}
	}
	a.Close()
	return recs, end
}

func outcome(recs []*events.SSH) string {
	if len(recs) != 1 {
		return fmt.Sprintf("%d records", len(recs))
	}
	result := "unknown"
	if ok := recs[0].AuthSuccess; ok != nil {
		result = fmt.Sprint(*ok)
	}
	return fmt.Sprintf("%s after %d", result, recs[0].AuthAttempts)
}

var suites = []suite{
	{"chacha20-poly1305@openssh.com", "umac-64-etm@openssh.com", "none"},
	{"aes128-gcm@openssh.com", "hmac-sha2-256", "none"},
	{"aes256-ctr", "hmac-sha2-256-etm@openssh.com", "zlib@openssh.com"},
	{"aes256-ctr", "hmac-sha2-512", "none"},
	{"3des-cbc", "hmac-sha1-96", "none"},
}

func TestAuthentication(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		want  string
	}{
		{"password at once", []int{service, service, none, failure, password, success, 60}, "true after 1"},
		{"no password needed", []int{service, service, none, success, 60}, "true after 1"},
		{"two wrong, one right", []int{service, service, none, failure, password, failure, password, failure, password, success, 60}, "true after 3"},
		{"six wrong", []int{service, service, none, failure, password, failure, password, failure, password, failure, password, failure, password, failure, password, failure}, "false after 6"},
		{"the sixth answered by DISCONNECT", []int{service, service, none, failure, password, failure, password, failure, password, failure, password, failure, password, failure, password, 70}, "false after 6"},
		{"no question first, one wrong, then away", []int{service, service, password, failure, 20}, "false after 1"},
		{"only asked what methods there are", []int{service, service, none, failure, 20}, "unknown after 0"},
		{"a key that is taken", []int{service, service, none, failure, offer, keyOK, signed, success, 60}, "true after 1"},
		{"a key that is not, then a password", []int{service, service, none, failure, offer, failure, password, success, 60}, "true after 2"},
		{"gone before authentication", []int{service, service}, "unknown after 0"},
		{"nothing behind the key exchange", nil, "unknown after 0"},
	} {
		for _, s := range suites {
			f := s.framing()
			parts := join(handshake(s.cipher, s.mac, s.compression), turns(f, c.sizes...))
			for _, size := range []int{1 << 20, 1, 5} {
				recs, _ := run(t, parts, size)
				if got := outcome(recs); got != c.want {
					t.Errorf("%s, %s, %d bytes at a time: got %s, want %s", c.name, s.cipher, size, got, c.want)
				}
			}
		}
	}
}

// What servers send beside the answers must not be taken for one.
func TestAuthenticationAside(t *testing.T) {
	for _, s := range suites {
		f := s.framing()
		one := func(sizes ...int) string {
			var b string
			for _, n := range sizes {
				b += sealed(f, n)
			}
			return b
		}
		for _, c := range []struct {
			name  string
			parts []part
			want  string
		}{
			{"EXT_INFO behind NEWKEYS", join([]part{server(one(extInfo))}, turns(f, service, service, none, failure, password, failure, 20)), "false after 1"},
			{"EXT_INFO with the first failure", join(turns(f, service, service, none), []part{server(one(extInfo, failure))}, turns(f, password, failure, password, failure, 20)), "false after 2"},
			{"a banner with the first failure", join(turns(f, service, service, none), []part{server(one(failure, failure))}, turns(f, password, failure, password, failure, 20)), "false after 2"},
			{"a client that does not wait", []part{client(one(service, none)), server(one(service, failure)), client(one(password)), server(one(failure)), client(one(20))}, "false after 1"},
			{"success with more behind it", join(turns(f, service, service, none, failure, password, success), []part{server(one(hostKeys))}), "true after 1"},
			{"success unseen, then plenty", join(turns(f, service, service, none, failure), []part{server(strings.Repeat("s", manyBytes+1))}), "true after 1"},
			{"a gap hides the end", join(turns(f, service, service, none, failure, password, failure), []part{{d: flow.Resp, gap: 90}}, turns(f, 20)), "unknown after 1"},
			{"the server alone", join(turns(f, 0, extInfo, 0, service, 0, failure, 0, success)), "unknown after 0"},
		} {
			recs, _ := run(t, join(handshake(s.cipher, s.mac, s.compression), c.parts), 1<<20)
			if got := outcome(recs); got != c.want {
				t.Errorf("%s, %s: got %s, want %s", c.name, s.cipher, got, c.want)
			}
		}
	}
}

// With compression from the start, sizes tell nothing, and nothing may be said.
func TestCompressed(t *testing.T) {
	s := suite{"aes128-ctr", "hmac-sha1", "zlib"}
	recs, _ := run(t, join(handshake(s.cipher, s.mac, s.compression), turns(s.framing(), service, service, none, failure, password, success, 60)), 1<<20)
	if got := outcome(recs); got != "unknown after 0" {
		t.Error(got)
	}
}

func TestHandshake(t *testing.T) {
	for _, size := range []int{1 << 20, 1} {
		recs, _ := run(t, handshake("aes128-ctr", "hmac-sha1", "none"), size)
		if len(recs) != 1 {
			t.Fatalf("%d records", len(recs))
		}
		r := recs[0]
		got := fmt.Sprint(r.Version, " ", r.Direction, " ", r.Client, " ", r.Server, " ", r.CipherAlg, " ", r.MACAlg, " ", r.CompressionAlg, " ", r.KexAlg, " ", r.HostKeyAlg, " ", r.HostKeyFingerprint, " ", r.HASSH, " ", r.HASSHServer, " ", int64(r.TS))
		// Digests by sha256sum and md5sum of "hostkey" and of the joined lists.
		want := "2 INBOUND SSH-2.0-OpenSSH_9.6 SSH-2.0-OpenSSH_9.6p1 Debian aes128-ctr hmac-sha1 none curve25519-sha256 ssh-ed25519 " +
			"SHA256:uu1mByC78AaNmKNR3O0BzYOMvSe/1AbGewjQh1DREwA 7d337c1b112a52f971ff65f13b8a908a 55d95f0b4875709149e25439b7d33a4d 7"
		if got != want {
			t.Errorf("%d bytes at a time:\n got %s\nwant %s", size, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, c := range []struct {
		client, server string
		want           uint8
	}{
		{"SSH-2.0-a", "SSH-2.0-b", 2},
		{"SSH-2.0-a", "SSH-1.99-b", 2},
		{"SSH-1.99-a", "SSH-1.99-b", 2},
		{"SSH-1.5-a", "SSH-1.99-b", 1},
		{"SSH-1.5-a", "SSH-1.5-b", 1},
		{"SSH-1.5-a", "SSH-2.0-b", 0},
		{"SSH-2.0-a", "", 0},
		{"SSH-", "SSH-1.", 0},
	} {
		if got := version(c.client, c.server); got != c.want {
			t.Errorf("%s %s: got %d, want %d", c.client, c.server, got, c.want)
		}
	}
}

func TestBanners(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts []part
		want  string
		end   error
	}{
		{"SSH1", []part{server("SSH-1.5-x\n"), client("SSH-1.5-y\n")}, "1 SSH-1.5-y SSH-1.5-x", analyzer.ErrDone},
		{"lines first", []part{server("hello\r\nthere\r\nSSH-2.0-x\r\n")}, "0  SSH-2.0-x", nil},
		{"too many lines", []part{server(strings.Repeat("hi\r\n", maxGreetings+1))}, "", analyzer.ErrNotMine},
		{"too long", []part{client("SSH-2.0-" + strings.Repeat("x", maxBanner))}, "", analyzer.ErrNotMine},
		{"a client may not greet", []part{client("hi\r\n")}, "", analyzer.ErrNotMine},
		{"no end", []part{client("SSH-2.0-x")}, "", nil},
		{"garbage behind", []part{client("SSH-2.0-x\r\n\xff\xff\xff\xff\x00\x00")}, "0 SSH-2.0-x ", analyzer.ErrDone},
		{"a gap in the key exchange", []part{client("SSH-2.0-x\r\n"), {d: flow.Resp, gap: 5}}, "0 SSH-2.0-x ", analyzer.ErrDone},
	} {
		for _, size := range []int{1 << 20, 1} {
			recs, end := run(t, c.parts, size)
			got := ""
			for _, r := range recs {
				got += fmt.Sprintf("%d %s %s", r.Version, r.Client, r.Server)
			}
			if got != c.want || end != c.end {
				t.Errorf("%s, %d bytes at a time: got %q %v, want %q %v", c.name, size, got, end, c.want, c.end)
			}
		}
	}
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		d      flow.Dir
		head   string
		hinted bool
		want   analyzer.Verdict
	}{
		{flow.Orig, "SSH-2.0-x\r\n", false, analyzer.Yes},
		{flow.Resp, "SSH-1.99-x", false, analyzer.Yes},
		{flow.Orig, "SS", false, analyzer.Maybe},
		{flow.Orig, "SSH-2", false, analyzer.Maybe},
		{flow.Orig, "SSH-3.0", true, analyzer.No},
		{flow.Orig, "SMTP", true, analyzer.No},
		{flow.Resp, "welcome\r\nSSH-2.0-x", true, analyzer.Yes},
		{flow.Resp, "welcome\r\n", true, analyzer.Maybe},
		{flow.Resp, "welcome\r\n", false, analyzer.Maybe},
		{flow.Resp, "Not allowed at this time", false, analyzer.Maybe},
		{flow.Resp, "welcome\r\nSSH-2.0-x", false, analyzer.Yes},
		{flow.Resp, "welcome\r\nSSH-9", false, analyzer.No},
		{flow.Orig, "welcome\r\nSSH-2.0-x", false, analyzer.No},
		{flow.Resp, "HTTP/1.1 200 OK\r\n", false, analyzer.No},
		{flow.Resp, "HTTP/1.1 200 OK\r\n", true, analyzer.No},
		{flow.Resp, "gr\xc3\xbc\xc3\x9f\r\n", true, analyzer.Maybe},
		{flow.Resp, "gr\xc3\xbc\xc3\x9f\r\n", false, analyzer.No},
		{flow.Resp, "\x16\x03\x01", false, analyzer.No},
		{flow.Resp, "\x16\x03\x01", true, analyzer.No},
		{flow.Orig, "", false, analyzer.Maybe},
	} {
		if got := Spec.Probe(c.d, []byte(c.head), c.hinted); got != c.want {
			t.Errorf("%v %q hinted %v: got %d, want %d", c.d, c.head, c.hinted, got, c.want)
		}
	}
}
