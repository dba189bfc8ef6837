package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// far is a web server that writes down what it is sent and answers as it is told.
type far struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	header http.Header
	got    []request
}

type request struct {
	path   string
	header http.Header
	body   []byte
}

func newFar(t *testing.T, secure bool) *far {
	t.Helper()
	f := &far{status: 200, header: http.Header{}}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.got = append(f.got, request{r.URL.Path, r.Header.Clone(), body})
		for k := range f.header {
			w.Header().Set(k, f.header.Get(k))
		}
		w.WriteHeader(f.status)
		io.WriteString(w, strings.Repeat("long answer ", 100_000)) //nolint:errcheck // who reads it is the test
	})
	if f.Server = httptest.NewServer(h); secure {
		f.Server.Close()
		f.Server = httptest.NewTLSServer(h)
	}
	t.Cleanup(f.Close)
	return f
}

func (f *far) last(t *testing.T) request {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.got) == 0 {
		t.Fatal("nothing arrived")
	}
	return f.got[len(f.got)-1]
}

func one(e events.Event) Message {
	return Message{ID: "m1", Rule: "night shift", Reason: OnCreated, Time: start, Count: 1, Events: []events.Event{e}}
}

func send(t *testing.T, o ChannelOptions, c store.Channel, m Message) error {
	t.Helper()
	o.Timeout = 5 * time.Second
	return Channels(o)[c.Type].Send(context.Background(), c, m)
}

func TestWebhookForms(t *testing.T) {
	f := newFar(t, false)
	c := store.Channel{Type: TypeWebhook, URL: f.URL + "/hook", Private: true, Secret: "s3cret", Headers: map[string]string{"X-Team": "soc"}}
	e := detected("a", 1, events.DetectionCreated, 70)
	if err := send(t, ChannelOptions{Version: "1.0"}, c, one(e)); err != nil {
		t.Fatal(err)
	}
	r := f.last(t)
	var back events.Event
	if err := json.Unmarshal(r.body, &back); err != nil || back.ID != "a-1" || back.Detail.Detection.ID != "a" {
		t.Errorf("body %s, %v", r.body, err)
	}
	if r.path != "/hook" || r.header.Get("X-Team") != "soc" || r.header.Get("Content-Type") != "application/json" || r.header.Get(HeaderMessage) != "m1" {
		t.Errorf("%s %v", r.path, r.header)
	}
	sig := r.header.Get(HeaderSignature)
	now := start.Unix()
	if !Verify("s3cret", sig, r.body, now+299, 300) || Verify("other", sig, r.body, now, 300) || Verify("s3cret", sig, append(r.body, ' '), now, 300) || Verify("s3cret", sig, r.body, now+301, 300) {
		t.Errorf("signature %s", sig)
	}
	for format, member := range map[string]string{FormOCSF: "class_uid", FormASFF: "SchemaVersion"} {
		c.Format = format
		if err := send(t, ChannelOptions{}, c, one(e)); err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := json.Unmarshal(f.last(t).body, &v); err != nil || v[member] == nil {
			t.Errorf("%s: %s, %v", format, f.last(t).body, err)
		}
		m := one(e)
		m.Events, m.Count, m.Reason = append(m.Events, e), 2, ReasonDigest
		if err := send(t, ChannelOptions{}, c, m); err != nil {
			t.Fatal(err)
		}
		var list []map[string]any
		if err := json.Unmarshal(f.last(t).body, &list); err != nil || len(list) != 2 {
			t.Errorf("%s digest: %v", format, err)
		}
	}
	c.Format, c.Template = "", `{"text": {{json .subject}}, "score": {{.event.detail.detection.risk.score}}}`
	if err := send(t, ChannelOptions{}, c, one(e)); err != nil || string(f.last(t).body) != `{"text": "[high 70] Port scan: created", "score": 70}` {
		t.Errorf("template: %s, %v", f.last(t).body, err)
	}
}

func TestDocumentedSignature(t *testing.T) {
	page, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	sig := regexp.MustCompile(HeaderSignature + `: (\S+)`).FindSubmatch(page)
	if sig == nil || !Verify("example-secret", string(sig[1]), []byte(`{"hello":"world"}`), 1772420645, 0) {
		t.Errorf("docs/events.md shows %s, which does not verify", sig)
	}
}

