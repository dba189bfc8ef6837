package device

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// turnedOf gathers what a model gives, with copies of the numbers.
func turnedOf(list *[]Turned) func(*Turned) {
	return func(t *Turned) {
		counts, sofar := *t.Counts, *t.SoFar
		*list = append(*list, Turned{Device: t.Device, At: t.At, Hour: t.Hour, Counts: &counts, SoFar: &sofar})
	}
}

// named gives the metrics that are not zero.
func named(counts *[NumMetrics]float64) map[string]float64 {
	out := map[string]float64{}
	for i, m := range Metrics() {
		if counts[i] != 0 {
			out[m.Name] = counts[i]
		}
	}
	return out
}

// minuteOf runs records through a model and gives what devices did in the minute.
func minuteOf(t *testing.T, list ...events.Record) map[string]map[string]float64 {
	m := New(Options{})
	var turned []Turned
	m.Turn(events.Time(time.Minute), turnedOf(&turned))
	for _, r := range list {
		m.Observe(r)
	}
	m.Turn(events.Time(2*time.Minute), turnedOf(&turned))
	out := map[string]map[string]float64{}
	for _, d := range turned {
		if d.At != events.Time(time.Minute) || d.Hour {
			t.Fatalf("given of %v", d.At.Time())
		}
		out[d.Device.ID()] = named(d.Counts)
	}
	return out
}

func transfer(uid string, interim bool, out, in uint64) *events.Conn {
	c := conn(int64(61*time.Second), "10.0.0.1", "10.0.0.2", 443, "SF")
	c.UID, c.Interim, c.OrigIPBytes, c.RespIPBytes = uid, interim, out, in
	return c
}

func TestMeterCounts(t *testing.T) {
	refused := conn(0, "10.0.0.1", "10.0.0.3", 22, "REJ")
	refused.UID = "r"
	missing := &events.DNS{Query: "nowhere.example", RCode: number(3)}
	missing.OrigH, missing.RespH = addr("10.0.0.1"), addr("10.0.0.53")
	broken := &events.HTTP{StatusCode: 503}
	broken.OrigH, broken.RespH = addr("10.0.0.1"), addr("10.0.0.2")
	no := false
	guess := &events.SSH{AuthSuccess: &no}
	guess.OrigH, guess.RespH = addr("10.0.0.1"), addr("10.0.0.2")
	got := minuteOf(t, transfer("a", false, 1000, 50), refused, missing, missing, broken, guess)
	want := map[string]float64{
		"bytes_out": 1000, "bytes_in": 50, "packets_out": 6, "packets_in": 6, "connections": 2, "failed_connections": 1, "peers": 2,
		"dns_queries": 2, "nxdomain": 2, "domains": 1, "auth_failures": 1, "new_peers": 2, "admin_connections": 1,
	}
	if !reflect.DeepEqual(got["10.0.0.1"], want) {
		t.Errorf("client: %v, want %v", got["10.0.0.1"], want)
	}
	if s := got["10.0.0.2"]; s["bytes_in"] != 1000 || s["bytes_out"] != 50 || s["accepted"] != 1 || s["http_errors"] != 1 || s["connections"] != 0 || s["served_bytes_out"] != 50 {
		t.Errorf("server: %v", s)
	}
}

// Catches: what goes outside counted as what stays inside, SMB bytes under the wrong end, a stranger who stays one.
func TestMeterTellsWhereTo(t *testing.T) {
	outside, share, ping := transfer("a", false, 700, 9000), transfer("b", false, 300, 40), transfer("c", false, 84, 84)
	outside.RespH, share.RespP, ping.RespH, ping.IPProto = addr("203.0.113.9"), 445, addr("203.0.113.10"), ICMP
	got := minuteOf(t, outside, outside, share, ping)["10.0.0.1"]
	for name, want := range map[string]float64{
		"bytes_out": 1784, "bytes_out_external": 1484, "bytes_in_external": 18084, "smb_written": 300, "smb_read": 40, "icmp_bytes": 84,
		"peers": 3, "external_peers": 2, "new_peers": 3, "new_external": 2, "admin_connections": 1, "connections": 4,
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	in := transfer("d", false, 50, 6000)
	in.OrigH, in.RespH = addr("203.0.113.9"), addr("10.0.0.1")
	got = minuteOf(t, in)["10.0.0.1"]
	if got["bytes_out_external"] != 6000 || got["bytes_in_external"] != 50 || got["served_bytes_out"] != 6000 || got["new_peers"] != 0 {
		t.Errorf("asked from outside: %v", got)
	}
}

// TestMeterCountsOnce: a long conversation is reported again and again with its totals; each byte counts once.
func TestMeterCountsOnce(t *testing.T) {
	got := minuteOf(t, transfer("a", true, 100, 10), transfer("a", true, 250, 10), transfer("a", false, 400, 15))["10.0.0.1"]
	if got["bytes_out"] != 400 || got["bytes_in"] != 15 || got["connections"] != 1 {
		t.Errorf("%v, want 400 out, 15 in, one conversation", got)
	}
}

func TestMeterMeasuresLocalDevicesOnly(t *testing.T) {
	c := conn(0, "203.0.113.9", "10.0.0.2", 22, "SF")
	got := minuteOf(t, c)
	if _, there := got["203.0.113.9"]; there || len(got) != 1 {
		t.Errorf("measured %v", got)
	}
}

func TestMeterIsBounded(t *testing.T) {
	m := New(Options{MaxLocal: MaxMeasured + 100})
	for i := range MaxMeasured + 50 {
		m.Observe(conn(1, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "203.0.113.9", 443, "SF"))
	}
	var list []Turned
	m.Turn(events.Time(time.Hour), turnedOf(&list))
	minutes := 0
	for _, d := range list {
		if !d.Hour {
			minutes++
		}
	}
	if minutes != MaxMeasured || m.Unmeasured() != 50 {
		t.Errorf("%d minutes, %d not measured", minutes, m.Unmeasured())
	}
	list = nil
	m.Turn(events.Time(time.Hour)+1, turnedOf(&list))
	if len(list) != 0 {
		t.Error("a minute was given twice")
	}
}

func TestChanged(t *testing.T) {
	m := New(Options{})
	m.Observe(conn(1, "10.0.0.1", "203.0.113.9", 443, "SF"))
	m.Observe(conn(2, "10.0.0.2", "224.0.0.251", 5353, "S0"))
	first := changed(m)
	if len(first) != 3 || first[0].ID != "10.0.0.1" || first[0].Uses[0] != (events.DeviceService{Proto: "tcp", Port: 443, Count: 1, Peers: 1}) {
		t.Errorf("changed: %+v", first)
	}
	m.Observe(conn(3, "10.0.0.1", "10.0.0.7", 80, "SF"))
	var ids []string
	for _, d := range changed(m) {
		ids = append(ids, d.ID)
	}
	if !reflect.DeepEqual(ids, []string{"10.0.0.1", "10.0.0.7"}) || len(changed(m)) != 0 {
		t.Errorf("changed since: %v", ids)
	}
}

// changed gives what was spoken of since it was called last.
func changed(m *Model) []events.Device {
	m.Collect()
	list, _ := m.Collected(1000)
	return list
}
