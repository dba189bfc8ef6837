package intel

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	indicators "github.com/mirrorwatch/mirrorwatch/shared/intel"
)

const (
	client = "10.0.0.5"
	bad    = "203.0.113.9"
	start  = events.Time(1_770_000_000e9)
	ja3    = "0123456789abcdef0123456789abcdef"
	ja4    = "t13d1516h2_8daaf6152771_02713d6af862"
)

func head(at time.Duration, orig, resp string, port uint16) events.Head {
	return events.Head{
		TS: start.Add(at), UID: fmt.Sprintf("C%s%s", at, resp), OrigH: netip.MustParseAddr(orig), RespH: netip.MustParseAddr(resp), OrigP: 40000, RespP: port,
	}
}

func conn(at time.Duration, orig, resp string, answered bool) *events.Conn {
	c := &events.Conn{Head: head(at, orig, resp, 443), Proto: "tcp", IPProto: device.TCP, ConnState: "SF", History: "ShADadFf", OrigPkts: 5, RespPkts: 5, RespBytes: 900}
	if !answered {
		c.ConnState, c.History, c.RespPkts, c.RespBytes = "S0", "S", 0, 0
	}
	return c
}

func dns(at time.Duration, name string, answers ...string) *events.DNS {
	kind := uint16(1)
	return &events.DNS{Head: head(at, client, "10.0.0.2", 53), Query: name, QTypeName: "A", QType: &kind, RCode: new(uint16), Answers: answers}
}

func tls(at time.Duration, f func(*events.SSL)) *events.SSL {
	s := &events.SSL{Head: head(at, client, "198.51.100.200", 443)}
	f(s)
	return s
}

// list makes a feed of CSV lines: indicator, type, confidence, first seen, valid until.
func list(t testing.TB, before *indicators.Feed, lines ...string) *indicators.Feed {
	t.Helper()
	b := indicators.NewBuilder(nil)
	text := "indicator,type,confidence,first_seen,valid_until\n" + strings.Join(lines, "\n")
	out, err := indicators.Read(strings.NewReader(text), indicators.Options{Name: "feed"}, func(in *indicators.Indicator) error { return b.Add("feed", in) })
	if err != nil || out.Bad > 0 {
		t.Fatal(err, out.Complaints)
	}
	if before == nil {
		before = &indicators.Feed{}
	}
	before.Set(b.Index())
	return before
}

// judged runs records through a judge of this detector alone, and gives its detections.
func judged(feed *indicators.Feed, known device.Known, records ...events.Record) []*events.Detection {
	model := device.New(device.Options{})
	model.SetKnown(known)
	j := detect.NewJudge(With([]detect.Spec{IndicatorMatch}, feed), model, detect.Options{Terms: Terms(feed)})
	for _, r := range records {
		j.Observe(r)
	}
	j.Close(start.Add(time.Hour))
	return j.Detections()
}

