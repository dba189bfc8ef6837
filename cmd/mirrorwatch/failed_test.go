package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// Catches: a detector that is off and nobody is told, or told of at every look.
func TestFailedDetectorsAreToldOnce(t *testing.T) {
	var log bytes.Buffer
	k := &keeper{log: slog.New(slog.NewTextHandler(&log, nil))}
	if why := k.failed(nil); why != "" || log.Len() > 0 {
		t.Errorf("nothing failed: %q, logged %s", why, &log)
	}
	list := []detect.Failure{{Type: "c2.beacon", Reason: "index out of range", Stack: "beacon.go:12"}}
	for range 3 {
		if why := k.failed(list); !strings.HasSuffix(why, "c2.beacon") {
			t.Errorf("reason %q", why)
		}
	}
	list = append(list, detect.Failure{Type: "c2.dga", Reason: "x"})
	k.failed(list)
	if n := strings.Count(log.String(), "switched off"); n != 2 || !strings.Contains(log.String(), "beacon.go:12") {
		t.Errorf("logged %d times:\n%s", n, &log)
	}
}
