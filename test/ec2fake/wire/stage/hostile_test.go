package stage_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// FuzzRequests is here, and not beside the tests of the protocols, because those bring the Go SDK, which takes minutes to be made ready
// for fuzzing. It sends whatever to every service: each answer must be whole XML or JSON with a status of a refusal or of a success, and
// the imitation's own rules must hold afterwards.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		"Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=vpc-id&Filter.1.Value.1=*",
		"Action=CreateTrafficMirrorFilter&Version=2016-11-15&Description=%3Cb%3E%00&TagSpecification.1.ResourceType=traffic-mirror-filter&TagSpecification.1.Tag.1.Key=%F0%9F",
		"Action=ModifyTrafficMirrorFilterRule&Version=2016-11-15&TrafficMirrorFilterRuleId=tmfr-00000000&RemoveField.1=protocol&SourcePortRange.FromPort=-1",
		"Action=DescribeTags&Version=2016-11-15&Filter.1.Name=tag:a&Filter.1.Value.1=%5C&MaxResults=5&NextToken=LTE",
		"Action=DeleteTags&Version=2016-11-15&ResourceId.1=vpc-00000000&Tag.1.Key=a&Tag.1.Value=",
		"Action=RunInstances&Version=2016-11-15&SubnetId=subnet-00000000&MinCount=2&MaxCount=1",
	} {
		f.Add("ec2", "/", body)
	}
	f.Add("sts", "/", "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::210987654321:role/x&RoleSessionName=ab&DurationSeconds=1")
	f.Add("autoscaling", "/", "Action=DescribeAutoScalingGroups&Version=2011-01-01&AutoScalingGroupNames.member.1=a&MaxRecords=101")
	f.Add("elasticloadbalancing", "/", "Action=CreateListener&Version=2015-12-01&DefaultActions.member.1.Type=forward&Port=70000")
	f.Add("ram", "/createresourceshare", `{"name":"a","principals":[""],"tags":[{"key":"a","value":"b"}]}`)
	f.Add("ram", "/getresourceshares", `{"resourceOwner":"SELF","nextToken":"LTE","maxResults":-1}`)
	f.Add("ssm", "/", `{"Name":"a"}{}`)
	f.Add("s3", "/?Action=%zz", "")
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s, err := stage.New(stage.Options{Now: func() time.Time { return now }, Seed: 7})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, service, path, body string) {
		r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/"+strings.TrimPrefix(path, "/"), strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+stage.Key+"/20261125/"+stage.Region+"/"+service+"/aws4_request")
		r.Header.Set("X-Amz-Target", "AmazonSSM.GetParameter")
		w := httptest.NewRecorder()
		s.Server.ServeHTTP(w, r)
		if w.Code != http.StatusOK && (w.Code < 400 || w.Code >= 500) {
			t.Errorf("%s of %q: status %d: %s", service, body, w.Code, w.Body)
		}
		whole(t, w)
		if err := s.Cloud.Check(); err != nil {
			t.Error(err)
		}
	})
}

// whole fails unless the answer can be read to its end.
func whole(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("this is no JSON: %q", w.Body)
		}
		return
	}
	for read := xml.NewDecoder(w.Body); ; {
		_, err := read.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("this is no XML: %v", err)
		}
	}
}
