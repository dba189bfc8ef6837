package sdk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// BenchmarkConvert1000Sessions is the part that is ours of reading a page of a thousand sessions.
func BenchmarkConvert1000Sessions(b *testing.B) {
	list := make([]types.TrafficMirrorSession, 1000)
	for i := range list {
		list[i] = types.TrafficMirrorSession{
			TrafficMirrorSessionId: aws.String(fmt.Sprint("tms-", i)), TrafficMirrorTargetId: aws.String("tmt-1"), TrafficMirrorFilterId: aws.String("tmf-1"),
			NetworkInterfaceId: aws.String(fmt.Sprint("eni-", i)), OwnerId: aws.String(self), SessionNumber: aws.Int32(1), VirtualNetworkId: aws.Int32(int32(i + 1)),
			Tags: tagsTo(map[string]string{"Name": "mirrorwatch web", "mirrorwatch:deployment": "prod", "mirrorwatch:profile": "default", "mirrorwatch:created": "2026-11-20T10:00:00Z"}),
		}
	}
	for b.Loop() {
		if got := page(list, session, nil); len(got.Items) != 1000 {
			b.Fatal(len(got.Items))
		}
	}
}

// BenchmarkRead1000Sessions is the whole of it, over loopback: request, AWS's XML, the client, and ours.
func BenchmarkRead1000Sessions(b *testing.B) {
	var set strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&set, `<item>%s</item>`, strings.ReplaceAll(sessionXML, "eni-1", fmt.Sprint("eni-", i)))
	}
	answer := []byte(ec2XML("DescribeTrafficMirrorSessions", "<trafficMirrorSessionSet>"+set.String()+"</trafficMirrorSessionSet>"))
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(answer) }))
	defer server.Close()
	a := (&wire{Server: server}).open(b, Options{}).Account()
	b.SetBytes(int64(len(answer)))
	for b.Loop() {
		got, err := a.EC2.DescribeTrafficMirrorSessions(b.Context(), ec2api.Query{MaxResults: 1000})
		if err != nil || len(got.Items) != 1000 {
			b.Fatal(len(got.Items), err)
		}
	}
}
