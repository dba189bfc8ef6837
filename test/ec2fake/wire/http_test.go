package wire_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

const version = "&Version=2016-11-15"

// signed makes a request whose header says which service it is for. Nothing is signed, since nothing is verified.
func signed(method, target, body, key, region, service string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20261125/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	return r
}

func ask(s *stage.Stage, r *http.Request) (int, string) {
	w := httptest.NewRecorder()
	s.Server.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(body)
}

func TestRequestsOfEC2(t *testing.T) {
	s, _ := open(t)
	for _, tc := range []struct {
		what, body string
		status     int
		says       string
	}{
		{"a describe", "Action=DescribeVpcs" + version, 200, "<vpcId>" + s.Web.ID + "</vpcId>"},
		{"its name space", "Action=DescribeVpcs" + version, 200, `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>`},
		{"no action", "Version=2016-11-15", 400, "<Code>MissingAction</Code>"},
		{"no version", "Action=DescribeVpcs", 400, "<Code>MissingParameter</Code>"},
		{"another version", "Action=DescribeVpcs&Version=2014-10-01", 400, "<Code>NoSuchVersion</Code>"},
		{"an unknown action", "Action=DescribeColours" + version, 400, "<Code>InvalidAction</Code>"},
		{"an action of another service", "Action=GetCallerIdentity" + version, 400, "<Code>InvalidAction</Code>"},
		{"an action that is markup", "Action=%3Cb%3E" + version, 400, "The action &lt;b&gt; is not"},
		{"an unknown parameter", "Action=DescribeVpcs&Colour=red" + version, 400, "<Code>UnknownParameter</Code><Message>The parameter Colour is not recognized</Message>"},
		{"an unknown parameter within", "Action=DescribeVpcs&Filter.1.Name=vpc-id&Filter.1.Value.1=a&Filter.1.Values.1=b" + version, 400, "Filter.1.Values.1 is not"},
		{"nothing is done of it", "Action=CreateTrafficMirrorFilter&Colour=red" + version, 400, "<Code>UnknownParameter</Code>"},
		{"a missing parameter", "Action=DeleteTrafficMirrorSession" + version, 400, "<Code>MissingParameter</Code><Message>The request must contain the parameter TrafficMirrorSessionId</Message>"},
		{"a parameter twice", "Action=DescribeVpcs&VpcId.1=a&VpcId.1=b" + version, 400, "<Code>MalformedQueryString</Code>"},
		{"broken escapes", "Action=%zz" + version, 400, "<Code>MalformedQueryString</Code>"},
		{"too much", "Action=DescribeVpcs" + version + "&A=" + strings.Repeat("a", wire.MaxBody), 413, "<Code>RequestEntityTooLarge</Code>"},
		{"a VNI of zero", "Action=CreateTrafficMirrorSession&NetworkInterfaceId=a&TrafficMirrorTargetId=b&TrafficMirrorFilterId=c&SessionNumber=1&VirtualNetworkId=0" + version, 400, "<Code>InvalidParameterValue</Code>"},
		{"a filter twice", "Action=DescribeVpcs&Filter.1.Name=vpc-id&Filter.1.Value.1=a&Filter.2.Name=vpc-id&Filter.2.Value.1=b" + version, 400, "<Code>InvalidParameterValue</Code>"},
	} {
		status, body := ask(s, signed("POST", "/", tc.body, stage.Key, stage.Region, "ec2"))
		if status != tc.status || !strings.Contains(body, tc.says) {
			t.Errorf("%s: %d %s; wanted %d with %s", tc.what, status, body, tc.status, tc.says)
		}
	}
	page, err := s.Cloud.Account(stage.Account, stage.Region).EC2.DescribeTrafficMirrorFilters(t.Context(), ec2api.Query{})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("there are %d filters (%v), but only the foreign one was made", len(page.Items), err)
	}
}

