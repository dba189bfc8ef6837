package stage_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

func open(t testing.TB) *stage.Stage {
	t.Helper()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s, err := stage.New(stage.Options{Now: func() time.Time { return now }, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// send asks EC2 and gives the answer.
func send(s *stage.Stage, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body+"&Version=2016-11-15"))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20261125/"+stage.Region+"/ec2/aws4_request")
	w := httptest.NewRecorder()
	s.Server.ServeHTTP(w, r)
	return w
}

// TestManyAskAtOnce has thirty callers want a session of one interface: three get it.
func TestManyAskAtOnce(t *testing.T) {
	s := open(t)
	var all sync.WaitGroup
	codes := make(chan string, 30)
	for i := range cap(codes) {
		all.Go(func() {
			w := send(s, stage.Key, fmt.Sprintf("Action=CreateTrafficMirrorSession&NetworkInterfaceId=%s&TrafficMirrorTargetId=%s&TrafficMirrorFilterId=%s&SessionNumber=%d",
				s.Plain[0].Interfaces[0], s.Foreign.Target, s.Foreign.Filter, i+1))
			if err := s.Server.SetKey(fmt.Sprintf("AKIA%d", i), stage.Account); err != nil {
				t.Error(err)
			}
			_, code, _ := strings.Cut(w.Body.String(), "<Code>")
			code, _, _ = strings.Cut(code, "</Code>")
			codes <- code
		})
	}
	all.Wait()
	close(codes)
	count := map[string]int{}
	for code := range codes {
		count[code]++
	}
	if count[""] != 3 || count[ec2api.CodeSessionsPerInterface] != 27 {
		t.Errorf("answers: %v", count)
	}
}

// TestMachinesOfOthersAreNotThere has the other account want to stop, attach and delete what is not its own.
func TestMachinesOfOthersAreNotThere(t *testing.T) {
	s := open(t)
	instance, eni := s.Plain[0].ID, s.Plain[0].Interfaces[0]
	for _, tc := range []struct{ body, code string }{
		{"Action=StopInstances&InstanceId.1=" + instance, ec2api.CodeInstanceNotFound},
		{"Action=StartInstances&InstanceId.1=" + instance, ec2api.CodeInstanceNotFound},
		{"Action=TerminateInstances&InstanceId.1=" + instance, ec2api.CodeInstanceNotFound},
		{"Action=ModifyInstanceAttribute&InstanceType.Value=c5.large&InstanceId=" + instance, ec2api.CodeInstanceNotFound},
		{"Action=DeleteNetworkInterface&NetworkInterfaceId=" + eni, ec2api.CodeInterfaceNotFound},
		{"Action=AttachNetworkInterface&DeviceIndex=1&NetworkInterfaceId=" + eni + "&InstanceId=" + instance, ec2api.CodeInterfaceNotFound},
		{"Action=DetachNetworkInterface&AttachmentId=" + strings.Replace(eni, "eni-", "eni-attach-", 1), "InvalidAttachmentID.NotFound"},
		{"Action=DetachNetworkInterface&AttachmentId=x", "InvalidAttachmentID.NotFound"},
		{"Action=RunInstances&MinCount=1&MaxCount=1&SubnetId=" + s.Subnets[0].ID, "InvalidSubnetID.NotFound"},
		{"Action=CreateNetworkInterface&SubnetId=" + s.Subnets[0].ID, "InvalidSubnetID.NotFound"},
	} {
		if w := send(s, stage.OtherKey, tc.body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Code>"+tc.code+"</Code>") {
			t.Errorf("%s: %d %s; wanted %s", tc.body, w.Code, w.Body, tc.code)
		}
	}
	for _, tc := range []struct{ body, code string }{
		{"Action=AttachNetworkInterface&DeviceIndex=5&NetworkInterfaceId=" + eni + "&InstanceId=" + instance, ec2api.CodeInvalidParameterValue},
		{"Action=CreateNetworkInterface&PrivateIpAddress=10.10.0.77&SubnetId=" + s.Subnets[0].ID, ec2api.CodeInvalidParameterValue},
		{"Action=StopInstances&DryRun=true&InstanceId.1=" + instance, ec2api.CodeDryRun},
		{"Action=ModifyInstanceAttribute&InstanceType.Value=c5.large&InstanceId=" + instance, "IncorrectInstanceState"},
	} {
		if w := send(s, stage.Key, tc.body); !strings.Contains(w.Body.String(), "<Code>"+tc.code+"</Code>") {
			t.Errorf("%s: %d %s; wanted %s", tc.body, w.Code, w.Body, tc.code)
		}
	}
}

// BenchmarkPage is a page of a thousand interfaces: read, described and written as XML.
func BenchmarkPage(b *testing.B) {
	s := open(b)
	subnet, err := s.Cloud.MakeSubnet(ec2fake.SubnetSpec{VPC: s.Data.ID, CIDR: "10.20.16.0/20"})
	if err != nil {
		b.Fatal(err)
	}
	for range 1000 {
		if _, err := s.Cloud.RunInstance(ec2fake.InstanceSpec{Subnet: subnet.ID, Tags: map[string]string{"Name": "bench", "mirrorwatch": "on"}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		w := send(s, stage.Key, "Action=DescribeNetworkInterfaces&MaxResults=1000")
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
		b.SetBytes(int64(w.Body.Len()))
	}
}
