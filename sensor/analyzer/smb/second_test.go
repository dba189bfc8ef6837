package smb

import (
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

const (
	file1   = "file1___file1___"
	file2   = "file2___file2___"
	pipe1   = "pipe1___pipe1___"
	related = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
)

var on = head2{tree: 3, session: 7}

// at gives the header of message id on the tests' share.
func (h head2) at(id uint64) head2 { h.id = id; return h }

// bindPDU is a bind to the service control manager, and request a call of it.
func bindPDU() string {
	svcctl := "\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03"
	return "\x05\x00\x0b\x03\x10\x00\x00\x00" + b16(72) + b16(0) + b32(1) + b16(4280) + b16(4280) + b32(0) + "\x01\x00\x00\x00" + b16(0) + "\x01\x00" + svcctl + b32(2) +
		"\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60" + b32(2)
}

func requestPDU(opnum int, stub string) string {
	return "\x05\x00\x00\x03\x10\x00\x00\x00" + b16(24+len(stub)) + b16(0) + b32(2) + b32(uint32(len(stub))) + b16(0) + b16(opnum) + stub
}

func responsePDU(stub string) string {
	return "\x05\x00\x02\x03\x10\x00\x00\x00" + b16(24+len(stub)) + b16(0) + b32(2) + b32(uint32(len(stub))) + b16(0) + "\x00\x00" + stub
}

func logOn() []part {
	return both(
		c(framed(head2{command: negotiate2}.with(b16(36)+zeros(34)))),
		s(framed(head2{command: negotiate2, flags: answer}.with(b16(65)+b16(1)+b16(0x0302)+zeros(58)))),
		c(framed(setup2(1, 0, "NTLMSSP\x00\x01\x00\x00\x00\x00\x00\x00\x00"))),
		s(framed(setupAnswer2(1, 7, statusMoreProcessing, 0, ntlmChallenge()))),
		c(framed(setup2(2, 7, ntlmAnswer(user)))),
		s(framed(setupAnswer2(2, 7, 0, 0, ""))),
		c(framed(tree2(3, share))),
		s(framed(treeAnswer2(3, 3, 1))),
	)
}

// copying opens a file, writes a program of that many bytes, and closes it.
func copying(n int) []part {
	return both(
		c(framed(create2m(on.at(10), `tools\evil.exe`, 0))),
		s(framed(createAnswer2(on.at(10), file1, 0, 5))),
		c(framed(write2m(on.at(11), file1, "MZ"+strings.Repeat("x", n-2), 0))),
		s(framed(writeAnswer2(on.at(11)))),
		c(framed(close2m(on.at(12), file1))),
		s(framed(closeAnswer2(on.at(12)))),
	)
}

func calling() []part {
	return both(
		c(framed(tree2(20, `\\fs1\IPC$`))),
		s(framed(treeAnswer2(20, 4, 2))),
		c(framed(create2m(head2{id: 21, tree: 4, session: 7}, "svcctl", 0))),
		s(framed(createAnswer2(head2{id: 21, tree: 4, session: 7}, pipe1, 0, 0))),
		c(framed(write2m(head2{id: 22, tree: 4, session: 7}, pipe1, bindPDU(), 0))),
		s(framed(writeAnswer2(head2{id: 22, tree: 4, session: 7}))),
		c(framed(pipeTalk2(head2{id: 23, tree: 4, session: 7}, pipe1, requestPDU(12, zeros(900))))),
		s(framed(pipeTalkAnswer2(head2{id: 23, tree: 4, session: 7}, pipe1, responsePDU(zeros(24))))),
		c(framed(close2m(head2{id: 24, tree: 4, session: 7}, pipe1))),
		s(framed(closeAnswer2(head2{id: 24, tree: 4, session: 7}))),
	)
}

func joined(lists ...[]part) (all []part) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

const (
	toldLogOn   = `ntlm bob smb yes`
	toldMapping = `mapping \\\\fs1\\ADMIN$ DISK 3.0.2 bob`
	toldOpen    = `FILE_OPEN|\\\\fs1\\ADMIN$|tools\\evil.exe||||` + `|bob|`
)

func TestSecond(t *testing.T) {
	rel := on
	rel.flags, rel.tree, rel.session = flagRelated, 1<<32-1, 1<<64-1
	async := head2{id: 31, session: 7, flags: flagAsync}
	cases := []struct {
		name  string
		parts []part
		want  []string
	}{
		{"a program is copied", joined(logOn(), copying(3000)), []string{toldLogOn, toldMapping, toldOpen, `FILE_WRITE|\\\\fs1\\ADMIN$|tools\\evil.exe|3000|3000|pe||bob|`}},
		{"a service is asked", joined(logOn(), calling()), []string{toldLogOn, toldMapping, `mapping \\\\fs1\\IPC$ PIPE 3.0.2 bob`, `PIPE_OPEN|\\\\fs1\\IPC$|svcctl|||` + `||bob|`, `rpc \\pipe\\svcctl svcctl 12`}},
		{"all at one go, related", joined(logOn(), both(
			c(pack(create2m(on.at(10), "a.txt", 0), write2m(rel.at(11), related, "#!/bin/sh", 0), close2m(rel.at(12), related))),
			s(pack(createAnswer2(on.at(10), file2, 0, 6), writeAnswer2(rel.at(11)), closeAnswer2(rel.at(12)))))),
			[]string{toldLogOn, toldMapping, `FILE_OPEN|\\\\fs1\\ADMIN$|a.txt||||` + `|bob|`, `FILE_WRITE|\\\\fs1\\ADMIN$|a.txt|9|9|script||bob|`}},
		{"read, and answered later", joined(logOn(), both(
			c(framed(create2m(on.at(30), "b.dll", 0))), s(framed(createAnswer2(on.at(30), file2, 5000, 6))),
			c(framed(read2m(on.at(31), file2, 5000, 0))), s(framed(func() string { h := async; h.status = statusPending; return readAnswer2(h, "") }())),
			s(framed(readAnswer2(async, "MZ"+zeros(4998)))))),
			[]string{toldLogOn, toldMapping, `FILE_OPEN|\\\\fs1\\ADMIN$|b.dll|5000|||` + `|bob|`, `FILE_READ|\\\\fs1\\ADMIN$|b.dll|5000|5000|pe||bob|`}},
		{"renamed and deleted", joined(logOn(), both(
			c(framed(create2m(on.at(30), "a.doc", 0))), s(framed(createAnswer2(on.at(30), file2, 50, 6))),
			c(framed(setInfo2m(on.at(31), file2, infoRename, zeros(16)+b32(10)+u16s("a.enc")))), s(framed(setInfoAnswer2(on.at(31)))),
			c(framed(setInfo2m(on.at(32), file2, infoDelete, "\x01"))), s(framed(setInfoAnswer2(on.at(32)))))),
			[]string{toldLogOn, toldMapping, `FILE_OPEN|\\\\fs1\\ADMIN$|a.doc|50|||` + `|bob|`, `FILE_RENAME|\\\\fs1\\ADMIN$|a.enc|50||` + `|a.doc|bob|`, `FILE_DELETE|\\\\fs1\\ADMIN$|a.enc|50|||` + `|bob|`}},
		{"deleted when it is closed", joined(logOn(), both(
			c(framed(create2m(on.at(30), "a.doc", deleteOnClose))), s(framed(createAnswer2(on.at(30), file2, 50, 6))), c(framed(close2m(on.at(31), file2))), s(framed(closeAnswer2(on.at(31)))))),
			[]string{toldLogOn, toldMapping, `FILE_OPEN|\\\\fs1\\ADMIN$|a.doc|50|||` + `|bob|`, `FILE_DELETE|\\\\fs1\\ADMIN$|a.doc|50|||` + `|bob|`}},
		{"opened again under the same id: the close was missed", joined(logOn(), both(
			c(framed(create2m(on.at(30), "a", 0))), s(framed(createAnswer2(on.at(30), file2, 0, 6))), c(framed(write2m(on.at(31), file2, "MZ", 0))),
			c(framed(create2m(on.at(32), "b", 0))), s(framed(createAnswer2(on.at(32), file2, 0, 6))))),
			[]string{toldLogOn, toldMapping, `FILE_OPEN|\\\\fs1\\ADMIN$|a||||` + `|bob|`, `FILE_WRITE|\\\\fs1\\ADMIN$|a|2|2|pe||bob|`, `FILE_OPEN|\\\\fs1\\ADMIN$|b||||` + `|bob|`}},
		{"refused", joined(logOn(), both(c(framed(create2m(on.at(30), "secret", 0))), s(framed(head2{command: create2, id: 30, tree: 3, session: 7, flags: answer, status: statusAccessDenied}.with(b16(9)+zeros(7)))))),
			[]string{toldLogOn, toldMapping, `FILE_OPEN|\\\\fs1\\ADMIN$|secret||||` + `|bob|3221225506`}},
		{"a wrong password", both(c(framed(setup2(2, 7, ntlmAnswer("eve")))), s(framed(setupAnswer2(2, 7, 0xc000006d, 0, "")))), []string{"ntlm eve smb no"}},
		{"a guest", both(c(framed(setup2(2, 7, ntlmAnswer("eve")))), s(framed(setupAnswer2(2, 7, 0, 1, "")))), []string{"ntlm eve smb yes guest"}},
		{"no verdict", both(c(framed(setup2(2, 7, ntlmAnswer("eve"))))), []string{"ntlm eve smb ?"}},
		{"encrypted from here on", joined(logOn(), both(c(framed(sealed+zeros(40)+b64(7)+zeros(300))), s(framed(sealed+zeros(40)+b64(7)+zeros(99))))),
			[]string{toldLogOn, toldMapping, "mapping   3.0.2 bob sealed"}},
		{"only the client's side", both(c(framed(create2m(on.at(30), "a", 0))), c(framed(write2m(on.at(31), file2, "\x7fELF"+zeros(20), 0)))), []string{`FILE_WRITE|||24|24|elf|` + `||`}},
		{"from the middle: a call", both(s(framed(pipeTalkAnswer2(on.at(5), pipe1, responsePDU(zeros(4))))), c(framed(pipeTalk2(on.at(6), pipe1, requestPDU(9, zeros(40))))), s(framed(pipeTalkAnswer2(on.at(6), pipe1, responsePDU(zeros(4)))))),
			[]string{`rpc   9`}},
	}
	for _, tt := range cases {
		want := play(t, tt.parts, 1<<20)
		if got := want.told(); !slices.Equal(got, tt.want) || want.off != nil {
			t.Errorf("%s: %v\n got %q\nwant %q", tt.name, want.off, got, tt.want)
		}
		for _, step := range []int{1, 7, 61} {
			if got := play(t, tt.parts, step).dump(); got != want.dump() {
				t.Errorf("%s, %d bytes at a time:\n%s\nat once:\n%s", tt.name, step, got, want.dump())
			}
		}
		if len(want.weirds) > 0 {
			t.Errorf("%s: weird %q", tt.name, want.weirds)
		}
	}
}

func TestServices(t *testing.T) {
	if got := play(t, joined(logOn(), calling()), 1<<20).services; !slices.Equal(got, []string{"smb", "ntlm", "dce_rpc"}) {
		t.Errorf("%q", got)
	}
}

// A large write is counted without being held: feed checks that no more than a command's beginning is left.
func TestLargeDataIsNotHeld(t *testing.T) {
	p := play(t, joined(logOn(), copying(8<<20)), 1400)
	if got := p.told(); len(got) != 4 || !strings.Contains(got[3], "|8388608|8388608|pe|") {
		t.Errorf("%q", got)
	}
}

// Catches: a gap that loses the rest of a conversation, or that is counted twice.
func TestGap(t *testing.T) {
	parts := joined(logOn(), copying(20_000))
	data := parts[len(parts)-4]
	for _, tt := range []struct {
		name       string
		from, n    int
		whole, end bool // the write is counted, the close is understood
	}{
		{"within the data", 5000, 9000, true, true},
		{"up to its end", 5000, len(data.data) - 5000, true, true},
		{"over its beginning", 100, 3000, false, true},
		{"all of it", 0, len(data.data), false, true},
		{"from within the header of the frame", 2, 4000, false, true},
	} {
		p := newPlayer(t)
		p.feed(parts[:len(parts)-4], 1400)
		p.feed([]part{{flow.Orig, data.data[:tt.from]}}, 1400)
		p.miss(flow.Orig, tt.n)
		p.feed([]part{{flow.Orig, data.data[tt.from+tt.n:]}}, 1400)
		p.feed(parts[len(parts)-3:], 1400).feed(calling(), 1400).close()
		got := strings.Join(p.told(), "\n")
		if strings.Contains(got, "FILE_WRITE") != tt.whole || !strings.Contains(got, `rpc \\pipe\\svcctl`) {
			t.Errorf("%s:\n%s", tt.name, got)
		}
	}
}

// Catches: a conversation that is lost because the first bytes that were seen are a file's.
func TestFromTheMiddleOfAFile(t *testing.T) {
	junk := strings.Repeat("contents of a file, SMB or not ", 100)
	p := play(t, joined(both(c(junk), s(junk)), calling()), 1400)
	if got := strings.Join(p.told(), "\n"); !strings.Contains(got, `rpc \\pipe\\svcctl svcctl 12`) || p.off != nil {
		t.Errorf("%v\n%s", p.off, got)
	}
	p = play(t, both(c(strings.Repeat("x", maxSearch+2000))), 1400)
	if p.off != analyzer.ErrNotMine || len(p.services) != 0 {
		t.Errorf("nothing but a file: %v, %q", p.off, p.services)
	}
}

// Catches: tables that grow as long as a client likes.
func TestLimits(t *testing.T) {
	p := newPlayer(t)
	for i := range 2000 {
		id := uint64(i)
		h := on.at(id)
		name := "f" + number(id+1)
		file := b64(id) + b64(id)
		p.feed(both(
			c(framed(setup2(id, id, ntlmAnswer(name)))), c(framed(tree2(id+5000, `\\fs\`+name))), s(framed(treeAnswer2(id+5000, uint32(i), 1))),
			c(framed(create2m(h, name, 0))), s(framed(createAnswer2(h, file, 1, id))), c(framed(read2m(on.at(id+9000), file, 5, 0)))), 1<<20)
		r := p.a.(*reader)
		if len(r.sessions) > maxSessions || len(r.trees) > maxTrees || len(r.handles) > maxHandles || len(r.waiting) > maxWaiting {
			t.Fatalf("%d sessions, %d trees, %d handles, %d requests", len(r.sessions), len(r.trees), len(r.handles), len(r.waiting))
		}
	}
	long := strings.Repeat(`\`, 3000)
	for _, r := range play(t, joined(logOn(), both(c(framed(create2m(on.at(9), long, 0))), s(framed(createAnswer2(on.at(9), file1, 1, 1))))), 1<<20).told() {
		if len(r) > 2*maxText {
			t.Errorf("%d bytes", len(r))
		}
	}
}
