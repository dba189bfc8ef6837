package smb

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Messages as they stand on the wire, written by hand from [MS-SMB2] and [MS-CIFS].

func b16(n int) string    { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) }
func b32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
func b64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
func zeros(n int) string  { return strings.Repeat("\x00", n) }

func u16s(s string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return string(b)
}

// framed puts the head of a frame before messages.
func framed(messages ...string) string {
	m := strings.Join(messages, "")
	return string([]byte{0, byte(len(m) >> 16), byte(len(m) >> 8), byte(len(m))}) + m
}

// head2 is what the tests set of a header of SMB 2.
type head2 struct {
	command int
	id      uint64
	status  uint32
	flags   uint32
	next    uint32
	tree    uint32
	session uint64
}

func (h head2) with(body string) string {
	return plain2 + b16(64) + b16(1) + b32(h.status) + b16(h.command) + b16(1) + b32(h.flags) + b32(h.next) + b64(h.id) + b32(0xfeff) + b32(h.tree) +
		b64(h.session) + zeros(16) + body
}

// pack pads messages to eight bytes, tells each where the next one is, and makes one frame of them.
func pack(messages ...string) string {
	for i, m := range messages[:len(messages)-1] {
		m += zeros((8 - len(m)%8) % 8)
		messages[i] = m[:20] + b32(uint32(len(m))) + m[24:]
	}
	return framed(messages...)
}

const (
	answer = flagResponse
	share  = `\\fs1\ADMIN$`
	user   = "bob"
)

func ntlmChallenge() string {
	return "\xa1\x30" + "NTLMSSP\x00\x02\x00\x00\x00" + zeros(4) + b32(56) + b32(1) + "saltsalt" + zeros(8) + zeros(8) + zeros(8)
}

func ntlmAnswer(name string) string {
	at := func(n, off int) string { return b16(n) + b16(n) + b32(uint32(off)) }
	nt, u := strings.Repeat("n", 40), u16s(name)
	return "\xa1\x82" + "NTLMSSP\x00\x03\x00\x00\x00" + at(0, 64) + at(len(nt), 64) + at(0, 0) + at(len(u), 64+len(nt)) + at(0, 0) + at(0, 0) + b32(1) + nt + u
}

func setup2(id, session uint64, token string) string {
	return head2{command: sessionSetup2, id: id, session: session}.with(b16(25) + zeros(10) + b16(88) + b16(len(token)) + zeros(8) + token)
}

func setupAnswer2(id, session uint64, status uint32, flags int, token string) string {
	return head2{command: sessionSetup2, id: id, session: session, status: status, flags: answer}.with(b16(9) + b16(flags) + b16(72) + b16(len(token)) + token)
}

func tree2(id uint64, path string) string {
	return head2{command: treeConnect2, id: id, session: 7}.with(b16(9) + b16(0) + b16(72) + b16(2*len(path)) + u16s(path))
}

func treeAnswer2(id uint64, tree uint32, kind byte) string {
	return head2{command: treeConnect2, id: id, session: 7, tree: tree, flags: answer}.with(b16(16) + string(rune(kind)) + zeros(13))
}

func create2m(h head2, name string, options uint32) string {
	h.command = create2
	return h.with(b16(57) + zeros(38) + b32(options) + b16(120) + b16(2*len(u16s(name))/2) + zeros(8) + u16s(name))
}

func createAnswer2(h head2, file string, size, born uint64) string {
	h.command, h.flags = create2, h.flags|answer
	return h.with(b16(89) + zeros(2) + b32(1) + b64(born) + b64(born) + b64(born) + b64(born) + b64(size) + b64(size) + b32(normalFile) + b32(0) + file + zeros(8))
}

func write2m(h head2, file, data string, offset uint64) string {
	h.command = write2
	return h.with(b16(49) + b16(112) + b32(uint32(len(data))) + b64(offset) + file + zeros(16) + data)
}

func writeAnswer2(h head2) string {
	h.command, h.flags = write2, h.flags|answer
	return h.with(b16(17) + zeros(14))
}

func read2m(h head2, file string, n uint32, offset uint64) string {
	h.command = read2
	return h.with(b16(49) + zeros(2) + b32(n) + b64(offset) + file + zeros(17))
}

func readAnswer2(h head2, data string) string {
	h.command, h.flags = read2, h.flags|answer
	return h.with(b16(17) + "\x50\x00" + b32(uint32(len(data))) + zeros(8) + data)
}

func close2m(h head2, file string) string {
	h.command = close2
	return h.with(b16(24) + zeros(6) + file)
}

func closeAnswer2(h head2) string {
	h.command, h.flags = close2, h.flags|answer
	return h.with(b16(60) + zeros(58))
}

func setInfo2m(h head2, file string, class byte, data string) string {
	h.command = setInfo2
	return h.with(b16(33) + "\x01" + string(rune(class)) + b32(uint32(len(data))) + b16(96) + zeros(6) + file + data)
}

func setInfoAnswer2(h head2) string {
	h.command, h.flags = setInfo2, h.flags|answer
	return h.with(b16(2))
}

func pipeTalk2(h head2, file, data string) string {
	h.command = ioctl2
	return h.with(b16(57) + b16(0) + b32(pipeTalk) + file + b32(120) + b32(uint32(len(data))) + zeros(24) + data)
}

