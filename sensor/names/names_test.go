package names

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// asked is a store that counts what it is asked, and is ill when told to be.
type asked struct {
	store.Mirror
	boundAt, pages atomic.Int32
	ill            atomic.Bool
}

func (a *asked) BoundAt(ctx context.Context, vni uint32, at time.Time) (events.Binding, error) {
	if a.boundAt.Add(1); a.ill.Load() {
		return events.Binding{}, store.ErrUnavailable
	}
	return a.Mirror.BoundAt(ctx, vni, at)
}

func (a *asked) Bound(ctx context.Context, q store.ListQuery) (store.BindingPage, error) {
	if a.pages.Add(1); a.ill.Load() {
		return store.BindingPage{}, store.ErrUnavailable
	}
	return a.Mirror.Bound(ctx, q)
}

// world is a book on a store, and the time that it takes for the present.
type world struct {
	*Book
	t     *testing.T
	store *asked
	now   time.Time
	told  []error
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: noon}
	s := memory.New(memory.Options{Now: func() time.Time { return w.now }})
	w.store = &asked{Mirror: s.Mirror}
	w.Book = New(Options{Mirror: w.store, Now: func() time.Time { return w.now }, Failed: func(err error) { w.told = append(w.told, err) }})
	return w
}

func (w *world) bind(vni uint32, iface string, from time.Time, addresses ...string) {
	w.t.Helper()
	b := events.Binding{
		VNI: vni, Interface: iface, From: from, VPC: "vpc-1", Account: "111122223333", Instance: "i-" + iface, Name: "name of " + iface,
		Tags: map[string]string{"of": iface},
	}
	for _, a := range addresses {
		b.Addresses = append(b.Addresses, netip.MustParseAddr(a))
	}
	w.put(b)
}

func (w *world) put(b events.Binding) {
	w.t.Helper()
	if err := w.store.Bind(context.Background(), b); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) release(vni uint32, at time.Time) {
	w.t.Helper()
	if err := w.store.Release(context.Background(), vni, at); err != nil {
		w.t.Fatal(err)
	}
}

// is asks whose a VNI is; "?" where that is not known, "" where it is nobody's.
func (w *world) is(vni uint32, at time.Time, want string) {
	w.t.Helper()
	b, known := w.Of(vni, at)
	got := b.Interface
	if !known {
		got = "?"
	}
	if got != want {
		w.t.Errorf("vni %d at %s is %q, want %q", vni, at.Format(time.TimeOnly), got, want)
	}
}

// TestNamesOfTheirTime follows one VNI through two interfaces and a time between: each moment has its own name.
func TestNamesOfTheirTime(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.bind(7, "eni-a", noon.Add(-3*time.Hour))
	w.release(7, noon.Add(-2*time.Hour))
	w.bind(7, "eni-b", noon.Add(-time.Hour))
	for _, c := range []struct {
		ago  time.Duration
		want string
	}{
		{time.Minute, "eni-b"}, {150 * time.Minute, "eni-a"}, {90 * time.Minute, ""}, {4 * time.Hour, ""},
		{time.Hour, "eni-b"}, {2 * time.Hour, ""}, {3 * time.Hour, "eni-a"}, // from its beginning, and no more at its end
	} {
		at := noon.Add(-c.ago)
		if b, known := w.Of(7, at); !known || b.Interface != c.want { // the store is asked where this moment is new
			w.answer(ctx)
		}
		w.is(7, at, c.want)
	}
	w.is(0, noon, "")
	if n := w.store.boundAt.Load(); n > 8 {
		t.Errorf("the store was asked %d times about four spans", n)
	}
}

// TestReuseIsNoticed: a VNI that goes from one interface to another while it is heard is the new one's from the next refresh on, and the old
// one's for what was before; a new name is noticed too.
func TestReuseIsNoticed(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.bind(7, "eni-a", noon)
	w.is(7, noon.Add(time.Second), "?")
	w.answer(ctx)
	w.is(7, noon.Add(time.Second), "eni-a")
	w.release(7, noon.Add(30*time.Second))
	w.bind(7, "eni-b", noon.Add(50*time.Second))
	w.now = noon.Add(time.Minute)
	w.is(7, w.now, "eni-a") // as far as is known
	w.refresh(ctx)
	w.is(7, w.now, "eni-b")
	w.is(7, noon.Add(time.Second), "eni-a")
	if b, known := w.Of(7, noon.Add(40*time.Second)); b.Interface != "" {
		t.Errorf("between the two it is %q, %v", b.Interface, known)
	}
	b := events.Binding{VNI: 7, Interface: "eni-b", From: noon.Add(50 * time.Second), Name: "renamed"}
	w.put(b)
	w.refresh(ctx)
	if b, _ := w.Of(7, w.now); b.Name != "renamed" {
		t.Errorf("after it was renamed it is %+v", b)
	}
	w.release(7, noon.Add(70*time.Second))
	w.now = noon.Add(2 * time.Minute)
	w.is(7, w.now, "eni-b")
	w.refresh(ctx)
	w.is(7, w.now, "")
	w.is(7, noon.Add(60*time.Second), "eni-b")
}

