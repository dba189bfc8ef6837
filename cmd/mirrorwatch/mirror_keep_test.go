package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// TestMirrorPlanKeep: what is kept is what is printed, says by which policy, and nothing in AWS has changed; a server that holds the folder
// is told of, and without the flag nothing is written.
func TestMirrorPlanKeep(t *testing.T) {
	c := onStage(t, "")
	printed := into[plan.Plan](c, 2, "plan", "--keep")
	if ours, _ := c.sessions(); ours != 0 {
		t.Errorf("%d sessions were made", ours)
	}
	open := func() *store.Store {
		s, err := sqlite.Open(t.Context(), sqlite.Options{Folder: c.folder, Now: time.Now, Schema: archive.Schema()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	p, err := store.NewestMirrorPlan(t.Context(), s.Documents, "")
	if err != nil || p.Kind != "look" || len(p.Steps) != len(printed.Steps) || p.Estimate.SessionsAfter != 16 || !strings.HasSuffix(p.AskedBy, "by the policy "+c.file) {
		t.Errorf("%d steps of %d, asked for by %q, %v", len(p.Steps), len(printed.Steps), p.AskedBy, err)
	}
	_, stderr := c.do(1, "plan", "--keep")
	wants(t, stderr, "a server has "+c.folder+" open")
	if _, stderr := c.do(2, "plan"); strings.Contains(stderr, "open") {
		t.Errorf("what only reads was refused: %s", stderr)
	}
	if again, err := store.NewestMirrorPlan(t.Context(), s.Documents, ""); err != nil || !again.At.Equal(p.At) {
		t.Errorf("a plan that nobody asked to keep was kept: %s, %v", again.At, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.file, []byte("version: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr = c.do(1, "plan", "--keep")
	wants(t, stderr, "version")
}
