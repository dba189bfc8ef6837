package cloudwatch

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"

	"github.com/mirrorwatch/mirrorwatch/shared/counters"

	"github.com/mirrorwatch/mirrorwatch/test/moto"
)

// TestMoto asks somebody else's CloudWatch, moto, for numbers that were put there call by call. It knows the older protocol only, so that
// the client is made to speak that one; what is asked and how the answer is read is the same.
func TestMoto(t *testing.T) {
	url := moto.Start(t, "the source against somebody else's CloudWatch")
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
