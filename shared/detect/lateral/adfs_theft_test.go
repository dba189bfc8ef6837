package lateral

import (
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func adfsRequest(at time.Duration, orig, resp, uri string, status uint16) *events.HTTP {
	r := &events.HTTP{Method: "POST", URI: uri, StatusCode: status}
	r.TS, r.UID = start.Add(at), "H"+orig+resp
	r.OrigH, r.RespH, r.OrigP, r.RespP = netip.MustParseAddr(orig), netip.MustParseAddr(resp), 50300, 80
	return r
}

// Catches: users who log in and alarm, servers of one farm that do, a request of somebody else that is not told.
func TestADFSTheft(t *testing.T) {
	const server, second2 = "10.0.1.40", "10.0.1.41"
	pipe := written(0, worker, server, "IPC$", `MICROSOFT##WID\tsql\query`)
	key := func(attributes ...string) events.Record {
		r := &events.LDAPSearch{BaseObject: "CN=d0c2,CN=ADFS,CN=Microsoft,CN=Program Data,DC=corp", Attributes: attributes, ResultCount: 1}
		r.Head = pipe.Head
		return r
	}
	testRemote(t, ADFSTheft, []remoteTest{
		{name: "below: a log-in", records: []events.Record{adfsRequest(0, worker, server, "/adfs/ls/?wa=wsignin1.0", 200)}},
		{name: "below: refused", records: []events.Record{adfsRequest(0, worker, server, "/adfs/services/policystoretransfer", 404)}},
		{name: "twin: a farm", records: []events.Record{
			adfsRequest(0, host(50), second2, "/adfs/ls/", 200), adfsRequest(second, second2, server, "/adfs/services/policystoretransfer", 200),
		}},
		{"at: the settings", []events.Record{adfsRequest(0, worker, server, "/ADFS/services/PolicyStoreTransfer", 200)}, 55, 75, worker, 1, "asked for the settings 1 time"},
		{"once: again", each(5, func(i int) []events.Record {
			return []events.Record{adfsRequest(time.Duration(i)*second, worker, server, "/adfs/services/policystoretransfer", 200)}
		}), 55, 75, worker, 1, "asked for the settings 5 times, at 1 server"},
		{"the key", []events.Record{key("thumbnailPhoto")}, 30, 49, worker, 1, "in the directory 1 time"},
		{name: "below: other values", records: []events.Record{key("cn", "whenCreated")}},
		{"the database", []events.Record{pipe}, 55, 75, worker, 1, "opened the database 1 time"},
	})
}
