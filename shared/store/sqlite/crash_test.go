package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// The crash test runs this test binary as a child that writes as fast as it can and says on a pipe what it was promised. It is killed at
// a random moment; then every promise is held against what is on disk. The folder goes from round to round, so that what was promised
// in the first must stand in the last.

const crashWriters = 4

func TestKilledWhileWriting(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a child many times")
	}
	rounds := 20
	if n, err := strconv.Atoi(os.Getenv("MIRRORWATCH_CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	c := &crash{folder: filepath.Join(t.TempDir(), "data"), revisions: map[string]int64{}, published: map[string]bool{}, enriched: map[string]bool{}}
	for round := range rounds {
		c.run(t, round, time.Duration(20+rand.IntN(300))*time.Millisecond)
		c.check(t)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d rounds: %d detections, %d events published, %d changes of a document, snapshot %d", rounds, len(c.revisions), len(c.published),
		c.document, c.snapshot)
	if len(c.enriched) < rounds || len(c.revisions) < 10*rounds || len(c.published) == 0 || c.document == 0 {
		t.Error("the child did next to nothing")
	}
}

// crash is what was promised.
type crash struct {
	folder             string
	revisions          map[string]int64 // of detections
	published          map[string]bool  // ids of events
	enriched           map[string]bool  // ids of detections
	document, snapshot int64
}

func (c *crash) run(t *testing.T, round int, life time.Duration) {
	child := exec.Command(os.Args[0], "-test.run=^TestWriteInChild$")
	child.Env = append(os.Environ(), "MIRRORWATCH_TEST_WRITE="+c.folder, "MIRRORWATCH_TEST_ROUND="+strconv.Itoa(round))
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	in := bufio.NewReader(out)
	if line, err := in.ReadString('\n'); line != "opened\n" {
		t.Fatalf("child said %q (%v) and %s", line, err, &stderr)
	}
	time.AfterFunc(life, func() { child.Process.Kill() })
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return // half a line is no promise
		}
		if err != nil {
			t.Fatal(err)
		}
		c.promise(t, strings.Fields(line))
	}
}

func (c *crash) promise(t *testing.T, words []string) {
	if len(words) != 3 {
		t.Fatalf("child said %q", words)
	}
	n, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	switch words[0] {
	case "detection":
		c.revisions[words[1]] = max(c.revisions[words[1]], n)
	case "published":
		c.published[words[1]] = true
	case "enriched":
		c.enriched[words[1]] = true
	case "document":
		c.document = max(c.document, n)
	case "snapshot":
		c.snapshot = max(c.snapshot, n)
	default:
		t.Fatalf("child said %q", words)
	}
}

