package cloudwatch

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"

	"github.com/mirrorwatch/mirrorwatch/shared/counters"
)

// TestMoto asks somebody else's CloudWatch, moto, for numbers that were put there call by call. It knows the older protocol only, so that
// the client is made to speak that one; what is asked and how the answer is read is the same.
func TestMoto(t *testing.T) {
	url := moto(t)
	c := client(url, func(o *cloudwatch.Options) { o.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801) })
	put(t, c, "NetworkOut", types.StandardUnitBytes, 150e6, 2.1e9)
	put(t, c, "CPUUtilization", types.StandardUnitPercent, 10, 11)
	s, err := New(Options{Client: c, Within: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	q := query(1)
	a, err := s.Ask(t.Context(), q)
	if err != nil || a.Partial != "" || len(a.Series) != 2 {
		t.Fatalf("%+v, %v", a, err)
	}
	var said []string
	news, _, adjustments := counters.Compare(q, a)
	for _, n := range news {
		said = append(said, n.Sentence)
	}
	want := []string{
		"NetworkOut of i-00000000 was 14 times its usual for this hour: 2.1 GB, usually 150 MB (this hour of 28 days before)",
		"CPUUtilization of i-00000000 was about its usual for this hour: 11 %, usually 10 % (this hour of 28 days before)",
	}
	if strings.Join(said, "\n") != strings.Join(want, "\n") || len(adjustments) != 1 {
		t.Errorf("%q\n%+v", said, adjustments)
	}
}

// put reports twelve times in each hour of the day that matters, as EC2 does: the hour is their sum, or their average.
func put(t *testing.T, c *cloudwatch.Client, metric string, unit types.StandardUnit, usual, now float64) {
	t.Helper()
	var data []types.MetricDatum
	for d := range 29 {
		v := usual
		if d == 0 {
			v = now
		}
		if unit == types.StandardUnitBytes {
			v /= 12
		}
		for m := range 12 {
			data = append(data, types.MetricDatum{
				MetricName: aws.String(metric), Unit: unit, Value: aws.Float64(v), Timestamp: aws.Time(hour.AddDate(0, 0, -d).Add(time.Duration(5*m) * time.Minute)),
				Dimensions: []types.Dimension{{Name: aws.String("InstanceId"), Value: aws.String("i-00000000")}},
			})
		}
	}
	for len(data) > 0 {
		n := min(len(data), 100)
		if _, err := c.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("AWS/EC2"), MetricData: data[:n]}); err != nil {
			t.Fatalf("put %s: %v", metric, err)
		}
		data = data[n:]
	}
}

// moto starts one on a free port, and waits until it answers.
func moto(t *testing.T) string {
	t.Helper()
	if err := exec.Command("python3", "-c", "import moto.server, flask").Run(); err != nil {
		t.Skipf("NOT ASKED: python3 has no moto (%v); install it to hold the source against somebody else's CloudWatch", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	l.Close()
	cmd := exec.Command("python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", fmt.Sprint(address.Port))
	if err := cmd.Start(); err != nil {
		t.Fatalf("start moto: %v", err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() }) //nolint:errcheck // it was told to go
	url := "http://" + address.String()
	for range 300 {
		if r, err := http.Get(url + "/moto-api/"); err == nil {
			r.Body.Close()
			return url
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("moto does not answer within 30 s")
	return ""
}
