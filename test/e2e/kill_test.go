package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// offenders is how many hosts attack in each round: each is a detection of its own.
const offenders = 20

// seen is what the API has shown of detections: the highest revision of each.
type seen map[string]int64

// TestKilledAgainAndAgain kills a server under load, again and again: no detection that the API has shown may be lost or go back, none
// may be there twice, and each one that is stored must have been published. MIRRORWATCH_CRASH_ROUNDS says how often; 100 is the bar.
func TestKilledAgainAndAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole servers, which the race detector does not see")
	}
	rounds := 8
	if n, err := strconv.Atoi(os.Getenv("MIRRORWATCH_CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	folder := t.TempDir()
	r := serve(t, folder)
	key := r.key()
	tellAll(r.as(key), rounds)
	shown := seen{}
	rng := rand.New(rand.NewPCG(1, uint64(rounds)))
	for round := range rounds {
		if round > 0 {
			r = serve(t, folder)
		}
		load(t, r, round)
		shown.look(t, r.as(key), 300*time.Millisecond+time.Duration(rng.Int64N(int64(time.Second))))
		r.Kill()
	}
	r = serve(t, folder)
	stored := shown.look(t, r.as(key), 2*time.Second)
	if len(stored) < rounds*offenders/4 {
		t.Errorf("only %d detections in %d rounds: the load was none", len(stored), rounds)
	}
	// What was on its way when a server was killed comes again when its lease has run out.
	wait(t, time.Minute, "every stored detection is published", func() bool { return len(unpublished(t, folder, stored)) == 0 })
	r.stop()
	t.Logf("%d rounds, %d detections, each published", rounds, len(stored))
}

// tellAll has every event written to files. A rule gathers what comes too often into a digest, so that each is for a few rounds only.
func tellAll(c *caller, rounds int) {
	const each = 10
	for first := 0; first < rounds; first += each {
		var networks []string
		for n := range each {
			networks = append(networks, fmt.Sprintf("10.100.%d.0/24", first+n))
		}
		c.must("POST", "/v1/notifications/rules", map[string]any{
			"name": fmt.Sprint("from round ", first), "enabled": true, "on": []string{"created", "updated", "closed"}, "per_hour": 1000,
			"match":   map[string]any{"hidden": "include", "offender": map[string]any{"addresses": networks}},
			"channel": map[string]any{"type": "jsonl", "path": fmt.Sprintf("all-%d.jsonl", first)},
		}, nil)
	}
}

// load has hosts attack that no other round has.
func load(t *testing.T, r *running, round int) {
	t.Helper()
	m, err := dialMirror(r.packets)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer m.conn.Close()
		for i := range offenders {
			from := netip.AddrFrom4([4]byte{10, 100, byte(round), byte(i + 1)})
			if m.attack(from, netip.MustParseAddr("10.20.0.1")) != nil {
				return // the server is gone
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
}

// look walks all detections again and again for a time. What was shown before must be there, once, and no older.
func (s seen) look(t *testing.T, c *caller, length time.Duration) seen {
	t.Helper()
	var last seen
	for end := time.Now().Add(length); last == nil || time.Now().Before(end); {
		now, err := walk(c)
		if err != nil {
			t.Fatal(err)
		}
		for id, revision := range s {
			if now[id] < revision {
				t.Fatalf("detection %s was shown at revision %d and is at %d now", id, revision, now[id])
			}
		}
		maps.Copy(s, now)
		last = now
	}
	return last
}

// walk reads all pages. A detection that is there twice is an error.
func walk(c *caller) (seen, error) {
	all := seen{}
	for cursor := ""; ; {
		var page struct {
			Items    []events.Detection
			Next     string
			Complete bool
		}
		if err := c.do("GET", "/v1/detections?limit=1000&sort=created&hidden=include&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
			return nil, err
		}
		if !page.Complete {
			return nil, fmt.Errorf("the page of %d is not complete", len(page.Items))
		}
		for _, d := range page.Items {
			if _, twice := all[d.ID]; twice {
				return nil, fmt.Errorf("detection %s is there twice", d.ID)
			}
			all[d.ID] = d.Revision
		}
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// unpublished gives the detections of which some revision was never written to the rule's file.
func unpublished(t *testing.T, folder string, stored seen) []string {
	t.Helper()
	told := map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(folder, "events", "all-*.jsonl*"))
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			var e events.Event
			if err := json.Unmarshal([]byte(line), &e); err != nil || e.Detail.Detection == nil {
				continue // the last line, which a kill cut
			}
			told[fmt.Sprint(e.Detail.Detection.ID, "-", e.Detail.Detection.Revision)] = true
		}
	}
	var missing []string
	for id, revision := range stored {
		for n := range revision {
			if event := fmt.Sprint(id, "-", n+1); !told[event] {
				missing = append(missing, event)
			}
		}
	}
	return missing
}

func wait(t *testing.T, length time.Duration, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("not within %v: %s", length, what)
}
