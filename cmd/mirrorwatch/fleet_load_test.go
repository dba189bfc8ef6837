package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/fleet"
	"github.com/mirrorwatch/mirrorwatch/sensor/ship/firehose"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	memstore "github.com/mirrorwatch/mirrorwatch/shared/store/memory"

	aws "github.com/aws/aws-sdk-go-v2/service/firehose"
)

// takesNothing is Firehose on a bad day.
type takesNothing struct{}

// PutRecordBatch is firehose.Client.
func (takesNothing) PutRecordBatch(context.Context, *aws.PutRecordBatchInput, ...func(*aws.Options)) (*aws.PutRecordBatchOutput, error) {
	return nil, errors.New("not today")
}

// TestLoad holds what is told of a sensor against what it did: a capture with a known number of packets, records that nobody takes, and an
// end in which they are lost with the instance.
func TestLoad(t *testing.T) {
	shipper, err := firehose.New(firehose.Options{Client: takesNothing{}, Stream: "s", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	keep := newKeeper(memstore.New(memstore.Options{Now: time.Now, Schema: archive.Schema()}), nil, "s", slog.New(slog.DiscardHandler))
	if err := keep.rules.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := keep.pipeline(t.Context(), options{workers: 1, records: shipper}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &watching{keep: keep, p: p}
	check := &health{p: p, now: time.Now, trouble: keep.trouble}
	if got, want := w.load(check, false), (fleet.Load{Healthy: true}); got != want {
		t.Errorf("before anything came: %+v, want %+v", got, want)
	}
	if err := p.readFile(filepath.Join(replayFolder, "ssh-brute-two-vnis.pcap.gz")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.close(), keep.close(), within(time.Second, shipper.Close)); err != nil {
		t.Fatal(err)
	}
	got := w.load(check, false)
	if got.Packets != 768 || got.Bytes < 2*71472 || got.Drops != 0 || got.NotStored != 0 || got.Points != 2 || got.SpoolBytes == 0 || !got.Healthy {
		t.Errorf("after the capture: %+v", got)
	}
	w.ending.Store(true)
	if lost := w.load(check, true).NotStored; lost == 0 || int64(lost) != shipper.Stats().Spooled {
		t.Errorf("%d are lost with the disk, and %d lie there", lost, shipper.Stats().Spooled)
	}
}

// TestMost: whoever waits for the end of an instance gets all of it; nobody else is kept waiting.
func TestMost(t *testing.T) {
	w := &watching{}
	if got := w.most(stopRecords); got != stopRecords {
		t.Errorf("an end that nobody waits for may take %v", got)
	}
	w.ending.Store(true)
	if got := w.most(stopRecords); got != patience {
		t.Errorf("an end that the group waits for may take %v", got)
	}
}
