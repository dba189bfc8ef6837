package exfil

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func exportHead(at time.Duration, client string, uid string) events.Head {
	return events.Head{
		TS: events.Time(1_700_006_400e9).Add(at), UID: uid, OrigH: netip.MustParseAddr(client), RespH: netip.MustParseAddr("10.0.1.1"), OrigP: 50123, RespP: 3306,
	}
}

// exportAsk is n statements, a second apart.
func exportAsk(from time.Duration, client, query string, n int, bytes uint64) (list []events.Record) {
	yes := true
	for i := range n {
		text := query
		if query != "" {
			text = fmt.Sprintf(query, i)
		}
		list = append(list, &events.MySQL{Head: exportHead(from+time.Duration(i)*time.Second, client, "Cq"+client), Cmd: "query", Arg: text, Success: &yes, ResultBytes: bytes})
	}
	return list
}

// Catches: a day's work told of, a dump that is not, bytes counted twice, a backup told of every night, a detection for each statement.
func TestDatabaseExport(t *testing.T) {
	const day, app, mb = 24 * time.Hour, "10.0.0.5", 1 << 20
	const dump = "SELECT /*!40001 SQL_NO_CACHE */ * FROM `t%d`"
	conn := func(at time.Duration, client, uid, service string, bytes uint64) []events.Record {
		return []events.Record{&events.Conn{Head: exportHead(at, client, uid), IPProto: device.TCP, Proto: "tcp", Service: service, RespBytes: bytes}}
	}
	join := func(lists ...[]events.Record) (all []events.Record) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for _, c := range []struct {
		name string
		list []events.Record
		told int
		low  bool
	}{
		{"below", exportAsk(0, app, "", 99, mb), 0, false},
		{"at", exportAsk(0, app, "", 100, mb), 1, true},
		{"once, and its last words", exportAsk(0, app, "", 300, mb), 2, true},
		{"much", exportAsk(0, app, "", 11, 100*mb), 3, false},
		{"a dump program", exportAsk(0, app, dump, 3, 1000), 1, true},
		{"two tables of it", exportAsk(0, app, dump, 2, 1000), 0, false},
		{"copies", exportAsk(0, app, "COPY public.t%d (id, name) TO stdout;", 3, 1000), 1, true},
		{"tables whole", exportAsk(0, app, "select * from t%d;", 20, 1000), 1, true},
		{"from outside", exportAsk(0, "203.0.113.5", dump, 3, 1000), 1, false},
		{"inside TLS", conn(0, app, "C1", "mysql,ssl", 120*mb), 1, true},
		{"from the first byte on", conn(0, app, "C1", "ssl", 120*mb), 1, true},
		{"a pair that is new", join(conn(0, "10.0.0.6", "C1", "http", 100), exportAsk(3*day, app, dump, 3, 1000)), 1, false},
		// The innocent twins.
		{"an application", exportAsk(0, app, "select * from t where id=%d", 2000, 1000), 0, false},
		{"over a whole day", join(exportAsk(0, app, "", 60, mb), exportAsk(5*time.Hour, app, "", 60, mb)), 0, false},
		{"an application's tables", exportAsk(0, app, "select * from t%d", 8, 1000), 0, false},
		{"bytes twice", join(exportAsk(0, app, "", 60, mb), conn(time.Minute, app, "Cq"+app, "mysql", 60*mb)), 0, false},
		{"another service", conn(0, app, "C1", "http", 500*mb), 0, false},
		{"a backup, on the third night", join(exportAsk(0, app, dump, 3, 1000), exportAsk(day, app, dump, 3, 1000), exportAsk(2*day, app, dump, 90, 2*mb)), 2, true},
	} {
		m := device.New(device.Options{})
		d := NewDatabaseExport(DatabaseExportDefaults())
		var found []detect.Finding
		for _, r := range c.list {
			found = append(found, d.Observe(r, m.Observe(r))...)
		}
		found = append(found, d.Close(m.View())...)
		if len(found) != c.told {
			t.Errorf("%s: %d findings, want %d: %+v", c.name, len(found), c.told, found)
			continue
		}
		if c.told > 0 {
			if f := found[len(found)-1]; len(f.Terms) > 0 != c.low || f.Victims[0].Addr.String() != "10.0.1.1" || f.Properties["bytes"].(uint64) == 0 {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}