func TestIndicatorMatch(t *testing.T) {
	cases := []struct {
		name    string
		lines   string
		records []events.Record
		band    events.Band // "" is none
		contact string
		terms   string
	}{
		{"nothing listed is seen", "203.0.113.8,ip,90,,", []events.Record{conn(0, client, bad, true), dns(0, "www.example.com", "198.51.100.1")}, "", "", ""},
		{"a conversation", "203.0.113.9,ip,80,2026-02-01,", []events.Record{conn(0, client, bad, true)}, "high", "talked", ""},
		{"within a network", "203.0.113.0/24,ip,80,,", []events.Record{conn(0, client, bad, true)}, "high", "talked", ""},
		{"no answer", "203.0.113.9,ip,80,,", []events.Record{conn(0, client, bad, false)}, "medium", "tried", "no_answer"},
		{"only looked up", "bad.example.com,domain,80,,", []events.Record{dns(0, "bad.example.com", "198.51.100.1")}, "medium", "looked up", "only_looked_up"},
		{"an answer that leads there", "203.0.113.9,ip,80,,", []events.Record{dns(0, "www.example.com", bad)}, "medium", "looked up", "only_looked_up"},
		{"an alias that leads there", "bad.example.com,domain,80,,", []events.Record{dns(0, "www.example.org", "bad.example.com", "198.51.100.1")}, "medium", "looked up", "only_looked_up"},
		{"a knock from outside", "203.0.113.9,ip,100,,", []events.Record{conn(0, bad, client, false), conn(time.Second, bad, "10.0.0.6", false)}, "low", "knocked", "from_outside"},
		{"from outside, and answered", "203.0.113.9,ip,80,,", []events.Record{conn(0, bad, client, true)}, "medium", "answered it", "from_outside"},
		{"expired", "203.0.113.9,ip,100,,2025-12-01", []events.Record{conn(0, client, bad, true)}, "low", "talked", "expired"},
		{"old", "203.0.113.9,ip,100,2025-01-01,", []events.Record{conn(0, client, bad, true)}, "low", "talked", "old"},
		{"aging", "203.0.113.9,ip,80,2025-10-25,", []events.Record{conn(0, client, bad, true)}, "medium", "talked", "aging"},
		{"unsure", "203.0.113.9,ip,39,,", []events.Record{conn(0, client, bad, true)}, "low", "talked", "unsure"},
		{"of no confidence", "203.0.113.9,ip,0,,", []events.Record{conn(0, client, bad, true)}, "", "", ""},
		{"a fingerprint", ja3 + ",ja3,80,,", []events.Record{tls(0, func(s *events.SSL) { s.JA3 = ja3 })}, "medium", "talked", "fingerprint"},
		{"another fingerprint", ja4 + ",ja4,80,,", []events.Record{tls(0, func(s *events.SSL) { s.JA4 = ja4 })}, "medium", "talked", "fingerprint"},
		{"a certificate", strings.Repeat("ab", 32) + ",cert_sha256,80,,", []events.Record{tls(0, func(s *events.SSL) { s.CertChainFPs = []string{strings.Repeat("ab", 32)} })}, "high", "talked", ""},
		{"a name in the handshake", "*.bad.example.com,domain,80,,", []events.Record{tls(0, func(s *events.SSL) { s.ServerName = "X.Bad.example.com" })}, "high", "talked", ""},
		{"a URL", "http://www.example.com/gate.php,url,80,,", []events.Record{&events.HTTP{Head: head(0, client, "198.51.100.9", 80), Method: "POST", Host: "www.example.com", URI: "/gate.php?id=7"}}, "high", "talked", ""},
		{"a URL by a proxy", "http://www.example.com/gate.php,url,80,,", []events.Record{&events.HTTP{Head: head(0, client, "10.0.0.3", 3128), Method: "GET", URI: "http://www.example.com/gate.php"}}, "high", "talked", ""},
		{"an address by a proxy", "203.0.113.9,ip,80,,", []events.Record{&events.HTTP{Head: head(0, client, "10.0.0.3", 3128), Method: "GET", URI: "http://203.0.113.9:8080/x"}}, "high", "talked", ""},
		{"another page of the site", "http://www.example.com/gate.php,url,80,,", []events.Record{&events.HTTP{Head: head(0, client, "198.51.100.9", 80), Host: "www.example.com", URI: "/"}}, "", "", ""},
		{"a Host header", "bad.example.com,domain,80,,", []events.Record{&events.HTTP{Head: head(0, client, "198.51.100.9", 80), Host: "Bad.example.com:80", URI: "/"}}, "high", "talked", ""},
	}
	for _, c := range cases {
		found := judged(list(t, nil, c.lines), device.Known{}, c.records...)
		if c.band == "" {
			if len(found) != 0 {
				t.Errorf("%s: %+v", c.name, found[0])
			}
			continue
		}
		if len(found) != 1 {
			t.Errorf("%s: %d detections, want 1", c.name, len(found))
			continue
		}
		d := found[0]
		if d.Risk.Band != c.band || d.Properties["contact"] != c.contact || c.terms != "" && !hasTerm(d.Risk.Terms, c.terms) || hasTerm(d.Risk.Terms, "threat_intelligence") || len(d.Activity) != 1 {
			t.Errorf("%s: risk %d (%s), want %s; %+v; %v; %s", c.name, d.Risk.Score, d.Risk.Band, c.band, d.Risk.Terms, d.Properties, d.Description)
		}
		if !strings.Contains(d.Description, "feed") || d.Properties["source"] != "feed" || len(d.Participants) == 0 {
			t.Errorf("%s: %s %v %v", c.name, d.Description, d.Properties, d.Participants)
		}
	}
}

