package deployed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// ended ends the sensor, which sends what it still has: the records of the attack are with Firehose, and CloudWatch knows how it fared.
func (in *installation) ended(t *testing.T, _ context.Context) {
	in.sensor.stop(t)
	seen := false
	for _, line := range in.records.Lines(t) {
		var head struct {
			Sensor string `json:"sensor"`
			VNI    uint32 `json:"vni"`
		}
		if err := json.Unmarshal([]byte(line), &head); err != nil || head.Sensor != "sensor-a" || head.VNI != in.vni {
			t.Errorf("%v: record %s", err, line)
		}
		seen = seen || strings.HasPrefix(line, `{"_path":"http"`) && strings.Contains(line, "${jndi:ldap://"+offender)
	}
	if _, faults := in.records.Requests(); !seen || len(faults) > 0 {
		t.Errorf("the attack is among the records: %v; Firehose was asked in vain: %q", seen, faults)
	}
	metrics := in.aws.Metrics() // the last word at least: the others come once a minute
	for _, name := range []string{"Drops", "NotStored"} {
		if n, told := metrics["Mirrorwatch/Sensor "+name]; !told || n != 0 {
			t.Errorf("CloudWatch was told %v", metrics)
		}
	}
}

// archived has Firehose deliver what it took. The archive has then what the capture's golden file counts, but for ARP, which a mirror does
// not carry. Athena is not here, so that nobody asks for records by way of the API.
func (in *installation) archived(t *testing.T, ctx context.Context) {
	object := fmt.Sprintf("incoming/%s/%s-records-1-0a1b2c3d", time.Now().UTC().Format("2006/01/02/15"), named)
	if err := in.bucket.Put(object, in.records.Object()); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, 30*time.Second, "the function has written the archive", func() error {
		if !in.arrivals.Dealt("incoming") {
			return fmt.Errorf("%d objects wait", in.arrivals.Len())
		}
		return nil
	}, in.functions["archive"].Logs)
	kinds := map[string]int{}
	for key, object := range in.bucket.Objects() {
		rest, ours := strings.CutPrefix(key, "records/kind=")
		kind, _, _ := strings.Cut(rest, "/")
		switch {
		case strings.HasPrefix(key, "incoming/"):
		case !ours:
			t.Errorf("object %s\n%s", key, in.functions["archive"].Logs())
		default:
			rows, err := archive.Read(bytes.NewReader(object), int64(len(object)), events.Kind(kind))
			if err != nil {
				t.Errorf("%s: %v", key, err)
			}
			kinds[kind] += len(rows)
		}
	}
	for kind, n := range map[string]int{"conn": 4, "http": 3, "ldap": 2, "ldap_search": 1} {
		if kinds[kind] != n {
			t.Errorf("%d records %s in the archive, want %d: %v", kinds[kind], kind, n, kinds)
		}
	}
}
