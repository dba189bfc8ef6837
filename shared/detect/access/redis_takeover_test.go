package access

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: an administrator's command told of, a refused command that counts, a takeover in pieces that is missed, one told of at each command.
func TestRedisTakeover(t *testing.T) {
	gave := func(worked bool, words ...string) events.Record {
		r := &events.Redis{Name: words[0], Success: &worked}
		if len(words) > 1 {
			r.Key = words[1]
		}
		if len(words) > 2 {
			r.Value = words[2]
		}
		r.OrigH, r.RespH, r.RespP, r.UID, r.TS = netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.63"), 6379, "C1", 1e18
		return r
	}
	folder, file, save := gave(true, "CONFIG SET", "dir", "/data"), gave(true, "CONFIG SET", "dbfilename", "x.rdb"), gave(true, "SAVE")
	replica, module := gave(true, "SLAVEOF", "203.0.113.9", "6379"), gave(true, "MODULE LOAD", "/tmp/exp")
	for _, c := range []struct {
		name string
		list []events.Record
		told int
		want string
	}{
		{"below: folder and name", []events.Record{folder, file}, 0, ""},
		{"at: folder, name and save", []events.Record{folder, file, save}, 1, `"CONFIG SET dir /data", "CONFIG SET dbfilename x.rdb", "SAVE"`},
		{"once, and its last words", []events.Record{folder, file, save, save, save}, 2, `"SAVE"`},
		{"then it is sure", []events.Record{folder, file, save, gave(true, "SYSTEM.EXEC", "id")}, 2, `"SYSTEM.EXEC id"`},
		{"cron", []events.Record{gave(true, "CONFIG SET", "DIR", "/var/spool/cron")}, 1, `cron`},
		{"a rogue master", []events.Record{replica, module}, 1, `"SLAVEOF 203.0.113.9", "MODULE LOAD /tmp/exp"`},
		{"out of the sandbox", []events.Record{gave(true, "EVAL", `local l = package.loadlib("/usr/lib/liblua.so", "luaopen_io")`)}, 1, `loadlib`},
		// The innocent twins.
		{"refused", []events.Record{gave(false, "CONFIG SET", "dir", "/var/spool/cron"), gave(false, "SYSTEM.EXEC", "id")}, 0, ""},
		{"a replica", []events.Record{replica, gave(true, "CONFIG REWRITE")}, 0, ""},
		{"a promotion, and a module", []events.Record{gave(true, "REPLICAOF", "NO", "ONE"), module}, 0, ""},
		{"backups and settings", []events.Record{save, gave(true, "BGSAVE"), gave(true, "CONFIG SET", "maxmemory", "1gb"), folder}, 0, ""},
		{"a script", []events.Record{gave(true, "EVAL", "return redis.call('incr', KEYS[1])")}, 0, ""},
	} {
		m := device.New(device.Options{})
		d := NewRedisTakeover(RedisTakeoverDefaults())
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
			f := found[len(found)-1]
			if !strings.Contains(f.Description, c.want) || f.Offenders[0].Addr.String() != "10.0.0.5" || f.Victims[0].Addr.String() != "10.0.0.63" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
	}
}
