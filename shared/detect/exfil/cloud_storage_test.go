package exfil

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// cloudTalkOf is a handshake with a service, and the conversation's end.
func cloudTalkOf(at time.Duration, name string, out, in uint64) []events.Record {
	c := sent(at, inside, outside, out, in)
	return []events.Record{&events.SSL{Head: c.Head, ServerName: name, Established: true}, c}
}

func cloudJudge(d detect.Detector, records ...events.Record) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

func TestCloudStorage(t *testing.T) {
	own := CloudStorageDefaults()
	own.Allowed = []string{"dropbox.com"}
	cases := []struct {
		name    string
		tune    CloudStorageTunables
		records []events.Record
		found   bool
	}{
		{"at the threshold", CloudStorageDefaults(), cloudTalkOf(0, "g.api.mega.co.nz", 2_000_000, 1_000_000), true},
		{"just below", CloudStorageDefaults(), cloudTalkOf(0, "g.api.mega.co.nz", 1_999_999, 0), false},
		{"in two", CloudStorageDefaults(), append(cloudTalkOf(0, "mega.nz", 1_000_000, 0), cloudTalkOf(time.Minute, "mega.nz", 1_000_000, 0)...), true},
		{"rested between", CloudStorageDefaults(), append(cloudTalkOf(0, "mega.nz", 1_000_000, 0), cloudTalkOf(7*time.Hour, "mega.nz", 1_000_000, 0)...), false},
		// The innocent twins.
		{"a download", CloudStorageDefaults(), cloudTalkOf(0, "mega.nz", 2_000_000, 1_000_001), false},
		{"the house's own", own, cloudTalkOf(0, "www.dropbox.com", 5_000_000, 0), false},
		{"no storage", CloudStorageDefaults(), cloudTalkOf(0, "www.example.com", 5_000_000, 0), false},
	}
	for _, c := range cases {
		if found := cloudJudge(NewCloudStorage(c.tune), c.records...); len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: an interim record added to its own successor, and an alert a record.
func TestCloudStorageOnce(t *testing.T) {
	d := NewCloudStorage(CloudStorageDefaults())
	list := growing(9, 500_000)
	records := []events.Record{&events.SSL{Head: list[0].Head, ServerName: "mega.nz"}}
	for _, c := range list {
		records = append(records, c)
	}
	if found := cloudJudge(d, records...); len(found) != 1 || found[0].Properties["bytes_out"] != uint64(2_000_000) {
		t.Fatalf("%+v", found)
	}
	if last := d.LastWords(d.report); len(last) != 1 || last[0].Properties["bytes_out"] != uint64(4_500_000) {
		t.Errorf("%+v", last)
	}
}
