package api

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

var update = flag.Bool("update", false, "write the table of operations in docs/api.md again from the contract")

const page = "../../docs/api.md"

// TestDocumentationRuns runs every command of docs/api.md, in order and in one shell, and holds what comes out against the answer that
// stands below it: each member that the page shows must be there, and be the same.
func TestDocumentationRuns(t *testing.T) {
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("MIRRORWATCH_REQUIRE_ALL") != "" {
				t.Fatalf("%s is missing: apt-get install %s", program, program)
			}
			t.Skipf("SKIPPED, NO COMMAND OF docs/api.md IS TESTED: apt-get install %s", program)
		}
	}
	w, password := local(t)
	w.now = noon.Add(2 * time.Hour)
	scene(w)
	w.devices()
	w.history("10.20.1.15", 5, 100, 200)
	w.conns("10.20.1.15 10.20.2.7 ssh 100 1000", "10.20.1.15 10.20.2.8 - 7 8")
	w.watched()
	w.plans("sweep", store.MirrorStep{
		Does: store.MirrorCreates, Action: "create_session", Interface: "eni-a", Reason: "wanted by a tag", Outcome: store.MirrorFailed, Error: "UnauthorizedOperation",
	})
	w.chained(detection(2).ID) // whose revision the page shows
	srv := httptest.NewServer(w.handler)
	defer srv.Close()
	examples := readExamples(t)
	if len(examples) < 12 {
		t.Fatalf("only %d commands were found", len(examples))
	}
	script := "set -uo pipefail\n"
	for _, e := range examples {
		script += e.command + "\nprintf '\\036%s\\n' \"$?\"\n"
	}
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"MW=" + srv.URL, "PASSWORD=" + password, "PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%v: %s", err, exit.Stderr)
	}
	parts := strings.Split(string(out), "\x1e")
	if len(parts) != len(examples)+1 {
		t.Fatalf("%d answers to %d commands: %s", len(parts)-1, len(examples), out)
	}
	for i, e := range examples {
		answer := parts[i]
		if i > 0 {
			_, answer, _ = strings.Cut(answer, "\n") // the status of the one before
		}
		if !strings.HasPrefix(parts[i+1], "0\n") {
			t.Errorf("%s\nended with %q", e.command, parts[i+1])
		}
		e.check(t, answer)
	}
}

// example is a command of the page, and what it shows of the answer.
type example struct{ command, kind, answer string }

func readExamples(t *testing.T) []example {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	blocks := strings.Split(string(b), "```")
	for i := 1; i < len(blocks); i += 2 {
		kind, text, _ := strings.Cut(blocks[i], "\n")
		switch {
		case kind == "sh":
			list = append(list, example{command: text})
		case len(list) > 0 && strings.TrimSpace(blocks[i-1]) == "":
			list[len(list)-1].kind, list[len(list)-1].answer = kind, text
		}
	}
	return list
}

func (e example) check(t *testing.T, answer string) {
	t.Helper()
	if e.kind == "text" {
		if strings.TrimSpace(answer) != strings.TrimSpace(e.answer) {
			t.Errorf("%s\ngave %q", e.command, answer)
		}
		return
	}
	got, want := json.NewDecoder(strings.NewReader(answer)), json.NewDecoder(strings.NewReader(e.answer))
	for n := 0; want.More(); n++ {
		var g, w any
		if err := want.Decode(&w); err != nil {
			t.Fatalf("the page shows no JSON: %v: %s", err, e.answer)
		}
		if err := got.Decode(&g); err != nil {
			t.Errorf("%s\ngave no JSON: %v: %q", e.command, err, answer)
			return
		}
		if at := differs("", w, g); at != "" {
			t.Errorf("%s\nanswer %d: %s\nwhole answer: %s", e.command, n+1, at, cut(answer, 1500))
		}
	}
}

// differs says where what is shown is not what is there; the page may show less than there is.
func differs(at string, shown, there any) string {
	switch shown := shown.(type) {
	case map[string]any:
		m, _ := there.(map[string]any)
		for key, v := range shown {
			if d := differs(at+"."+key, v, m[key]); d != "" {
				return d
			}
		}
		return ""
	case []any:
		l, _ := there.([]any)
		for i, v := range shown {
			if i >= len(l) {
				return fmt.Sprintf("%s has %d items", at, len(l))
			}
			if d := differs(fmt.Sprintf("%s[%d]", at, i), v, l[i]); d != "" {
				return d
			}
		}
		return ""
	}
	if shown != there {
		return fmt.Sprintf("%s is %v, and the page shows %v", at, there, shown)
	}
	return ""
}

// TestDocumentationNamesEveryOperation: the table is the contract's.
func TestDocumentationNamesEveryOperation(t *testing.T) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "-update -->\n", "<!-- end of operations -->"
	before, rest, ok := strings.Cut(string(b), begin)
	have, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("docs/api.md has lost the marks of its table of operations")
	}
	want := operationTable(mustTable(t))
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != want {
		t.Error("the table of operations in docs/api.md is not the contract's; run this test with -update")
	}
}

func operationTable(t *table) string {
	var b strings.Builder
	b.WriteString("| operation | who | what |\n|---|---|---|\n")
	for _, path := range slices.Sorted(maps.Keys(t.spec.Paths.Map())) {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			for _, op := range t.list {
				if op.route.Path == path && op.route.Method == method {
					who := string(op.role)
					if who == "" {
						who = "anybody"
					}
					if op.packets {
						who += ", packets"
					}
					fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", method, path, who, op.route.Operation.Summary)
				}
			}
		}
	}
	return b.String()
}