func TestWebhookAnswers(t *testing.T) {
	f := newFar(t, false)
	c := store.Channel{Type: TypeWebhook, URL: f.URL, Private: true}
	for _, a := range []struct {
		status    int
		permanent bool
		after     time.Duration
	}{{400, true, 0}, {403, true, 0}, {404, true, 0}, {410, true, 0}, {301, true, 0}, {307, true, 0}, {408, false, 0}, {429, false, 90 * time.Second}, {500, false, 0}, {503, false, 90 * time.Second}} {
		f.mu.Lock()
		f.status = a.status
		f.header = http.Header{"Location": {f.URL + "/elsewhere"}}
		if a.after > 0 {
			f.header.Set("Retry-After", "90")
		}
		before := len(f.got)
		f.mu.Unlock()
		err := send(t, ChannelOptions{}, c, one(detected("a", 1, events.DetectionCreated, 70)))
		if err == nil || isPermanent(err) != a.permanent || askedWait(err) != a.after || strings.Contains(err.Error(), "long answer") {
			t.Errorf("%d: %v, permanent %v, wait %v", a.status, err, isPermanent(err), askedWait(err))
		}
		if len(f.got) != before+1 {
			t.Errorf("%d: %d requests: a redirect was followed", a.status, len(f.got)-before)
		}
	}
}

func TestWebhookOverTLS(t *testing.T) {
	f := newFar(t, true)
	c := store.Channel{Type: TypeWebhook, URL: f.URL, Private: true}
	if err := send(t, ChannelOptions{}, c, one(detected("a", 1, events.DetectionCreated, 70))); err == nil {
		t.Error("a certificate that nobody signed was taken")
	}
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	if err := send(t, ChannelOptions{Roots: roots}, c, one(detected("a", 1, events.DetectionCreated, 70))); err != nil {
		t.Error(err)
	}
}

