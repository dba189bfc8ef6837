package tally_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
	"github.com/mirrorwatch/mirrorwatch/shared/tally"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func newStore() store.Documents {
	return memory.New(memory.Options{Now: func() time.Time { return noon.Add(time.Hour) }, Schema: storetest.Schema()}).Documents
}

// flow makes a conversation of a flow log: "web tried db:5432" is orig, resp and port; minutes are after noon.
type flow struct {
	orig, resp string
	port       uint16
	minute     float64
	reject     bool
	dir        string // of the sender's packets at the interface
	answer     bool   // it shows the responder's packets
	packets    uint64
	bytes      uint64
	iface      string
	icmp       bool
}

func (f flow) conn() *events.Conn {
	c := &events.Conn{
		Head: events.Head{
			TS:    events.TimeOf(noon.Add(time.Duration(f.minute * float64(time.Minute)))),
			OrigH: netip.MustParseAddr(f.orig), RespH: netip.MustParseAddr(f.resp), OrigP: 40000, RespP: f.port,
		},
		Source: "flowlog", Action: "ACCEPT", IPProto: 6, Proto: "tcp", Duration: events.Interval(59 * time.Second), Direction: f.dir, Interface: f.iface,
	}
	if f.icmp {
		c.IPProto, c.Proto = 1, "icmp"
	}
	if f.reject {
		c.Action = "REJECT"
	}
	c.LocalOrig, c.LocalResp = c.OrigH.IsPrivate(), c.RespH.IsPrivate()
	packets, bytes := max(f.packets, 1), max(f.bytes, 60)
	if f.answer {
		c.RespPkts, c.RespIPBytes = packets, bytes
	} else {
		c.OrigPkts, c.OrigIPBytes = packets, bytes
	}
	return c
}

func keep(t testing.TB, docs store.Documents, object string, flows ...flow) {
	t.Helper()
	c := tally.NewCounter(tally.Options{})
	for _, f := range flows {
		c.Add(f.conn())
	}
	if err := c.Keep(context.Background(), docs, object); err != nil {
		t.Fatal(err)
	}
}

const (
	web     = "10.0.0.10"
	db      = "10.0.0.20"
	scanner = "198.51.100.7"
)

// between is a detection with an offender and victims, from noon to five past.
func between(offender string, victims ...string) *events.Detection {
	d := &events.Detection{
		Start: noon, Update: noon.Add(5 * time.Minute), Evidence: events.Evidence{Start: noon, End: noon.Add(5 * time.Minute)},
		Participants: []events.Participant{participant("offender", offender)},
	}
	for _, v := range victims {
		d.Participants = append(d.Participants, participant("victim", v))
	}
	return d
}

func participant(role, a string) events.Participant {
	addr := netip.MustParseAddr(a)
	return events.Participant{Role: role, Address: addr, External: !addr.IsPrivate()}
}

func summary(t testing.TB, docs store.Documents, d *events.Detection) (*events.FlowSummary, time.Time) {
	t.Helper()
	have, err := docs.GetMany(context.Background(), tally.Keys(d, noon.Add(time.Hour))...)
	if err != nil {
		t.Fatal(err)
	}
	s, through, err := tally.Summary(d, have)
	if err != nil {
		t.Fatal(err)
	}
	return s, through
}

// times repeats a flow over ports.
func over(f flow, ports ...uint16) (list []flow) {
	for _, p := range ports {
		f.port = p
		list = append(list, f)
	}
	return list
}

