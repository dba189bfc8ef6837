package selftest

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
)

// had is one conversation of each protocol.
func had(t *testing.T, n int) []Conversation {
	t.Helper()
	list, err := New(n, nil, bytes.NewReader(bytes.Repeat([]byte{7, 11, 200}, 4)))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// of is the record of a conversation as a sensor writes it.
func of(c *Conversation, vni uint32, sensor string, client, server uint64) Conn {
	return Conn{
		Proto: c.Proto, Orig: c.Client.Addr(), OrigPort: c.Client.Port(), Resp: c.Server.Addr(), RespPort: c.Server.Port(), OrigPkts: client,
		RespPkts: server, Sensor: sensor, VNI: vni, UID: "C" + sensor + c.Marker,
	}
}

// turned is the same record where the server was taken for the originator.
func turned(r Conn) Conn {
	r.Orig, r.OrigPort, r.Resp, r.RespPort, r.OrigPkts, r.RespPkts = r.Resp, r.RespPort, r.Orig, r.OrigPort, r.RespPkts, r.OrigPkts
	return r
}

func TestJudge(t *testing.T) {
	c := had(t, 1)[0]
	other := c
	other.Client = netip.AddrPortFrom(c.Client.Addr(), c.Client.Port()+1)
	wrong := of(&c, 7, "a", 6, 4)
	wrong.Proto = UDP
	interim, last := of(&c, 7, "a", 3, 2), of(&c, 7, "a", 6, 4)
	interim.Interim = true
	second := of(&c, 7, "a", 0, 4)
	second.UID = "C2"
	for name, q := range map[string]struct {
		records []Conn
		want    Result
		sensors []string
		client  uint64
		server  uint64
	}{
		"no record":                       {nil, Missing, nil, 0, 0},
		"another conversation":            {[]Conn{of(&other, 7, "a", 6, 4)}, Missing, nil, 0, 0},
		"another protocol":                {[]Conn{wrong}, Missing, nil, 0, 0},
		"both directions":                 {[]Conn{of(&c, 7, "a", 6, 4)}, Whole, []string{"a"}, 6, 4},
		"both, the other way round":       {[]Conn{turned(of(&c, 7, "a", 6, 4))}, Whole, []string{"a"}, 6, 4},
		"the client alone":                {[]Conn{of(&c, 7, "a", 6, 0)}, OneDirection, []string{"a"}, 6, 0},
		"the server alone":                {[]Conn{turned(of(&c, 7, "a", 0, 4))}, OneDirection, []string{"a"}, 0, 4},
		"a direction each":                {[]Conn{of(&c, 7, "a", 6, 0), turned(of(&c, 7, "b", 0, 4))}, Split, []string{"a", "b"}, 6, 4},
		"some packets elsewhere":          {[]Conn{of(&c, 7, "a", 5, 4), of(&c, 7, "b", 1, 0)}, Split, []string{"a", "b"}, 6, 4},
		"half of both each":               {[]Conn{of(&c, 7, "a", 3, 2), of(&c, 7, "b", 3, 2)}, Split, []string{"a", "b"}, 6, 4},
		"both ends, a sensor each":        {[]Conn{of(&c, 7, "a", 6, 4), of(&c, 8, "b", 6, 4)}, Whole, []string{"a", "b"}, 12, 8},
		"the other end shows a half":      {[]Conn{of(&c, 7, "a", 6, 4), of(&c, 8, "b", 6, 0)}, Whole, []string{"a", "b"}, 12, 4},
		"a half at each end":              {[]Conn{of(&c, 7, "a", 6, 0), of(&c, 8, "b", 0, 4)}, OneDirection, []string{"a", "b"}, 6, 4},
		"the other end is split":          {[]Conn{of(&c, 7, "a", 6, 4), of(&c, 8, "a", 6, 0), of(&c, 8, "b", 0, 4)}, Split, []string{"a", "b"}, 12, 8},
		"so far, and then all":            {[]Conn{interim, last}, Whole, []string{"a"}, 6, 4},
		"two records, one sensor":         {[]Conn{of(&c, 7, "a", 6, 0), second}, Whole, []string{"a"}, 6, 4},
		"without packets, as it may come": {[]Conn{of(&c, 7, "a", 0, 0)}, OneDirection, []string{"a"}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := Judge(c, q.records)
			if v.Result != q.want || !slices.Equal(v.Sensors, q.sensors) || v.FromClient != q.client || v.FromServer != q.server || v.Reason == "" {
				t.Errorf("got %+v", v)
			}
		})
	}
}

// TestJudgeICMP: a record's ports are type and code there.
func TestJudgeICMP(t *testing.T) {
	c := had(t, 3)[2]
	r := of(&c, 7, "a", 3, 3)
	r.OrigPort, r.RespPort = 8, 0
	if v := Judge(c, []Conn{r}); c.Proto != ICMP || v.Result != Whole {
		t.Errorf("%s: %+v", c.Proto, v)
	}
}

// TestNew: conversations are told apart, by addresses that no host has.
func TestNew(t *testing.T) {
	list := had(t, MostConversations)
	seen := map[[2]netip.AddrPort]bool{}
	tests := netip.MustParsePrefix("198.18.0.0/15")
	for _, c := range list {
		ends := [2]netip.AddrPort{c.Client, c.Server}
		if seen[ends] || !tests.Contains(c.Client.Addr()) || !tests.Contains(c.Server.Addr()) {
			t.Errorf("conversation %+v", c)
		}
		seen[ends] = true
	}
	for _, bad := range []struct {
		n         int
		protocols []string
	}{{0, nil}, {MostConversations + 1, nil}, {1, []string{"sctp"}}} {
		if _, err := New(bad.n, bad.protocols, bytes.NewReader(make([]byte, 99))); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if _, err := New(1, nil, bytes.NewReader(nil)); err == nil {
		t.Error("without anything random two tests would be the same")
	}
}