// names is a name server on the loopback that answers every question for an address with one address.
func names(t *testing.T, to netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			conn.WriteTo(answer(buf[:n], to), from) //nolint:errcheck // who asks asks again
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func answer(q []byte, to netip.Addr) []byte {
	end := 12
	for q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5 // the root label, type and class
	asked := q[end-3]
	a := append([]byte{}, q[:end]...)
	a[2], a[3] = 0x81, 0x80
	a[8], a[9], a[10], a[11] = 0, 0, 0, 0 // neither authority nor additional records
	kind, data := byte(1), to.AsSlice()
	if to.Is6() {
		kind = 28
	}
	if asked != kind {
		a[7] = 0
		return a
	}
	a[7] = 1
	a = append(a, 0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 1, 0, byte(len(data)))
	return append(a, data...)
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	never := map[string]bool{}
	for _, s := range []string{"169.254.169.254", "169.254.1.1", "fe80::1", "fd00:ec2::254", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "240.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:a9fe::1", "::169.254.169.254", "::10.0.0.1"} {
		never[s] = true
	}
	list := []string{"127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fc00::1", "fd12::1", "fec0::1", "192.0.2.1", "198.18.0.1", "203.0.113.1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}
	for s := range never {
		list = append(list, s)
	}
	for _, s := range list {
		a := netip.MustParseAddr(s)
		if refused(a, false) == "" {
			t.Errorf("%s may be connected to", s)
		}
		if got := refused(a, true) != ""; got != never[s] {
			t.Errorf("%s where private ones are allowed: refused %v, want %v", s, got, never[s])
		}
		rule := store.NotificationRule{Name: "r", Channel: store.Channel{Type: TypeWebhook, URL: "http://" + net.JoinHostPort(s, "80")}}
		var bad *store.Invalid
		if err := Check(rule); !errors.As(err, &bad) || bad.Field != "channel.url" {
			t.Errorf("Check takes %s: %v", s, err)
		}
		err := send(t, ChannelOptions{}, rule.Channel, one(detected("a", 1, events.DetectionCreated, 70)))
		if !errors.Is(err, errPrivate) || !isPermanent(err) {
			t.Errorf("%s: %v", s, err)
		}
		// A name that leads there: only what is connected to tells.
		err = send(t, ChannelOptions{Resolver: names(t, a)}, store.Channel{Type: TypeWebhook, URL: "http://innocent.example/"}, one(detected("a", 1, events.DetectionCreated, 70)))
		if !errors.Is(err, errPrivate) || !isPermanent(err) {
			t.Errorf("a name that leads to %s: %v", s, err)
		}
	}
	for _, s := range []string{"8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "172.32.0.1", "100.128.0.1", "64:ff9b::808:808"} {
		if why := refused(netip.MustParseAddr(s), false); why != "" {
			t.Errorf("%s is refused as %s", s, why)
		}
	}
}

func TestNameThatLeadsHereIsAllowedWhereTheRuleSaysSo(t *testing.T) {
	f := newFar(t, false)
	_, port, _ := net.SplitHostPort(f.Listener.Addr().String())
	c := store.Channel{Type: TypeWebhook, URL: "http://inside.example:" + port, Private: true}
	if err := send(t, ChannelOptions{Resolver: names(t, netip.MustParseAddr("127.0.0.1"))}, c, one(detected("a", 1, events.DetectionCreated, 70))); err != nil {
		t.Error(err)
	}
	c.Private = false
	if err := send(t, ChannelOptions{Resolver: names(t, netip.MustParseAddr("127.0.0.1"))}, c, one(detected("a", 1, events.DetectionCreated, 70))); !errors.Is(err, errPrivate) {
		t.Errorf("without leave: %v", err)
	}
	s := store.Channel{Type: TypeSyslog, Address: "tcp://inside.example:" + port}
	if err := send(t, ChannelOptions{Resolver: names(t, netip.MustParseAddr("10.0.0.1"))}, s, one(detected("a", 1, events.DetectionCreated, 70))); !errors.Is(err, errPrivate) {
		t.Errorf("syslog: %v", err)
	}
}

// hostile is an event whose every text tries something.
func hostile() events.Event {
	e := detected("a", 1, events.DetectionCreated, 95)
	d := e.Detail.Detection
	d.Title = "<!channel> & \"x\"]\r\nBcc: all@example.com\x00\u202e"
	d.Description = "<https://evil.example|click> `code`\n<!here>"
	d.Participants = append(d.Participants, events.Participant{Role: "victim", Address: netip.MustParseAddr("10.0.0.1"), Hostname: "<@U123>\nx]\\\""})
	return e
}

func TestSlack(t *testing.T) {
	f := newFar(t, false)
	c := store.Channel{Type: TypeSlack, URL: f.URL, Private: true}
	if err := send(t, ChannelOptions{}, c, one(hostile())); err != nil {
		t.Fatal(err)
	}
	body := f.last(t).body
	var v struct {
		Text   string
		Blocks []struct {
			Type     string
			Text     struct{ Type, Text string }
			Elements []struct{ Text string }
		}
	}
	if err := json.Unmarshal(body, &v); err != nil || len(v.Blocks) != 3 || v.Blocks[0].Type != "header" {
		t.Fatalf("%s, %v", body, err)
	}
	for _, b := range v.Blocks[1:] {
		if strings.ContainsAny(b.Text.Text, "<>") || strings.Contains(b.Text.Text, "\r") {
			t.Errorf("a mention gets through: %q", b.Text.Text)
		}
	}
	if strings.ContainsAny(v.Text, "<>\n\u202e") || !strings.Contains(v.Blocks[1].Text.Text, "&lt;!channel&gt; &amp;") {
		t.Errorf("text %q, %q", v.Text, v.Blocks[1].Text.Text)
	}
	m := one(hostile())
	m.Reason, m.Count, m.Held = ReasonDigest, 400, heldQuiet
	for range 99 {
		m.Events = append(m.Events, hostile())
	}
	if err := send(t, ChannelOptions{}, c, m); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(f.last(t).body, &v); err != nil || len(v.Blocks) > 50 || !strings.Contains(v.Blocks[len(v.Blocks)-1].Elements[0].Text, "380 more") {
		t.Errorf("%d blocks, %v", len(v.Blocks), err)
	}
}

func TestPagerDuty(t *testing.T) {
	f := newFar(t, false)
	c := store.Channel{Type: TypePagerDuty, URL: f.URL, Private: true, Secret: "R0UT1NGKEY"}
	last := func() (v map[string]any) {
		if err := json.Unmarshal(f.last(t).body, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	if err := send(t, ChannelOptions{}, c, one(hostile())); err != nil {
		t.Fatal(err)
	}
	v := last()
	p := v["payload"].(map[string]any)
	if v["routing_key"] != "R0UT1NGKEY" || v["event_action"] != "trigger" || v["dedup_key"] != "a" || p["severity"] != "critical" || len(p["summary"].(string)) > 1024 {
		t.Errorf("%v", v)
	}
	digest := one(detected("a", 2, events.DetectionUpdated, 70))
	digest.Events = append(digest.Events, detected("b", 1, events.DetectionCreated, 40), detected("a", 3, events.DetectionClosed, 70))
	digest.Reason = ReasonDigest
	before := len(f.got)
	if err := send(t, ChannelOptions{}, c, digest); err != nil {
		t.Fatal(err)
	}
	if v := last(); len(f.got) != before+2 || v["event_action"] != "resolve" || v["dedup_key"] != "a" || v["payload"] != nil {
		t.Errorf("%d requests, the last %v: want the last of each subject, and a close that resolves", len(f.got)-before, v)
	}
	ack := detected("a", 4, events.DetectionUpdated, 70)
	ack.Detail.Detection.Status = events.StatusAcknowledged
	well := events.Event{DetailType: events.SensorUnhealthy, Detail: events.Detail{Subject: "s", Health: &events.Health{Healthy: true}}}
	dark := events.Event{DetailType: events.CoverageChanged, Detail: events.Detail{Subject: "eni", Coverage: &events.Coverage{State: events.CoverageSilent}}}
	for want, e := range map[string]events.Event{"acknowledge": ack, "resolve": well, "trigger": dark} {
		if got := action(&e); got != want {
			t.Errorf("%s: %s", want, got)
		}
	}
	h := &events.Heard{VNI: 7, Sensor: "a", Faults: []events.HeardFault{events.HeardTruncated, events.HeardGaps}, Reason: "Cut."}
	mirror := events.Event{DetailType: events.MirrorHealth, Detail: events.Detail{Heard: h}}
	if got := action(&mirror) + ": " + subject(&mirror, "") + ": " + sentence(&mirror); got != "trigger: Mirror of VNI 7 at a: truncated, gaps: Cut." {
		t.Error(got)
	}
	h.Faults, h.Interface, h.Name = nil, "eni-1", "web"
	if got := action(&mirror) + ": " + subject(&mirror, ""); got != "resolve: Mirror of eni-1 web is well at a" {
		t.Error(got)
	}
}

func TestSNS(t *testing.T) {
	var form map[string][]string
	fail := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm() //nolint:errcheck // an empty form fails the test
		form = r.PostForm
		if fail != "" {
			w.WriteHeader(403)
			fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, fail)
			return
		}
		io.WriteString(w, `<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>`) //nolint:errcheck // as above
	}))
	defer srv.Close()
	client := sns.New(sns.Options{Region: "eu-central-1", BaseEndpoint: &srv.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), RetryMaxAttempts: 1})
	c := store.Channel{Type: TypeSNS, Topic: "arn:aws:sns:eu-central-1:111122223333:alerts.fifo"}
	if err := send(t, ChannelOptions{SNS: client}, c, one(hostile())); err != nil {
		t.Fatal(err)
	}
	subject := form["Subject"][0]
	if len(subject) >= 100 || strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r > '~' }) || form["TopicArn"][0] != c.Topic || form["MessageGroupId"][0] == "" {
		t.Errorf("%q, %v", subject, form["TopicArn"])
	}
	named := map[string]string{}
	for i := 1; form[fmt.Sprintf("MessageAttributes.entry.%d.Name", i)] != nil; i++ {
		at := fmt.Sprintf("MessageAttributes.entry.%d.", i)
		named[form[at+"Name"][0]] = form[at+"Value.DataType"][0] + " " + form[at+"Value.StringValue"][0]
	}
	if named["score"] != "Number 95" || named["band"] != "String critical" || named["type"] != "String recon.port_scan" {
		t.Errorf("attributes %v", named)
	}
	big := hostile()
	for i := range 3000 {
		big.Detail.Detection.Activity = append(big.Detail.Detection.Activity, events.Activity{Score: i, Description: strings.Repeat("x", 100)})
	}
	if err := send(t, ChannelOptions{SNS: client}, c, one(big)); err != nil || len(form["Message"][0]) > 256<<10 {
		t.Errorf("%d bytes, %v", len(form["Message"][0]), err)
	}
	for code, want := range map[string]bool{"AuthorizationError": true, "NotFound": true, "Throttled": false} {
		fail = code
		if err := send(t, ChannelOptions{SNS: client}, c, one(hostile())); err == nil || isPermanent(err) != want {
			t.Errorf("%s: %v, permanent %v", code, err, isPermanent(err))
		}
	}
	fail = ""
	if err := send(t, ChannelOptions{SNS: client, Topics: []string{"arn:aws:sns:eu-central-1:111122223333:other"}}, c, one(hostile())); err == nil || !isPermanent(err) {
		t.Errorf("a topic that is not among those allowed: %v", err)
	}
	if Channels(ChannelOptions{})[TypeSNS] != nil || Channels(ChannelOptions{})[TypeJSONL] != nil {
		t.Error("channels that cannot work are there")
	}
}

