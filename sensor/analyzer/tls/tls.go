// Package tls reads SSL and TLS handshakes: SSLv2 hellos, SSLv3 (RFC 6101), TLS 1.0 to 1.2 (RFC 5246) and TLS 1.3 (RFC 8446) with
// its drafts, and over datagrams DTLS 1.0 and 1.2 (RFC 6347). What comes in is ordered stream bytes, or datagrams, of both
// directions or of one; what goes out is one events.SSL a
// conversation and an events.X509 for each certificate that was sent in the clear. It never decrypts, never checks a signature
// or a chain, and reads no further than the first encrypted record of both sides, unless both agreed on heartbeats, whose lengths are
// noted. Of QUIC it reads the two hellos. It does not read OCSP staples, signed
// certificate timestamps, or the certificates of TLS 1.3, which are encrypted.
package tls

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "ssl",
	Over:  analyzer.TCP,
	Ports: []uint16{443, 563, 585, 614, 636, 989, 990, 992, 993, 995, 5223, 8443},
	Probe: probe,
	New:   open,
}

const (
	// maxRecord is the longest record that a peer may send: 2^14 bytes and what TLS 1.2 ciphers add (RFC 5246 section 6.2.3).
	maxRecord = 1<<14 + 2048
	// maxMessage bounds a handshake message that spans records, which is held until it is whole. The format allows 16 MiB;
	// OpenSSL refuses more than 100 KiB of certificates, and the largest hellos (post-quantum shares) stay below 20 KiB.
	maxMessage = 128 << 10
	// maxRecords is how many records are read without the handshake's end in sight before the conversation is left alone.
	maxRecords = 512
	// maxOneSided is how many encrypted records of one side are read while the other side stays silent. The silent side is not
	// mirrored then: its hello would have come before the first of them.
	maxOneSided = 8
	// minBareRecords is how many records of application data in a row make a conversation without a handshake certain.
	minBareRecords = 4
	// maxHistory is where Zeek stops writing ssl_history.
	maxHistory = 100
)

// reader is one conversation's analyzer.
type reader struct {
	conv    *analyzer.Conversation
	now     events.Time
	sides   [2]side     // by flow.Dir
	rec     *events.SSL // nil until there is something to tell
	history []byte
	records int
	bare    int // records of application data before any hello

	client      flow.Dir   // the side that sent, or must have sent, the ClientHello
	hello       bool       // a hello of either side was read
	datagrams   bool       // DTLS
	quic        bool       // inside QUIC
	v2          bool       // the server chose SSLv2: every record has its framing
	version     uint16     // that the server chose; 0 while unknown
	retry       bool       // the last ServerHello was a HelloRetryRequest
	sentKey     bool       // ClientKeyExchange was seen
	sentTicket  bool       // the client offered a session ticket and no session id
	sentPSK     bool       // the client offered a pre-shared key
	sessionLen  int        // of the session id that the client offered
	session     [32]byte   //
	hasLeaf     bool       // the server's own certificate was read
	dnsNames    []string   // of it
	commonNames []string   // of it, where it has no DNS name
	logged      [][32]byte // fingerprints of certificates that have their record
	beats       heartbeats // that were exchanged
	closed      bool
}

// side is where one direction stands.
type side struct {
	seen      bool   // bytes came
	lost      bool   // bytes are missing, and with them the place where the next record begins
	tls       bool   // a TLS record was read: SSLv2's framing may not come any more
	encrypted bool   // what follows is encrypted
	sealed    int    // encrypted records read
	skip      int    // bytes of the current record that nobody needs
	message   []byte // start of a handshake message that goes on in the next record
	nextSeq   int    // DTLS: the number of the handshake message that is read, or comes next
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// Feed reads every record that is whole, and passes over encrypted ones as they come.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	s := &r.sides[c.Dir&1]
	s.seen = true
	r.now = events.Time(c.Time)
	if s.lost {
		return len(c.Data), nil
	}
	for {
		skipped := min(s.skip, len(c.Data)-n)
		s.skip -= skipped
		n += skipped
		used, err := r.record(c.Dir&1, c.Data[n:])
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
}

// Gap gives one direction up: where the next record begins is not known. The other may still tell.
func (r *reader) Gap(d flow.Dir, n int) error {
	s, o := &r.sides[d&1], &r.sides[d.Other()&1]
	if n <= s.skip {
		s.skip -= n // within a record that was not read anyway
		return nil
	}
	s.lost, s.message = true, nil
	if o.lost || o.encrypted {
		return analyzer.ErrDone
	}
	return nil
}

// Close tells what is known.
func (r *reader) Close() {
	if r.closed {
		return
	}
	r.closed = true
	if r.hello {
		r.emit()
	}
}

// broken leaves the conversation at bytes that cannot be read. Once a hello was read it stays what it is: a server that answers
// in plain HTTP, or a peer that sends rubbish, does not make the other's hello untrue.
func (r *reader) broken(name string) error {
	if !r.hello {
		return analyzer.ErrNotMine
	}
	r.conv.Weird(name, "")
	return analyzer.ErrDone
}

// begin opens the record at the first message.
func (r *reader) begin() {
	if r.rec == nil {
		r.rec = &events.SSL{}
		r.rec.TS = r.now
	}
}

// greet notes a hello and who sent it.
func (r *reader) greet(client flow.Dir) {
	r.begin()
	if r.hello {
		return
	}
	r.hello, r.client = true, client
	if client == flow.Resp {
		r.history = append(r.history, '^')
	}
	r.conv.Confirm("")
}

// note adds a letter to ssl_history, in capitals for the client.
func (r *reader) note(d flow.Dir, letter byte) {
	if len(r.history) >= maxHistory {
		return
	}
	if d == r.client {
		letter -= 'a' - 'A'
	}
	r.history = append(r.history, letter)
}
