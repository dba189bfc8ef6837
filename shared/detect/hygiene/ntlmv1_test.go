package hygiene

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestNTLMv1(t *testing.T) {
	yes, no := true, false
	logOns := func(n int, server string, version uint8, ok *bool) (list []events.Record) {
		for i := range n {
			list = append(list, &events.NTLM{Head: oldHead(i, server), Username: "bob", Version: version, Success: ok, Carrier: "http"})
		}
		return list
	}
	cases := []struct {
		name    string
		records []events.Record
		found   int
		says    string
	}{
		{"below: refused", logOns(5, "10.0.1.1", 1, &no), 0, ""},
		{"no verdict", logOns(5, "10.0.1.1", 1, nil), 0, ""},
		{"at", logOns(1, "10.0.1.1", 1, &yes), 1, "log-ins: 1, users: 1, clients: 1"},
		{"once, and the last word", logOns(50, "10.0.1.1", 1, &yes), 2, "log-ins: 50, users: 1, clients: 50"},
		{"the innocent twin: version 2", logOns(5, "10.0.1.1", 2, &yes), 0, ""},
		{"a server outside", logOns(5, "203.0.113.9", 1, &yes), 0, ""},
	}
	for _, c := range cases {
		found := oldJudge(NewNTLMv1(NTLMv1Defaults()), c.records)
		if len(found) != c.found || c.found > 0 && (!strings.Contains(found[c.found-1].Description, c.says) || found[0].Offenders[0].Addr.String() != "10.0.1.1") {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}