func TestWhoMayAsk(t *testing.T) {
	s, _ := open(t)
	const vpcs = "Action=DescribeVpcs" + version
	plain := httptest.NewRequest("POST", "/", strings.NewReader(vpcs))
	basic := httptest.NewRequest("POST", "/", strings.NewReader(vpcs))
	basic.SetBasicAuth("a", "b")
	for _, tc := range []struct {
		what   string
		r      *http.Request
		status int
		says   string
	}{
		{"nobody", plain, 403, "<Code>MissingAuthenticationToken</Code>"},
		{"another scheme", basic, 403, "<Code>IncompleteSignature</Code>"},
		{"an unknown key", signed("POST", "/", vpcs, "AKIANOBODY", stage.Region, "ec2"), 401, "<Code>AuthFailure</Code>"},
		{"a role without its token", signed("POST", "/", vpcs, "ASIA"+stage.Other+"ABCD", stage.Region, "ec2"), 401, "<Code>AuthFailure</Code>"},
		{"an unknown region", signed("POST", "/", vpcs, stage.Key, "moon-1", "ec2"), 403, "<Code>SignatureDoesNotMatch</Code>"},
		{"another service", signed("POST", "/", vpcs, stage.Key, stage.Region, "s3"), 400, "<Code>InvalidAction</Code>"},
		{"another region has nothing", signed("POST", "/", vpcs, stage.Key, "eu-central-1", "ec2"), 200, "<vpcSet></vpcSet>"},
		{"another account has its own", signed("POST", "/", vpcs, stage.OtherKey, stage.Region, "ec2"), 200, s.Lonely.ID},
		{"by GET", signed("GET", "/?"+vpcs, "", stage.Key, stage.Region, "ec2"), 200, s.Web.ID},
		{"by an address signed beforehand", httptest.NewRequest("GET", "/?"+vpcs+"&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+stage.Key+
			"%2F20261125%2F"+stage.Region+"%2Fec2%2Faws4_request&X-Amz-Signature=0", nil), 200, s.Web.ID},
		{"by PUT", signed("PUT", "/", vpcs, stage.Key, stage.Region, "ec2"), 405, "<Code>InvalidAction</Code>"},
		{"STS has its own errors", signed("POST", "/", "Action=None&Version=2011-06-15", stage.Key, stage.Region, "sts"), 400, "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>InvalidAction</Code>"},
		{"a path of RAM's that is none", signed("POST", "/none", "{}", stage.Key, stage.Region, "ram"), 404, `"__type":"UnknownOperationException"`},
		{"a field of RAM's that is none", signed("POST", "/getresourceshares", `{"resourceOwner":"SELF","colour":"red"}`, stage.Key, stage.Region, "ram"), 400, "colour"},
	} {
		if status, body := ask(s, tc.r); status != tc.status || !strings.Contains(body, tc.says) {
			t.Errorf("%s: %d %s; wanted %d with %s", tc.what, status, body, tc.status, tc.says)
		}
	}
}

// TestRolesEnd has a role's keys end when they are to end, whatever their holder says.
func TestRolesEnd(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	s, err := stage.New(stage.Options{Now: func() time.Time { return now }, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	status, body := ask(s, signed("POST", "/", "Action=AssumeRole&Version=2011-06-15&RoleSessionName=test&DurationSeconds=900&RoleArn="+stage.Role, stage.Key, stage.Region, "sts"))
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	r := func() *http.Request {
		r := signed("POST", "/", "Action=DescribeVpcs"+version, between(t, body, "AccessKeyId"), stage.Region, "ec2")
		r.Header.Set("X-Amz-Security-Token", between(t, body, "SessionToken"))
		return r
	}
	if status, got := ask(s, r()); status != 200 || !strings.Contains(got, s.Lonely.ID) {
		t.Errorf("while it lasts: %d %s", status, got)
	}
	now = now.Add(15 * time.Minute)
	if status, got := ask(s, r()); status != 400 || !strings.Contains(got, "<Code>RequestExpired</Code>") {
		t.Errorf("after it: %d %s", status, got)
	}
}

func between(t *testing.T, body, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, "<"+name+">")
	value, _, closed := strings.Cut(rest, "</"+name+">")
	if !ok || !closed {
		t.Fatalf("no %s in %s", name, body)
	}
	return value
}

func TestServersAreMadeOfWhatTheyNeed(t *testing.T) {
	account := func(string, string) ec2api.Account { return ec2api.Account{} }
	good := wire.Options{Account: account, Now: time.Now, Regions: []string{"us-east-1"}}
	if _, err := wire.New(good); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*wire.Options){
		"no account": func(o *wire.Options) { o.Account = nil }, "no clock": func(o *wire.Options) { o.Now = nil }, "no region": func(o *wire.Options) { o.Regions = nil },
		"an account of letters": func(o *wire.Options) { o.Keys = map[string]string{"AKIA": "twelveletter"} },
		"an empty key":          func(o *wire.Options) { o.Keys = map[string]string{"": stage.Account} },
	} {
		o := good
		change(&o)
		if _, err := wire.New(o); err == nil {
			t.Errorf("%s makes a server", what)
		}
	}
}