var rfc5424 = regexp.MustCompile(`^<(\d{1,3})>1 (\S+) (\S+) mirrorwatch - (\S+) \[mirrorwatch@32473((?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")*)\] \x{feff}(.*)$`)

func checkSyslogLine(t *testing.T, text string) {
	t.Helper()
	m := rfc5424.FindStringSubmatch(text)
	if m == nil || strings.ContainsAny(text, "\r\n\x00") {
		t.Fatalf("not a syslog message: %q", text)
	}
	var e events.Event
	if m[1] != "130" || m[3] != "collector" || m[4] != "DetectionCreated" || json.Unmarshal([]byte(m[6]), &e) != nil || e.Detail.Subject != "a" {
		t.Errorf("%q", m[1:])
	}
	if _, err := time.Parse(time.RFC3339Nano, m[2]); err != nil {
		t.Error(err)
	}
}

func TestSyslogDatagram(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := store.Channel{Type: TypeSyslog, Address: "udp://" + conn.LocalAddr().String(), Private: true}
	big := hostile()
	big.Detail.Detection.Properties = map[string]any{"payload": strings.Repeat("p", 60_000)}
	for _, e := range []events.Event{hostile(), big} {
		if err := send(t, ChannelOptions{Host: "col lector"}, c, one(e)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 1<<16)
		conn.SetReadDeadline(time.Now().Add(5 * time.Second)) //nolint:errcheck // the read fails then
		n, _, err := conn.ReadFrom(buf)
		if err != nil || n > syslogUDP {
			t.Fatalf("%d bytes, %v", n, err)
		}
		checkSyslogLine(t, string(buf[:n]))
	}
}

