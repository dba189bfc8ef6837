package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
	local "github.com/mirrorwatch/mirrorwatch/test/dynamodb"
)

// TestMirrorTable: what mirroring remembers may be in a DynamoDB table, named by a flag or by the environment, and no folder is made.
func TestMirrorTable(t *testing.T) {
	c := onStage(t, "")
	l, err := local.Start()
	local.Need(t, err)
	defer l.Close()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", l.Endpoint)
	conf, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dynamodb.NewFromConfig(conf).CreateTable(t.Context(), dynamo.Schema("mirrorwatch")); err != nil {
		t.Fatal(err)
	}
	with := func(want int, args ...string) string {
		code, out, stderr := do(append([]string{"mirror", "--policy", c.file}, args...)...)
		if code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, out, stderr)
		}
		return out
	}
	with(2, "plan", "--table", "mirrorwatch")
	with(0, "apply", "--yes", "--table", "mirrorwatch")
	t.Setenv(envTable, "mirrorwatch")
	with(0, "plan")
	wants(t, with(0, "coverage", "--stored", "--state", "mirrored"), "web-1", "16 interfaces")
	with(1, "plan", "--table", "none")
	with(2, "plan", "--data", c.folder) // what is said on the line counts more than the environment: there nobody knows of the VNIs
}

// TestSelftestSplit: a load balancer that sends the two directions of a conversation to two sensors is told of, with the sensors' names.
func TestSelftestSplit(t *testing.T) {
	t.Setenv(envKey, "any")
	balancer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fleet := &splitFleet{seen: map[[2]netip.AddrPort]int{}}
	ended := make(chan struct{})
	go func() { defer close(ended); fleet.listen(balancer) }()
	api := httptest.NewServer(fleet)
	defer api.Close()
	code, out, stderr := do("mirror", "selftest", "--via", balancer.LocalAddr().String(), "--server", api.URL, "--protocol", "udp", "--conversations", "3", "--every", "100ms")
	balancer.Close()
	<-ended
	if code != 1 || strings.Count(out, "its packets came to several sensors: sensor-a, sensor-b") != 3 {
		t.Errorf("exit code %d: %s%s", code, out, stderr)
	}
	wants(t, stderr, "3 of 3 conversations did not come whole")
}

// splitFleet is two sensors, one of which hears what clients say and one what servers do, and the API that tells of it.
type splitFleet struct {
	mu   sync.Mutex
	seen map[[2]netip.AddrPort]int
}

func (f *splitFleet) listen(l net.PacketConn) {
	for b := make([]byte, 2000); ; {
		n, _, err := l.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) || n < 50 {
			return
		}
		ip := b[8+14:]
		end := func(address, port int) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[address:])), uint16(ip[port])<<8|uint16(ip[port+1]))
		}
		f.mu.Lock()
		f.seen[[2]netip.AddrPort{end(12, 20), end(16, 22)}]++
		f.mu.Unlock()
	}
}

// ServeHTTP gives a record a direction, by the sensor that heard it.
func (f *splitFleet) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var items []string
	for ends, n := range f.seen {
		sensor := "sensor-a"
		if ends[0].Port() == 53 {
			sensor = "sensor-b"
		}
		items = append(items, fmt.Sprintf(`{"kind":"conn","record":{"proto":"udp","id.orig_h":%q,"id.orig_p":%d,"id.resp_h":%q,"id.resp_p":%d,"orig_pkts":%d,"resp_pkts":0,`+
			`"sensor":%q,"vni":7,"uid":%q}}`, ends[0].Addr(), ends[0].Port(), ends[1].Addr(), ends[1].Port(), n, sensor, ends[0]))
	}
	fmt.Fprintf(w, `{"complete":true,"items":[%s]}`, strings.Join(items, ","))
}