func (c *crash) check(t *testing.T) {
	checkIntegrity(t, filepath.Join(c.folder, MainFile))
	s, err := Open(t.Context(), Options{Folder: c.folder, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stored := c.checkDetections(t, s)
	c.checkEvents(t, s, stored)
	d, err := s.Documents.Get(t.Context(), store.KindView, "counter")
	if c.document > 0 && err != nil || d.Revision < c.document {
		t.Errorf("document has revision %d, promised was %d (%v)", d.Revision, c.document, err)
	}
	if n := countEntries(t, s, "counter"); n != d.Revision {
		t.Errorf("%d audit entries of %d changes", n, d.Revision)
	}
	c.checkSnapshot(t, s)
}

// checkIntegrity looks at a copy: what is there must be whole before anything repairs it.
func checkIntegrity(t *testing.T, path string) {
	copied := filepath.Join(t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + end)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+end, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", copied)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var said string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		t.Errorf("integrity: %s (%v)", said, err)
	}
}

func (c *crash) checkDetections(t *testing.T, s *store.Store) map[string]int64 {
	stored, contexts := map[string]int64{}, map[string]bool{}
	for q := (store.DetectionQuery{Sort: store.ByCreated, Limit: store.MaxPage, Filter: store.DetectionFilter{Hidden: store.HiddenInclude}}); ; {
		p, err := s.Detections.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Items {
			if stored[d.ID] != 0 {
				t.Errorf("%s is there twice", d.ID)
			}
			stored[d.ID], contexts[d.ID] = d.Revision, d.Context != nil
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
	for id, revision := range c.revisions {
		if stored[id] < revision {
			t.Errorf("%s has revision %d, promised was %d", id, stored[id], revision)
		}
	}
	c.checkContexts(t, s, stored, contexts)
	return stored
}

// checkContexts wants a context and the document that was written beside it both there, or neither.
func (c *crash) checkContexts(t *testing.T, s *store.Store, stored map[string]int64, contexts map[string]bool) {
	beside := map[string]bool{}
	for q := (store.ListQuery{}); ; {
		p, err := s.Documents.List(t.Context(), store.KindCorrelation, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Items {
			if n, err := strconv.ParseInt(string(d.Body), 10, 64); err != nil || n > stored[d.ID] || !contexts[d.ID] {
				t.Errorf("the document of %s is of revision %s; stored is %d, with a context: %v (%v)", d.ID, d.Body, stored[d.ID], contexts[d.ID], err)
			}
			beside[d.ID] = true
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
	for id, has := range contexts {
		if has != beside[id] || c.enriched[id] && !has {
			t.Errorf("%s has a context: %v, a document: %v, promised: %v", id, has, beside[id], c.enriched[id])
		}
	}
}

// checkEvents wants for each revision one event: in the outbox, or published, or (killed in between) both; and in the outbox once.
func (c *crash) checkEvents(t *testing.T, s *store.Store, stored map[string]int64) {
	pending, err := s.Outbox.Pending(t.Context(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	waiting := map[string]bool{}
	last := map[string]int64{}
	for _, o := range pending {
		d := o.Event.Detail
		if waiting[o.Event.ID] {
			t.Errorf("event %s waits twice", o.Event.ID)
		}
		if d.Sequence <= last[d.Subject] {
			t.Errorf("event %s waits behind one of sequence %d", o.Event.ID, last[d.Subject])
		}
		if d.Sequence > stored[d.Subject] {
			t.Errorf("event %s tells of what is not stored", o.Event.ID)
		}
		waiting[o.Event.ID], last[d.Subject] = true, d.Sequence
	}
	for id, revision := range stored {
		for r := range revision {
			if e := id + "-" + strconv.FormatInt(r+1, 10); !waiting[e] && !c.published[e] {
				t.Errorf("event %s is lost", e)
			}
		}
	}
}

func countEntries(t *testing.T, s *store.Store, target string) (n int64) {
	for q := (store.AuditQuery{Target: target}); ; {
		p, err := s.Audit.Entries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		n += int64(len(p.Items))
		if q.Cursor = p.Next; q.Cursor == "" {
			return n
		}
	}
}

func (c *crash) checkSnapshot(t *testing.T, s *store.Store) {
	body, _, err := s.Snapshots.Load(t.Context(), "state")
	if errors.Is(err, store.ErrNotFound) && c.snapshot == 0 {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(b, []byte("\n"))
	n, err := strconv.ParseInt(string(first), 10, 64)
	if err != nil || n < c.snapshot || !bytes.Equal(b, snapshotOf(n)) {
		t.Errorf("snapshot of %d bytes, number %d, promised was %d (%v)", len(b), n, c.snapshot, err)
	}
}

func snapshotOf(n int64) []byte { return bytes.Repeat([]byte(strconv.FormatInt(n, 10)+"\n"), 70_000) }

// TestWriteInChild is the child; by itself it does nothing.
func TestWriteInChild(t *testing.T) {
	folder := os.Getenv("MIRRORWATCH_TEST_WRITE")
	if folder == "" {
		t.Skip("runs as a child of TestKilledWhileWriting")
	}
	round, _ := strconv.Atoi(os.Getenv("MIRRORWATCH_TEST_ROUND"))
	s, err := Open(context.Background(), Options{Folder: folder, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("opened")
	fail := make(chan error)
	for g := range crashWriters {
		go func() { fail <- writeDetections(s, round, g) }()
	}
	go func() { fail <- publishAll(s) }()
	go func() { fail <- writeDocument(s) }()
	go func() { fail <- saveSnapshots(s, int64(round)*1000) }()
	fmt.Fprintln(os.Stderr, <-fail) // the parent reads no promise after it, and sees too few
	os.Exit(1)
}

// writeDetections stores new ones, alone and several at once, alerts again on old ones, and triages.
func writeDetections(s *store.Store, round, g int) error {
	for n := 0; ; n++ {
		list := []events.Detection{crashDetection(round, g, n, 0)}
		if n%5 == 0 {
			list = append(list, crashDetection(round, g, n+1_000_000, 0), crashDetection(round, g, n+2_000_000, 0))
		}
		if n%3 == 0 && n > 0 {
			list = append(list, crashDetection(round, g, n-1, n))
		}
		if _, err := s.Detections.Put(context.Background(), list...); err != nil {
			return err
		}
		for _, d := range list {
			revision := 1
			if d.Update != d.Start {
				revision = 2
			}
			fmt.Printf("detection %s %d\n", d.ID, revision)
		}
		if n%7 == 0 {
			status := events.StatusClosed
			d, err := s.Detections.Update(context.Background(), list[0].ID, store.TriageChange{Status: &status}, store.Actor{Name: "ann"})
			if err != nil {
				return err
			}
			fmt.Printf("detection %s %d\n", d.ID, d.Revision)
			list[0].Revision = d.Revision
		}
		if n%4 == 0 {
			if err := enrichInChild(s, list[0].ID, max(list[0].Revision, 1)); err != nil {
				return err
			}
		}
	}
}

// enrichInChild writes a context and a document that names the revision which it made: what is there of either must be there of both.
func enrichInChild(s *store.Store, id string, revision int64) error {
	d, err := s.Detections.Enrich(context.Background(), id, store.Enrichment{IfRevision: revision, Context: storetest.Context(1, clock())},
		store.Write{Kind: store.KindCorrelation, ID: id, Body: []byte(strconv.FormatInt(revision+1, 10)), If: store.New})
	if err != nil {
		return err
	}
	fmt.Printf("detection %s %d\nenriched %s %d\n", id, d.Revision, id, d.Revision)
	return nil
}

func crashDetection(round, g, n, later int) events.Detection {
	start := clock().Add(time.Duration(n) * time.Second)
	return events.Detection{
		ID: fmt.Sprintf("%08x%08x%016x", round, g, n), Type: "recon.port_scan", Title: "Port scan", Category: "recon",
		Description: fmt.Sprintf("Host %d asked %d ports.", g, n), Risk: events.Risk{Score: 1 + n%99, Band: events.BandOf(1 + n%99)},
		Start: start, Update: start.Add(time.Duration(later) * time.Minute),
		Participants: []events.Participant{{Role: "offender", Device: "d" + strconv.Itoa(g), Address: netip.AddrFrom4([4]byte{10, 0, byte(g), byte(n)})}},
		Properties:   map[string]any{"ports": n, "padding": strings.Repeat("x", 500+n%3000)},
	}
}

func publishAll(s *store.Store) error {
	for range s.Outbox.Wake() {
		pending, err := s.Outbox.Pending(context.Background(), 20)
		if err != nil {
			return err
		}
		for _, o := range pending {
			fmt.Printf("published %s %d\n", o.Event.ID, o.Sequence)
		}
		if len(pending) > 0 {
			if err := s.Outbox.Done(context.Background(), pending[len(pending)-1].Sequence); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeDocument(s *store.Store) error {
	for n := 0; ; n++ {
		body, err := json.Marshal(n)
		if err != nil {
			return err
		}
		docs, err := s.Documents.Write(context.Background(), []store.Write{{Kind: store.KindView, ID: "counter", Body: body}},
			&store.AuditEntry{Actor: "ann", Action: "view.update", Target: "counter"})
		if err != nil {
			return err
		}
		fmt.Printf("document counter %d\n", docs[0].Revision)
	}
}

func saveSnapshots(s *store.Store, n int64) error {
	for ; ; n++ {
		body := snapshotOf(n)
		if err := s.Snapshots.Save(context.Background(), "state", clock().Add(time.Duration(n)*time.Second), bytes.NewReader(body), 2); err != nil {
			return err
		}
		fmt.Printf("snapshot state %d\n", n)
	}
}
