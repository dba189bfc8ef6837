package recon

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

func TestSMBShareEnum(t *testing.T) {
	sessions := func(server int) events.Record { return rpcCall(0, server, "srvsvc", "NetrSessionEnum", nil) }
	shares := func(server int) events.Record { return rpcCall(0, server, "srvsvc", "NetrShareEnum", nil) }
	tree := func(at time.Duration, server int, share string) events.Record {
		return &events.SMBMapping{Head: rpcHead(at, server), Path: `\\srv\` + share}
	}
	refused := func(server int, share string) events.Record {
		m := tree(0, server, share).(*events.SMBMapping)
		m.Status = 0xc0000022
		return m
	}
	denied := func(server int) events.Record {
		return rpcCall(0, server, "svcctl", "OpenSCManagerW", func(r *events.DCERPC) { s := int64(5); r.Status = &s })
	}
	tried := []events.Record{tree(0, 1, "IPC$"), tree(0, 1, "data"), tree(0, 1, "public"), tree(0, 1, "C$"), tree(0, 1, "ADMIN$")}
	rpcTest(t, func() detect.Detector { return NewSMBShareEnum(SMBShareEnumDefaults()) }, []rpcCase{
		{"below: a person browses a few servers", rpcMany(29, shares), 0, ""},
		{"at: who is logged in", []events.Record{sessions(1)}, 1, "asked 1 server 1 time who is logged in or which files are open (NetrSessionEnum)."},
		{"once", []events.Record{sessions(1), sessions(1), sessions(1)}, 1, ""},
		{"a sweep", rpcMany(5, sessions), 2, "asked 5 servers 5 times"},
		{"shares of many servers", rpcMany(30, shares), 1, "listed the shares of 30 servers"},
		{"shares are tried, below", tried[:4], 0, ""},
		{"shares are tried, at", tried, 1, `4 different shares at 10.0.1.1, 2 of them administrative ("DATA", "PUBLIC", "C$", "ADMIN$")`},
		{"administrator, below", append(rpcMany(2, denied), refused(2, "ADMIN$"), refused(3, "C$"), tree(0, 4, "C$")), 0, ""},
		{"administrator, at", append(rpcMany(3, denied), refused(3, "ADMIN$"), refused(4, "C$")), 1, "at 5 servers"},
		{"twin: a sign-in with hidden shares", []events.Record{tree(0, 1, "home$"), tree(0, 1, "profiles$"), tree(0, 1, "apps$"), tree(0, 1, "data")}, 0, ""},
		{"twin: a server that administers", rpcMany(20, func(i int) events.Record { return tree(0, i, "ADMIN$") }), 0, ""},
		{"twin: a user's drives", rpcMany(9, func(i int) events.Record { return tree(time.Second, 1, fmt.Sprintf("share%d", i)) }), 0, ""},
		{"twin: an administrator's day", rpcMany(4, func(i int) events.Record {
			return tree(time.Duration(i)*5*time.Minute, 1, []string{"C$", "D$", "data", "print$"}[i])
		}), 0, ""},
	})
}