// TestMissIsAskedAgain after thirty seconds, and no sooner.
func TestMissIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.is(9, w.now, "?")
	w.answer(ctx)
	for range 100 {
		w.is(9, w.now, "")
	}
	w.now = w.now.Add(again - time.Second)
	w.is(9, w.now, "")
	if w.answer(ctx); w.store.boundAt.Load() != 1 {
		t.Errorf("asked %d times within %v", w.store.boundAt.Load(), again)
	}
	w.bind(9, "eni-late", noon)
	w.now = w.now.Add(2 * time.Second)
	w.is(9, w.now, "")
	w.answer(ctx)
	w.is(9, w.now, "eni-late")
}

// TestIllStore: it is told once, nobody waits for it, and it is asked again later.
func TestIllStore(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.bind(7, "eni-a", noon)
	w.store.ill.Store(true)
	for vni := range uint32(5) {
		w.is(7+vni, noon, "?")
	}
	w.answer(ctx)
	w.is(7, noon, "?")
	if _, known := w.Await(ctx, 7, noon); known { // it would hang here
		t.Error("an ill store knows")
	}
	w.store.ill.Store(false)
	w.answer(ctx)
	w.is(7, noon, "?")
	w.now = w.now.Add(again)
	w.is(7, noon, "?")
	w.answer(ctx)
	w.is(7, noon, "eni-a")
	if len(w.told) != 2 || !errors.Is(w.told[0], store.ErrUnavailable) || w.told[1] != nil || w.Stats().Failed != 5 {
		t.Errorf("told %v, %+v", w.told, w.Stats())
	}
}

// TestManyAreReadByThePage: the bindings that last are read in pages when many are in use, and only what differs is asked about alone.
func TestManyAreReadByThePage(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	const n = oneByOne + 50
	for i := range uint32(n) {
		w.bind(1+i, fmt.Sprint("eni-", i), noon)
	}
	for i := range uint32(n) {
		w.Of(1+i, noon)
	}
	w.answer(ctx)
	if w.store.boundAt.Load() != 0 || w.store.pages.Load() == 0 {
		t.Errorf("first: asked %d times, and for %d pages", w.store.boundAt.Load(), w.store.pages.Load())
	}
	w.now = noon.Add(time.Minute)
	w.release(5, noon.Add(30*time.Second))
	w.release(6, noon.Add(30*time.Second))
	w.bind(6, "eni-new", noon.Add(40*time.Second))
	for i := range uint32(n) {
		w.is(1+i, w.now, fmt.Sprint("eni-", i))
	}
	w.refresh(ctx)
	if got := w.store.boundAt.Load(); got > 4 {
		t.Errorf("asked %d times about two that changed", got)
	}
	w.is(4, w.now, "eni-3")
	w.is(5, w.now, "")
	w.is(6, w.now, "eni-new")
	w.is(6, noon, "eni-5")
	w.now = w.now.Add(inUse)
	before := w.store.pages.Load()
	if w.refresh(ctx); w.store.pages.Load() != before {
		t.Error("what is not in use is read anew")
	}
}

// TestLimits reaches both: questions that wait, and VNIs that are known.
func TestLimits(t *testing.T) {
	w := newWorld(t)
	for i := range uint32(MaxAsked + 3) {
		w.Of(1+i, noon)
	}
	if s := w.Stats(); len(w.waiting) != MaxAsked || s.VNIs != MaxVNIs || s.Overflow != 3+3 {
		t.Errorf("%d wait, %+v", len(w.waiting), s)
	}
	w.answer(context.Background())
	w.is(1, noon, "?") // it had to leave, and is asked about anew
	if len(w.waiting) != 1 {
		t.Errorf("%d wait", len(w.waiting))
	}
	var e entry
	for i := range 3 * maxBindings {
		e.add(events.Binding{VNI: 1, Interface: fmt.Sprint(i), From: noon.Add(time.Duration(i*7%5) * time.Hour)})
	}
	if len(e.bindings) != maxBindings || e.bindings[0].From != noon.Add(4*time.Hour) {
		t.Errorf("bindings of one VNI: %+v", e.bindings)
	}
}

func detection(vni uint32, at time.Time, offender, victim string) *events.Detection {
	return &events.Detection{VNI: vni, Update: at, Participants: []events.Participant{
		{Role: "offender", Address: netip.MustParseAddr(offender)}, {Role: "victim", Address: netip.MustParseAddr(victim), Hostname: "known.example"},
	}}
}