// counted reads one message with its octet count.
func counted(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	head, err := r.ReadString(' ')
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(head))
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, n)
	if _, err := io.ReadFull(r, buf); err != nil {
		t.Fatal(err)
	}
	return string(buf)
}

func TestSyslogStreams(t *testing.T) {
	cert := newFar(t, true)
	roots := x509.NewCertPool()
	roots.AddCert(cert.Certificate())
	for _, scheme := range []string{"tcp", "tls"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if scheme == "tls" {
			l = tls.NewListener(l, &tls.Config{Certificates: cert.TLS.Certificates})
		}
		lines := make(chan string, 2)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(conn)
			lines <- counted(t, r)
			lines <- counted(t, r)
		}()
		m := one(hostile())
		m.Events = append(m.Events, hostile())
		c := store.Channel{Type: TypeSyslog, Address: scheme + "://" + l.Addr().String(), Private: true}
		if err := send(t, ChannelOptions{Host: "collector", Roots: roots}, c, m); err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		checkSyslogLine(t, <-lines)
		checkSyslogLine(t, <-lines)
	}
}

func TestJSONL(t *testing.T) {
	dir := t.TempDir()
	c := store.Channel{Type: TypeJSONL, Path: "out/alerts.jsonl"}
	o := ChannelOptions{Folder: dir, FileSize: 4000}
	for range 40 {
		if err := send(t, o, c, one(hostile())); err != nil {
			t.Fatal(err)
		}
	}
	files, _ := filepath.Glob(dir + "/out/*")
	if len(files) != keptFiles+1 {
		t.Errorf("files %v", files)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil || len(b) > 4000 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
			var e events.Event
			if err := json.Unmarshal([]byte(l), &e); err != nil || e.ID != "a-1" {
				t.Errorf("line %q: %v", l, err)
			}
		}
	}
	outside := t.TempDir()
	if err := errors.Join(os.Symlink(outside, dir+"/link"), os.Symlink(outside+"/f", dir+"/file"), os.Mkdir(dir+"/folder", 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"../x", "/etc/x", "a/../../x", "link/x", "file", "folder", "", ".", "a//b", ".hidden", "a\x00b", "a b", "-x", "a/.git/x"} {
		c.Path = p
		if err := send(t, o, c, one(hostile())); err == nil || !isPermanent(err) {
			t.Errorf("path %q: %v", p, err)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) != 0 {
		t.Errorf("written outside: %v", left)
	}
}

func TestSecretsAreInNoError(t *testing.T) {
	h := newHouse(t)
	h.Channels = Channels(ChannelOptions{Timeout: time.Second})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close() // nobody listens there
	c := store.Channel{Type: TypeSlack, URL: "http://user:pass-word@" + at + "/services/T000/B000/XXXXSECRET?token=tok", Secret: "hmac-key", Private: true}
	err = h.send(context.Background(), c, one(hostile()))
	if err == nil || isPermanent(err) {
		t.Fatalf("error %v", err)
	}
	for _, s := range []string{"XXXXSECRET", "pass-word", "tok", "hmac-key"} {
		if strings.Contains(err.Error(), s) {
			t.Errorf("%s is in %q", s, err)
		}
	}
}
