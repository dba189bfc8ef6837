package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pcapOf makes a capture file of count UDP packets of the given link type.
func pcapOf(link uint32, count int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint32(le.AppendUint64(b, 0), 65535)
	b = le.AppendUint32(b, link)
	frame := append(make([]byte, 12), 0x08, 0x00,
		0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x9c, 0x40, 0x13, 0x89, 0, 12, 0, 0, 'h', 'o', 'l', 'a')
	for i := range count {
		b = le.AppendUint32(le.AppendUint32(b, uint32(1700000000+i)), 0)
		b = le.AppendUint32(le.AppendUint32(b, uint32(len(frame))), uint32(len(frame)))
		b = append(b, frame...)
	}
	return b
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// do runs one command line.
func do(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), args, &out, &err)
	return code, out.String(), err.String()
}

// TestBadInput: each mistake gets one line that names the file and the reason, the right exit code, and what was read up to
// there is still reported.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole := pcapOf(1, 3)
	good := write("good.pcap", whole)
	for name, c := range map[string]struct {
		args    []string
		code    int
		line    string // in the error line
		packets string // how the closing line begins; "" where there is none
	}{
		"no such file":      {[]string{"read", filepath.Join(dir, "none.pcap")}, 1, "none.pcap: ", "0 packets"},
		"a directory":       {[]string{"read", dir}, 1, "directory", "0 packets"},
		"empty":             {[]string{"read", write("empty", nil)}, 1, "empty", "0 packets"},
		"not a capture":     {[]string{"read", write("text.txt", []byte("this is no capture at all, only text"))}, 1, "text.txt: ", "0 packets"},
		"cut in a header":   {[]string{"read", write("cut1.pcap", whole[:len(whole)-40])}, 1, "cut1.pcap: ", "2 packets"},
		"cut in a packet":   {[]string{"read", write("cut2.pcap", whole[:len(whole)-3])}, 1, "cut2.pcap: ", "2 packets"},
		"gzip cut short":    {[]string{"read", write("cut.gz", gzipped(pcapOf(1, 3))[:60])}, 1, "cut.gz: ", ""},
		"unknown link type": {[]string{"read", write("odd.pcap", pcapOf(201, 1))}, 1, "201", "0 packets"},
		"one good, one bad": {[]string{"read", filepath.Join(dir, "none.pcap"), good}, 1, "none.pcap: ", "3 packets"},
		"no file":           {[]string{"read"}, 2, "read needs at least one capture file", ""},
		"bad network":       {[]string{"read", "--local", "10.0.0.0/40", good}, 2, "10.0.0.0/40", ""},
		"no workers":        {[]string{"read", "--workers", "0", good}, 2, "--workers 0", ""},
		"unknown flag":      {[]string{"read", "--nope", good}, 2, "--nope", ""},
		"unknown command":   {[]string{"frobnicate"}, 2, `"frobnicate"`, ""},
		"logs in a file":    {[]string{"read", "--logs", good, good}, 1, "good.pcap", ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := do(c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			var lines []string
			for _, l := range strings.Split(strings.TrimSpace(stderr), "\n") {
				if strings.HasPrefix(l, "mirrorwatch: ") {
					lines = append(lines, l)
				}
			}
			if len(lines) != 1 || !strings.Contains(lines[0], c.line) {
				t.Errorf("want one line with %q, got %q", c.line, stderr)
			}
			if !strings.Contains("\n"+stderr, "\n"+c.packets) {
				t.Errorf("what was read is not reported: want %q in %q", c.packets, stderr)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read every file: nothing to test")
	}
	path := filepath.Join(t.TempDir(), "secret.pcap")
	if err := os.WriteFile(path, pcapOf(1, 1), 0); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := do("read", path); code != 1 || !strings.Contains(stderr, "permission denied") {
		t.Errorf("code %d, %q", code, stderr)
	}
}

// TestReadForms: a capture plain, gzipped and twice in a row gives the counts that it should.
func TestReadForms(t *testing.T) {
	dir := t.TempDir()
	plain, zipped := filepath.Join(dir, "a.pcap"), filepath.Join(dir, "a.pcap.gz")
	os.WriteFile(plain, pcapOf(1, 3), 0o600)
	os.WriteFile(zipped, gzipped(pcapOf(1, 3)), 0o600)
	for args, want := range map[string]string{
		plain:                "3 packets, 138 B, 1 flows",
		zipped:               "3 packets, 138 B, 1 flows",
		plain + " " + zipped: "6 packets, 276 B, 2 flows", // the second begins before the first ended
	} {
		code, stdout, stderr := do(append([]string{"read"}, strings.Fields(args)...)...)
		if code != 0 || !strings.HasPrefix(stderr, want) {
			t.Errorf("read %s: code %d, %q, want %q", args, code, stderr, want)
		}
		if stdout != "No detections.\n" {
			t.Errorf("read %s prints %q", args, stdout)
		}
	}
}

func TestLogsAreZeeks(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.pcap")
	os.WriteFile(path, pcapOf(1, 3), 0o600)
	if code, _, stderr := do("read", "--json", "--sensor-name", "s1", "--logs", filepath.Join(dir, "out"), path); code != 0 {
		t.Fatalf("code %d: %s", code, stderr)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out", "conn.log"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]any{
		"id.orig_h": "10.0.0.1", "id.orig_p": 40000.0, "id.resp_h": "10.0.0.2", "id.resp_p": 5001.0, "proto": "udp", "duration": 2.0,
		"orig_bytes": 12.0, "resp_bytes": 0.0, "conn_state": "S0", "history": "D", "orig_pkts": 3.0, "orig_ip_bytes": 96.0, "sensor": "s1",
		"ts": 1700000000.0, "local_orig": true, "local_resp": true, "community_id": "1:Yjgi+w2a0Y+kVzw20StS68FXuWQ=",
	} {
		if got[k] != want {
			t.Errorf("%s is %v, want %v", k, got[k], want)
		}
	}
}

func TestVersionAndHelp(t *testing.T) {
	if code, out, _ := do("version"); code != 0 || !strings.HasPrefix(out, "mirrorwatch ") {
		t.Errorf("version: code %d, %q", code, out)
	}
	for _, args := range [][]string{{"--help"}, {"read", "--help"}, {"demo", "--help"}} {
		if code, out, _ := do(args...); code != 0 || !strings.Contains(out, "Examples:") {
			t.Errorf("%v: code %d, no examples in %q", args, code, out)
		}
	}
}

// TestTableIsSafe: text from the wire must not steer the terminal of who reads it.
func TestTableIsSafe(t *testing.T) {
	if got := clean("a\x1b[2Jb\u202ec\r\n"); got != "a?[2Jb?c??" {
		t.Errorf("clean gives %q", got)
	}
}
