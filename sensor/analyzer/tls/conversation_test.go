package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// segment is what one side wrote at once.
type segment struct {
	dir  flow.Dir
	data []byte
}

// seen is what an analyzer told.
type seen struct {
	ssl       []*events.SSL
	x509      []*events.X509
	order     []events.Kind
	confirmed int
	weird     []string
	err       error // that Feed or Gap left with
}

func (s *seen) conversation() *analyzer.Conversation {
	return &analyzer.Conversation{
		Transport: analyzer.TCP,
		Confirm:   func(string) { s.confirmed++ },
		Weird:     func(name, _ string) { s.weird = append(s.weird, name) },
		Emit: func(r events.Record) {
			s.order = append(s.order, r.Kind())
			switch r := r.(type) {
			case *events.SSL:
				s.ssl = append(s.ssl, r)
			case *events.X509:
				s.x509 = append(s.x509, r)
			}
		},
	}
}

// only gives the one ssl record that there must be.
func (s *seen) only(t *testing.T) *events.SSL {
	t.Helper()
	if len(s.ssl) != 1 {
		t.Fatalf("%d ssl records, want 1 (left with %v)", len(s.ssl), s.err)
	}
	return s.ssl[0]
}

// replay shows the segments to a new analyzer, at most size bytes at a time, keeping what it leaves as the engine does. A segment
// without data is a gap.
func replay(segments []segment, size int) *seen {
	s := &seen{}
	a := Spec.New(s.conversation())
	var held [2][]byte
	at := int64(1e18)
	for _, g := range segments {
		if g.data == nil {
			held[g.dir] = nil
			if s.err = a.Gap(g.dir, gapLen); s.err != nil {
				break
			}
			continue
		}
		for rest := g.data; len(rest) > 0 && s.err == nil; {
			n := min(size, len(rest))
			held[g.dir] = append(held[g.dir], rest[:n]...)
			rest = rest[n:]
			var used int
			used, s.err = a.Feed(stream.Chunk{Dir: g.dir, Time: at, Data: held[g.dir], Wire: len(held[g.dir])})
			held[g.dir] = held[g.dir][used:]
			if len(held[g.dir]) > analyzer.MaxHeld {
				s.err = errors.New("held too much")
			}
		}
		at += 1e6
		if s.err != nil {
			break
		}
	}
	a.Close()
	return s
}

// chunk is a segment as the engine shows it.
func chunk(g segment) stream.Chunk {
	return stream.Chunk{Dir: g.dir, Time: 1e18, Data: g.data, Wire: len(g.data)}
}

// whole is a size that no segment reaches.
const whole = 1 << 30

// gapLen is how many bytes a gap misses.
const gapLen = 100

// tap records what is written to a connection.
type tap struct {
	net.Conn
	dir flow.Dir
	log *wire
}

type wire struct {
	sync.Mutex
	segments []segment
}

func (t *tap) Write(b []byte) (int, error) {
	t.log.Lock()
	t.log.segments = append(t.log.segments, segment{t.dir, append([]byte(nil), b...)})
	t.log.Unlock()
	return t.Conn.Write(b)
}

// talk has crypto/tls hold a conversation, with a line sent either way once it stands, and gives what went over the wire.
func talk(t testing.TB, client, server *tls.Config) []segment {
	t.Helper()
	a, b := connection(t)
	log := &wire{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := tls.Server(&tap{b, flow.Resp, log}, server)
		defer b.Close()
		line := make([]byte, 5)
		if _, err := io.ReadFull(s, line); err != nil {
			return
		}
		s.Write([]byte("world"))
	}()
	c := tls.Client(&tap{a, flow.Orig, log}, client)
	if _, err := c.Write([]byte("hello")); err == nil {
		io.ReadFull(c, make([]byte, 5))
	}
	a.Close()
	<-done
	log.Lock()
	defer log.Unlock()
	return log.segments
}

// connection is a pair of ends that, unlike net.Pipe, take what is written without waiting for a reader: in TLS 1.3 both sides may
// write at once.
func connection(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// identity makes a certificate for a name, signed by itself.
func identity(t testing.TB, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x1234abcd),
		Subject:      pkix.Name{CommonName: names[0], Organization: []string{"Mirror, Watch"}, Country: []string{"DE"}},
		NotBefore:    time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC),
		NotAfter:     time.Date(2120, 1, 2, 3, 4, 5, 0, time.UTC),
		DNSNames:     names,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// version makes configurations of both sides that speak one version.
func version(v uint16, cert tls.Certificate) (client, server *tls.Config) {
	client = &tls.Config{ServerName: "www.example.com", InsecureSkipVerify: true, MinVersion: v, MaxVersion: v,
		CurvePreferences: []tls.CurveID{tls.X25519}}
	server = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: v, MaxVersion: v}
	return client, server
}
