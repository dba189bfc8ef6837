package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
)

// groupSide is what an instance of an Auto Scaling group sees of it: its metadata, Auto Scaling's and CloudWatch's endpoints.
type groupSide struct {
	*httptest.Server
	mu        sync.Mutex
	state     string
	completed []url.Values
	metrics   []string // names, of all calls
}

func newGroupSide(t *testing.T) *groupSide {
	g := &groupSide{state: "InService"}
	g.Server = httptest.NewServer(http.HandlerFunc(g.answer))
	t.Cleanup(g.Close)
	return g
}

func (g *groupSide) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		fmt.Fprint(w, "token")
	case strings.HasPrefix(r.URL.Path, "/latest/") && r.Header.Get("X-Aws-Ec2-Metadata-Token") != "token":
		http.Error(w, "version 2 only", http.StatusUnauthorized)
	case r.URL.Path == "/latest/meta-data/autoscaling/target-lifecycle-state":
		fmt.Fprint(w, g.state)
	case r.URL.Path == "/latest/meta-data/instance-id":
		fmt.Fprint(w, "i-0123456789abcdef0")
	case strings.HasSuffix(r.URL.Path, "/operation/PutMetricData"):
		g.putMetrics(body)
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Write(cbor.Encode(cbor.Map{})) //nolint:errcheck // the client would see it
	default:
		g.act(w, body)
	}
}

func (g *groupSide) putMetrics(body []byte) {
	v, _ := cbor.Decode(body)
	in, _ := v.(cbor.Map)
	list, _ := in["MetricData"].(cbor.List)
	for _, one := range list {
		m, _ := one.(cbor.Map)
		value, _ := cbor.AsFloat64(m["Value"])
		g.metrics = append(g.metrics, fmt.Sprintf("%v=%v", m["MetricName"], value))
	}
}

// act is Auto Scaling, whose protocol is a form in and XML out.
func (g *groupSide) act(w http.ResponseWriter, body []byte) {
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	if action == "CompleteLifecycleAction" {
		g.completed = append(g.completed, form)
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<%[1]sResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><%[1]sResult/></%[1]sResponse>`, action)
}

// fleetSensor is a real process, started as the unit on an instance starts it.
type fleetSensor struct {
	cmd           *exec.Cmd
	log           *Lines
	packets, side string
}

func startFleetSensor(t *testing.T, state string, env map[string]string) *fleetSensor {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &fleetSensor{packets: free(t, "udp"), side: free(t, "tcp"), log: &Lines{}}
	s.cmd = exec.Command(path, "sensor", "--listen", s.packets, "--side", s.side, "--workers", "2", "--state", state)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + state}
	for k, v := range env {
		s.cmd.Env = append(s.cmd.Env, k+"="+v)
	}
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill(); s.cmd.Wait() })
	wait(t, time.Minute, "the side port answers", func() bool { code, _ := s.health(); return code != 0 })
	return s
}

func (s *fleetSensor) health() (code int, body string) {
	r, err := http.Get("http://" + s.side + "/healthz")
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	return r.StatusCode, string(b)
}

// attack has some hosts attack, each a detection of its own.
func (s *fleetSensor) attack(t *testing.T, network byte, hosts int) {
	t.Helper()
	m, err := dialMirror(s.packets)
	if err != nil {
		t.Fatal(err)
	}
	defer m.conn.Close()
	for i := range hosts {
		if err := m.attack(netip.AddrFrom4([4]byte{10, 100, network, byte(i + 1)}), netip.MustParseAddr("10.20.0.1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func free(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// fleetStore is DynamoDB Local with the table.
func fleetStore(t *testing.T) (endpoint string, s *store.Store) {
	t.Helper()
	l, err := local.Start()
	local.Need(t, err)
	t.Cleanup(l.Close)
	client := dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(l.Endpoint), Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	if _, err := client.CreateTable(context.Background(), dynamo.Schema("mirrorwatch-main")); err != nil {
		t.Fatal(err)
	}
	if s, err = dynamo.Open(dynamo.Options{Client: client, Table: "mirrorwatch-main", Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	return l.Endpoint, s
}

// TestGroupEndsSensor is the end of an instance whole, and with a mishap: the group asks a real sensor for its end while packets come; the
// process is killed in the middle of that, and comes again, as systemd starts it. The second one sees the word at once, goes on receiving
// while there is something to receive, stores all of it, tells the group once that the instance may go, and ends well.
func TestGroupEndsSensor(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole processes, which the race detector does not see")
	}
	endpoint, s := fleetStore(t)
	group := newGroupSide(t)
	env := deploy.Fleet{Table: "mirrorwatch-main", Sensor: "sensor-a", Deployment: "main", Hook: "mirrorwatch-main-end", Group: "mirrorwatch-main-sensors"}.Env()
	for k, v := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
		"AWS_ENDPOINT_URL_AUTO_SCALING": group.URL, "AWS_ENDPOINT_URL_CLOUDWATCH": group.URL, "AWS_EC2_METADATA_SERVICE_ENDPOINT": group.URL,
	} {
		env[k] = v
	}
	state := filepath.Join(t.TempDir(), "learned")
	first := startFleetSensor(t, state, env)
	if code, body := first.health(); code != http.StatusOK {
		t.Fatalf("/healthz: %d %s", code, body)
	}
	first.attack(t, 1, 5)
	group.set("Terminated")
	wait(t, 20*time.Second, "/healthz tells of the end", func() bool {
		code, body := first.health()
		return code == http.StatusServiceUnavailable && strings.HasPrefix(body, "ending")
	})
	wait(t, 20*time.Second, "what came before is stored", func() bool { return found(t, s) == 5 })
	first.cmd.Process.Kill()
	first.cmd.Wait() //nolint:errcheck // it was killed
	second := startFleetSensor(t, state, env)
	asked := time.Now()
	for round := range byte(4) { // the balancer still sends
		second.attack(t, 2+round, 5)
		time.Sleep(time.Second)
	}
	ended := make(chan error, 1)
	go func() { ended <- second.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("%v\n%s", err, second.log)
		}
	case <-time.After(time.Minute):
		t.Fatalf("it did not end\n%s", second.log)
	}
	if n := found(t, s); n != 25 {
		t.Errorf("%d detections, want 25\n%s", n, second.log)
	}
	group.check(t, second.log.String())
	t.Logf("ended %v after its start, 10 s of which nothing came", time.Since(asked).Round(time.Second))
}

func (g *groupSide) set(state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state = state
}

// check holds what the group was told.
func (g *groupSide) check(t *testing.T, log string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.completed) != 1 {
		t.Fatalf("completed %d times\n%s", len(g.completed), log)
	}
	for k, want := range map[string]string{
		"InstanceId": "i-0123456789abcdef0", "AutoScalingGroupName": "mirrorwatch-main-sensors", "LifecycleHookName": "mirrorwatch-main-end", "LifecycleActionResult": "CONTINUE",
	} {
		if got := g.completed[0].Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	if all := strings.Join(g.metrics, " "); !strings.HasSuffix(all, "Drops=0 NotStored=0") {
		t.Errorf("metrics %s", all)
	}
	for _, line := range []string{"group asks for the end", "nothing comes any more", "the instance may go"} {
		if strings.Count(log, line) != 1 {
			t.Errorf("%q is not there once:\n%s", line, log)
		}
	}
}

func found(t *testing.T, s *store.Store) int {
	t.Helper()
	page, err := s.Detections.Search(context.Background(), store.DetectionQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}
