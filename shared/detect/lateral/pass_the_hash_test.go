package lateral

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestPassTheHash(t *testing.T) {
	yes, no := true, false
	logOn := func(at time.Duration, change func(*events.NTLM)) events.Record {
		n := &events.NTLM{Head: shareHead(at), Username: "Administrator", Carrier: "smb", Version: 2, Success: &yes, NegotiateFlags: 0xe0888235}
		n.NegotiateFlags &^= 0x02000000
		if change != nil {
			change(n)
		}
		return n
	}
	share := func(at time.Duration, path string) events.Record {
		return &events.SMBMapping{Head: shareHead(at), Path: path, ShareType: "DISK"}
	}
	call := func(at time.Duration, endpoint string) events.Record {
		return &events.DCERPC{Head: shareHead(at), Endpoint: endpoint}
	}
	pipe := &events.SMBFiles{Head: shareHead(time.Second), Action: "SMB::PIPE_OPEN", Path: `\\\\fs1\\IPC$`, Name: "svcctl"}
	const c = `\\\\fs1\\C$`
	repeat := func(n int) (list []events.Record) {
		for i := range n {
			at := time.Duration(i) * time.Minute
			list = append(list, logOn(at, nil), share(at+time.Second, c))
		}
		return list
	}
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
	}{
		{"below: no use of it", []events.Record{logOn(0, nil), share(time.Second, `\\\\fs1\\users`), call(time.Second, "srvsvc")}, 0},
		{"at: a share", []events.Record{logOn(0, nil), share(time.Second, c)}, 1},
		{"at: a call", []events.Record{logOn(0, nil), call(time.Second, "svcctl")}, 1},
		{"at: a pipe", []events.Record{logOn(0, nil), pipe}, 1},
		{"at: what is encrypted", []events.Record{logOn(0, nil), &events.SMBMapping{Head: shareHead(time.Second), Encrypted: true}}, 1},
		{"both", []events.Record{logOn(0, nil), share(time.Second, c), call(time.Second, "svcctl")}, 2},
		{"a name that says nothing", []events.Record{logOn(0, func(n *events.NTLM) { n.Hostname = "WORKSTATION" }), share(time.Second, c)}, 1},
		{"once", repeat(9), 1},
		{"next order", repeat(10), 2},
		// The innocent twins.
		{"Windows", []events.Record{logOn(0, func(n *events.NTLM) { n.Hostname, n.ClientVersion, n.NegotiateFlags = "PC1", "10.0.1", 0xe2888215 }), share(time.Second, c)}, 0},
		{"Samba, which has a name", []events.Record{logOn(0, func(n *events.NTLM) { n.Hostname = "BACKUP" }), share(time.Second, c)}, 0},
		{"a web server", []events.Record{logOn(0, func(n *events.NTLM) { n.Carrier = "http" }), share(time.Second, c)}, 0},
		{"Windows, encrypted", []events.Record{logOn(0, func(n *events.NTLM) { n.Hostname, n.NegotiateFlags = "PC1", 0xe2888215 }), &events.SMBMapping{Head: shareHead(time.Second), Encrypted: true}}, 0},
		{"anonymous", []events.Record{logOn(0, func(n *events.NTLM) { n.Username, n.Anonymous = "", true }), call(time.Second, "svcctl")}, 0},
		{"a guest", []events.Record{logOn(0, func(n *events.NTLM) { n.Guest = true }), share(time.Second, c)}, 0},
		{"refused", []events.Record{logOn(0, func(n *events.NTLM) { n.Success = &no }), share(time.Second, c)}, 0},
		{"long after", []events.Record{logOn(0, nil), share(time.Hour, c)}, 0},
		{"a Kerberos user's share", []events.Record{share(0, c), call(time.Second, "svcctl")}, 0},
	}
	for _, tt := range cases {
		found := shareJudge(NewPassTheHash(PassTheHashDefaults()), tt.records)
		if len(found) != tt.alerts {
			t.Errorf("%s: %d alerts, want %d", tt.name, len(found), tt.alerts)
			continue
		}
		if n := len(found); n > 0 && len(found[n-1].Terms) > 0 != (found[n-1].Properties["calls"] == false) {
			t.Errorf("%s: weighs %v", tt.name, found[n-1].Terms)
		}
		if tt.alerts > 0 && (found[0].Offenders[0].Addr.String() != admin || !strings.Contains(found[0].Description, `"Administrator"`)) {
			t.Errorf("%s: %+v", tt.name, found[0])
		}
	}
}
