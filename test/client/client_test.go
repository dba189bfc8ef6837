package client

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/sqlite"
	"github.com/mirrorwatch/mirrorwatch/test/e2e"
	"github.com/mirrorwatch/mirrorwatch/test/furnish"
)

const document = "../../lambdas/api/openapi.yaml"

// otherwise are the operations that cannot go well here, and how each is answered instead.
func otherwise() map[string]int {
	return map[string]int{
		"getPackets":     404, // no packets are kept yet: a problem that says so
		"makeMirrorPlan": 409, // no mirror loop runs here: one that says what to run instead
	}
}

// TestEveryPage makes a client of the document, checks its types, and has it walk through every page of the console. Every answer must
// be what the document promises, and every operation of the document must have been called.
func TestEveryPage(t *testing.T) {
	dir := made(t)
	folder := t.TempDir()
	fill(t, folder)
	t.Cleanup(e2e.Clean)
	server := e2e.Start(t, "demo", "../replay", "--data", folder, "--http", "127.0.0.1:0", "--sensor-name", "lab", "--workers", "2")
	doc, err := openapi3.NewLoader().LoadFromFile(document)
	if err != nil {
		t.Fatal(err)
	}
	witness, err := NewWitness(doc, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(witness)
	defer front.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	walk := exec.CommandContext(ctx, "node", "--enable-source-maps", filepath.Join(dir, "out", "main.js"))
	walk.Env = append(os.Environ(), "MIRRORWATCH_URL="+front.URL, "MIRRORWATCH_PASSWORD="+server.Password)
	out, err := walk.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("walk: %v\nthe server's log: %s", err, server.Log)
	}
	check(t, doc, witness)
}

// check looks at what the witness saw.
func check(t *testing.T, doc *openapi3.T, w *Witness) {
	t.Helper()
	faults, answers := w.Faults()
	for _, f := range faults {
		t.Error("not as the document promises: " + f)
	}
	called, exceptions := 0, otherwise()
	for _, path := range doc.Paths.Map() {
		for _, op := range path.Operations() {
			status, excepted := exceptions[op.OperationID]
			switch well := w.Succeeded(op.OperationID); {
			case !well && !excepted:
				t.Errorf("%s was never called, or never went well", op.OperationID)
			case well && excepted:
				t.Errorf("%s went well: it is no exception any more", op.OperationID)
			case excepted && !w.Answered(op.OperationID, status):
				t.Errorf("%s was never answered with %d", op.OperationID, status)
			default:
				called++
			}
		}
	}
	t.Logf("%d operations called, %d of them excepted; %d answers held against the document", called, len(exceptions), answers)
}

// made makes the client in a folder of its own: types from the document, the program checked and translated.
func made(t *testing.T) string {
	t.Helper()
	modules := installed(t)
	dir := t.TempDir()
	sources, err := filepath.Glob("src/*")
	if err != nil || len(sources) < 5 {
		t.Fatalf("sources: %v, %v", sources, err)
	}
	for _, path := range append(sources, "package.json") {
		b, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(path)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	spec, err := filepath.Abs(document)
	if err != nil {
		t.Fatal(err)
	}
	run(t, dir, "node", "node_modules/openapi-typescript/bin/cli.js", spec, "--default-non-nullable=false", "-o", "api.d.ts")
	run(t, dir, "node", "node_modules/typescript/bin/tsc", "-p", ".")
	return dir
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args[0], err, out)
	}
	t.Logf("%s: %s", filepath.Base(args[0]), time.Since(began).Round(100*time.Millisecond))
}

// installed finds what setup.sh has put into the cache.
func installed(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(cache, "mirrorwatch", "client")
	want, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	have, _ := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	switch _, err := exec.LookPath("node"); {
	case err != nil:
		missing(t, "node is not installed: apt-get install nodejs npm (20 or newer), then test/client/setup.sh")
	case !bytes.Equal(have, want):
		missing(t, "the client's packages are not installed: run test/client/setup.sh")
	}
	return filepath.Join(folder, "node_modules")
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("MIRRORWATCH_REQUIRE_ALL") != "" {
		t.Fatal(what)
	}
	t.Skip("SKIPPED, NO GENERATED CLIENT IS TESTED: " + what)
}

// fill stores what no capture can hold: what an inventory knows of interfaces, and how a host behaved in the days before.
func fill(t *testing.T, folder string) {
	t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Folder: folder, Now: time.Now, Schema: archive.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Hour)
	_, err = s.Mirror.PutCoverage(ctx,
		events.Coverage{Interface: "eni-0good", Account: "111122223333", Region: "eu-central-1", VPC: "vpc-0a", State: "mirrored", VNI: 9001, Changed: now, Tags: map[string]string{"Env": "prod"}},
		events.Coverage{
			Interface: "eni-0bad", Account: "111122223333", Region: "eu-central-1", VPC: "vpc-0a", State: "unsupported_type", Changed: now,
			Reason: "t2.micro cannot be mirrored.", Fix: "Change the instance to a type of the Nitro system.",
		})
	if err == nil {
		before, end := now.Add(-48*time.Hour), now.Add(-24*time.Hour)
		b := events.Binding{VNI: 9001, Interface: "eni-0old", VPC: "vpc-0a", Addresses: []netip.Addr{netip.MustParseAddr("10.20.9.1")}, From: before}
		if err = s.Mirror.Bind(ctx, b); err == nil {
			err = s.Mirror.Release(ctx, 9001, end)
		}
		if err == nil {
			err = s.Mirror.Bind(ctx, events.Binding{VNI: 9001, Interface: "eni-0new", VPC: "vpc-0a", From: end})
		}
	}
	if err == nil {
		h := events.Heard{VNI: 9001, Sensor: "gone", Since: now.Add(-time.Hour), LastSeen: now, Packets: 400, Bytes: 40_000, Gaps: 8, Interface: "eni-0new"}
		h.Faults = []events.HeardFault{events.HeardGaps}
		err = s.Mirror.Hear(ctx, h)
	}
	for _, ago := range []time.Duration{40 * 24 * time.Hour, 2 * time.Hour, time.Hour} {
		if err == nil {
			err = store.PutCoverageTrend(ctx, s.Documents, trend(now.Add(-ago), ago))
		}
	}
	if err == nil {
		var sender string
		if sender, err = furnish.Sender("../replay"); err == nil {
			err = s.Devices.Observe(ctx, furnish.Past(sender, now)...)
		}
	}
	if err == nil {
		err = errors.Join(furnish.Enriched(ctx, s, now), furnish.Planned(ctx, s, now))
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// trend is what was counted some time ago: of two interfaces one is watched, in the last two hours.
func trend(at time.Time, ago time.Duration) store.CoverageTrend {
	list := []events.Coverage{{VPC: "vpc-0a", Account: "111122223333", State: "unsupported_type"}, {VPC: "vpc-0a", Account: "111122223333", State: "silent"}}
	if ago < 24*time.Hour {
		list[1].State, list[1].Tags = "mirrored", map[string]string{"Env": "prod"}
	}
	return store.ShareCoverage(list, at, []string{"env"})
}

// TestPackagesNameNoHost: where packages come from is for whoever installs them to say.
func TestPackagesNameNoHost(t *testing.T) {
	b, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.DeleteFunc(strings.Split(string(b), "\n"), func(line string) bool { return !strings.Contains(line, "://") && !strings.Contains(line, `"resolved"`) })
	if len(bad) > 0 {
		t.Errorf("package-lock.json names a host: %s", bad[0])
	}
}
