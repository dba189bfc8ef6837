package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
)

// TestHouseKeepsWhatIsYoung holds the housekeeping to the catalogue of parameters where nobody has set any, and to what was set: what
// is younger stays, what is older goes.
func TestHouseKeepsWhatIsYoung(t *testing.T) {
	ctx := context.Background()
	s := newServer(serveOptions{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	var err error
	if s.store, err = sqlite.Open(ctx, sqlite.Options{Folder: t.TempDir(), Now: time.Now, Schema: archive.Schema()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.store.Close() })
	fillWithAges(t, s.store, time.Hour, 20*24*time.Hour, 80*24*time.Hour, 400*24*time.Hour)
	for _, c := range []struct{ recordDays, detectionDays, records, detections int }{
		{0, 0, 2, 3}, // the defaults: 30 and 90 days
		{10, 30, 1, 2},
	} {
		set(t, s.store, "retention_days_records", c.recordDays)
		set(t, s.store, "retention_days_detections", c.detectionDays)
		if err := s.retainRecords(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.purge(ctx); err != nil {
			t.Fatal(err)
		}
		kept, err := s.store.Records.Size(ctx)
		page, err2 := s.store.Detections.Search(ctx, store.DetectionQuery{Limit: 10})
		if err != nil || err2 != nil || int(kept.Records) != c.records || len(page.Items) != c.detections {
			t.Errorf("%+v: %d records and %d detections are left (%v, %v)", c, kept.Records, len(page.Items), err, err2)
		}
	}
	set(t, s.store, "retention_days_records", -1)
	if err := s.retainRecords(ctx); err == nil {
		t.Error("a setting that makes no sense deletes")
	}
}

func fillWithAges(t *testing.T, s *store.Store, ages ...time.Duration) {
	t.Helper()
	for i, age := range ages {
		at := time.Now().Add(-age).UTC()
		line := fmt.Sprintf(`{"ts":%d.5,"uid":"C%d","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":2,"proto":"tcp"}`, at.Unix(), i)
		if err := s.Records.Append(context.Background(), store.Row{Kind: "conn", Time: at, UID: fmt.Sprint("C", i), Line: []byte(line)}); err != nil {
			t.Fatal(err)
		}
		d := events.Detection{
			ID: fmt.Sprint("d", i), Type: "recon.port_scan", Title: "Port scan", Category: "recon", Description: "x", Triage: events.Triage{Status: events.StatusOpen},
			Risk: events.Risk{Score: 50, Band: "medium"}, Start: at, Update: at, End: &at, DetectorVersion: 1,
			Participants: []events.Participant{{Role: "offender", Address: netip.MustParseAddr("10.0.0.1")}},
		}
		if _, err := s.Detections.Put(context.Background(), d); err != nil {
			t.Fatal(err)
		}
	}
}

func set(t *testing.T, s *store.Store, name string, days int) {
	t.Helper()
	if days == 0 {
		return
	}
	c := store.Collection[store.Parameter]{Kind: store.KindParameter, Documents: s.Documents}
	if _, err := c.Put(context.Background(), store.Item[store.Parameter]{ID: name, Value: store.Parameter{Values: []string{fmt.Sprint(days)}}}, store.Always, nil); err != nil {
		t.Fatal(err)
	}
}