// TestVNIDecides: two VPCs use the same addresses, and one address passes from one interface to another.
func TestVNIDecides(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.bind(1, "eni-1", noon, "10.0.0.1", "fd00::1")
	w.bind(2, "eni-2", noon, "10.0.0.2")
	for vni, iface := range map[uint32]string{11: "eni-11", 12: "eni-12"} {
		w.put(events.Binding{VNI: vni, Interface: iface, From: noon, VPC: "vpc-2", Addresses: []netip.Addr{netip.MustParseAddr(fmt.Sprint("10.0.0.", vni-10))}})
	}
	w.release(2, noon.Add(time.Hour))
	w.bind(3, "eni-3", noon.Add(2*time.Hour), "10.0.0.2")
	for _, vni := range []uint32{1, 2, 3, 11, 12} {
		w.Of(vni, noon.Add(time.Minute))
		w.Of(vni, noon.Add(3*time.Hour))
		w.answer(ctx)
		w.Of(vni, noon.Add(3*time.Hour))
		w.answer(ctx)
	}
	for _, c := range []struct {
		vni              uint32
		after            time.Duration
		offender, victim string
		of, by           string
	}{
		{1, time.Minute, "10.0.0.1", "10.0.0.2", "eni-1", "eni-2"},
		{11, time.Minute, "10.0.0.1", "10.0.0.2", "eni-11", "eni-12"},
		{2, time.Minute, "fd00::1", "10.0.0.2", "eni-1", "eni-2"},
		{1, 3 * time.Hour, "10.0.0.1", "10.0.0.2", "eni-1", "eni-3"},
		{1, 90 * time.Minute, "10.0.0.1", "10.0.0.2", "eni-1", ""},
		{1, time.Minute, "203.0.113.9", "10.0.0.1", "", "eni-1"},
		{99, time.Minute, "10.0.0.1", "10.0.0.2", "", ""},
		{0, time.Minute, "10.0.0.1", "10.0.0.2", "", ""},
	} {
		d := detection(c.vni, noon.Add(c.after), c.offender, c.victim)
		before := d.Participants
		w.Name(d)
		if o, v := d.Participants[0], d.Participants[1]; o.Interface != c.of || v.Interface != c.by || v.Hostname != "known.example" {
			t.Errorf("%+v: got %q and %q (%q)", c, o.Interface, v.Interface, v.Hostname)
		}
		if before[0].Interface+before[1].Interface != "" {
			t.Error("the list that others have too was changed")
		}
	}
	for address, want := range map[string]string{"10.0.0.1": "eni-11", "10.0.0.2": "eni-12", "10.0.0.3": ""} {
		device := events.Device{Address: netip.MustParseAddr(address), VNI: 11, LastSeen: noon}
		if w.Device(&device); device.Interface != want || (device.VPC == "vpc-2") != (want != "") {
			t.Errorf("device %+v", device)
		}
	}
	d := detection(1, noon, "10.0.0.1", "10.9.9.9")
	w.Name(d)
	o := d.Participants[0]
	if o.Instance != "i-eni-1" || o.VPC != "vpc-1" || o.Account != "111122223333" || o.Tags["of"] != "eni-1" || o.Hostname != "name of eni-1" {
		t.Errorf("participant %+v", o)
	}
}

// TestAwait waits for an answer that is on its way, and no longer than it may.
func TestAwait(t *testing.T) {
	w := newWorld(t)
	w.bind(7, "eni-a", noon, "10.0.0.1")
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if b, known := w.Await(short, 7, noon); known || b.Interface != "" {
		t.Errorf("nobody asks the store, and yet: %v", b)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { w.Run(ctx); close(ended) }()
	d := detection(7, noon, "10.0.0.1", "10.0.0.2")
	w.AwaitName(ctx, d)
	if d.Participants[0].Interface != "eni-a" {
		t.Errorf("participant %+v", d.Participants[0])
	}
	stop()
	<-ended
}

// Catches: an owner that only the observation point has, news that do not show, and news where nothing changed.
func TestHolder(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.bind(1, "eni-1", noon, "10.0.0.1")
	w.bind(2, "eni-2", noon, "10.0.0.2")
	if _, known := w.Holder(1, netip.MustParseAddr("10.0.0.1"), noon); known {
		t.Error("known before anybody was asked")
	}
	w.Of(2, noon)
	before := w.Learned()
	w.answer(ctx)
	if w.Learned() == before {
		t.Error("the answers are no news")
	}
	for address, want := range map[string]string{"": "eni-1", "10.0.0.1": "eni-1", "10.0.0.2": "eni-2", "10.0.0.3": ""} {
		a, _ := netip.ParseAddr(address)
		if b, known := w.Holder(1, a, noon); !known || b.Interface != want || b.VPC != "vpc-1" {
			t.Errorf("%q: %q in %q, known %v; want %q", address, b.Interface, b.VPC, known, want)
		}
	}
	before = w.Learned()
	w.refresh(ctx)
	if w.Learned() != before {
		t.Error("the same again is news")
	}
	w.bind(1, "eni-1", noon, "10.0.0.1", "10.0.0.9")
	w.refresh(ctx)
	if b, _ := w.Holder(2, netip.MustParseAddr("10.0.0.9"), noon); w.Learned() == before || b.Interface != "eni-1" {
		t.Errorf("a new address is %q's", b.Interface)
	}
}
