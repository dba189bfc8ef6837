package sip

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

type said = analyzertest.Said

var (
	client, server = analyzertest.Client, analyzertest.Server
	specs          = []analyzer.Spec{Spec}
)

const (
	register = "REGISTER sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9;rport\r\nFrom: <sip:100@pbx.example>\r\nt: <sip:100@pbx.example>\r\n" +
		"Call-ID: 7@10.0.0.1\r\nCSeq: 2 REGISTER\r\nUser-Agent: phone\r\nAuthorization: Digest username=\"100\",nonce=\"x\",response=\"5ecret\"\r\nContent-Length: 0\r\n\r\n"
	trying    = "SIP/2.0 100 Trying\r\nVia: SIP/2.0/UDP 10.0.0.1\r\nContent-Length: 0\r\n\r\n"
	forbidden = "SIP/2.0 403 Wrong password\r\nVia: SIP/2.0/UDP 10.0.0.1\r\nTo: <sip:100@pbx.example>;tag=1\r\nContent-Length: 0\r\n\r\n"
	invite    = "INVITE sip:0044@pbx.example SIP/2.0\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nl: 5\r\n\r\nv=0\r\n"
)

func calls() []said {
	return []said{client(register), server(trying), server(forbidden), client(invite), server("SIP/2.0 486 Busy\r\n\r\n"), client("ACK sip:0044@pbx.example SIP/2.0\r\n\r\n")}
}

// Catches: a response that is not told, a request that nothing followed and is lost, an answer to a challenge that is kept, a body read as a header.
func TestCalls(t *testing.T) {
	want := []string{
		`"method":"REGISTER","uri":"sip:pbx.example","request_from":"<sip:100@pbx.example>","request_to":"<sip:100@pbx.example>","call_id":"7@10.0.0.1","seq":"2 REGISTER","request_path":["SIP/2.0/UDP 10.0.0.1;rport"],"response_path":["SIP/2.0/UDP 10.0.0.1"],"user_agent":"phone","status_code":100,"status_msg":"Trying"`,
		`"status_code":403,"status_msg":"Wrong password","request_body_len":0,"response_body_len":0,"auth_user":"100"`,
		`"method":"INVITE","uri":"sip:0044@pbx.example","seq":"1 INVITE","status_code":486,"status_msg":"Busy","request_body_len":5,"response_body_len":0,"content_type":"application/sdp"`,
		`"method":"ACK","uri":"sip:0044@pbx.example","request_body_len":0,`,
		"services [sip] weirds [] rejected 0",
	}
	for on, r := range map[string]*analyzertest.Result{"UDP": analyzertest.Datagrams(specs, 5060, calls()), "TCP": analyzertest.Same(t, specs, 5060, calls())} {
		text := analyzertest.Text(r)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: missing %s in\n%s", on, w, text)
			}
		}
		if len(r.Records) != 4 || strings.Contains(text, "5ecret") {
			t.Errorf("%s: %d records:\n%s", on, len(r.Records), text)
		}
	}
	analyzertest.Holes(t, specs, 5060, calls())
}

// Catches: HTTP taken for SIP, a header without end that is waited for.
func TestWhatIsNone(t *testing.T) {
	for _, c := range []string{"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", "SIP/3.0 100 x\r\n\r\n", "INVITE\r\n", "SIP/2.0 100 Trying\r\n" + strings.Repeat("X: y\r\n", 5000)} {
		if r := analyzertest.Same(t, specs, 5060, []said{client(c)}); len(r.Records) != 0 {
			t.Errorf("%.40q: %s", c, analyzertest.Text(r))
		}
	}
}

func BenchmarkCalls(b *testing.B) {
	all := calls()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Datagrams(specs, 5060, all)
	}
}

// Catches: a call that costs more than its texts: stated are 40 allocations for a request with nine fields, and its response.
func TestAllocations(t *testing.T) {
	one := []said{client(register), server(forbidden)}
	base := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 5060, nil) })
	if n := testing.AllocsPerRun(50, func() { analyzertest.Datagrams(specs, 5060, one) }) - base; n > 40 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSIP(f *testing.F) { analyzertest.Fuzz(f, Spec, register, trying+forbidden, invite) }
