package archive

import (
	"os"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// TestDocumentedQueriesWork runs every line of the page that says it works.
func TestDocumentedQueriesWork(t *testing.T) {
	page, err := os.ReadFile("../../docs/records.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```query\n")
	block, _, _ := strings.Cut(rest, "```")
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if len(lines) < 10 {
		t.Fatalf("only %d queries found", len(lines))
	}
	for _, line := range lines {
		q, err := query.Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		m, err := query.Compile(q, Schema())
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		possible := false
		for _, table := range Schema() {
			possible = possible || !m.Plan(table.Kind).Never()
		}
		if !possible {
			t.Errorf("%s: no record can match", line)
		}
	}
	for _, a := range query.Aliases() {
		if !strings.Contains(string(page), "| `"+a.Name+"` |") {
			t.Errorf("the page does not explain %s", a.Name)
		}
	}
}
