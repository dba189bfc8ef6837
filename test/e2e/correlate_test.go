package e2e

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket/pcapgo"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const (
	flowLog  = "123456789012_vpcflowlogs_eu-central-1_fl-0a1b2c3d_20261123T0900Z_%s.log.gz"
	trailLog = "123456789012_CloudTrail_eu-central-1_20261123T0900Z_%s.json.gz"
	flowHead = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
	holdings = `{"holdings":[{"interface":"eni-0a000000000000001","account":"123456789012","region":"eu-central-1","vpc":"vpc-1","instance":"i-0a1b2c3d4e5f60001","name":"shop-1",
 "role":"web-role","addresses":["10.20.2.90"],"public_addresses":["203.0.113.200"],"from":"2026-01-01T00:00:00Z"}]}`
)

// TestJoinedWhileItRuns: packets and logs of AWS meet in a server that runs, is killed in the middle and starts again. What is written slowly is
// not read half, what comes late completes what was there, and nothing is there twice.
func TestJoinedWhileItRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole servers, which the race detector does not see")
	}
	dir, folder := t.TempDir(), t.TempDir()
	flows, trails := filepath.Join(dir, "flows"), filepath.Join(dir, "trail")
	for _, d := range []string{flows, trails} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	inventory := filepath.Join(dir, "inventory.json")
	drop(t, inventory, []byte(holdings))
	side := freeTCP(t)
	flags := []string{"--hurry", "--flow-logs", flows, "--cloudtrail", trails, "--inventory", inventory, "--side", side}
	drop(t, filepath.Join(flows, fmt.Sprintf(flowLog, "early")), packed(flowHead+flow(time.Now().Add(-time.Hour), 50001)))
	r := serve(t, folder, flags...)
	key := r.key()
	wait(t, time.Minute, "inventory and first log are read", func() bool { return metric(side, "aws_files_total") == "2" })

	began := time.Now()
	r.replay("web-ssrf.pcap")
	var first events.Detection
	wait(t, time.Minute, "the detection has its context", func() bool {
		d, ok := r.find(key, "access.ssrf_metadata")
		first = d
		return ok && d.Context != nil
	})
	if s := source(first, events.SourceFlowLogs); s != events.SourceWaiting && s != events.SourceMissing {
		t.Errorf("flow logs are %s before they came", s)
	}
	if len(first.Context.Who) < 2 || !strings.Contains(fmt.Sprint(first.Context.Who), "shop-1") {
		t.Errorf("who %+v", first.Context.Who)
	}

	late := packed(flowHead + flow(began, 40001) + flow(began.Add(25*time.Minute), 50002))
	path := filepath.Join(flows, fmt.Sprintf(flowLog, "late"))
	write(t, path, late[:len(late)/2])
	time.Sleep(1500 * time.Millisecond) // several looks at it
	if n := metric(side, "aws_files_total"); n != "2" {
		t.Errorf("%s files were read, with one that is written still", n)
	}
	write(t, path, late)
	wait(t, time.Minute, "what came late completes the context", func() bool {
		d, ok := r.find(key, "access.ssrf_metadata")
		return ok && d.Context != nil && d.Context.Flows != nil && d.Context.Flows.Accepted.Records > 0 && source(d, events.SourceFlowLogs) == events.SourceComplete
	})
	if bad := metric(side, "aws_skipped_total") + metric(side, "aws_failed_total"); bad != "00" || metric(side, "correlate_again_total") == "0" {
		t.Errorf("skipped and failed %s, again %s: %s", bad, metric(side, "correlate_again_total"), r.Log)
	}
	drop(t, filepath.Join(trails, fmt.Sprintf(trailLog, "Mu0KsOhtH1ar15ZZ")), packed(theft(began.Add(5*time.Second))))
	r.Kill() // before, while or after it reads that

	r = serve(t, folder, flags...)
	var stolen events.Detection
	wait(t, time.Minute, "the theft is found, and all is one incident", func() bool {
		var ok bool
		stolen, ok = r.find(key, "access.stolen_role_credentials")
		d, _ := r.find(key, "access.ssrf_metadata")
		return ok && stolen.Context != nil && stolen.Context.Incident != "" && d.Context != nil && d.Context.Incident == stolen.Context.Incident
	})
	before := r.types(key)
	r.Kill()
	r = serve(t, folder, flags...)
	time.Sleep(2 * time.Second)
	if after := r.types(key); fmt.Sprint(after) != fmt.Sprint(before) || after["access.stolen_role_credentials"] != 1 || after["access.ssrf_metadata"] != 1 {
		t.Errorf("after a start %v, before %v", after, before)
	}
	d, _ := r.find(key, "access.ssrf_metadata")
	if d.Context.Flows == nil || d.Context.Flows.Accepted.Records != 1 {
		t.Errorf("the one flow was counted as %+v", d.Context.Flows)
	}
	var incidents struct{ Items []events.Incident }
	r.as(key).must("GET", "/v1/incidents", nil, &incidents)
	if len(incidents.Items) != 1 {
		t.Fatalf("incidents %+v", incidents.Items)
	}
	var whole events.Incident // a list leaves the members out
	r.as(key).must("GET", "/v1/incidents/"+incidents.Items[0].ID, nil, &whole)
	if len(whole.Members) != 3 {
		t.Errorf("members %+v", whole.Members)
	}
	r.stop()
}

