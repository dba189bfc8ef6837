package sdk

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func vpcs(ctx context.Context, a ec2api.Account) error {
	_, err := a.EC2.DescribeVpcs(ctx, ec2api.Query{})
	return err
}

// TestErrors holds each form in which AWS says no: exactly one call is made, and the code, message and status are AWS's.
func TestErrors(t *testing.T) {
	ec2Error := func(code, message string) string {
		return `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>` + code + `</Code><Message>` + message +
			`</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>`
	}
	elbError := func(code, message string) string {
		return `<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message +
			`</Message></Error><RequestId>6581c0ac</RequestId></ErrorResponse>`
	}
	listeners := func(ctx context.Context, a ec2api.Account) error {
		_, err := a.LoadBalancing.DescribeListeners(ctx, lbARN)
		return err
	}
	accept := func(ctx context.Context, a ec2api.Account) error {
		return a.Sharing.AcceptResourceShareInvitation(ctx, inviteARN)
	}
	for _, c := range []struct {
		name      string
		ask       func(context.Context, ec2api.Account) error
		answer    answer
		want      ec2api.Error
		transient bool
	}{
		{"EC2 refuses", vpcs, answer{400, ec2Error("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist")},
			ec2api.Error{Call: "DescribeVpcs", Code: "InvalidVpcID.NotFound", Message: "The vpc ID 'vpc-1' does not exist", Status: 400}, false},
		{"EC2 throttles", vpcs, answer{503, ec2Error("RequestLimitExceeded", "Request limit exceeded.")},
			ec2api.Error{Call: "DescribeVpcs", Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503}, true},
		{"EC2 would allow", func(ctx context.Context, a ec2api.Account) error {
			_, err := a.EC2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{DryRun: true})
			return err
		}, answer{412, ec2Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")},
			ec2api.Error{Call: "CreateTrafficMirrorFilter", Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: 412}, false},
		{"EC2 fails", vpcs, answer{500, ec2Error("InternalError", "An internal error has occurred")},
			ec2api.Error{Call: "DescribeVpcs", Code: "InternalError", Message: "An internal error has occurred", Status: 500}, true},
		{"Elastic Load Balancing refuses", listeners, answer{400, elbError("LoadBalancerNotFound", "Load balancers not found")},
			ec2api.Error{Call: "DescribeListeners", Code: "LoadBalancerNotFound", Message: "Load balancers not found", Status: 400}, false},
		{"a listener is there already", func(ctx context.Context, a ec2api.Account) error {
			_, err := a.LoadBalancing.CreateListener(ctx, ec2api.Listener{LoadBalancer: lbARN})
			return err
		}, answer{400, elbError("DuplicateListener", "A listener already exists on this port")},
			ec2api.Error{Call: "CreateListener", Code: ec2api.CodeListenerExists, Message: "A listener already exists on this port", Status: 400}, false},
		{"Auto Scaling throttles", func(ctx context.Context, a ec2api.Account) error {
			_, err := a.AutoScaling.DescribeAutoScalingGroups(ctx, ec2api.Query{})
			return err
		}, answer{400, elbError("Throttling", "Rate exceeded")},
			ec2api.Error{Call: "DescribeAutoScalingGroups", Code: "Throttling", Message: "Rate exceeded", Status: 400}, true},
		{"RAM knows no such invitation", accept, answer{400, `{"__type":"ResourceShareInvitationArnNotFoundException","message":"not found"}`},
			ec2api.Error{Call: "AcceptResourceShareInvitation", Code: ec2api.CodeShareInvitationNotFound, Message: "not found", Status: 400}, false},
		{"RAM says its code with a namespace", accept, answer{500, `{"__type":"com.amazonaws.ram#ServerInternalException","message":"oops"}`},
			ec2api.Error{Call: "AcceptResourceShareInvitation", Code: "ServerInternalException", Message: "oops", Status: 500}, true},
		{"RAM throttles", accept, answer{429, `{"__type":"ThrottlingException","message":"Rate exceeded"}`},
			ec2api.Error{Call: "AcceptResourceShareInvitation", Code: "ThrottlingException", Message: "Rate exceeded", Status: 429}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t, c.answer)
			err := c.ask(t.Context(), w.open(t, Options{}).Account())
			var got *ec2api.Error
			if !errors.As(err, &got) || *got != c.want || ec2api.IsTransient(err) != c.transient {
				t.Errorf("got %#v, want %#v; transient %v", err, &c.want, ec2api.IsTransient(err))
			}
			if len(w.asked) != 1 {
				t.Errorf("%d calls: the client repeats on its own", len(w.asked))
			}
		})
	}
}

// TestAnswersThatAreNone holds what does not come from AWS, or is cut.
func TestAnswersThatAreNone(t *testing.T) {
	for _, c := range []struct {
		name, code string
		answer     answer
		status     int
		transient  bool
	}{
		{"a gateway's page", "", answer{502, "<html><body>Bad Gateway</body>"}, 502, true},
		{"an error without a word", "", answer{503, ""}, 503, true},
		{"success that is no XML", CodeMalformedAnswer, answer{200, "this is fine"}, 200, false},
		{"success without a word", CodeMalformedAnswer, answer{200, ""}, 200, false},
		{"a proxy's page", CodeMalformedAnswer, answer{200, "<html><body>Please sign in</body></html>"}, 200, false},
		{"another call's answer", CodeMalformedAnswer, answer{200, ec2XML("DescribeSubnets", "<subnetSet/>")}, 200, false},
		{"XML that is cut off", CodeMalformedAnswer, answer{200, "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item>"}, 200, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWire(t, c.answer)
			err := vpcs(t.Context(), w.open(t, Options{}).Account())
			var got *ec2api.Error
			if !errors.As(err, &got) || got.Call != "DescribeVpcs" || got.Code == "" || got.Status != c.status || ec2api.IsTransient(err) != c.transient {
				t.Fatalf("%#v, transient %v", err, ec2api.IsTransient(err))
			}
			if c.code != "" && (got.Code != c.code || got.Cause == nil) {
				t.Errorf("%#v", got)
			}
		})
	}
}

// TestJSONAnswersThatAreNone is the same for the services that speak JSON.
func TestJSONAnswersThatAreNone(t *testing.T) {
	for _, body := range []string{"", "[]", "<html>{", `{"resourceShares":[`} {
		w := newWire(t, answer{200, body})
		got, err := w.open(t, Options{}).Account().Sharing.GetResourceShares(t.Context(), "SELF", "mirrorwatch")
		if code := ec2api.CodeOf(err); got != nil || code != CodeMalformedAnswer && code != ec2api.CodeNoAnswer {
			t.Errorf("%q gives %v, %v", body, got, err)
		}
	}
}

func TestWhatWasMadeHasAnID(t *testing.T) {
	none := func(call string) string { return ec2XML(call, "") }
	for call, ask := range map[string]func(ctx context.Context, a ec2api.Account) error{
		"CreateTrafficMirrorSession": func(ctx context.Context, a ec2api.Account) error {
			_, err := a.EC2.CreateTrafficMirrorSession(ctx, ec2api.CreateTrafficMirrorSession{})
			return err
		},
		"CreateTrafficMirrorTarget": func(ctx context.Context, a ec2api.Account) error {
			_, err := a.EC2.CreateTrafficMirrorTarget(ctx, ec2api.CreateTrafficMirrorTarget{})
			return err
		},
		"CreateTrafficMirrorFilter": func(ctx context.Context, a ec2api.Account) error {
			_, err := a.EC2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{})
			return err
		},
		"CreateTrafficMirrorFilterRule": func(ctx context.Context, a ec2api.Account) error {
			_, err := a.EC2.CreateTrafficMirrorFilterRule(ctx, ec2api.CreateTrafficMirrorFilterRule{RuleSpec: openSpec})
			return err
		},
	} {
		err := ask(t.Context(), newWire(t, answer{body: none(call)}).open(t, Options{}).Account())
		if err == nil || err.Error() != call+": MalformedAnswer: it has no id of what was made" {
			t.Errorf("%s: %v", call, err)
		}
	}
	err := errors.Join(func() error {
		_, err := newWire(t, answer{body: elbXML("CreateListener", "<Listeners/>")}).open(t, Options{}).Account().LoadBalancing.CreateListener(t.Context(), ec2api.Listener{})
		return err
	}())
	if ec2api.CodeOf(err) != CodeMalformedAnswer {
		t.Error(err)
	}
}

// TestConnectionsThatFail: the cause is kept, and the call may be made again.
func TestConnectionsThatFail(t *testing.T) {
	cut := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Length", "10000")
		_, _ = out.Write([]byte(`<DescribeVpcsResponse><vpcSet><item>`))
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(cut.Close)
	hung := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hung }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(hung) })
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	for name, url := range map[string]string{"refused": "http://" + nobody.Addr().String(), "cut in the answer": cut.URL, "never answered": silent.URL} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t)
			w.URL = url
			err := vpcs(t.Context(), w.open(t, Options{Within: 300 * time.Millisecond}).Account())
			var got *ec2api.Error
			if !errors.As(err, &got) || got.Call != "DescribeVpcs" || got.Code != ec2api.CodeNoAnswer || got.Status != 0 || got.Cause == nil {
				t.Fatalf("%#v", err)
			}
			if !ec2api.IsTransient(err) || strings.Contains(got.Message, "DescribeVpcs") {
				t.Errorf("transient %v: %v", ec2api.IsTransient(err), err)
			}
			var network net.Error
			if name == "refused" && !errors.As(err, &network) {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
	t.Run("the caller has gone", func(t *testing.T) {
		w := newWire(t)
		w.URL = silent.URL
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := vpcs(ctx, w.open(t, Options{}).Account())
		if !errors.Is(err, context.DeadlineExceeded) || ec2api.IsTransient(err) || ec2api.CodeOf(err) != "" {
			t.Errorf("%#v", err)
		}
	})
}

// TestWhatIsNotAsked: without credentials, or without what a call needs, nothing is sent.
func TestWhatIsNotAsked(t *testing.T) {
	w := newWire(t)
	c, err := Open(Options{Region: region, Endpoint: w.URL, Config: aws.Config{
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("no keys here") }),
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = vpcs(t.Context(), c.Account())
	if ec2api.CodeOf(err) != ec2api.CodeNotAsked || ec2api.IsTransient(err) || !strings.Contains(err.Error(), "no keys here") {
		t.Errorf("%#v", err)
	}
	err = w.open(t, Options{}).Account().EC2.CreateTags(t.Context(), nil, nil)
	if ec2api.CodeOf(err) != ec2api.CodeNotAsked || !strings.Contains(err.Error(), "Resources") {
		t.Errorf("%#v", err)
	}
	if len(w.asked) != 0 {
		t.Errorf("asked %v", w.asked)
	}
}
