package main

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	memstore "github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

func runFor(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func settingsFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tuning.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTuningCheck(t *testing.T) {
	good := settingsFile(t, "parameters: {gateways: [10.0.0.1]}\ndetectors: {recon.port_scan: {ports: 30}}\n")
	if code, out, errs := runFor(t, "tuning", "check", good); code != exitDone || !strings.Contains(out, "1 gateways, 0 DNS servers, 0 own roles, 0 planned changes, 1 settings of 1 detectors") || errs != "" {
		t.Errorf("%d %q %q", code, out, errs)
	}
	bad := settingsFile(t, "detectors:\n  recon.port_scan:\n    ports: 0\n    idle: 2m\n")
	code, out, errs := runFor(t, "tuning", "check", bad)
	if code != exitInput || !strings.Contains(errs, `tuning.yaml:3: detectors.recon.port_scan: ports: "0" is not a whole number from 2`) || !strings.Contains(out, "1 settings") {
		t.Errorf("%d %q %q", code, out, errs)
	}
	if code, _, errs := runFor(t, "tuning", "check", filepath.Join(t.TempDir(), "none.yaml")); code != exitUsage || !strings.Contains(errs, "none.yaml") {
		t.Errorf("a file that is not there: %d %q", code, errs)
	}
}

// TestTuningTakesHold: a threshold that nothing reaches silences the detector, one setting that makes no sense is told of and the rest holds.
func TestTuningTakesHold(t *testing.T) {
	capture := "../../test/replay/portscan-connect.pcap"
	if _, err := os.Stat(capture); err != nil {
		t.Fatal(err)
	}
	_, plain, _ := runFor(t, "read", "--json", capture)
	if !strings.Contains(plain, `"recon.port_scan"`) {
		t.Fatalf("nothing to silence: %.200s", plain)
	}
	file := settingsFile(t, "detectors:\n  recon.port_scan: {ports: 65535, ephemeral: 65535, crafted: 100000, pairs: 1}\n")
	code, tuned, errs := runFor(t, "read", "--json", "--tuning", file, capture)
	if code != exitDone || strings.Contains(tuned, `"recon.port_scan"`) || !strings.Contains(errs, `tuning.yaml:2: detectors.recon.port_scan: pairs: "1"`) {
		t.Errorf("%d %.200s %s", code, tuned, errs)
	}
	off := settingsFile(t, "detectors: {recon.port_scan: {enabled: false}}\n")
	if _, tuned, _ := runFor(t, "read", "--json", "--tuning", off, capture); strings.Contains(tuned, `"recon.port_scan"`) {
		t.Errorf("switched off, and raised: %.200s", tuned)
	}
}

func TestDetectionsCommand(t *testing.T) {
	if code, out, _ := runFor(t, "detections", "list"); code != exitDone || !strings.Contains(out, "recon.port_scan") || !strings.Contains(out, "T1046") {
		t.Errorf("%d %s", code, out)
	}
	file := settingsFile(t, "detectors: {recon.port_scan: {ports: 31}}\n")
	if code, out, _ := runFor(t, "detections", "show", "recon.port_scan", "--tuning", file); code != exitDone || !strings.Contains(out, "31 (default 20)") {
		t.Errorf("%d %s", code, out)
	}
	if code, out, _ := runFor(t, "detections", "show", "recon.port_scan", "--json"); code != exitDone || !strings.Contains(out, `"allowed": "a whole number from 2 to 65535"`) {
		t.Errorf("%d %s", code, out)
	}
	if code, _, errs := runFor(t, "detections", "show", "recon.port_scam"); code != exitUsage || !strings.Contains(errs, "port_scam") {
		t.Errorf("%d %s", code, errs)
	}
}

// TestKnownSite: what is stored joins what the command line said, and reaches the model at the next turn.
func TestKnownSite(t *testing.T) {
	s := memstore.New(memstore.Options{Now: time.Now})
	docs := store.Collection[store.Parameter]{Kind: store.KindParameter, Documents: s.Documents}
	ctx := context.Background()
	for name, values := range map[string][]string{store.Gateways: {"10.0.0.1"}, store.DetectorSettings: {"recon.port_scan.ports=30", "recon.port_scam.ports=1"}} {
		if _, err := docs.Put(ctx, store.Item[store.Parameter]{ID: name, Value: store.Parameter{Values: values}}, store.Always, nil); err != nil {
			t.Fatal(err)
		}
	}
	var complaints []string
	set, err := storedSettings(ctx, s.Documents, func(line string) { complaints = append(complaints, line) })
	if err != nil || set.Detectors["recon.port_scan"]["ports"] != "30" || len(complaints) != 1 || !strings.Contains(complaints[0], "port_scam") {
		t.Errorf("%+v, %v, %q", set, err, complaints)
	}
	var k knownSite
	k.fixed.Known.TrustedDomains = []string{"example.com"}
	model := device.New(device.Options{})
	k.set(set.Known)
	k.turn(model)
	if v := model.View().Known(); !v.Trusted("example.com") || !v.Gateway(netip.MustParseAddr("10.0.0.1")) {
		t.Errorf("known: %+v", v)
	}
}
