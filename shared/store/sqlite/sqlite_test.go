package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

func TestPurgeGivesSpaceBack(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	s := openIn(t, folder)
	for n := 0; n < 3000; n += 100 {
		var list []events.Detection
		for i := range 100 {
			list = append(list, crashDetection(0, 0, n+i, 0))
		}
		if _, err := s.Detections.Put(t.Context(), list...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Outbox.Done(t.Context(), 1<<40); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Detections.Purge(t.Context(), clock().Add(time.Hour*24), 1200); n != 1200 || err != nil {
		t.Fatalf("purged %d of at most 1200 (%v)", n, err)
	}
	if n, err := s.Detections.Purge(t.Context(), clock().Add(2900*time.Second), 100_000); n != 1700 || err != nil {
		t.Fatalf("purged %d, want 1700 (%v)", n, err)
	}
	p, err := s.Detections.Search(t.Context(), store.DetectionQuery{Count: true, Limit: 1000})
	if err != nil || p.Total != 100 || len(p.Items) != 100 {
		t.Errorf("%d and %d are left (%v)", p.Total, len(p.Items), err)
	}
	if list, err := s.Outbox.Pending(t.Context(), 10); len(list) != 0 || err != nil {
		t.Errorf("a purge made events: %v (%v)", list, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, MainFile))
	if err != nil || info.Size() > 1<<20 {
		t.Errorf("the file has %d bytes for 100 detections (%v)", info.Size(), err)
	}
}

func TestReopenedStoreFindsAndWakes(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	s := openIn(t, folder)
	if _, err := s.Detections.Put(t.Context(), crashDetection(0, 0, 1, 0), crashDetection(0, 0, 2, 0)); err != nil {
		t.Fatal(err)
	}
	d := s.Closer.(*handle).files[0]
	spoilt := d.change(t.Context(), func(tx *tx) error { // as another version of the index would have left it
		_, err := tx.exec("UPDATE detection_facets SET facets = x'00ff' WHERE seq = 1")
		return err
	})
	if err := errors.Join(spoilt, s.Close()); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, folder)
	select {
	case <-s.Outbox.Wake():
	default:
		t.Error("nobody is woken for what was not published before")
	}
	p, err := s.Detections.Search(t.Context(), store.DetectionQuery{Sort: store.ByCreated})
	if err != nil || len(p.Items) != 2 || p.Items[0].ID != crashDetection(0, 0, 1, 0).ID {
		t.Errorf("found %v (%v)", p.Items, err)
	}
}

func TestHalfASnapshotIsNone(t *testing.T) {
	s := openIn(t, filepath.Join(t.TempDir(), "data"))
	if err := s.Snapshots.Save(t.Context(), "model", clock(), strings.NewReader("whole"), 1); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	half := io.MultiReader(strings.NewReader(strings.Repeat("x", 3*chunk)), iotest.ErrReader(broken))
	if err := s.Snapshots.Save(t.Context(), "model", clock().Add(time.Hour), half, 1); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	body, at, err := s.Snapshots.Load(t.Context(), "model")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	// A newer version must not pull this one from under its reader.
	if err := s.Snapshots.Save(t.Context(), "model", clock().Add(2*time.Hour), strings.NewReader("newer"), 1); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(body); string(b) != "whole" || !at.Equal(clock()) || err != nil {
		t.Errorf("loaded %d bytes of %s (%v)", len(b), at, err)
	}
	var chunks int
	if err := s.Closer.(*handle).files[0].read.QueryRow("SELECT count(*) FROM snapshot_chunk").Scan(&chunks); err != nil || chunks != 1 {
		t.Errorf("%d chunks are left, want one (%v)", chunks, err)
	}
}

func TestSchemaAllowsOneOpenBinding(t *testing.T) {
	s := openIn(t, filepath.Join(t.TempDir(), "data"))
	if err := s.Mirror.Bind(t.Context(), events.Binding{VNI: 7, Interface: "eni-a", From: clock()}); err != nil {
		t.Fatal(err)
	}
	err := s.Closer.(*handle).files[0].change(t.Context(), func(t *tx) error {
		return insertBinding(t, events.Binding{VNI: 7, Interface: "eni-b", From: clock().Add(time.Hour)})
	})
	if err == nil {
		t.Error("a VNI is held twice")
	}
}

// TestMigrationsGoOnWhereTheyStopped opens a file with a program of fewer steps, and then one of more, whose last step fails at first.
func TestMigrationsGoOnWhereTheyStopped(t *testing.T) {
	f := file{path: filepath.Join(t.TempDir(), "m.db"), application: 1, pageSize: 4096, sync: "NORMAL", readers: 1, wholeCheck: 1 << 30, alone: true, now: clock}
	for i, step := range []struct {
		migrations []string
		fails      bool
		tables     string
	}{
		{[]string{"CREATE TABLE a (x)"}, false, "a"},
		{[]string{"CREATE TABLE a (x)", "CREATE TABLE b (x)", "CREATE TABLE c (x); CREATE TABLE a (x)"}, true, ""},
		{[]string{"CREATE TABLE a (x)", "CREATE TABLE b (x)", "CREATE TABLE c (x)"}, false, "a,b,c"},
	} {
		f.migrations = step.migrations
		d, err := f.open(context.Background())
		if (err != nil) != step.fails {
			t.Fatalf("step %d: %v", i, err)
		}
		if step.fails {
			continue
		}
		var tables string
		var version int
		err = errors.Join(d.read.QueryRow("SELECT group_concat(name ORDER BY name) FROM sqlite_schema WHERE type = 'table'").Scan(&tables),
			d.read.QueryRow("PRAGMA user_version").Scan(&version), d.close())
		if err != nil || tables != step.tables || version != len(step.migrations) {
			t.Errorf("step %d: tables %s, version %d (%v)", i, tables, version, err)
		}
	}
}

// TestOlderStoreIsUpgraded makes a store as the first version made it, and opens it with this one: what was there stays, and what came
// with later schemas works.
func TestOlderStoreIsUpgraded(t *testing.T) {
	folder, ctx := t.TempDir(), t.Context()
	old := mainFile(Options{Folder: folder, Now: clock})
	old.migrations = old.migrations[:1]
	d, err := old.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b := events.Binding{VNI: 7, Interface: "eni-a", From: clock()}
	if err := errors.Join(mirror{d: d}.Bind(ctx, b), d.close()); err != nil {
		t.Fatal(err)
	}
	if _, err := mainFile(Options{Folder: folder, Now: clock, ReadOnly: true}).open(ctx); err == nil || !strings.Contains(err.Error(), "its schema is 1") {
		t.Errorf("for reading only: %v", err)
	}
	s := openIn(t, folder)
	if err := s.Mirror.Hear(ctx, events.Heard{VNI: 7, Sensor: "a", LastSeen: clock()}); err != nil {
		t.Error(err)
	}
	heard, err := s.Mirror.Heard(ctx, store.ListQuery{})
	bound, err2 := s.Mirror.Bound(ctx, store.ListQuery{})
	if err := errors.Join(err, err2); err != nil || len(heard.Items) != 1 || len(bound.Items) != 1 || bound.Items[0].Interface != "eni-a" {
		t.Errorf("%+v heard, %+v bound (%v)", heard.Items, bound.Items, err)
	}
	var version int
	if err := s.Closer.(*handle).files[0].read.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != len(mainFile(Options{}).migrations) {
		t.Errorf("version %d (%v)", version, err)
	}
}

func TestDocumentsThatExpiredGo(t *testing.T) {
	now := clock()
	s, err := Open(t.Context(), Options{Folder: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 30 {
		w := store.Write{Kind: store.KindSession, ID: fmt.Sprint(i), Body: []byte("{}"), Expires: now.Add(time.Hour)}
		if _, err := s.Documents.Write(t.Context(), []store.Write{w}, nil); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Hour)
	for range 2 {
		if _, err := s.Documents.Write(t.Context(), []store.Write{{Kind: store.KindView, ID: "v", Body: []byte("{}")}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	var rows int
	if err := s.Closer.(*handle).files[0].read.QueryRow("SELECT count(*) FROM document").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d rows are left, want one (%v)", rows, err)
	}
}

// TestManyAtOneMoment: documents that are written together are read together, however the reads and the writes fall.
func TestManyAtOneMoment(t *testing.T) {
	s, err := Open(t.Context(), Options{Folder: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := crashDetection(0, 0, 1, 0)
	if _, err := s.Detections.Put(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	a, b := store.DocumentKey{Kind: store.KindIncident, ID: "a"}, store.DocumentKey{Kind: store.KindTrail, ID: "b"}
	both := []store.Write{{Kind: a.Kind, ID: a.ID, Body: []byte("1")}, {Kind: b.Kind, ID: b.ID, Body: []byte("1")}}
	ended := make(chan error, 1)
	go func() {
		for n := range int64(200) {
			c := storetest.Context(1, clock())
			c.Incident = strconv.FormatInt(n, 10)
			if _, err := s.Detections.Enrich(t.Context(), d.ID, store.Enrichment{IfRevision: n + 1, Context: c}, both...); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	for reads := 0; ; reads++ {
		got, err := s.Documents.GetMany(t.Context(), a, b)
		if err != nil || got[a].Revision != got[b].Revision {
			t.Fatalf("revisions %d and %d, %v", got[a].Revision, got[b].Revision, err)
		}
		now, with, err := s.Detections.GetWith(t.Context(), d.ID, a, b)
		if err != nil || with[a].Revision != with[b].Revision || with[a].Revision != now.Revision-1 {
			t.Fatalf("revisions %d and %d beside %d, %v", with[a].Revision, with[b].Revision, now.Revision, err)
		}
		select {
		case err := <-ended:
			if err != nil || reads == 0 {
				t.Errorf("%d reads meanwhile, %v", reads, err)
			}
			return
		default:
		}
	}
}
