package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/replay"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
)

// fleetTable starts DynamoDB Local with a table, and an environment in which the sensor finds both, as on an instance.
func fleetTable(t *testing.T) (*store.Store, *dynamo.StreamOutbox) {
	t.Helper()
	l, err := local.Start()
	local.Need(t, err)
	t.Cleanup(l.Close)
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL": l.Endpoint, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		deploy.Table: "mirrorwatch", deploy.Sensor: "sensor-a",
	} {
		t.Setenv(k, v)
	}
	conf, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(conf)
	made, err := client.CreateTable(context.Background(), dynamo.Schema("mirrorwatch"))
	if err != nil {
		t.Fatal(err)
	}
	o := dynamo.Options{Client: client, Table: "mirrorwatch", Now: time.Now}
	s, err := dynamo.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := dynamo.OpenStream(dynamo.StreamOptions{
		Store: o, Client: dynamodbstreams.NewFromConfig(conf), ARN: aws.ToString(made.TableDescription.LatestStreamArn), Reader: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, stream
}

// bindTwo names the two observation points of ssh-brute-two-vnis, and one of another VPC with the same addresses.
func bindTwo(t *testing.T, s *store.Store, from time.Time) {
	t.Helper()
	for vni, b := range map[uint32]events.Binding{
		101: {Interface: "eni-offender", Instance: "i-offender", VPC: "vpc-1", Name: "batch", Addresses: []netip.Addr{netip.MustParseAddr("10.20.1.66")}},
		102: {Interface: "eni-victim", Instance: "i-victim", VPC: "vpc-1", Name: "bastion", Addresses: []netip.Addr{netip.MustParseAddr("10.20.2.10")}, Tags: map[string]string{"env": "prod"}},
		103: {Interface: "eni-stranger", Instance: "i-stranger", VPC: "vpc-2", Name: "stranger", Addresses: []netip.Addr{netip.MustParseAddr("10.20.1.66"), netip.MustParseAddr("10.20.2.10")}},
	} {
		b.VNI, b.Account, b.From = vni, "111122223333", from
		if err := s.Mirror.Bind(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
}

// playTo runs a sensor until a capture was played to it over loopback VXLAN, and gives what it printed.
func playTo(t *testing.T, capture string, prepare func(start time.Time)) (out, log string) {
	t.Helper()
	scene, err := replay.Load(filepath.Join(replayFolder, capture), 1)
	if err != nil {
		t.Fatal(err)
	}
	scenes := []*replay.Scene{scene}
	start := replay.Lay(scenes, 0, time.Now().Add(-5*time.Minute))
	prepare(start)
	clock := replay.NewClock(start.Add(-time.Second), time.Now)
	var printed, told bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&printed)
	cmd.SetErr(&told)
	o := sensorOptions{options: options{workers: 2}, listen: freePort(t, "udp"), side: freePort(t, "tcp"), clock: clock.Now, wrap: clock.Source}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- watch(ctx, cmd, o) }()
	if code, body := get(t, "http://"+o.side+"/healthz"); code != 200 {
		t.Fatalf("/healthz: %d %s", code, body)
	}
	player := &replay.Player{Clock: clock}
	if err := player.Play(ctx, o.listen, scenes); err != nil {
		t.Fatalf("%v\n%s", err, told.String())
	}
	if err := player.Done(ctx); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "http://"+o.side+"/metrics", fmt.Sprintf("mirrorwatch_points_packets_total %d\n", scene.Packets()))
	for _, m := range []string{"mirrorwatch_points_heard 2\n", "mirrorwatch_points_duplicates_total 384\n", "mirrorwatch_points_overflow_total 0\n", "mirrorwatch_names_known 2\n", "mirrorwatch_meter_overflow_total 0\n"} {
		waitFor(t, "http://"+o.side+"/metrics", m)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, told.String())
	}
	return printed.String(), told.String()
}