func hasTerm(list []events.Term, name string) bool {
	return slices.ContainsFunc(list, func(t events.Term) bool { return t.Name == name })
}

// The same thing is one detection: told at once, when it goes further, and at each order of magnitude.
func TestOneDetectionGrows(t *testing.T) {
	feed := list(t, nil, "203.0.113.9,ip,80,,")
	records := []events.Record{dns(0, "www.example.com", bad), conn(time.Minute, client, bad, false)}
	for i := range 150 {
		records = append(records, conn(time.Hour+time.Duration(i)*time.Minute, client, bad, true))
	}
	found := judged(feed, device.Known{}, records...)
	if len(found) != 1 || len(found[0].Activity) != 5 || found[0].Properties["contacts"] != 152 {
		t.Fatalf("%d detections, %+v", len(found), found)
	}
	for i := range found[0].Activity[1:3] {
		if found[0].Activity[i].Score >= found[0].Activity[i+1].Score {
			t.Errorf("it went further and is worth no more: %+v", found[0].Activity)
		}
	}
	interim := conn(0, client, bad, true)
	if found := judged(feed, device.Known{}, interim, interim, interim); found[0].Properties["contacts"] != 1 {
		t.Errorf("one conversation counts as %v contacts", found[0].Properties["contacts"])
	}
	if found := judged(feed, device.Known{DNSServers: []netip.Prefix{netip.MustParsePrefix(client + "/32")}}, dns(0, "x.example.com", bad)); !hasTerm(found[0].Risk.Terms, "for_others") {
		t.Errorf("%+v", found[0].Risk)
	}
}

// A list that comes late is held against the last day, once, dated to when it was seen.
func TestListThatComesLate(t *testing.T) {
	feed := &indicators.Feed{Remember: true}
	model := device.New(device.Options{})
	tune := MatchDefaults()
	tune.Slice = 100
	m := NewMatches(tune, feed)
	see := func(r events.Record) []detect.Finding { return m.Observe(r, model.Observe(r)) }
	see(conn(-25*time.Hour, client, "203.0.113.50", true))
	see(conn(0, client, bad, true))
	see(dns(time.Minute, "x.bad.example.com", "198.51.100.9"))
	see(tls(2*time.Minute, func(s *events.SSL) { s.JA4 = ja4 }))
	for i := range 500 {
		see(dns(3*time.Minute, fmt.Sprintf("www%d.example.org", i)))
	}
	list(t, feed, "203.0.113.0/24,ip,80,,", "*.bad.example.com,domain,80,,", ja4+",ja4,80,,")
	var found []detect.Finding
	for i := range 20 {
		found = append(found, m.Tick(start.Add(time.Hour+time.Duration(i)*time.Second), model.View())...)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s %v %v", f.Properties["indicator"], f.Start.Sub(start), f.Properties["retroactive"]))
	}
	slices.Sort(got)
	if want := []string{"*", "bad.example.com 1m0s true", "t13d1516h2_8daaf6152771_02713d6af862 2m0s true"}; len(got) != 3 || !slices.Equal(got[1:], want[1:]) ||
		got[0] != "203.0.113.0/24 0s true" {
		t.Fatalf("found %v", got)
	}
	// The same again under a new index is not told again, neither by the search nor by what goes on.
	list(t, feed, "203.0.113.0/24,ip,80,,")
	if again := append(m.Tick(start.Add(2*time.Hour), model.View()), see(conn(3*time.Hour, client, bad, true))...); len(again) != 0 {
		t.Errorf("told again: %v", again)
	}
}

