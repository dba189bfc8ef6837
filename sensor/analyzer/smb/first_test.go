package smb

import (
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// wide1 is a wide name at an odd place: a byte of padding stands before it.
func wide1(s string) string { return "\x00" + u16s(s) + "\x00\x00" }

func logOn1() []part {
	return both(
		c(framed(message1(negotiate1, false, 0, 0, 0, 1, "", "\x02NT LM 0.12\x00"))),
		s(framed(message1(negotiate1, true, 0, 0, 0, 1, zeros(34), ""))),
		c(framed(message1(sessionSetup1, false, 0, 0, 0, 2, andX(zeros(20)), "NTLMSSP\x00\x01\x00\x00\x00\x00\x00\x00\x00"))),
		s(framed(message1(sessionSetup1, true, statusMoreProcessing, 0, 2048, 2, andX(zeros(4)), ntlmChallenge()))),
		c(framed(message1(sessionSetup1, false, 0, 0, 2048, 3, andX(zeros(20)), ntlmAnswer(user)))),
		s(framed(message1(sessionSetup1, true, 0, 0, 2048, 3, andX(zeros(4)), ""))),
		c(framed(message1(treeConnect1, false, 0, 0, 2048, 4, andX(zeros(2)+b16(1)), "\x00"+u16s(share)+"\x00\x00?????\x00"))),
		s(framed(message1(treeConnect1, true, 0, 5, 2048, 4, andX(zeros(2)), "A:\x00"+u16s("NTFS")+"\x00\x00"))),
	)
}

func create1(mid, tree int, name string) string {
	return message1(ntCreateAndX, false, 0, tree, 2048, mid, andX("\x00"+b16(len(name))+zeros(41)), wide1(name))
}

func createAnswer1(mid, tree, file int, size uint64, kind int) string {
	return message1(ntCreateAndX, true, 0, tree, 2048, mid, andX("\x00"+b16(file)+b32(1)+zeros(32)+zeros(4)+b64(size)+b64(size)+b16(kind)+zeros(3)), "")
}

func write1m(mid, tree, file int, data string) string {
	const at = 32 + 1 + 28 + 2
	return message1(writeAndX, false, 0, tree, 2048, mid, andX(b16(file)+b32(0)+zeros(8)+b16(len(data)>>16)+b16(len(data))+b16(at)+b32(0)), data)
}

func writeAnswer1(mid, tree int) string {
	return message1(writeAndX, true, 0, tree, 2048, mid, andX(zeros(8)), "")
}

func read1m(mid, tree, file, n int) string {
	return message1(readAndX, false, 0, tree, 2048, mid, andX(b16(file)+b32(0)+b16(n)+zeros(12)), "")
}

func readAnswer1(mid, tree int, data string) string {
	const at = 32 + 1 + 24 + 2
	return message1(readAndX, true, 0, tree, 2048, mid, andX(zeros(6)+b16(len(data))+b16(at)+b16(len(data)>>16)+zeros(8)), data)
}

// transact1 is a transaction on a pipe.
func transact1(mid, tree, file int, data string) string {
	const at = 32 + 1 + 32 + 2 + 7
	words := b16(0) + b16(len(data)) + zeros(8) + zeros(6) + b16(0) + b16(at) + b16(len(data)) + b16(at) + "\x02\x00" + b16(transactPipe) + b16(file)
	return message1(transaction1, false, 0, tree, 2048, mid, words, `\PIPE\`+"\x00"+data)
}

func transactAnswer1(mid, tree int, data string) string {
	const at = 32 + 1 + 20 + 2
	return message1(transaction1, true, 0, tree, 2048, mid, b16(0)+b16(len(data))+b16(0)+b16(0)+b16(at)+b16(0)+b16(len(data))+b16(at)+b16(0)+b16(0), data)
}

// setInfo1m is a TRANS2 SET_FILE_INFORMATION.
func setInfo1m(mid, file, level int, data string) string {
	const at = 32 + 1 + 30 + 2
	words := b16(6) + b16(len(data)) + zeros(14) + b16(6) + b16(at) + b16(len(data)) + b16(at+8) + "\x01\x00" + b16(setFileInfo)
	return message1(trans2, false, 0, 5, 2048, mid, words, b16(file)+b16(level)+zeros(4)+data)
}

func close1m(mid, tree, file int) string {
	return message1(close1, false, 0, tree, 2048, mid, b16(file)+zeros(4), "")
}
func ok1(command byte, mid, tree int) string {
	return message1(command, true, 0, tree, 2048, mid, "", "")
}

func TestFirst(t *testing.T) {
	const (
		mapping = `mapping \\\\fs1\\ADMIN$ DISK NT LM 0.12 bob`
		path    = `|\\\\fs1\\ADMIN$|`
	)
	cases := []struct {
		name  string
		parts []part
		want  []string
	}{
		{"a program is copied", joined(logOn1(), both(c(framed(create1(10, 5, `\evil.exe`))), s(framed(createAnswer1(10, 5, 9, 0, 0))),
			c(framed(write1m(11, 5, 9, "MZ"+zeros(70_000)))), s(framed(writeAnswer1(11, 5))), c(framed(close1m(12, 5, 9))), s(framed(ok1(close1, 12, 5))))),
			[]string{toldLogOn, mapping, `FILE_OPEN` + path + `evil.exe||||` + `|bob|`, `FILE_WRITE` + path + `evil.exe|70002|70002|pe||bob|`}},
		{"a file is read, deleted and renamed", joined(logOn1(), both(c(framed(create1(10, 5, `\a.txt`))), s(framed(createAnswer1(10, 5, 9, 20, 0))),
			c(framed(read1m(11, 5, 9, 20))), s(framed(readAnswer1(11, 5, "@echo off"+zeros(11)))),
			c(framed(setInfo1m(12, 9, levelDelete, "\x01"))), s(framed(ok1(trans2, 12, 5))),
			c(framed(message1(rename1, false, 0, 5, 2048, 13, b16(0), "\x04"+u16s(`\x.doc`)+"\x00\x00\x04\x00"+u16s(`\x.enc`)+"\x00\x00"))), s(framed(ok1(rename1, 13, 5))),
			c(framed(message1(delete1, false, 0, 5, 2048, 14, b16(0), "\x04"+u16s(`\y.doc`)+"\x00\x00"))), s(framed(ok1(delete1, 14, 5))))),
			[]string{toldLogOn, mapping, `FILE_OPEN` + path + `a.txt|20|||` + `|bob|`, `FILE_DELETE` + path + `a.txt|20|||` + `|bob|`,
				`FILE_RENAME` + path + `x.enc|||` + `|x.doc|bob|`, `FILE_DELETE` + path + `y.doc||||` + `|bob|`, `FILE_READ` + path + `a.txt|20|20|script||bob|`}},
		{"a service is asked", joined(logOn1(), both(
			c(framed(message1(treeConnect1, false, 0, 0, 2048, 20, andX(zeros(2)+b16(1)), "\x00"+u16s(`\\fs1\IPC$`)+"\x00\x00?????\x00"))), s(framed(message1(treeConnect1, true, 0, 6, 2048, 20, andX(zeros(2)), "IPC\x00\x00\x00"))),
			c(framed(create1(21, 6, `\svcctl`))), s(framed(createAnswer1(21, 6, 10, 0, pipeResource))),
			c(framed(write1m(22, 6, 10, bindPDU()))), s(framed(writeAnswer1(22, 6))),
			c(framed(transact1(23, 6, 10, requestPDU(12, zeros(900))))), s(framed(transactAnswer1(23, 6, responsePDU(zeros(24))))),
			c(framed(close1m(24, 6, 10))), s(framed(ok1(close1, 24, 6))))),
			[]string{toldLogOn, mapping, `mapping \\\\fs1\\IPC$ PIPE NT LM 0.12 bob`, `PIPE_OPEN|\\\\fs1\\IPC$|svcctl|||` + `||bob|`, `rpc \\pipe\\svcctl svcctl 12`}},
		{"a log-in without tokens", both(
			c(framed(message1(sessionSetup1, false, 0, 0, 0, 3, andX(zeros(10)+b16(24)+b16(24)+zeros(8)), zeros(48)+"\x00"+u16s("eve")+"\x00\x00"+u16s("CORP")+"\x00\x00"))),
			s(framed(message1(sessionSetup1, true, 0xc000006d, 0, 0, 3, "", "")))), []string{"ntlm eve smb no"}},
		{"its answer was not seen", both(c(framed(message1(sessionSetup1, false, 0, 0, 0, 3, andX(zeros(10)+b16(0)+b16(60)+zeros(8)), zeros(60)+"\x00"+u16s("eve")+"\x00\x00\x00\x00")))), []string{"ntlm eve smb ?"}},
		{"over NetBIOS", joined(both(c("\x81\x00\x00\x44\x20"+strings.Repeat("CK", 16)+"\x00\x20"+strings.Repeat("EI", 16)+"\x00"), s("\x82\x00\x00\x00")), logOn1(), both(c("\x85\x00\x00\x00"))), []string{toldLogOn, mapping}},
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

// ntTransact1 begins a transaction of which more is to come.
func ntTransact1(mid, total, here int, list uint32) string {
	const at = 32 + 1 + 38 + 2
	words := zeros(3) + b32(0) + b32(uint32(total)) + zeros(8) + b32(0) + b32(at) + b32(uint32(here)) + b32(at) + "\x00" + b16(0)
	return message1(ntTransact, false, 0, 8, 2048, mid, words, b32(list)+zeros(here-4))
}

func trans2Call(mid int) string {
	words := b16(12) + b16(0) + zeros(14) + b16(12) + b16(66) + b16(0) + b16(78) + "\x01\x00" + b16(sessionSetupT)
	return message1(trans2, false, 0, 8, 2048, mid, words, zeros(13))
}

func TestExploits(t *testing.T) {
	more := message1(trans2More, false, 0, 8, 2048, 64, zeros(18), zeros(4000))
	packedOf := func(size, offset uint32, n int) string {
		return framed(packed + b32(size) + b16(1) + b16(0) + b32(offset) + zeros(n))
	}
	cases := []struct {
		name  string
		parts []part
		want  []string
	}{
		{"a transaction that changes its kind", joined(logOn1(), both(c(framed(ntTransact1(64, 66512, 900, 0x10000))), c(framed(more)), c(framed(more)))),
			[]string{"smb1_transaction_mixed begun=160 continued=51 total=66512 list=65536", "smb1_transaction_mixed begun=160 continued=51 total=66512 list=65536"}},
		{"one that goes on as it began", joined(logOn1(), both(c(framed(ntTransact1(64, 66512, 900, 0x10000))), c(framed(message1(ntTransactMore, false, 0, 8, 2048, 64, zeros(36), zeros(4000)))))), nil},
		{"one that was whole", joined(logOn1(), both(c(framed(ntTransact1(64, 900, 900, 0x10000))), c(framed(more)))), nil},
		{"another's", joined(logOn1(), both(c(framed(ntTransact1(65, 66512, 900, 0x10000))), c(framed(more)))), nil},
		{"an implant is called and answers", joined(logOn1(), both(c(framed(trans2Call(65))), s(framed(message1(trans2, true, 0xc0000002, 8, 2048, 81, "", ""))))),
			[]string{"smb1_trans2_session_setup multiplex_id=65", "smb1_implant_answered multiplex_id=65 answered=81"}},
		{"none is there", joined(logOn1(), both(c(framed(trans2Call(65))), s(framed(message1(trans2, true, 0xc0000002, 8, 2048, 65, "", ""))))),
			[]string{"smb1_trans2_session_setup multiplex_id=65"}},
		{"sizes that overflow", joined(logOn(), both(c(packedOf(0xffffffff, 16, 50)))), []string{"smb2_compression_overflow from=client size=4294967295 offset=16 frame=66"}},
		{"an offset outside", joined(logOn(), both(s(packedOf(100, 0xfffffff0, 50)))), []string{"smb2_compression_overflow from=server size=100 offset=4294967280 frame=66"}},
		{"honest compression", joined(logOn(), both(c(packedOf(4096, 0, 900)), s(packedOf(70_000, 80, 900)))), nil},
	}
	for _, tt := range cases {
		for _, step := range []int{1 << 20, 3} {
			if got := play(t, tt.parts, step); !slices.Equal(got.weirds, tt.want) || got.off != nil {
				t.Errorf("%s, %d at a time: %v, %q", tt.name, step, got.off, got.weirds)
			}
		}
	}
}

func TestProbe(t *testing.T) {
	middle := strings.Repeat("\x00\x01contents", 60)
	for _, tt := range []struct {
		what, head       string
		hinted, stranger analyzer.Verdict
	}{
		{"SMB 2", framed(create2m(on, "a", 0)), analyzer.Yes, analyzer.Yes},
		{"SMB 1", framed(create1(1, 2, "a")), analyzer.Yes, analyzer.Yes},
		{"encrypted", framed(sealed + zeros(200)), analyzer.Yes, analyzer.Yes},
		{"the head of a frame", framed(zeros(200))[:4], analyzer.Maybe, analyzer.Maybe},
		{"a frame of another protocol", framed(zeros(200)), analyzer.Maybe, analyzer.No},
		{"a NetBIOS session", "\x81\x00\x00\x44\x20CKFDEN", analyzer.Yes, analyzer.No},
		{"the middle of a file", middle[:400], analyzer.Maybe, analyzer.No},
		{"more of it", middle[:512], analyzer.Yes, analyzer.No},
		{"then a message", middle[:60] + framed(create2m(on, "a", 0)), analyzer.Yes, analyzer.No},
		{"text", "GET / HTTP/1.1\r\n\r\n", analyzer.No, analyzer.No},
		{"TLS", "\x16\x03\x01\x02\x00\x01", analyzer.No, analyzer.No},
		{"DNS over TCP", "\x00\x1d\x12\x34\x01\x00\x00\x01", analyzer.Maybe, analyzer.No},
		{"too short to be one", "\x00\x00\x00\x10\xfeSMX@\x00\x00\x00", analyzer.Maybe, analyzer.No},
	} {
		if h, s := Spec.Probe(0, []byte(tt.head), true), Spec.Probe(0, []byte(tt.head), false); h != tt.hinted || s != tt.stranger {
			t.Errorf("%s: %d on our port, %d elsewhere; want %d and %d", tt.what, h, s, tt.hinted, tt.stranger)
		}
	}
}
