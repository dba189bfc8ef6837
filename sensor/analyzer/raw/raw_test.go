package raw

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

type sent struct {
	d    flow.Dir
	data string
}

// replay gives the records of a conversation that is fed in pieces of a size; 0: as it was sent.
func replay(t testing.TB, size int, talk []sent) string {
	t.Helper()
	var out []byte
	r := Spec.New(&analyzer.Conversation{Transport: analyzer.TCP, Emit: func(rec events.Record) { out = rec.AppendJSON(out) }})
	for _, s := range talk {
		step := size
		if step <= 0 {
			step = max(1, len(s.data))
		}
		for rest := s.data; rest != ""; {
			cut := min(step, len(rest))
			n, err := r.Feed(stream.Chunk{Dir: s.d, Data: []byte(rest[:cut])})
			if n != cut {
				t.Fatalf("%d of %d bytes taken", n, cut)
			}
			rest = rest[cut:]
			if err != nil {
				r.Close()
				return string(out)
			}
		}
	}
	r.Close()
	r.Close()
	return string(out)
}

// gh0st is a message as the published sources of Gh0st make it, under a tag.
func gh0st(tag string) string {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(bytes.Repeat([]byte("f\x00"), 200))
	_ = z.Close()
	b := binary.LittleEndian.AppendUint32([]byte(tag), uint32(len(tag)+8+packed.Len()))
	b = binary.LittleEndian.AppendUint32(b, 400)
	return string(append(b, packed.Bytes()...))
}

var talks = []struct {
	name string
	talk []sent
	want []string // parts of the record; none: no record
}{
	{"Windows, reverse", []sent{
		{flow.Orig, "Microsoft Windows [Version 10.0.17763.1]\r\n(c) Microsoft Corporation.\r\n\r\nC:\\Windows\\system32>"}, {flow.Resp, "whoami\n"},
		{flow.Orig, "whoami\r\nwin\\user\r\n\r\nC:\\Windows\\system32>"}, {flow.Resp, "dir\n"},
	}, []string{`"marks":["prompt_windows","banner_windows"]`, `"prompts":2`, `"commands":2`, `"shell_by":"orig"`, `"prompt":"C:\\\\Windows\\\\system32\u003e"`}},
	{"Unix, bound", []sent{
		{flow.Orig, "id\n"}, {flow.Resp, "uid=0(root) gid=0(root) groups=0(root)\n# "}, {flow.Orig, "ls\n"}, {flow.Resp, "a\nb\n# "}, {flow.Orig, "exit\n"},
	}, []string{`"prompt_unix","identity"`, `"prompts":2`, `"commands":3`, `"shell_by":"resp"`}},
	{"a shell that never asks", []sent{{flow.Resp, "id\n"}, {flow.Orig, "uid=33(www-data) gid=33(www-data)\n"}, {flow.Resp, "ls\n"}}, []string{`"identity"`, `"prompts":0`, `"commands":2`, `"shell_by":"orig"`}},
	{"a shell that lists", []sent{{flow.Resp, "ls -l\n"}, {flow.Orig, "total 4\ndrwxr-xr-x 2 root root 4096 Jan  1 00:00 bin\n"}}, []string{`"listing"`, `"commands":1`, `"shell_by":"orig"`}},
	{"a shell on Windows that lists", []sent{{flow.Resp, "dir\r\n"}, {flow.Orig, " Volume in drive C has no label.\r\n Directory of C:\\\r\n"}}, []string{`"listing"`}},
	{"bash without a terminal", []sent{
		{flow.Orig, "bash: no job control in this shell\n\x1b]0;www@web: /\x07www@web:/var/www$ "}, {flow.Resp, "id\n"},
	}, []string{`"prompt_unix","no_terminal"`, `"prompts":1`, `"prompt":"www@web:/var/www$ "`}},
	{"PowerShell", []sent{{flow.Orig, "PS C:\\Users\\a b> "}, {flow.Resp, "ls\n"}}, []string{`"prompt_windows"`, `"PS C:\\\\Users\\\\a b\u003e"`}},
	{"Gh0st", []sent{{flow.Orig, gh0st("Gh0st")}}, []string{`"marks":["gh0st"]`, `"tool_from":"orig"`}},
	{"an heir of Gh0st", []sent{{flow.Orig, gh0st("7hero")}}, []string{`"marks":["gh0st"]`}},
	{"njRAT", []sent{{flow.Orig, "151\x00ll|'|'|SGFjS2Vk|'|'|PC|'|'|user"}}, []string{`"njrat"`}},
	{"stage", []sent{{flow.Resp, "\x00\xc0\x02\x00MZ\x90\x00" + strings.Repeat("x", 80)}}, []string{`"staged_program"`, `"tool_from":"resp"`}},
	// The innocent twins.
	{"chat", []sent{{flow.Orig, "NICK a\r\nUSER a 0 * :a\r\n"}, {flow.Resp, ":srv 001 a :It costs 5 $ \r\n"}}, nil},
	{"a log that speaks of a shell", []sent{{flow.Orig, "session opened for user root by (uid=0)\nrunning C:\\Windows\\cmd.exe > out\n"}}, nil},
	{"a path without a prompt", []sent{{flow.Orig, "C:\\Windows\\system32\\x.dll\r\n"}, {flow.Resp, "ok\n"}}, nil},
	{"zlib behind no lengths", []sent{{flow.Orig, "abcde\xff\xff\xff\xff\xff\xff\xff\xffx\x9c"}}, nil},
}

