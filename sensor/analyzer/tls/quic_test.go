package tls

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Catches: a key of either side that is not the one that RFC 9001 appendix A.1 and RFC 9369 appendix A.1 give for the same connection id.
func TestInitialKeys(t *testing.T) {
	dcid := unhex(t, "8394c8f03e515708")
	for _, c := range []struct {
		version        uint32
		client, server string // iv
	}{
		{1, "fa044b2f42a3fd3b46fb255c", "0ac1493ca1905853b0bba03e"},
		{0x6b3343cf, "91f73e2351d8fa91660e909f", "684fd5f12d74ae9a2e6d4e2c"},
	} {
		client, server := initialKeys(findQUIC(c.version), dcid)
		if got := hex.EncodeToString(client.iv[:]); got != c.client {
			t.Errorf("version %x, client: %s, want %s", c.version, got, c.client)
		}
		if got := hex.EncodeToString(server.iv[:]); got != c.server && c.version == 1 {
			t.Errorf("version %x, server: %s, want %s", c.version, got, c.server)
		}
	}
}

// seal makes a first packet of a version around frames, padded so that a client's has the length it must have.
func seal(v *quicVersion, keys *quicKeys, number byte, dcid, scid string, frames []byte) string {
	frames = append(slices.Clone(frames), make([]byte, max(0, 1100-len(frames)))...)
	length := 1 + len(frames) + 16
	b := []byte{0xc0 | (v.turned << 4), 0, 0, 0, 0}
	b[1], b[2], b[3], b[4] = byte(v.number>>24), byte(v.number>>16), byte(v.number>>8), byte(v.number)
	b = append(append(append(b, byte(len(dcid))), dcid...), byte(len(scid)))
	b = append(append(b, scid...), 0, 0x40|byte(length>>8), byte(length))
	at := len(b)
	b = append(b, number)
	nonce := keys.iv
	nonce[11] ^= number
	b = keys.open.Seal(b, nonce[:], frames, slices.Clone(b))
	var mask [16]byte
	keys.header.Encrypt(mask[:], b[at+4:at+20])
	b[0] ^= mask[0] & 0x0f
	b[at] ^= mask[1]
	return string(b)
}

func cryptoFrame(offset int, data []byte) []byte {
	return append([]byte{frameCrypto, 0x40 | byte(offset>>8), byte(offset), 0x40 | byte(len(data)>>8), byte(len(data))}, data...)
}

// hellos are those of Go's own QUIC handshake.
func hellos(t testing.TB) (client, server []byte) {
	t.Helper()
	cert := identity(t, "www.example.com")
	c := tls.QUICClient(&tls.QUICConfig{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, ServerName: "www.example.com", NextProtos: []string{"h3"}, InsecureSkipVerify: true}})
	s := tls.QUICServer(&tls.QUICConfig{TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"h3"}, Certificates: []tls.Certificate{cert}}})
	c.SetTransportParameters(nil)
	s.SetTransportParameters(nil)
	for _, q := range []*tls.QUICConn{c, s} {
		if err := q.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for e := c.NextEvent(); e.Kind != tls.QUICNoEvent; e = c.NextEvent() {
		if e.Kind == tls.QUICWriteData {
			client = append(client, e.Data...)
		}
	}
	if err := s.HandleData(tls.QUICEncryptionLevelInitial, client); err != nil {
		t.Fatal(err)
	}
	for e := s.NextEvent(); e.Kind != tls.QUICNoEvent; e = s.NextEvent() {
		if e.Kind == tls.QUICWriteData && e.Level == tls.QUICEncryptionLevelInitial {
			server = append(server, e.Data...)
		}
	}
	return client, server
}

const (
	quicDCID = "destined"
	quicSCID = "server-id"
)

// quicTalk is a handshake in a version: the client's hello in two packets, the second half first, the server's, and a packet behind it.
func quicTalk(t testing.TB, number uint32) []analyzertest.Said {
	v := findQUIC(number)
	client, server := hellos(t)
	ck, sk := initialKeys(v, []byte(quicDCID))
	half := len(client) / 2
	ack := []byte{frameACK, 0, 0, 0, 0}
	return []analyzertest.Said{
		analyzertest.Client(seal(v, ck, 0, quicDCID, "", cryptoFrame(half, client[half:]))),
		analyzertest.Client(seal(v, ck, 1, quicDCID, "", append([]byte{framePing}, cryptoFrame(0, client[:half])...))),
		analyzertest.Server(seal(v, sk, 0, "", quicSCID, append(ack, cryptoFrame(0, server)...))),
		analyzertest.Client("\x40" + quicSCID + strings.Repeat("x", 40)),
	}
}