// TestScan is the sentence that an analyst reads: how often, on how many ports, how much was rejected.
func TestScan(t *testing.T) {
	docs := newStore()
	rejected := flow{orig: scanner, resp: web, reject: true, dir: "ingress", minute: 1}
	var flows []flow
	for range 75 {
		flows = append(flows, over(rejected, 21, 23, 3306, 3389)...)
	}
	for range 12 {
		flows = append(flows, flow{orig: scanner, resp: web, port: 22, dir: "ingress", minute: 2, packets: 10, bytes: 1000})
		flows = append(flows, flow{orig: scanner, resp: web, port: 22, dir: "egress", minute: 2, packets: 8, bytes: 2000, answer: true})
	}
	early := rejected
	early.minute = -20
	flows = append(flows, over(early, 22, 22, 22)...)
	flows = append(flows, flow{orig: "203.0.113.9", resp: web, port: 22, dir: "ingress", minute: 1, reject: true}) // somebody else
	keep(t, docs, "one", flows...)
	d := between(scanner, web)
	d.Participants[1].Tags = map[string]string{"Name": "web-1"}
	s, through := summary(t, docs, d)
	const want = "web-1 was tried 312 times on 5 ports by 198.51.100.7, 300 of them rejected by a security group or network ACL; 12 were let in. In the hour before, 3 tries were rejected."
	if s.Sentence != want {
		t.Errorf("%s\nwant\n%s", s.Sentence, want)
	}
	if s.Accepted != (events.FlowCount{Records: 12, Packets: 216, Bytes: 36000}) || s.Rejected != (events.FlowCount{Records: 300, Packets: 300, Bytes: 18000}) || s.Before.Records != 3 || s.BytesFlows != 36000 {
		t.Errorf("%+v", s)
	}
	if len(s.Ports) != 5 || s.Ports[0] != (events.FlowPort{Proto: "tcp", Port: 21, Rejected: 75}) || s.Ports[4] != (events.FlowPort{Proto: "tcp", Port: 22, Accepted: 12}) {
		t.Errorf("%+v", s.Ports)
	}
	if want := noon.Add(2*time.Minute + 59*time.Second); !through.Equal(want) {
		t.Errorf("read through %v, want %v", through, want)
	}
}

// TestBothEndsLog: what both ends log is counted once, and what one let out and the other rejected was rejected.
func TestBothEndsLog(t *testing.T) {
	docs := newStore()
	keep(t, docs, "web's",
		flow{orig: web, resp: db, port: 5432, dir: "egress", minute: 1, packets: 5, bytes: 500},
		flow{orig: web, resp: db, port: 5432, dir: "ingress", minute: 1, packets: 4, bytes: 4000, answer: true},
		flow{orig: web, resp: db, port: 22, dir: "egress", minute: 1})
	keep(t, docs, "db's",
		flow{orig: web, resp: db, port: 5432, dir: "ingress", minute: 1.1, packets: 5, bytes: 500},
		flow{orig: web, resp: db, port: 5432, dir: "egress", minute: 1.1, packets: 4, bytes: 4000, answer: true},
		flow{orig: web, resp: db, port: 22, dir: "ingress", minute: 1.1, reject: true})
	s, _ := summary(t, docs, between(web, db))
	if s.Accepted != (events.FlowCount{Records: 1, Packets: 9, Bytes: 4500}) || s.Rejected.Records != 1 {
		t.Errorf("%+v", s)
	}
	if want := "10.0.0.20 was tried 2 times on 2 ports by 10.0.0.10, 1 of them rejected by a security group or network ACL; one was let in."; s.Sentence != want {
		t.Error(s.Sentence)
	}
	// Without the log of the one that was tried, there is only the other's.
	docs = newStore()
	keep(t, docs, "web's", flow{orig: web, resp: db, port: 22, dir: "egress", minute: 1})
	if s, _ := summary(t, docs, between(web, db)); s.Accepted.Records != 1 || s.Sentence != "10.0.0.20 was tried once on one port by 10.0.0.10, and was let in." {
		t.Errorf("%+v", s)
	}
}

// TestWindows: what overlaps the detection is of it, what lies in the hour before is told apart, the rest is not.
func TestWindows(t *testing.T) {
	for minute, want := range map[float64]string{
		-62: "00", -61: "00", -59.5: "01", -30: "01", -1.2: "01", // its end is before noon
		-0.5: "10", 0: "10", 4.9: "10", 5: "10", 5.1: "00", 30: "00",
	} {
		docs := newStore()
		keep(t, docs, "o", flow{orig: scanner, resp: web, port: 22, dir: "ingress", minute: minute, reject: true})
		keep(t, docs, "other", flow{orig: "203.0.113.9", resp: web, port: 22, dir: "ingress", minute: 1})
		s, _ := summary(t, docs, between(scanner, web))
		if got := fmt.Sprint(s.Rejected.Records, s.Before.Records); strings.ReplaceAll(got, " ", "") != want {
			t.Errorf("%v minutes after noon: rejected, before: %s, want %s", minute, got, want)
		}
	}
}

