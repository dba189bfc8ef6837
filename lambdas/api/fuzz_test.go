package api

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/apifuzz"
)

// TestNothingThatTheContractAllowsBreaksIt asks every operation many things, sensible and not. MIRRORWATCH_FUZZ_REQUESTS asks more of
// each, and MIRRORWATCH_FUZZ_SEED others.
func TestNothingThatTheContractAllowsBreaksIt(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Timeout = time.Minute })
	if _, _, err := w.local.FirstRun(context.Background()); err != nil {
		t.Fatal(err)
	}
	scene(w)
	w.chained()
	w.devices()
	w.history("10.20.1.15", 4, 100, 200)
	w.conns("10.20.1.15 10.20.2.7 ssh 100 1000", "10.20.1.15 203.0.113.10 - 7 8")
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	report, err := apifuzz.Run(context.Background(), apifuzz.Options{
		Document: w.table.spec, Handler: w.handler, Seed: uint64(number("MIRRORWATCH_FUZZ_SEED", 1)), Requests: number("MIRRORWATCH_FUZZ_REQUESTS", 24),
		Sign: func(r *http.Request) { r.Header.Set("Test-As", "admin+packets") },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
	for id, classes := range report.Reached {
		if classes[2]+classes[3]+classes[4] == 0 {
			t.Errorf("%s was never answered", id)
		}
	}
	t.Logf("%d requests: %v", report.Requests, report.Statuses)
}