// TestFleetSensor is a sensor of the fleet whole: a capture with both ends mirrored comes over loopback VXLAN; in the table are then the
// detection with its participants named, what was heard, the devices, and the events, and no coverage, which is the mirror's own to tell.
func TestFleetSensor(t *testing.T) {
	s, stream := fleetTable(t)
	out, log := playTo(t, "ssh-brute-two-vnis.pcap.gz", func(start time.Time) { bindTwo(t, s, start.Add(-time.Hour)) })
	ctx := context.Background()
	found, err := s.Detections.Search(ctx, store.DetectionQuery{})
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%v: %d detections\n%s", err, len(found.Items), log)
	}
	d := found.Items[0]
	if o, v := d.Participants[0], d.Participants[1]; o.Interface != "eni-offender" || o.Hostname != "batch" || o.VPC != "vpc-1" ||
		v.Interface != "eni-victim" || v.Instance != "i-victim" || v.Tags["env"] != "prod" || v.Account != "111122223333" || d.Sensor != "sensor-a" {
		t.Errorf("participants %+v", d.Participants)
	}
	heard, err := s.Mirror.Heard(ctx, store.ListQuery{})
	if err != nil || len(heard.Items) != 2 {
		t.Fatalf("%v: heard %+v", err, heard.Items)
	}
	for i, name := range []string{"eni-offender", "eni-victim"} {
		if h := heard.Items[i]; h.Interface != name || h.Sensor != "sensor-a" || h.Packets != 384 || h.Bytes != 71472 || h.VNI != uint32(101+i) {
			t.Errorf("heard %+v", h)
		}
	}
	if n := heard.Items[0].Duplicates + heard.Items[1].Duplicates; n != 384 {
		t.Errorf("%d duplicates", n)
	}
	if c, err := s.Mirror.Coverage(ctx, store.CoverageQuery{}); err != nil || len(c.Items) != 0 {
		t.Errorf("%v: the sensor tells coverage of named interfaces: %+v", err, c.Items)
	}
	if device, err := s.Devices.Get(ctx, "eni-victim"); err != nil || device.Address.String() != "10.20.2.10" || device.Tags["env"] != "prod" {
		t.Errorf("%v: device %+v", err, device)
	}
	checkFleetEvents(t, stream)
	printed := events.Detection{}
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &printed); err != nil || printed.ID != d.ID {
		t.Errorf("%v: printed %q", err, out)
	}
	if strings.Count(log, "not kept here") != 1 || !strings.Contains(log, "what=records") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log says:\n%s", log)
	}
}

func checkFleetEvents(t *testing.T, stream *dynamo.StreamOutbox) {
	t.Helper()
	pending, err := stream.Pending(context.Background(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, p := range pending {
		told[string(p.Event.DetailType)]++
		if h := p.Event.Detail.Heard; h != nil {
			told[h.Interface+" "+h.Name]++
		}
	}
	if told["Detection Created"] != 1 || told["Mirror Health"] != 2 || told["eni-offender batch"] != 1 || told["eni-victim bastion"] != 1 || told["Coverage Changed"] != 0 {
		t.Errorf("events %v", told)
	}
}

// TestFleetMistakes: a table that is not there, or a name that no row can have, ends the sensor at once with one line.
func TestFleetMistakes(t *testing.T) {
	fleetTable(t)
	free := freePort(t, "udp")
	for want, args := range map[string][]string{
		"open table nowhere": {"--table", "nowhere"},
		"--sensor-name":      {"--sensor-name", "sénsor"},
	} {
		code, _, stderr := do(append([]string{"sensor", "--listen", free, "--side", ""}, args...)...)
		if code == 0 || !strings.Contains(stderr, want) || strings.Count(stderr, "mirrorwatch: ") != 1 {
			t.Errorf("%v: code %d, want one line with %q, got %q", args, code, want, stderr)
		}
	}
}
