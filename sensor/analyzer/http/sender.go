package http

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
)

// agentKind is what a request says of who sent it.
type agentKind uint8

const (
	saysBrowser  agentKind = 1 << iota // its user agent is a browser's
	hasLanguage                        // it says which languages its user reads, as every browser does
	oddlyCoded                         // its body is in a content coding that nobody registered
	oddTransfer                        // a transfer coding that servers read differently
	twoTransfers                       // more than one line of transfer codings
	asksLeave                          // it waits for leave to send its body, as no browser does
)

// cookies remembers the last Cookie header of a conversation, by a hash, so that it is read once.
type cookies struct {
	hash    uint64
	session string
}

// cookieSeed makes the hashes of one run comparable; nothing that leaves the process depends on it.
var cookieSeed = maphash.MakeSeed()

// minSession is how long a session's id must be for two of them not to be alike by chance.
const minSession = 8

// cookie reads a Cookie header: a digest of the session's id, and what is suspicious in it.
func (r *reader) cookie(x *exchange, value []byte) {
	value = value[:min(len(value), maxURI)]
	h := maphash.Bytes(cookieSeed, value)
	if h == r.cookies.hash {
		x.rec.Session = r.cookies.session
		return
	}
	session := ""
	quoted := bytes.IndexByte(value, '\'') >= 0 || bytes.IndexByte(value, '<') >= 0 || bytes.IndexByte(value, '%') >= 0 || bytes.Contains(value, []byte("../"))
	for rest, pair := value, []byte(nil); len(rest) > 0; {
		pair, rest, _ = bytes.Cut(rest, []byte{';'})
		name, id, _ := bytes.Cut(bytes.TrimLeft(pair, " "), []byte{'='})
		if session == "" && len(id) >= minSession && namesSession(name) {
			session = digest(id)
		}
		if quoted && worthDecoding(id) {
			x.suspect(inCookie, name, id)
		}
	}
	x.rec.Session = session
	if len(x.rec.Suspicious) == 0 { // what was suspicious is told of each request
		r.cookies = cookies{hash: h, session: session}
	}
}

// namesSession says whether a cookie is named like those that stand for who is logged in.
func namesSession(name []byte) bool {
	return indexFold(name, "sess") >= 0 || endsFold(name, ".sid") || is(name, "sid") || is(name, "auth") || is(name, "jwt") || indexFold(name, "auth_token") >= 0
}

// digest is short, so that it can be compared and not be turned back.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:4])
}

// scheme is the name of the way in which a request says who it is from (RFC 9110 section 11.6.2).
func scheme(value []byte) string {
	for _, known := range [...]string{"Basic", "Bearer", "NTLM", "Negotiate", "Digest", "AWS4-HMAC-SHA256", "Kerberos"} {
		if len(value) >= len(known) && bytes.EqualFold(value[:len(known)], []byte(known)) {
			return known
		}
	}
	return "other"
}

// markSender notes, at the end of a request's head, what does not fit together in it.
func (x *exchange) markSender(h *framing) {
	a := x.agentIs
	if a&(saysBrowser|hasLanguage) == saysBrowser {
		x.mark("browser_without_language")
	}
	if a&(saysBrowser|asksLeave) == saysBrowser|asksLeave {
		x.mark("browser_asks_leave")
	}
	if a&oddlyCoded != 0 {
		x.mark("unknown_coding")
	}
	if h.hasLength && (h.chunked || a&oddTransfer != 0) {
		x.mark("length_and_chunked")
	}
	if a&oddTransfer != 0 {
		x.mark("odd_transfer_encoding")
	}
	if a&twoTransfers != 0 {
		x.mark("two_transfer_encodings")
	}
	if h.lengthsDiffer {
		x.mark("lengths_differ")
	}
}
