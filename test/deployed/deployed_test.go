package deployed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The bounds. Builds have one of their own: in a fresh clone most of them is compiling AWS's client of EC2, once.
const (
	buildBound = 8 * time.Minute
	bound      = 100 * time.Second
	look       = 50 * time.Millisecond // between two looks at whether something has happened
)

// timesFile is the variable that names a file to which the measured times are written: go test shows nothing of a package that passes.
const timesFile = "MIRRORWATCH_TIMES"

// TestDeployed is the way from a tag to an answer, stage by stage. Each stands on those before it.
func TestDeployed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole programs, which the race detector does not see")
	}
	os.Remove(os.Getenv(timesFile)) //nolint:errcheck // as a rule there is none; old times must not pass for new ones
	began := time.Now()
	building, stop := context.WithTimeout(t.Context(), buildBound)
	defer stop()
	programs, err := buildAll(building)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, building)
	t.Cleanup(w.close)
	prepared := time.Since(began)
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	in := w.deploy(t, ctx, programs)
	role, err := w.role(ctx, named+"-sensor")
	if err != nil {
		t.Fatal(err)
	}
	in.sensor = startSensor(t, ctx, programs["mirrorwatch"], w.aws, role)
	for _, stage := range []struct {
		name string
		do   func(*testing.T, context.Context)
	}{
		{"nothing is mirrored before anything is tagged", in.quiet},
		{"a notification rule is made by way of the API", in.rule},
		{"a tag makes a session", in.tag},
		{"somebody opens the door", in.door},
		{"an attack is mirrored, found, and answered by the API", in.attack},
		{"the detection has its context", in.correlated},
		{"the sensor has heard every packet", in.heardAll},
		{"it was published", in.published},
		{"one message went to the topic", in.notified},
		{"without the tag the session goes", in.untag},
		{"the sensor ends, and its records are with Firehose", in.ended},
		{"the records come into the archive", in.archived},
		{"a stack that is deleted takes its sessions with it", in.deleted},
		{"all of it went well", in.well},
	} {
		if !t.Run(stage.name, func(t *testing.T) { stage.do(t, ctx) }) {
			t.Fatalf("stopped after %q%s", stage.name, in.troubles())
		}
	}
	report(t, fmt.Sprintf("from tag to session %.2f s, of which %.0f s are the batch window of the queue; from packet to answered query %.2f s, with its context %.2f s; whole %.1f s, and before that %.1f s of building and starting DynamoDB Local",
		in.tagged.Seconds(), window.Seconds(), in.answered.Seconds(), in.rounded.Seconds(), (time.Since(began)-prepared).Seconds(), prepared.Seconds()))
}

// report tells the times where somebody sees them.
func report(t *testing.T, line string) {
	t.Helper()
	t.Log(line)
	path := os.Getenv(timesFile)
	if path == "" {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("test/deployed: "+line+"\n"), 0o644); err != nil {
		t.Error(err)
	}
}

// eventually looks until there is nothing wrong any more, and else fails with what was wrong last and whatever log tells more.
func eventually(t *testing.T, ctx context.Context, length time.Duration, what string, wrong func() error, log func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		err := wrong()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s: %v\n%s", length, what, err, log())
		case <-tick.C:
		}
	}
}

// troubles is what the parts have to say of what went wrong.
func (in *installation) troubles() string {
	var b strings.Builder
	for _, f := range in.aws.Faults() {
		b.WriteString("\nfault: " + f)
	}
	for name, f := range in.functions {
		if logs := errorsIn(f.Logs()); logs != "" {
			b.WriteString("\n" + name + " says:\n" + logs)
		}
	}
	return b.String()
}

// errorsIn gives the lines of a function's log that tell of errors or warnings.
func errorsIn(log string) string {
	var b strings.Builder
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, "panic") {
			b.WriteString(line)
		}
	}
	return b.String()
}