// flow is a line of a flow log: somebody outside asks the shop.
func flow(at time.Time, port int) string {
	return fmt.Sprintf("2 123456789012 eni-0a000000000000001 203.0.113.70 10.20.2.90 %d 80 6 9 900 %d %d ACCEPT OK\n", port, at.Unix(), at.Unix()+10)
}

// theft is what CloudTrail says of the shop's role: used by the shop, and then from elsewhere.
func theft(at time.Time) string {
	const record = `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE:i-0a1b2c3d4e5f60001","arn":"arn:aws:sts::123456789012:assumed-role/web-role/i-0a1b2c3d4e5f60001","accountId":"123456789012",` +
		`"accessKeyId":"ASIAEXAMPLE000000001","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::123456789012:role/web-role","accountId":"123456789012","userName":"web-role"},"ec2RoleDelivery":"1.0"}},` +
		`"eventTime":%q,"eventSource":%q,"eventName":%q,"awsRegion":"eu-central-1","sourceIPAddress":%q,"userAgent":"aws-cli/2.17.0","eventID":"00000000-0000-4000-8000-00000000000%d","readOnly":true,` +
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management"}`
	var list []string
	for i, c := range []struct {
		after               time.Duration
		service, name, from string
	}{
		{-20 * time.Minute, "ec2", "DescribeTags", "203.0.113.200"}, {-10 * time.Minute, "ec2", "DescribeTags", "203.0.113.200"},
		{0, "sts", "GetCallerIdentity", "198.51.100.7"}, {20 * time.Second, "s3", "ListBuckets", "198.51.100.7"},
	} {
		list = append(list, fmt.Sprintf(record, at.Add(c.after).UTC().Format(time.RFC3339), c.service+".amazonaws.com", c.name, c.from, i))
	}
	return `{"Records":[` + strings.Join(list, ",") + `]}`
}

func packed(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text) //nolint:errcheck // memory
	z.Close()               //nolint:errcheck // memory
	return b.Bytes()
}

// drop puts a file where it is to be, whole.
func drop(t *testing.T, path string, b []byte) {
	t.Helper()
	write(t, path+".part", b)
	if err := os.Rename(path+".part", path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// replay sends the frames of a capture of test/replay as a mirror does, as they would come now.
func (r *running) replay(name string) {
	r.t.Helper()
	m, err := dialMirror(r.packets)
	if err != nil {
		r.t.Fatal(err)
	}
	defer m.conn.Close()
	f, err := os.Open(filepath.Join("..", "replay", name))
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	in, err := pcapgo.NewReader(f)
	if err != nil {
		r.t.Fatal(err)
	}
	for {
		frame, _, err := in.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = m.send(frame)
		}
		if err != nil {
			r.t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// find gives the one detection of a type.
func (r *running) find(key, kind string) (events.Detection, bool) {
	var page struct{ Items []events.Detection }
	if err := r.as(key).do("GET", "/v1/detections?type="+kind, nil, &page); err != nil || len(page.Items) != 1 {
		return events.Detection{}, false
	}
	return page.Items[0], true
}

// types counts detections by type.
func (r *running) types(key string) map[string]int {
	r.t.Helper()
	var page struct{ Items []events.Detection }
	r.as(key).must("GET", "/v1/detections?limit=1000&hidden=include", nil, &page)
	n := map[string]int{}
	for _, d := range page.Items {
		n[d.Type]++
	}
	return n
}

func source(d events.Detection, s events.ContextSource) events.SourceStatus {
	for _, one := range d.Context.Sources {
		if one.Source == s {
			return one.Status
		}
	}
	return ""
}

// metric gives the value of a metric of the side port; "" where there is none.
func metric(side, name string) string {
	w, err := http.Get("http://" + side + "/metrics")
	if err != nil {
		return ""
	}
	defer w.Body.Close()
	b, _ := io.ReadAll(w.Body)
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, "mirrorwatch_"+name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
