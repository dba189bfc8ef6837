package device

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// disk is what was saved.
type disk map[string][]byte

func (d disk) put(key, value []byte) {
	if value == nil {
		delete(d, string(key))
		return
	}
	d[string(key)] = bytes.Clone(value)
}

// into loads all of it, in an order of chance.
func (d disk) into(t *testing.T, m *Model) *Model {
	t.Helper()
	for key, value := range d {
		if err := m.Load([]byte(key), value); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
	return m
}

// rich is a model that knows something of everything.
func rich(inv *inventory) *Model {
	inv.vpc = map[uint32]string{1: "vpc-a"}
	inv.hold("vpc-a", "10.0.0.1", Owner{Interface: "eni-1", Name: "shop", Tags: map[string]string{"env": "prod"}, From: 1})
	m := inv.model()
	m.SetTagGroups([]string{"env"})
	w := &town{Model: m, now: int64(30 * 24 * time.Hour)}
	for i := range 400 {
		w.now += int64(time.Second)
		c := conn(w.now, host(i), "10.0.0.1", 5432, "SF")
		c.OrigL2, c.Service, c.OrigIPBytes, c.VNI = "02:00:00:00:00:01", "postgresql", 1<<33, 1
		m.Observe(c)
	}
	w.in(100, "10.0.0.9")
	w.surfs("10.0.0.9", 3, 3)
	w.browses("10.0.0.9", 3, 2)
	return m
}

func (m *Model) all() map[string]events.Device {
	list := map[string]events.Device{}
	for _, t := range m.tables() {
		for id, d := range t.All {
			list[id] = m.export(d)
		}
	}
	return list
}

// Catches: anything of a device that a restart takes away, a serial that is given twice, and one that begins anew because nobody says yet
// whose it is.
func TestSaveAndLoad(t *testing.T) {
	inv := &inventory{}
	m := rich(inv)
	saved := disk{}
	m.Save(saved.put)
	*inv = inventory{vpc: map[uint32]string{}, pending: true} // a restart: the inventory has not answered yet
	again := saved.into(t, func() *Model { n := inv.model(); n.SetTagGroups([]string{"env"}); return n }())
	if got, want := again.all(), m.all(); !reflect.DeepEqual(got, want) {
		for id := range want {
			if !reflect.DeepEqual(got[id], want[id]) {
				t.Fatalf("%s\n got %+v\nwant %+v", id, got[id], want[id])
			}
		}
	}
	next := conn(int64(31*24*time.Hour), host(7), "10.0.0.1", 5432, "SF")
	next.VNI = 1
	v := again.Observe(next)
	if v.Fresh != 0 || v.Resp.ID() != "eni-1" || v.Orig.ID() != "vpc-a/"+host(7) {
		t.Errorf("after the restart %s and %s are fresh: %b", v.Orig.ID(), v.Resp.ID(), v.Fresh)
	}
	if was := m.View().At(1).Device(addr("10.0.0.1")); v.Resp.Serial != was.Serial || v.Resp.Peers() != was.Peers() || !v.Resp.Knows(v.Orig.Serial) {
		t.Errorf("serial %d, peers %d; want %d and %d", v.Resp.Serial, v.Resp.Peers(), was.Serial, was.Peers())
	}
	if c, ok := v.Resp.RoleChanged(); !ok || c.To != "db_server" {
		t.Errorf("the role changed: %+v", c)
	}
	stranger := again.Observe(conn(int64(31*24*time.Hour), "10.3.3.3", "10.0.0.9", 1, "S0")).Orig
	if m.serials[stranger.Serial] != nil || stranger.Serial <= m.lastName {
		t.Errorf("serial %d is given twice", stranger.Serial)
	}
	if age := v.Age(events.Time(31 * 24 * time.Hour)); age < 23*time.Hour {
		t.Errorf("it has been learning for %v", age)
	}
}

// Catches: what did not change and is saved again, and slices that lose an entry or never end.
func TestSaveWhatChanged(t *testing.T) {
	m := rich(&inventory{})
	saved := disk{}
	for calls := 0; !m.SaveSome(func(k, v []byte) bool { saved.put(k, v); return len(saved)%7 != 0 }); calls++ {
		if calls > 1000 {
			t.Fatal("it never ends")
		}
	}
	whole := disk{}
	rich(&inventory{}).Save(whole.put)
	if !reflect.DeepEqual(saved, whole) {
		t.Errorf("%d entries in slices, %d at one go", len(saved), len(whole))
	}
	m.Observe(conn(int64(31*24*time.Hour), "10.0.0.9", "198.51.100.1", 443, "SF"))
	more := disk{}
	m.Save(more.put)
	if len(more) != 3 || more["10.0.0.9"] == nil || more["198.51.100.1"] == nil || more[string(selfKey())] == nil {
		t.Errorf("saved %d entries, want two devices and the model", len(more))
	}
}

// Catches: a device that had to leave and is a stranger when it comes back, and a memory that holds the wrong ones after a start.
func TestLeaveAndComeBack(t *testing.T) {
	saved := disk{}
	m := New(Options{MaxLocal: 50, MaxExternal: 50, Reload: func(key []byte) ([]byte, bool) { v, ok := saved[string(key)]; return v, ok }})
	serials := map[int]uint32{}
	for i := range 200 {
		c := conn(int64(i)*int64(time.Second), host(i), "203.0.113.1", 443, "SF")
		serials[i] = m.Observe(c).Orig.Serial
		if i == 100 {
			m.Save(saved.put)
		}
	}
	for _, i := range []int{20, 120, 199} { // kept on disk, waiting to be kept, and in memory
		v := m.Observe(conn(int64(300*time.Second), host(i), "203.0.113.1", 443, "SF"))
		if v.Orig.Serial != serials[i] || v.Fresh != 0 {
			t.Errorf("%d was %d and is %d, fresh %b", i, serials[i], v.Orig.Serial, v.Fresh)
		}
	}
	m.Save(saved.put)
	if len(saved) != 200+1+1 {
		t.Errorf("%d entries are kept, want 202", len(saved))
	}
	again := saved.into(t, New(Options{MaxLocal: 50, MaxExternal: 50, Reload: m.o.Reload}))
	if v := again.Observe(conn(int64(400*time.Second), host(3), "203.0.113.1", 443, "SF")); v.Orig.Serial != serials[3] || v.Fresh != 0 {
		t.Errorf("after a start 3 was %d and is %d", serials[3], v.Orig.Serial)
	}
	if again.inside.Peek(host(199)) == nil || again.inside.Peek(host(20)) == nil || again.inside.Peek(host(130)) != nil || again.inside.Len() != 50 {
		t.Errorf("after a start the wrong ones of %d are in memory", again.inside.Len())
	}
	if oldest, _, _ := again.inside.Oldest(); oldest != host(153) {
		t.Errorf("the oldest is %s, want %s", oldest, host(153))
	}
}

// Catches: a value that was cut short, is of another form, or makes no sense, and is taken.
func TestBroken(t *testing.T) {
	m := rich(&inventory{})
	saved := disk{}
	m.Save(saved.put)
	value := saved["eni-1"]
	for n := range value {
		if err := New(Options{}).Load([]byte("eni-1"), value[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken", n, len(value))
		}
	}
	other := New(Options{})
	for name, c := range map[string][2]string{
		"form": {"a", "\x09" + string(value[1:])}, "longer": {"a", string(value) + "x"}, "no id": {"", string(value)}, "key": {"\x00ab", "x"},
		"model": {"\x00", "\x01"}, "model's form": {"\x00", "\x07\x01\x01"}, "scope": {"\x00\x00\x00\x00\x01", "\x02vpc"},
	} {
		if err := other.Load([]byte(c[0]), []byte(c[1])); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := other.Load([]byte("a"), value); err != nil {
		t.Error(err)
	}
	if err := other.Load([]byte("b"), value); err == nil {
		t.Error("a serial is taken twice")
	}
}

func FuzzDecode(f *testing.F) {
	saved := disk{}
	rich(&inventory{}).Save(saved.put)
	f.Add(saved["eni-1"])
	f.Add(saved["10.0.0.9"])
	f.Fuzz(func(t *testing.T, value []byte) {
		m := New(Options{})
		if m.Load([]byte("x"), value) != nil {
			return
		}
		e := m.find("x")
		if e == nil {
			return
		}
		d := &e.Value
		m.export(d)
		again := disk{}
		d.unsaved = true
		m.attic.unsaved = append(m.attic.unsaved, d.Serial)
		m.Save(again.put)
		if err := New(Options{}).Load([]byte("x"), again["x"]); err != nil {
			t.Fatalf("what it wrote is not what it reads: %v", err)
		}
	})
}

// fill gives a model so many local devices with what a host of a VPC has: twenty peers, five services, three kinds of software, names.
func fill(m *Model, devices int) {
	r := rand.New(rand.NewPCG(1, 2))
	local := func(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255) }
	at := int64(30 * 24 * time.Hour)
	for i := range devices {
		for p := range 20 {
			at += int64(time.Millisecond)
			c := conn(at, local(i), local(r.IntN(devices)), []uint16{22, 443, 5432, 8080, 9100}[p%5], "SF")
			c.UID, c.Service = "x", []string{"ssh", "ssl", "postgresql", "http", ""}[p%5]
			m.Observe(c)
		}
		for s := range 3 {
			web := &events.HTTP{UserAgent: fmt.Sprintf("agent/%d.%d (of about the usual length, some platform)", s, r.IntN(50))}
			web.TS, web.OrigH, web.RespH = events.Time(at), addr(local(i)), addr(local(r.IntN(devices)))
			m.Observe(web)
		}
		m.View().Device(addr(local(i))).call(fmt.Sprintf("ip-10-0-%d.eu-west-1.compute.internal", i), FromDNS)
	}
}
