package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/sensor/replay"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/test/firehosefake"
)

// TestSensorShipsRecords has a sensor send its records to Firehose, which is down when it starts: /healthz stays green and says so, and in the
// end what was sent is what the logs hold.
func TestSensorShipsRecords(t *testing.T) {
	far := firehosefake.Start(t, "mw-records")
	far.Down("ServiceUnavailableException")
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL": far.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		deploy.Records: "mw-records", deploy.Table: "",
	} {
		t.Setenv(k, v)
	}
	scene, err := replay.Load(filepath.Join(replayFolder, "ssh-brute-two-vnis.pcap.gz"), 1)
	if err != nil {
		t.Fatal(err)
	}
	scenes := []*replay.Scene{scene}
	start := replay.Lay(scenes, 0, time.Now().Add(-5*time.Minute))
	clock := replay.NewClock(start.Add(-time.Second), time.Now)
	var printed, told bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&printed)
	cmd.SetErr(&told)
	logs := t.TempDir()
	o := sensorOptions{options: options{workers: 2, logs: logs}, listen: freePort(t, "udp"), side: freePort(t, "tcp"), spool: t.TempDir(), clock: clock.Now, wrap: clock.Source}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- watch(ctx, cmd, o) }()
	waitFor(t, "http://"+o.side+"/metrics", "mirrorwatch_archive_sent_total 0\n")
	player := &replay.Player{Clock: clock}
	if err := player.Play(ctx, o.listen, scenes); err != nil {
		t.Fatalf("%v\n%s", err, told.String())
	}
	if err := player.Done(ctx); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "http://"+o.side+"/metrics", "mirrorwatch_archive_down 1\n")
	if code, body := get(t, "http://"+o.side+"/healthz"); code != 200 || !strings.Contains(body, "records: put to mw-records") {
		t.Errorf("/healthz: %d %s", code, body)
	}
	far.Down("")
	waitFor(t, "http://"+o.side+"/metrics", "mirrorwatch_archive_down 0\n")
	stop()
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, told.String())
	}
	if want, got := logged(t, logs), shipped(t, far); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d records were sent, %d are in the logs\n%s", len(got), len(want), told.String())
	}
	if !strings.Contains(told.String(), "Firehose takes records again") {
		t.Errorf("told %s", told.String())
	}
}

// logged gives the lines of all logs, sorted, each behind the name of its log.
func logged(t *testing.T, dir string) (list []string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			list = append(list, strings.TrimSuffix(filepath.Base(file), ".log")+" "+strings.TrimSpace(line))
		}
	}
	slices.Sort(list)
	return list
}

// shipped gives the same of what Firehose took.
func shipped(t *testing.T, far *firehosefake.Fake) (list []string) {
	t.Helper()
	for _, line := range far.Lines(t) {
		kind, _, _ := strings.Cut(strings.TrimPrefix(line, `{"_path":"`), `"`)
		list = append(list, kind+" {"+line[strings.Index(line, `"ts":`):])
	}
	slices.Sort(list)
	return list
}
