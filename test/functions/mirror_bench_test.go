package functions

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// crowd is how many interfaces are mirrored besides the stage's own.
const crowd = 10_000

// BenchmarkMirrorMemory is the function with ten thousand interfaces: the first sweep, which makes as many sessions as AWS's quota less
// the reserve allows, the second, which sees them all for the first time, and the third, which finds nothing new; each with the most
// memory that the process has had until then. MIRRORWATCH_CROWD sets another number.
func BenchmarkMirrorMemory(b *testing.B) {
	n := crowd
	if text := os.Getenv("MIRRORWATCH_CROWD"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			b.Fatalf("MIRRORWATCH_CROWD is %q; a number from 1 on is allowed", text)
		}
	}
	e := newEstate(b)
	e.crowd(n)
	e.heard()
	for range b.N {
		h := e.host(15 * time.Minute)
		for _, name := range []string{"first", "second", "idle"} {
			began := time.Now()
			if _, err := h.Invoke(context.Background(), e.schedule()); err != nil {
				b.Fatalf("%v\n%s", err, h.Logs())
			}
			b.ReportMetric(time.Since(began).Seconds(), "s/"+name)
			b.ReportMetric(e.peak(), "MiB/"+name)
			b.ReportMetric(float64(len(e.sessions())), "sessions")
		}
		e.ok(h.Close())
	}
}

// crowd runs instances in twenty subnets of the first account.
func (e *estate) crowd(n int) {
	e.t.Helper()
	for i := range 20 {
		vpc, err := e.stage.Cloud.MakeVpc(stage.Account, stage.Region, []string{"10.40.0.0/16"}, map[string]string{"Name": fmt.Sprint("crowd-", i)})
		e.ok(err)
		subnet, err := e.stage.Cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: vpc.ID, CIDR: "10.40.0.0/18"})
		e.ok(err)
		for k := range n / 20 {
			tags := map[string]string{"Name": fmt.Sprintf("web-%d-%d", i, k), "mirrorwatch": "on", "team": "payments", "stage": "production"}
			_, err := e.stage.Cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnet.ID, Type: "m5.large", Tags: tags})
			e.ok(err)
		}
	}
}

// peak is the most memory that the function's process has had, in MiB.
func (e *estate) peak() float64 {
	e.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", e.process()))
	e.ok(err)
	for line := range strings.SplitSeq(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			e.ok(err)
			return kib / 1024
		}
	}
	e.t.Fatal("the process has no VmHWM")
	return 0
}