// TestNothing: no document is not the same as a document without the participants.
func TestNothing(t *testing.T) {
	docs := newStore()
	if s, through := summary(t, docs, between(scanner, web)); s != nil || !through.IsZero() {
		t.Error(s, through)
	}
	keep(t, docs, "o", flow{orig: "203.0.113.9", resp: web, port: 22, dir: "ingress", minute: 8, reject: true})
	s, through := summary(t, docs, between(scanner, web))
	if s == nil || s.Rejected.Records != 0 || s.Sentence != "Flow logs show nothing between the participants at that time." || !through.Equal(noon.Add(8*time.Minute+59*time.Second)) {
		t.Errorf("%+v, %v", s, through)
	}
}

// TestSentences: one participant, several, both ways, protocols without ports.
func TestSentences(t *testing.T) {
	in, out := flow{resp: web, dir: "ingress", minute: 1, reject: true}, flow{orig: web, dir: "egress", minute: 1}
	from := func(f flow, orig string) flow { f.orig = orig; return f }
	to := func(f flow, resp string, port uint16) flow { f.resp, f.port = resp, port; return f }
	ping := to(out, db, 0)
	ping.icmp = true
	for _, c := range []struct {
		d     *events.Detection
		flows []flow
		want  string
	}{
		{between(web), append(over(from(in, scanner), 22, 23), over(from(in, "203.0.113.9"), 22)...), "10.0.0.10 was tried 3 times on 2 ports by 2 addresses, all of them rejected by a security group or network ACL."},
		{between(web), []flow{to(out, "192.0.2.1", 445), to(out, "192.0.2.2", 445)}, "10.0.0.10 tried 2 addresses 2 times on one port, and none was rejected."},
		{between(web), nil, "Flow logs show nothing of the participant at that time."},
		{between(web, db), []flow{ping}, "10.0.0.20 was tried once by icmp by 10.0.0.10, and was let in."},
		{between(web, db, "10.0.0.30"), []flow{to(out, db, 22), to(out, "10.0.0.30", 22)}, "10.0.0.10 tried 2 addresses 2 times on one port, and none was rejected."},
		{between(web, db), []flow{to(out, db, 22), {orig: db, resp: web, port: 80, dir: "ingress", minute: 1}}, "2 addresses tried each other 2 times on 2 ports, and none was rejected."},
		{between(scanner, web), over(from(in, scanner), 22), "10.0.0.10 was tried once on one port by 198.51.100.7, and was rejected by a security group or network ACL."},
	} {
		docs := newStore()
		keep(t, docs, "o", append(c.flows, flow{orig: "10.9.9.9", resp: web, port: 1, dir: "ingress", minute: 50})...)
		if s, _ := summary(t, docs, c.d); s.Sentence != c.want {
			t.Errorf("%s\nwant\n%s", s.Sentence, c.want)
		}
	}
}

