package apifuzz

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// TestNoFault asks the whole API, on a filled SQLite store, as an administrator: no answer may be of 500 or above, and each must be
// what openapi.yaml promises. MIRRORWATCH_FUZZ_REQUESTS says how often each operation is asked; MIRRORWATCH_FUZZ_SEED how.
func TestNoFault(t *testing.T) {
	requests, seed := number("MIRRORWATCH_FUZZ_REQUESTS", 24), number("MIRRORWATCH_FUZZ_SEED", 1)
	handler := whole(t)
	doc, err := gen.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(context.Background(), Options{
		Document: doc, Handler: handler, Seed: uint64(seed), Requests: requests,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
	good := 0
	for op, classes := range report.Reached {
		if good += classes[2]; classes[2] == 0 {
			t.Logf("never got a good answer: %s %v", op, classes)
		}
	}
	t.Logf("%d requests of %d operations, statuses %v, seed %d", report.Requests, len(report.Reached), report.Statuses, seed)
	if good*5 < report.Requests {
		t.Errorf("only %d of %d answers were good: the fuzzer stays before the first door", good, report.Requests)
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// administrator lets everybody in as one who may everything, so that no answer to an earlier request ends the run.
type administrator struct{}

func (administrator) Authenticate(*http.Request) (signin.Principal, error) {
	return signin.Principal{Name: signin.FirstUser, Kind: "user", Role: store.RoleAdmin, Packets: true}, nil
}

// whole makes an API with everything behind it.
func whole(t *testing.T) http.Handler {
	t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Folder: t.TempDir(), Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	fill(t, s)
	accounts, err := signin.New(signin.Options{Documents: s.Documents, Audit: s.Audit, Now: time.Now, FailureFloor: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := accounts.FirstRun(ctx); err != nil {
		t.Fatal(err)
	}
	h, err := api.New(api.Options{
		Store: s, Authenticator: administrator{}, Accounts: accounts, Catalogue: detectors.Specs(), Fields: archive.Schema(), Now: time.Now, Version: "test",
		Notifier: notify.New(notify.Options{Documents: s.Documents, Now: time.Now, Channels: notify.Channels(notify.ChannelOptions{Folder: t.TempDir(), Timeout: time.Second})}),
		Health: func(context.Context) ([]events.Health, error) {
			return []events.Health{{Sensor: "s1", Healthy: true, Since: time.Now().UTC()}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// fill stores some of everything, of the last hours.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, now := context.Background(), time.Now().UTC().Truncate(time.Second)
	var detections []events.Detection
	var rows []store.Row
	var devices []events.Device
	for i := range 200 {
		at := now.Add(-time.Duration(i) * 10 * time.Minute)
		d := storetest.Detection(i, at)
		detections = append(detections, d)
		for _, p := range d.Participants {
			devices = append(devices, events.Device{ID: p.Device, Address: p.Address, External: p.External, FirstSeen: at, LastSeen: at})
		}
	}
	for i := range 2000 {
		rows = append(rows, storetest.Record(i, now.Add(-time.Duration(i)*time.Minute)))
	}
	if _, err := s.Detections.Put(ctx, detections...); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"records": s.Records.Append(ctx, rows...), "devices": s.Devices.Put(ctx, devices...),
		"samples": s.Devices.Observe(ctx, samples(devices, now)...), "binding": bind(ctx, s, now),
	} {
		if err != nil {
			t.Fatalf("store %s: %v", what, err)
		}
	}
}

func samples(devices []events.Device, now time.Time) (list []events.Sample) {
	for i := range min(20, len(devices)) {
		for m := range 120 {
			at := now.Truncate(time.Minute).Add(-time.Duration(m) * time.Minute)
			list = append(list, events.Sample{Device: devices[i].ID, Time: at, Metrics: map[string]float64{"bytes_out": float64(m * i), "connections": 3}})
		}
	}
	return list
}

func bind(ctx context.Context, s *store.Store, now time.Time) error {
	for vni := range uint32(5) {
		name := fmt.Sprint("eni-", vni)
		if err := s.Mirror.Bind(ctx, events.Binding{VNI: vni + 1, Interface: name, From: now.Add(-time.Hour)}); err != nil {
			return err
		}
		if _, err := s.Mirror.PutCoverage(ctx, events.Coverage{Interface: name, VNI: vni + 1, State: events.CoverageMirrored, Changed: now}); err != nil {
			return err
		}
	}
	return store.PutCoverageTrend(ctx, s.Documents, store.ShareCoverage([]events.Coverage{{VPC: "vpc-1", State: events.CoverageMirrored}}, now, nil))
}
