package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func mismatchConn(at time.Duration, to string, port uint16, service string) *events.Conn {
	return &events.Conn{
		Head: head(at, client, to, port), Proto: "tcp", IPProto: device.TCP, Service: service, ConnState: "SF", History: "ShADadFf",
		OrigPkts: 3, RespPkts: 3, OrigBytes: 300, RespBytes: 300,
	}
}

func TestProtocolMismatch(t *testing.T) {
	changed := func(c *events.Conn, change func(*events.Conn)) *events.Conn { change(c); return c }
	shake := func(port uint16, name string) *events.SSL {
		return &events.SSL{Head: head(0, client, outside, port), Established: true, ServerName: name}
	}
	plain := func(host string) *events.HTTP {
		return &events.HTTP{Head: head(0, client, outside, 443), Method: "POST", Host: host, StatusCode: 200}
	}
	cases := []struct {
		name string
		rec  events.Record
		what string // "": nothing is found
	}{
		{"SSH on 443", mismatchConn(0, outside, 443, "ssh"), "ssh"},
		{"HTTP on 53", mismatchConn(0, outside, 53, "http"), "http"},
		{"TLS on 22", mismatchConn(0, "10.0.0.9", 22, "ssl"), "ssl"},
		{"unknown on 53, three packets", mismatchConn(0, outside, 53, ""), "something that nobody knows"},
		{"unknown on 53, two packets", changed(mismatchConn(0, outside, 53, ""), func(c *events.Conn) { c.RespPkts = 2 }), ""},
		{"unknown on 53 from the middle", changed(mismatchConn(0, outside, 53, ""), func(c *events.Conn) { c.History = "ADad" }), ""},
		{"nameless TLS on an odd port", shake(4711, ""), "TLS without a name"},
		{"plain HTTP on 443", plain("203.0.113.9:443"), "plain HTTP to a bare address"},
		// The innocent twins.
		{"DNS", mismatchConn(0, outside, 53, "dns"), ""},
		{"mail that turns to TLS", mismatchConn(0, outside, 25, "smtp,ssl"), ""},
		{"DNSCrypt on 443", func() events.Record { c := mismatchConn(0, outside, 443, "dns"); c.IPProto = device.UDP; return c }(), ""},
		{"unknown on 443", mismatchConn(0, outside, 443, ""), ""},
		{"SSH on a high port", mismatchConn(0, outside, 2222, "ssh"), ""},
		{"TLS with a name on an odd port", shake(4711, "www.example.com"), ""},
		{"nameless TLS on 8443", shake(8443, ""), ""},
		{"plain HTTP to a name on 443", plain("www.example.com:443"), ""},
	}
	for _, c := range cases {
		found := judge(NewProtocolMismatch(ProtocolMismatchDefaults()), []events.Record{c.rec})
		if len(found) == 1 != (c.what != "") || len(found) == 1 && found[0].Properties["what"] != c.what {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a detection a conversation, one that goes on counted again, and the wrong end named.
func TestProtocolMismatchOnce(t *testing.T) {
	d := NewProtocolMismatch(ProtocolMismatchDefaults())
	first := mismatchConn(0, outside, 443, "ssh")
	first.Interim = true
	found := judge(d, []events.Record{first, mismatchConn(0, outside, 443, "ssh"), mismatchConn(time.Second, outside, 443, "ssh")})
	if len(found) != 1 || found[0].Offenders[0].Addr.String() != outside {
		t.Fatalf("%+v", found)
	}
	if last := d.LastWords(d.report); len(last) != 1 || last[0].Properties["conversations"] != 2 {
		t.Errorf("%+v", last)
	}
	if found := judge(NewProtocolMismatch(ProtocolMismatchDefaults()), []events.Record{mismatchConn(0, "10.0.0.9", 443, "ssh")}); len(found) != 1 || found[0].Offenders[0].Addr.String() != client {
		t.Errorf("inside: %+v", found)
	}
}