func TestTalks(t *testing.T) {
	for _, c := range talks {
		for _, size := range []int{0, 1, 7} {
			got := replay(t, size, c.talk)
			if (got == "") != (c.want == nil) {
				t.Errorf("%s, %d at a time: %s", c.name, size, got)
			}
			for _, part := range c.want {
				if !strings.Contains(got, part) {
					t.Errorf("%s, %d at a time: %s is not in %s", c.name, size, part, got)
				}
			}
		}
	}
}

// Catches: a probe that waits for ever, that takes what it cannot read, or that misses a shell which is spoken to first.
func TestProbe(t *testing.T) {
	for _, c := range []struct {
		head string
		want analyzer.Verdict
	}{
		{"id\n", analyzer.Maybe}, {"uid=0(root) gid=0(root)\n", analyzer.Yes}, {"# ", analyzer.Yes}, {"C:\\>", analyzer.Yes}, {"Gh0s", analyzer.Maybe},
		{gh0st("Gh0st"), analyzer.Yes}, {"GET / HTTP/1.1\r\n", analyzer.Maybe}, {"\x00\x01\x02\x03\x04\x05\x06\x07\x08", analyzer.No},
		{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", analyzer.No}, {"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23", analyzer.No},
	} {
		if got := probe(flow.Orig, []byte(c.head), false); got != c.want {
			t.Errorf("%q: %v, want %v", c.head, got, c.want)
		}
	}
}

// Catches: a gap that makes a prompt out of two halves, and lines behind it that are not read.
func TestGap(t *testing.T) {
	var out []byte
	r := Spec.New(&analyzer.Conversation{Transport: analyzer.TCP, Emit: func(rec events.Record) { out = rec.AppendJSON(out) }})
	feed := func(d flow.Dir, text string) { _, _ = r.Feed(stream.Chunk{Dir: d, Data: []byte(text)}) }
	feed(flow.Orig, "C:\\Win")
	if err := r.Gap(flow.Orig, 100); err != nil {
		t.Fatal(err)
	}
	feed(flow.Orig, "dows>")
	feed(flow.Resp, "dir\n")
	feed(flow.Orig, "x\nC:\\Temp>")
	feed(flow.Resp, "exit\n")
	r.Close()
	if text := string(out); !strings.Contains(text, `"prompts":1`) || !strings.Contains(text, "Temp") {
		t.Error(text)
	}
}

// Catches: a line or a conversation without end that is kept, and a record that holds what it should not.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	got := replay(t, 1460, []sent{{flow.Orig, "# "}, {flow.Resp, "secret-command " + long + "\n"}, {flow.Orig, long}, {flow.Resp, "b\n"}})
	if strings.Contains(got, "secret") || len(got) > 600 {
		t.Error(got)
	}
}

// maxAllocs of a conversation: the reader, its two lines and heads as they grow, and the record with its names.
const maxAllocs = 16

func TestAllocations(t *testing.T) {
	conv := &analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}}
	first, answer := []byte("uid=0(root) gid=0(root)\n# "), []byte("ls\n")
	if n := testing.AllocsPerRun(100, func() { converse(conv, first, answer) }); n > maxAllocs {
		t.Errorf("%.0f allocations, at most %d allowed", n, maxAllocs)
	}
}

func converse(conv *analyzer.Conversation, first, answer []byte) {
	r := Spec.New(conv)
	for range 2 {
		_, _ = r.Feed(stream.Chunk{Dir: flow.Orig, Data: first})
		_, _ = r.Feed(stream.Chunk{Dir: flow.Resp, Data: answer})
	}
	r.Close()
}

func BenchmarkConversation(b *testing.B) {
	conv := &analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}}
	first, answer := []byte("uid=0(root) gid=0(root)\n# "), []byte("ls\n")
	b.ReportAllocs()
	for b.Loop() {
		converse(conv, first, answer)
	}
}

// FuzzRaw: no panic, a bounded record, and the same one whichever way the bytes are cut.
func FuzzRaw(f *testing.F) {
	for _, c := range talks {
		var a, b string
		for _, s := range c.talk {
			if s.d == flow.Orig {
				a += s.data
			} else {
				b += s.data
			}
		}
		f.Add(a, b, 3)
	}
	f.Fuzz(func(t *testing.T, a, b string, size int) {
		talk := []sent{{flow.Orig, a}, {flow.Resp, b}, {flow.Orig, b}}
		one, other := replay(t, 0, talk), replay(t, max(1, size), talk)
		if len(a)+len(b) < maxRead/2 && strings.Count(a+b+b, "\n") < 3 && one != other {
			t.Errorf("%s\nin pieces: %s", one, other)
		}
		if len(one) > 1000 {
			t.Errorf("%d bytes of record", len(one))
		}
		probe(flow.Orig, []byte(a[:min(len(a), analyzer.MaxProbe)]), false)
	})
}