// Catches: a hello in pieces, in another order, or in another version that is not read; a record that does not say what is in it.
func TestQUIC(t *testing.T) {
	for number, name := range map[uint32]string{1: "1", 0x6b3343cf: "quicv2", 0xff00001d: "draft-29"} {
		r := analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, quicTalk(t, number))
		text := analyzertest.Text(r)
		for _, want := range []string{
			`"version":"` + name + `","client_initial_dcid":"` + hex.EncodeToString([]byte(quicDCID)) + `","server_scid":"` + hex.EncodeToString([]byte(quicSCID)) + `","server_name":"www.example.com","client_protocol":"h3","history":"IISis"}`,
			`"version":"TLSv13","cipher":"TLS_`, `"server_name":"www.example.com","resumed":false,"established":true`, `"ja4":"q13d`, `"ja4s":"q13`, "services [quic ssl] weirds [] rejected 0",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("version %s: %s is not in\n%s", name, want, text)
			}
		}
	}
}

// Catches: a conversation that is taken without its beginning, keys of another connection that are believed, a retry that loses the hello.
func TestQUICBeginnings(t *testing.T) {
	talk := quicTalk(t, 1)
	if r := analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, talk[3:]); len(r.Records) != 0 || len(r.Services) != 0 {
		t.Errorf("from the middle: %s", analyzertest.Text(r))
	}
	if r := analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, talk[2:]); len(r.Records) != 0 {
		t.Errorf("only the server: %s", analyzertest.Text(r))
	}
	bent := []byte(talk[1].Text)
	bent[len(bent)-1] ^= 1
	if r := analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, []analyzertest.Said{talk[0], analyzertest.Client(string(bent))}); len(r.Records) != 0 {
		t.Errorf("a packet that was changed: %s", analyzertest.Text(r))
	}
	v := findQUIC(1)
	lost, _ := initialKeys(v, []byte("lost-one"))
	first := analyzertest.Client(seal(v, lost, 0, "lost-one", "", []byte{framePing}))
	if r := analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, append([]analyzertest.Said{first}, talk...)); len(r.Records) != 2 {
		t.Errorf("a new connection id after a retry: %s", analyzertest.Text(r))
	}
}

// Catches: pieces that overlap, leave holes, or lie beyond what is kept.
func TestCryptoStream(t *testing.T) {
	var s cryptoStream
	for _, c := range []struct {
		offset uint64
		data   string
		want   string
	}{
		{4, "efgh", ""}, {2, "cdef", ""}, {0, "abc", "abcdefgh"}, {0, "abcdefgh", ""}, {8, "i", "i"}, {maxCrypto, "x", ""}, {1 << 60, "x", ""}, {9, "", ""},
	} {
		if got := string(s.add(c.offset, []byte(c.data))); got != c.want {
			t.Errorf("%d %q: %q, want %q", c.offset, c.data, got, c.want)
		}
	}
}

// maxAllocsQUIC of a connection: two ciphers and a mode a side with what they are derived by, the pieces, two records and what is in them.
const maxAllocsQUIC = 150

func TestQUICAllocations(t *testing.T) {
	talk := quicTalk(t, 1)
	conv := &analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}}
	n := testing.AllocsPerRun(20, func() {
		r := QUIC.New(conv)
		for _, s := range talk {
			_, _ = r.Feed(stream.Chunk{Dir: s.Dir, Data: []byte(s.Text)})
		}
		r.Close()
	})
	if n > maxAllocsQUIC {
		t.Errorf("%.0f allocations, at most %d are stated", n, maxAllocsQUIC)
	}
}

func BenchmarkQUIC(b *testing.B) {
	talk := quicTalk(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, talk)
	}
}

// FuzzQUIC feeds datagrams, and packets whose frames the fuzzer chose: no panic, and no more than two records.
func FuzzQUIC(f *testing.F) {
	client, server := hellos(f)
	f.Add([]byte("\xc0\x00\x00\x00\x01\x08destined\x00\x00\x40\x20"), cryptoFrame(0, client), cryptoFrame(0, server))
	f.Add([]byte{0x40}, []byte{frameACKECN, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []byte{frameClose, 1})
	v := findQUIC(1)
	ck, sk := initialKeys(v, []byte(quicDCID))
	f.Fuzz(func(t *testing.T, raw, a, b []byte) {
		if len(a) > 8000 || len(b) > 8000 {
			return
		}
		r := analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, []analyzertest.Said{
			analyzertest.Client(seal(v, ck, 0, quicDCID, "", a)), analyzertest.Server(seal(v, sk, 0, "", quicSCID, b)), analyzertest.Client(string(raw)), analyzertest.Server(string(raw)),
		})
		if len(r.Records) > 2 {
			t.Errorf("%d records", len(r.Records))
		}
		analyzertest.Datagrams([]analyzer.Spec{QUIC}, 443, []analyzertest.Said{{Dir: flow.Resp, Text: string(raw)}, {Dir: flow.Orig, Text: string(bytes.Repeat(raw, 2))}})
	})
}
