package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const replayFolder = "../../test/replay"

// keptLines is how many records of each kind a golden file shows in full. The rest is held by a count and a hash: nothing can change
// unseen, and a scan's thousand conversations do not fill a page each.
const keptLines = 12

// TestReplay holds every capture that the project ships against its golden file: all its detections, the first records of each kind,
// and a hash over every record. Run `make replay UPDATE=1` after a wanted change and read the difference.
func TestReplay(t *testing.T) {
	for _, path := range replayCaptures(t) {
		name := strings.Split(filepath.Base(path), ".")[0]
		t.Run(name, func(t *testing.T) {
			got := golden(t, path, "2")
			for _, workers := range []string{"1", "3"} {
				if other := golden(t, path, workers); !bytes.Equal(got, other) {
					t.Errorf("%s workers give another result than two:\n%s", workers, firstDifference(other, got))
				}
			}
			file := filepath.Join(replayFolder, name+".jsonl")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: the result has changed:\n%s", name, firstDifference(got, want))
			}
		})
	}
}

func replayCaptures(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(replayFolder, "*.pcap*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no captures in %s: %v", replayFolder, err)
	}
	return paths
}

// golden runs one capture and gives what its golden file holds.
func golden(t *testing.T, path, workers string) []byte {
	t.Helper()
	logs := t.TempDir()
	code, stdout, stderr := do("read", "--json", "--workers", workers, "--logs", logs, path)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var b bytes.Buffer
	for line := range strings.Lines(stdout) {
		fmt.Fprintf(&b, `{"detection":%s}`+"\n", strings.TrimSpace(line))
	}
	for _, kind := range events.Kinds() {
		log, err := os.ReadFile(filepath.Join(logs, string(kind)+".log"))
		if err != nil {
			continue
		}
		lines := slices.Collect(strings.Lines(string(log)))
		fmt.Fprintf(&b, `{"kind":%q,"records":%d,"sha256":"%x"}`+"\n", kind, len(lines), sha256.Sum256(log))
		for _, line := range lines[:min(len(lines), keptLines)] {
			fmt.Fprintf(&b, `{%q:%s}`+"\n", kind, strings.TrimSpace(line))
		}
	}
	return b.Bytes()
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, a, b)
		}
	}
	return "only the line ends differ"
}

// TestExpectations: each attack that we recorded is found, by its type and with its offender, and the honest captures raise nothing, or
// only what is told at low risk and stands in the column of types: a password that went over FTP was readable, whoever's it was.
func TestExpectations(t *testing.T) {
	scenes, err := os.ReadFile(filepath.Join(replayFolder, "expect.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(scenes)), "\n") {
		cols := append(strings.Split(line, "\t"), "", "", "", "")
		if i == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		name, class, kind, offender := cols[0], cols[1], cols[2], cols[3]
		t.Run(name, func(t *testing.T) {
			list := detectionsOf(t, filepath.Join(replayFolder, name))
			if class == "benign" {
				for _, d := range list {
					if d.Risk.Band != "low" || !slices.Contains(strings.Split(kind, ","), d.Type) {
						t.Errorf("an honest capture raises %s (%s): %s", d.Type, d.Risk.Band, d.Description)
					}
				}
				return
			}
			if !slices.ContainsFunc(list, func(d events.Detection) bool { return d.Type == kind && involves(d, offender) }) {
				t.Errorf("%s by %s is not among %d detections", kind, offender, len(list))
				return
			}
			found[kind] = true
		})
	}
	if len(found) < 8 {
		t.Errorf("the captures show %d of the 8 types of detection", len(found))
	}
}

func detectionsOf(t *testing.T, path string) []events.Detection {
	t.Helper()
	code, stdout, stderr := do("read", "--json", path)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var list []events.Detection
	for line := range strings.Lines(stdout) {
		var d events.Detection
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

// involves says whether address takes part in d; "-" or nothing means that any will do.
func involves(d events.Detection, address string) bool {
	return address == "" || address == "-" || slices.ContainsFunc(d.Participants, func(p events.Participant) bool {
		return p.Address.String() == address
	})
}