func pipeTalkAnswer2(h head2, file, data string) string {
	h.command, h.flags = ioctl2, h.flags|answer
	return h.with(b16(49) + b16(0) + b32(pipeTalk) + file + b32(112) + b32(0) + b32(112) + b32(uint32(len(data))) + zeros(8) + data)
}

// message1 is a message of SMB 1 with one command.
func message1(command byte, reply bool, status uint32, tree, uid, mid int, words, bytes string) string {
	flags := byte(0x18)
	if reply {
		flags |= flagReply
	}
	return plain1 + string([]byte{command}) + b32(status) + string([]byte{flags}) + b16(0xc807) + zeros(12) + b16(tree) + b16(99) + b16(uid) + b16(mid) +
		string([]byte{byte(len(words) / 2)}) + words + b16(len(bytes)) + bytes
}

func andX(rest string) string { return "\xff\x00\x00\x00" + rest }

// part is a run of bytes of one direction.
type part struct {
	d    flow.Dir
	data string
}

func both(parts ...part) []part { return parts }
func c(data string) part        { return part{flow.Orig, data} }
func s(data string) part        { return part{flow.Resp, data} }

// seen is what came out of a conversation.
type seen struct {
	records  []events.Record
	services []string
	weirds   []string
}

func (s *seen) conversation() *analyzer.Conversation {
	return &analyzer.Conversation{
		Transport: analyzer.TCP,
		Emit:      func(r events.Record) { s.records = append(s.records, r) },
		Confirm: func(n string) {
			if n == "" {
				n = "smb"
			}
			s.services = append(s.services, n)
		},
		Weird: func(n, addl string) { s.weirds = append(s.weirds, strings.TrimSpace(n+" "+addl)) },
	}
}

// dump writes records down, without the head but for its time.
func (s *seen) dump() string {
	var out []string
	for _, r := range s.records {
		line := string(r.AppendJSON(nil))
		out = append(out, string(r.Kind())+" "+line)
	}
	return strings.Join(append(append(out, s.weirds...), s.services...), "\n")
}

// player feeds an analyzer as the engine does: what is not consumed is shown again in front of what follows.
type player struct {
	seen
	t      testing.TB
	a      analyzer.Analyzer
	held   [2]string
	offset [2]uint64 // of held
	time   int64
	off    error
}

func newPlayer(t testing.TB) *player {
	p := &player{t: t}
	p.a = Spec.New(p.conversation())
	return p
}

func (p *player) feed(parts []part, step int) *player {
	for _, m := range parts {
		p.time += 1e9
		for rest := m.data; rest != "" && p.off == nil; {
			n := min(step, len(rest))
			p.give(m.d, rest[:n])
			rest = rest[n:]
		}
	}
	return p
}

func (p *player) give(d flow.Dir, data string) {
	b := p.held[d] + data
	n, err := p.a.Feed(stream.Chunk{Dir: d, Time: p.time, Offset: p.offset[d], Data: []byte(b)})
	if n < 0 || n > len(b) {
		p.t.Fatalf("consumed %d of %d", n, len(b))
	}
	p.held[d], p.offset[d], p.off = b[n:], p.offset[d]+uint64(n), err
	if len(p.held[d]) > maxCommand+minStart {
		p.t.Fatalf("%d bytes are left", len(p.held[d]))
	}
}

// miss leaves out n bytes.
func (p *player) miss(d flow.Dir, n int) {
	p.offset[d] += uint64(len(p.held[d]) + n)
	p.held[d] = ""
	_ = p.a.Gap(d, n)
}

func (p *player) close() *player {
	p.a.Close()
	return p
}

func play(t testing.TB, parts []part, step int) *player {
	return newPlayer(t).feed(parts, step).close()
}

// told gives a line a record: what a person would look at first.
func (s *seen) told() (lines []string) {
	for _, r := range s.records {
		switch r := r.(type) {
		case *events.NTLM:
			verdict := "?"
			if r.Success != nil {
				verdict = map[bool]string{true: "yes", false: "no"}[*r.Success]
			}
			lines = append(lines, strings.TrimSpace("ntlm "+r.Username+" "+r.Carrier+" "+verdict+map[bool]string{true: " guest"}[r.Guest]))
		case *events.SMBMapping:
			lines = append(lines, strings.TrimSpace(strings.Join([]string{"mapping", r.Path, r.ShareType, r.Dialect, r.Username, map[bool]string{true: "sealed"}[r.Encrypted], number(uint64(r.Status))}, " ")))
		case *events.SMBFiles:
			lines = append(lines, strings.Join([]string{r.Action[5:], r.Path, r.Name, number(r.Size), number(r.Bytes), r.Program, r.PrevName, r.Username, number(uint64(r.Status))}, "|"))
		case *events.DCERPC:
			lines = append(lines, "rpc "+r.NamedPipe+" "+r.Endpoint+" "+number(uint64(r.Opnum)))
		}
	}
	return lines
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	var out []byte
	for ; n > 0; n /= 10 {
		out = append([]byte{byte('0' + n%10)}, out...)
	}
	return string(out)
}