// After a restart nothing is told twice, and what was seen before it is still found.
func TestRestart(t *testing.T) {
	feed := list(t, &indicators.Feed{Remember: true}, "203.0.113.9,ip,80,,")
	model := device.New(device.Options{})
	first, second := NewMatches(MatchDefaults(), feed), NewMatches(MatchDefaults(), feed)
	for _, r := range []events.Record{conn(0, client, bad, true), conn(time.Second, client, "203.0.113.99", true)} {
		first.Observe(r, model.Observe(r))
	}
	disk := map[string][]byte{}
	first.Save(func(key, value []byte) { disk[string(key)] = slices.Clone(value) })
	for _, key := range slices.Sorted(maps.Keys(disk)) {
		if err := second.Load([]byte(key), disk[key]); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Load([]byte("x1"), []byte{1}); err == nil {
		t.Error("a key of nobody was taken")
	}
	list(t, feed, "203.0.113.9,ip,80,,", "203.0.113.99,ip,80,,")
	r := conn(time.Minute, client, bad, true)
	found := append(second.Observe(r, model.Observe(r)), second.Tick(start.Add(2*time.Minute), model.View())...)
	if len(found) != 1 || found[0].Properties["indicator"] != "203.0.113.99" {
		t.Errorf("found %v", found)
	}
}

// What another detector found is worth more when a participant or its evidence is listed.
func TestTermsOfOthers(t *testing.T) {
	model := device.New(device.Options{})
	r := dns(0, "cdn.example.com", "198.51.100.77")
	model.Observe(r)
	f := func(property any) *detect.Finding {
		return &detect.Finding{
			Start: start, End: start, Offenders: []detect.Party{{Addr: netip.MustParseAddr(client)}}, Victims: []detect.Party{{Addr: netip.MustParseAddr("198.51.100.77")}},
			Properties: map[string]any{"x": property, "n": 7},
		}
	}
	for _, c := range []struct {
		line     string
		property any
		points   int
	}{
		{"203.0.113.1,ip,90,,", "y", 0}, {"198.51.100.77,ip,90,2026-02-01,", "y", 18}, {"198.51.100.77,ip,90,2020-01-01,", "y", 5}, {"198.51.100.77,ip,90,,2025-01-01", "y", 5},
		{"bad.example.net,domain,50,,", "bad.example.net", 10}, {"203.0.113.9,ip,100,,", []string{"a", "203.0.113.9"}, 20}, {ja4 + ",ja4,60,,", ja4, 12}, {ja3 + ",ja3,1,,", ja3, 1},
		{"cdn.example.com,domain,50,,", "y", 10},
	} {
		terms := Terms(list(t, nil, c.line))(f(c.property), model.View())
		if c.points == 0 && len(terms) != 0 || c.points != 0 && (len(terms) != 1 || terms[0].Points != c.points || terms[0].Name != "threat_intelligence" || !strings.Contains(terms[0].Reason, "feed")) {
			t.Errorf("%s: %+v, want %d points", c.line, terms, c.points)
		}
	}
	if terms := Terms(&indicators.Feed{})(f("y"), model.View()); terms != nil {
		t.Errorf("without a list: %v", terms)
	}
}

func TestBounded(t *testing.T) {
	tune := MatchDefaults()
	tune.Pairs = 100
	feed := list(t, nil, "203.0.113.0/24,ip,80,,")
	m, model := NewMatches(tune, feed), device.New(device.Options{})
	for i := range 300 {
		r := conn(time.Duration(i)*time.Second, netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}).String(), bad, true)
		m.Observe(r, model.Observe(r))
	}
	if m.pairs.Len() != 100 || m.Overflow() != 200 {
		t.Errorf("%d pairs, %d forgotten", m.pairs.Len(), m.Overflow())
	}
}

func BenchmarkObserve(b *testing.B) {
	feed := list(b, &indicators.Feed{Remember: true}, "203.0.113.0/24,ip,80,,", "*.bad.example.com,domain,80,,")
	m, model := NewMatches(MatchDefaults(), feed), device.New(device.Options{})
	for _, r := range []events.Record{conn(0, client, "198.51.100.9", true), dns(0, "www.example.org", "198.51.100.9")} {
		v := model.Observe(r)
		b.Run(string(r.Kind()), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Observe(r, v)
			}
		})
	}
}