// TestWithoutDirection: the address of the interface is the private one, or the one that is in all that it logged.
func TestWithoutDirection(t *testing.T) {
	docs := newStore()
	keep(t, docs, "o",
		flow{orig: scanner, resp: web, port: 22, minute: 1, iface: "eni-web"},
		flow{orig: web, resp: db, port: 5432, minute: 1, iface: "eni-web"},
		flow{orig: "10.0.0.30", resp: web, port: 80, minute: 1, iface: "eni-web"},
		flow{orig: web, resp: "10.0.0.31", port: 80, minute: 1, iface: "eni-web"},
		flow{orig: "10.0.0.40", resp: "10.0.0.41", port: 80, minute: 1, iface: "eni-other"}) // nobody can tell
	var ids []string
	page, err := docs.List(context.Background(), store.KindFlows, store.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range page.Items {
		ids = append(ids, d.ID)
		if want := noon.Add(time.Hour + 14*24*time.Hour); !d.Expires.Equal(want) {
			t.Errorf("%s expires %v, want %v", d.ID, d.Expires, want)
		}
	}
	if want := "[10.0.0.10/2026112612 10.0.0.40/2026112612 10.0.0.41/2026112612]"; fmt.Sprint(ids) != want {
		t.Errorf("documents %v, want %s", ids, want)
	}
	for _, other := range []string{scanner, db, "10.0.0.30", "10.0.0.31"} {
		if s, _ := summary(t, docs, between(other, web)); s.Accepted.Records != 1 {
			t.Errorf("%s: %+v", other, s)
		}
	}
}

// TestKeys: offenders first, those inside, all hours that may tell, at most 64.
func TestKeys(t *testing.T) {
	d := between(scanner, db, web)
	d.Participants[2].Role = "offender"
	var ids []string
	for _, k := range tally.Keys(d, noon.Add(time.Hour)) {
		ids = append(ids, k.ID)
	}
	want := "[10.0.0.10/2026112610 10.0.0.10/2026112611 10.0.0.10/2026112612 10.0.0.20/2026112610 10.0.0.20/2026112611 10.0.0.20/2026112612]"
	if fmt.Sprint(ids) != want {
		t.Errorf("%v\nwant\n%s", ids, want)
	}
	if keys := tally.Keys(between(scanner), noon); len(keys) != 3 || keys[0].ID != scanner+"/2026112610" {
		t.Error("where nobody is inside all are asked for:", keys)
	}
	long := between(web)
	long.Evidence.Start = noon.Add(-48 * time.Hour)
	for i := range 40 {
		long.Participants = append(long.Participants, participant("victim", fmt.Sprintf("10.1.0.%d", i)))
	}
	keys := tally.Keys(long, noon.Add(time.Hour))
	if len(keys) != 64 || len(keys) > store.MaxGet || keys[0].ID != web+"/2026112607" {
		t.Error(len(keys), keys[0])
	}
	if early := tally.Keys(between(web), noon.Add(-30*time.Minute)); len(early) != 2 {
		t.Error("no hour after now:", early)
	}
}

// TestAgain: an object that comes again changes nothing, whether the first time was finished or broke off in the middle.
func TestAgain(t *testing.T) {
	flows := crowd(rand.New(rand.NewPCG(1, 1)), 400)
	whole := newStore()
	keep(t, whole, "a", flows...)
	want := dump(t, whole)
	keep(t, whole, "a", flows...)
	if got := dump(t, whole); got != want {
		t.Error("the second time changed something")
	}
	for after := range 6 {
		docs := newStore()
		broken := &failing{Documents: docs, after: after}
		c := tally.NewCounter(tally.Options{})
		for _, f := range flows {
			c.Add(f.conn())
		}
		if err := c.Keep(context.Background(), broken, "a"); !errors.Is(err, store.ErrUnavailable) {
			t.Fatal("it did not break off:", err)
		}
		if after%2 == 0 { // the same program goes on, or another one begins anew
			if err := c.Keep(context.Background(), docs, "a"); err != nil {
				t.Fatal(err)
			}
		} else {
			keep(t, docs, "a", flows...)
		}
		if got := dump(t, docs); got != want {
			t.Errorf("broken off after %d writes it is something else", after)
		}
	}
}

// failing is a store that is out of reach after so many writes.
type failing struct {
	store.Documents
	after int
}

func (f *failing) Write(ctx context.Context, w []store.Write, e *store.AuditEntry) ([]store.Document, error) {
	if f.after--; f.after < 0 {
		return nil, store.ErrUnavailable
	}
	return f.Documents.Write(ctx, w, e)
}

// crowd makes flows of many hosts, over three hours.
func crowd(r *rand.Rand, n int) (list []flow) {
	for range n {
		host := fmt.Sprintf("10.0.%d.%d", r.IntN(3), r.IntN(50))
		other := fmt.Sprintf("192.0.2.%d", r.IntN(20))
		f := flow{orig: other, resp: host, port: uint16(20 + r.IntN(8)), minute: float64(r.IntN(180) - 90), reject: r.IntN(3) == 0, dir: "ingress", packets: r.Uint64N(99), bytes: r.Uint64N(99999)}
		if r.IntN(2) == 0 {
			f.orig, f.resp, f.dir = host, other, "egress"
		}
		list = append(list, f)
	}
	return list
}

// dump gives all documents, but for the order in which they hold their objects and how often they were written.
func dump(t testing.TB, docs store.Documents) string {
	t.Helper()
	var out strings.Builder
	for q := (store.ListQuery{}); ; {
		page, err := docs.List(context.Background(), store.KindFlows, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Items {
			fmt.Fprintf(&out, "%s %s %s\n", d.ID, d.Expires, tally.Sorted(d.Body))
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return out.String()
		}
	}
}

// TestOrder: whichever object comes first, late or twice, the documents are the same in the end.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	objects := map[string][]flow{}
	for i := range 12 {
		objects[fmt.Sprint("object ", i)] = crowd(r, 60)
	}
	names := slices.Sorted(maps.Keys(objects))
	want := ""
	for round := range 20 {
		docs := newStore()
		for _, name := range append(slices.Clone(names), names[:4]...) {
			keep(t, docs, name, objects[name]...)
		}
		if got := dump(t, docs); round == 0 {
			want = got
		} else if got != want {
			t.Fatalf("in the order %v it is something else", names)
		}
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	}
}

// TestConflicts: writers of the same documents at the same time lose nothing.
func TestConflicts(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	one, together := newStore(), newStore()
	var wg sync.WaitGroup
	for i := range 6 {
		flows := crowd(r, 200)
		object := fmt.Sprint("object ", i)
		keep(t, one, object, flows...)
		c := tally.NewCounter(tally.Options{})
		for _, f := range flows {
			c.Add(f.conn())
		}
		wg.Go(func() {
			for {
				err := c.Keep(context.Background(), together, object)
				if err == nil {
					return
				}
				if !errors.Is(err, store.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got, want := dump(t, together), dump(t, one); got != want {
		t.Error("together it is something else than one after the other")
	}
}

// TestStubborn: where others are always faster, it is said in the end.
func TestStubborn(t *testing.T) {
	c := tally.NewCounter(tally.Options{})
	c.Add(flow{orig: scanner, resp: web, port: 22, dir: "ingress"}.conn())
	err := c.Keep(context.Background(), conflicting{newStore()}, "o")
	if !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), web) {
		t.Error(err)
	}
}

type conflicting struct{ store.Documents }

func (conflicting) Write(context.Context, []store.Write, *store.AuditEntry) ([]store.Document, error) {
	return nil, store.ErrConflict
}

// TestLimits: a document never outgrows its limits; what is left out is still in the sums; the largest and the most rejected stay.
func TestLimits(t *testing.T) {
	docs := newStore()
	total := uint64(0)
	for object := range 4 {
		var flows []flow
		for i := range 3000 { // a background of peers, and a scan of thousands of ports
			flows = append(flows,
				flow{orig: fmt.Sprintf("192.%d.%d.%d", object, i/250, i%250+1), resp: web, port: 443, dir: "ingress", minute: float64(i % 50), bytes: 100},
				flow{orig: "203.0.113.9", resp: web, port: uint16(1 + i + 3000*object), dir: "ingress", minute: float64(i % 50), reject: true})
			total += 2
		}
		flows = append(flows,
			flow{orig: web, resp: "203.0.113.50", port: 443, dir: "egress", minute: 1, bytes: 1 << 40},
			flow{orig: scanner, resp: web, port: 22, dir: "ingress", minute: 1, reject: true})
		total += 2
		keep(t, docs, fmt.Sprint("object ", object), flows...)
	}
	d, err := docs.Get(context.Background(), store.KindFlows, web+"/2026112612")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Body) > store.MaxBody || len(d.Body) > tally.MaxBytes {
		t.Errorf("%d bytes", len(d.Body))
	}
	peers, entries, records, left := tally.Totals(d.Body)
	if peers > tally.MaxPeers || entries > tally.MaxEntries || records != total || left == 0 {
		t.Errorf("%d peers, %d entries, %d records of %d, %d left out", peers, entries, records, total, left)
	}
	if s, _ := summary(t, docs, between(scanner, web)); s.Rejected.Records != 4 {
		t.Errorf("the rejected one is gone: %+v", s)
	}
	if s, _ := summary(t, docs, between(web, "203.0.113.50")); s.BytesFlows != 4<<40 {
		t.Errorf("the largest one is gone: %+v", s)
	}
	whole := between("203.0.113.9", web)
	whole.Evidence.End = noon.Add(55 * time.Minute)
	s, _ := summary(t, docs, whole)
	if s.Rejected.Records != 12000 || !strings.Contains(s.Sentence, "was tried 12,000 times on more than ") {
		t.Errorf("%d rejected: %s", s.Rejected.Records, s.Sentence)
	}
	if s, _ := summary(t, docs, between("192.3.9.9", web)); !strings.Contains(s.Sentence, "are not told apart") && s.Accepted.Records == 0 {
		t.Error(s.Sentence)
	}
}

// TestSmallCounter: an object with more than a counter takes is summed, not lost; what cannot even be summed is counted.
func TestSmallCounter(t *testing.T) {
	c := tally.NewCounter(tally.Options{MaxEntries: 10})
	for i := range 100 {
		c.Add(flow{orig: scanner, resp: web, port: uint16(i + 1), dir: "ingress", minute: 1, reject: true}.conn())
	}
	for i := range 50 {
		c.Add(flow{orig: fmt.Sprintf("10.7.0.%d", i), resp: "10.8.0.1", port: 80, iface: "eni-1", minute: 1}.conn())
	}
	if c.Dropped() == 0 {
		t.Error("nothing was dropped")
	}
	docs := newStore()
	if err := c.Keep(context.Background(), docs, "o"); err != nil {
		t.Fatal(err)
	}
	d, err := docs.Get(context.Background(), store.KindFlows, web+"/2026112612")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, records, _ := tally.Totals(d.Body); records != 100 {
		t.Errorf("%d records, want 100", records)
	}
	if c.Dropped() != 0 {
		t.Error("the counter is not empty after Keep")
	}
}

// TestOthers: only conversations of flow logs count, and documents that make no sense are said and passed over, or begun anew.
func TestOthers(t *testing.T) {
	docs := newStore()
	c := tally.NewCounter(tally.Options{})
	packet := flow{orig: scanner, resp: web, port: 22, dir: "ingress"}.conn()
	packet.Source = ""
	c.Add(packet)
	c.Add(&events.Conn{Source: "flowlog"})
	if err := c.Keep(context.Background(), docs, "o"); err != nil || dump(t, docs) != "" {
		t.Error(err, dump(t, docs))
	}
	d := between(scanner, web)
	bad := store.DocumentKey{Kind: store.KindFlows, ID: web + "/2026112612"}
	good := store.DocumentKey{Kind: store.KindFlows, ID: web + "/2026112611"}
	keep(t, docs, "o", flow{orig: scanner, resp: web, port: 22, dir: "ingress", minute: -1.5, reject: true})
	have, err := docs.GetMany(context.Background(), good)
	if err != nil {
		t.Fatal(err)
	}
	have[bad] = store.Document{Kind: bad.Kind, ID: bad.ID, Body: []byte(`{"peers":7}`)}
	have[store.DocumentKey{Kind: store.KindTrail, ID: "x"}] = store.Document{Body: []byte("nonsense")}
	s, _, err := tally.Summary(d, have)
	if err == nil || !strings.Contains(err.Error(), bad.ID) || s == nil || s.Before.Records != 1 {
		t.Error(s, err)
	}
	if _, err := docs.Write(context.Background(), []store.Write{{Kind: bad.Kind, ID: bad.ID, Body: []byte(`{"peers":7}`)}}, nil); err != nil {
		t.Fatal(err)
	}
	keep(t, docs, "p", flow{orig: scanner, resp: web, port: 22, dir: "ingress", minute: 1})
	if s, _ := summary(t, docs, d); s.Accepted.Records != 1 {
		t.Errorf("%+v", s)
	}
}

// TestLoss: what the sensors saw beside what flow logs counted.
func TestLoss(t *testing.T) {
	for _, c := range []struct {
		seen, flows uint64
		share       float64
		say         string
	}{
		{0, 0, 0, ""},
		{5, 99_999, 0, ""},
		{0, 2_000_000, 1, "The sensors saw nothing of 2.0 MB that flow logs count: these hosts are not mirrored, or the filter leaves them out."},
		{80_000_000, 100_000_000, 0.2, "The sensors saw 80.0 MB of 100.0 MB that flow logs count: 20 % was not mirrored or was lost."},
		{98_000_000, 100_000_000, 0.02, "The sensors saw 98.0 MB, as much as flow logs count."},
		{3_000_000_000, 100_000_000, 0, "The sensors saw 3.0 GB, more than the 100.0 MB that flow logs count: records of them are missing."},
	} {
		if share, say := tally.Loss(c.seen, c.flows); share != c.share || say != c.say {
			t.Errorf("Loss(%d, %d) = %v, %q", c.seen, c.flows, share, say)
		}
	}
}
