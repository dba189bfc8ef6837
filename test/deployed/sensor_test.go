package deployed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/gopacket/pcapgo"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/test/region"
)

// sensor is a process of the fleet.
type sensor struct {
	cmd           *exec.Cmd
	packets, side string
	log           lines
	ended         chan error
}

// lines keeps what a process writes.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps it.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String gives all of it.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// startSensor starts a sensor as systemd does on an instance of the fleet, and waits until it says that it is well.
func startSensor(t *testing.T, ctx context.Context, program string, in *region.Region, role aws.Credentials) *sensor {
	t.Helper()
	s := &sensor{packets: freePort(t, "udp"), side: freePort(t, "tcp"), ended: make(chan error, 1)}
	s.cmd = exec.Command(program, "sensor", "--listen", s.packets, "--side", s.side, "--workers", "2")
	s.cmd.Env = append(in.Environment(role), "PATH=/usr/bin:/bin", "STATE_DIRECTORY="+t.TempDir())
	for name, value := range (deploy.Fleet{Table: named, Sensor: "sensor-a", Records: named + "-records", Deployment: deployment}).Env() {
		s.cmd.Env = append(s.cmd.Env, name+"="+value)
	}
	s.cmd.Stdout, s.cmd.Stderr = io.Discard, &s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	t.Cleanup(func() { s.cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	eventually(t, ctx, 30*time.Second, "the sensor is well", func() error { return s.well(ctx) }, s.log.String)
	return s
}

// well asks as the load balancer does.
func (s *sensor) well(ctx context.Context) error {
	_, err := s.ask(ctx, "/healthz")
	return err
}

// metric wants a metric of the side port to have a value.
func (s *sensor) metric(ctx context.Context, name string, value int) error {
	page, err := s.ask(ctx, "/metrics")
	if err != nil {
		return err
	}
	for line := range strings.Lines(page) {
		if is, found := strings.CutPrefix(line, "mirrorwatch_"+name+" "); found {
			if is = strings.TrimSpace(is); is != strconv.Itoa(value) {
				return fmt.Errorf("it is %s", is)
			}
			return nil
		}
	}
	return errors.New("there is no such metric")
}

func (s *sensor) ask(ctx context.Context, path string) (string, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.side+path, nil)
	if err != nil {
		return "", err
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, a.Status, b)
	}
	return string(b), err
}

// stop ends it as systemd does. It must end well, and have written no error.
func (s *sensor) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("%v\n%s", err, s.log.String())
	}
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("the sensor ended with %v\n%s", err, s.log.String())
		}
	case <-time.After(15 * time.Second):
		t.Errorf("the sensor does not end\n%s", s.log.String())
	}
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("the sensor's log:\n%s", s.log.String())
	}
}

// mirror sends the packets of a capture of test/replay to the sensor as a mirror session does, at the pace at which they were recorded.
// It gives how many there were. A session carries no ARP.
func (s *sensor) mirror(ctx context.Context, capture string, vni uint32) (sent int, err error) {
	f, err := os.Open("../replay/" + capture)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in, err := pcapgo.NewReader(f)
	if err != nil {
		return 0, err
	}
	to, err := net.Dial("udp", s.packets)
	if err != nil {
		return 0, err
	}
	defer to.Close()
	began, first := time.Now(), time.Time{}
	for {
		frame, info, err := in.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return sent, nil
		}
		if err != nil {
			return sent, err
		}
		if len(frame) < 14 || frame[12] == 8 && frame[13] == 6 {
			continue
		}
		if first.IsZero() {
			first = info.Timestamp
		}
		select {
		case <-time.After(time.Until(began.Add(info.Timestamp.Sub(first)))):
		case <-ctx.Done():
			return sent, ctx.Err()
		}
		if _, err := to.Write(append([]byte{8, 0, 0, 0, byte(vni >> 16), byte(vni >> 8), byte(vni), 0}, frame...)); err != nil {
			return sent, err
		}
		sent++
	}
}

func freePort(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		l, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
