package device

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// minuteOf runs records through a model and a meter and gives the samples of the minute, by device.
func minuteOf(list ...events.Record) map[string]map[string]float64 {
	model, meter := New(Options{}), NewMeter()
	meter.Turn(events.Time(time.Minute))
	for _, r := range list {
		meter.Observe(r, model.Observe(r))
	}
	out := map[string]map[string]float64{}
	samples, _ := meter.Turn(events.Time(2 * time.Minute))
	for _, s := range samples {
		if s.Time != time.Unix(60, 0).UTC() {
			panic(fmt.Sprint("sample of minute ", s.Time))
		}
		out[s.Device] = s.Metrics
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
	got := minuteOf(transfer("a", false, 1000, 50), refused, missing, missing, broken, guess)
	want := map[string]float64{
		"bytes_out": 1000, "bytes_in": 50, "packets_out": 6, "packets_in": 6, "connections": 2, "failed_connections": 1, "peers": 2,
		"dns_queries": 2, "nxdomain": 2, "domains": 1, "auth_failures": 1,
	}
	if !reflect.DeepEqual(got["10.0.0.1"], want) {
		t.Errorf("client: %v, want %v", got["10.0.0.1"], want)
	}
	if s := got["10.0.0.2"]; s["bytes_in"] != 1000 || s["bytes_out"] != 50 || s["accepted"] != 1 || s["http_errors"] != 1 || s["connections"] != 0 {
		t.Errorf("server: %v", s)
	}
}

// TestMeterCountsOnce: a long conversation is reported again and again with its totals; each byte counts once.
func TestMeterCountsOnce(t *testing.T) {
	got := minuteOf(transfer("a", true, 100, 10), transfer("a", true, 250, 10), transfer("a", false, 400, 15))["10.0.0.1"]
	if got["bytes_out"] != 400 || got["bytes_in"] != 15 || got["connections"] != 1 {
		t.Errorf("%v, want 400 out, 15 in, one conversation", got)
	}
}

func TestMeterMeasuresLocalDevicesOnly(t *testing.T) {
	c := conn(0, "203.0.113.9", "10.0.0.2", 22, "SF")
	got := minuteOf(c)
	if _, there := got["203.0.113.9"]; there || len(got) != 1 {
		t.Errorf("measured %v", got)
	}
}

func TestMeterIsBounded(t *testing.T) {
	model, meter := New(Options{MaxLocal: MaxMeasured + 100}), NewMeter()
	for i := range MaxMeasured + 50 {
		c := conn(1, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "203.0.113.9", 443, "SF")
		meter.Observe(c, model.Observe(c))
	}
	if list, _ := meter.Turn(events.Time(time.Hour)); len(list) != MaxMeasured || meter.Overflow() != 50 {
		t.Errorf("%d samples, overflow %d", len(list), meter.Overflow())
	}
	if _, again := meter.Turn(events.Time(time.Hour) + 1); again {
		t.Error("a minute was given twice")
	}
}

func TestChanged(t *testing.T) {
	m := New(Options{})
	m.Observe(conn(1, "10.0.0.1", "203.0.113.9", 443, "SF"))
	m.Observe(conn(2, "10.0.0.2", "224.0.0.251", 5353, "S0"))
	first := m.Changed()
	if len(first) != 3 || first[0].ID != "10.0.0.2" || first[1].Uses[0] != (events.DeviceService{Proto: "tcp", Port: 443, Count: 1}) {
		t.Errorf("changed: %+v", first)
	}
	m.Observe(conn(3, "10.0.0.1", "10.0.0.7", 80, "SF"))
	var ids []string
	for _, d := range m.Changed() {
		ids = append(ids, d.ID)
	}
	if !reflect.DeepEqual(ids, []string{"10.0.0.7", "10.0.0.1"}) || len(m.Changed()) != 0 {
		t.Errorf("changed since: %v", ids)
	}
}
