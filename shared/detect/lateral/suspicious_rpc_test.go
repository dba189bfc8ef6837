package lateral

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Catches: interfaces that every host uses, or a new product on the first days, that alarm; a tool of attack that does not.
func TestSuspiciousRPC(t *testing.T) {
	const product = "aabbccdd-0000-1111-2222-333344445555"
	call := func(at time.Duration, orig, id string) *events.DCERPC {
		r := rpcCall(at, orig, target, id, 0, "")
		r.Endpoint = "unknown-" + id
		return r
	}
	open := func(id string) *events.DCERPC {
		r := call(0, worker, id)
		r.Sealed = false
		return r
	}
	named := call(4*day, worker, product)
	named.Endpoint = "product"
	testRemote(t, SuspiciousRPC, []remoteTest{
		{name: "below: the services", records: []events.Record{rpcCall(0, worker, target, svcctlID, 0, "")}},
		{name: "below: a product while learning", records: []events.Record{call(0, worker, product), call(hour, host(3), product)}},
		{name: "below: a part of COM", records: []events.Record{open("00000abc-0000-0000-c000-000000000046")}},
		{"without a log-in, while learning", []events.Record{open(product), open(product)}, 5, 29, worker, 1, "has no public name"},
		{name: "below: an interface that has a name", records: []events.Record{call(0, worker, svcctlID), named}},
		{name: "twin: a product that was there before", records: []events.Record{call(0, worker, product), call(4*day, host(3), product), call(4*day, worker, product)}},
		{"at: an interface that nobody used", []events.Record{call(0, worker, svcctlID), call(4*day, worker, product), call(4*day, worker, product)}, 5, 29, worker, 1, "nobody at the site"},
		{"Mimikatz", []events.Record{call(0, worker, "17fc11e9-c258-4b8d-8d07-2f4125156244")}, 80, 95, worker, 1, "made 1 call to 1 host by an interface of Mimikatz"},
		{"an old one", []events.Record{call(0, worker, "5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc")}, 45, 60, worker, 1, "messenger"},
		{"once: many hosts", each(7, func(i int) []events.Record {
			return []events.Record{rpcCall(time.Duration(i)*second, worker, host(i), "8d9f4e40-a03d-11ce-8f69-08003e30051b", 54, "")}
		}), 45, 60, worker, 7, "made 7 calls to 7 hosts"},
		{"a shutdown is low in itself", []events.Record{call(0, admin, "894de0c0-0d55-11d3-a322-00c04fa321a1")}, 20, 40, admin, 1, "shuts a host down"},
	})
	if n := len(oddInterfaces()); n > maxOddInterfaces {
		t.Errorf("%d interfaces", n)
	}
}
