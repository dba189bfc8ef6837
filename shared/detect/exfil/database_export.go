package exfil

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DatabaseExport finds hosts that read a database empty.
var DatabaseExport = detect.Spec{
	Type:  "exfil.database_export",
	Title: "Database export",
	Text: "Counts what one host reads from a database server (MySQL, PostgreSQL, SQL Server; of encrypted conversations the bytes) within an hour, and tells of 100 MB; of three " +
		"tables that are read by the statements of dump programs (mysqldump, pg_dump, COPY ... TO STDOUT); and of twenty tables read whole by SELECT * without a condition. Below 1 GB " +
		"it is of low risk, unless client and server never spoke before or the client is outside. What looks the same: the nightly backup and servers of applications; who read as much " +
		"on two earlier days is not told of.",
	Category: "exfil", Tactics: []string{"TA0009"}, Techniques: []string{"T1213"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindMySQL, events.KindPostgreSQL, events.KindTDS, events.KindConn}, Version: 1,
	Background: "What a house knows of its customers is in its databases, and the program that makes backups of them is also the simplest way to steal them: one command, one file. " +
		"Intruders run it from the first host that may reach the database, pack the file and send it out from there.",
	Mitigation: []string{
		"Ask the owner of the database whether this is a backup, a migration or a report; the statements are in the records of the conversations.",
		"If nobody knows of it: isolate the offender before the data leaves, and look for uploads since.",
		"Change the password of the account that was used, and take from it what it need not read.",
		"Let only the application and the backup reach the database, by security group.",
	},
	New:    func() detect.Detector { return NewDatabaseExport(DatabaseExportDefaults()) },
	Tuning: detect.Tuned(DatabaseExportDefaults, NewDatabaseExport),
}

// DatabaseExportTunables are what may be set.
type DatabaseExportTunables struct {
	Bytes   uint64        `tune:"bytes that one host read from a server" min:"1000"`
	Much    uint64        `tune:"bytes from which on it is no small matter" min:"1000"`
	Dumped  int           `tune:"different tables read by a dump program" min:"1" max:"100000"`
	Tables  int           `tune:"different tables read whole" min:"2" max:"100000"`
	Window  time.Duration `tune:"time within which they are counted" min:"1m" max:"24h"`
	Days    int           `tune:"earlier days on which a host read as much from that server, after which that is its work" min:"1" max:"31"`
	Learned time.Duration `tune:"how long the site must have been watched before new pairs are suspicious" min:"1h" max:"720h"`
	Pairs   int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// DatabaseExportDefaults are the tunables that the project stands for.
func DatabaseExportDefaults() DatabaseExportTunables {
	return DatabaseExportTunables{
		Bytes: 100 << 20, Much: 1 << 30, Dumped: 3, Tables: 20, Window: time.Hour, Days: 2, Learned: 24 * time.Hour, Pairs: 10_000,
	}
}

// DatabaseExports is the detector.
type DatabaseExports struct {
	tune  DatabaseExportTunables
	cases *detect.Cases
	days  *detect.Memory[detect.CaseKey, bulkDays]
	read  *bounded.Table[string, bool] // conversations whose statements were seen: their bytes are counted already
	detect.Memories
}

// NewDatabaseExport makes the detector.
func NewDatabaseExport(t DatabaseExportTunables) *DatabaseExports {
	d := &DatabaseExports{
		tune: t, cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Window}), read: bounded.New[string, bool](t.Pairs),
	}
	d.days = detect.NewFilledMemory(t.Pairs, 'd', 1, func(key, value *detect.Form, k *detect.CaseKey, one *bulkDays) {
		detect.Number(key, &k.VNI)
		key.Addr(&k.By)
		key.Addr(&k.To)
		detect.Number(value, &one.days)
		detect.Number(value, &one.today)
	})
	d.Memories = detect.Memories{d.cases, d.days}
	return d
}

// What a case counts.
const (
	exportStatements = "statements"
	exportEncrypted  = "encrypted"
)

// The flags of a case.
const (
	exportTool    = 1 << iota // a dump program's statement was seen
	exportNew                 // the two ends never spoke before
	exportOutside             // the client is outside
	exportUsual               // it does so every day
)

// Observe counts what is read.
func (d *DatabaseExports) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.MySQL:
		return d.statement(&r.Head, r.Arg, r.ResultBytes, r.Success, v)
	case *events.PostgreSQL:
		return d.statement(&r.Head, r.FrontendArg, r.ResultBytes, r.Success, v)
	case *events.TDS:
		return d.statement(&r.Head, r.Query, r.ResultBytes, r.Success, v)
	case *events.Conn:
		return d.conversation(r, v)
	}
	return nil
}

func (d *DatabaseExports) statement(h *events.Head, query string, bytes uint64, success *bool, v device.View) []detect.Finding {
	if bytes == 0 || h.OrigH == h.RespH || !v.IsLocal(h.RespH) {
		return nil
	}
	d.read.Put(h.UID)
	c := d.note(detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH, What: exportStatements}, h, bytes, v)
	if success != nil && *success {
		if whole, tool := exportWhole(query); whole {
			c.Thing(query)
			if tool {
				c.Flags |= exportTool
			}
		}
	}
	return d.judge(detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH, What: exportStatements}, c)
}

// conversation counts the bytes of one whose statements cannot be read.
func (d *DatabaseExports) conversation(r *events.Conn, v device.View) []detect.Finding {
	if r.Interim || r.RespBytes == 0 || r.IPProto != device.TCP || r.OrigH == r.RespH || !exportService(r) || !v.IsLocal(r.RespH) || d.read.Peek(r.UID) != nil {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH, What: exportEncrypted}
	return d.judge(k, d.note(k, &r.Head, r.RespBytes, v))
}

// exportService says whether a conversation is of a database, by what was said in it, or where it is all TLS by its port.
func exportService(r *events.Conn) bool {
	for _, name := range [...]string{"mysql", "postgresql", "tds"} {
		if strings.Contains(r.Service, name) {
			return true
		}
	}
	if r.Service != "ssl" {
		return false
	}
	switch r.RespP {
	case 1433, 1521, 3306, 5432, 27017:
		return true
	}
	return false
}

// note counts; what was gathered longer ago than the window does not count with it.
func (d *DatabaseExports) note(k detect.CaseKey, h *events.Head, bytes uint64, v device.View) *detect.Case {
	if c := d.cases.Peek(k); c != nil && !c.Raised() && h.TS.Sub(c.Start) > d.tune.Window {
		d.cases.Forget(k)
	}
	c := d.cases.Note(k, h)
	c.Sum += bytes
	if c.Count == 1 && v.Fresh&device.FreshPeer != 0 && v.Age(h.TS) > d.tune.Learned {
		c.Flags |= exportNew
	}
	if !v.IsLocal(h.OrigH) {
		c.Flags |= exportOutside
	}
	return c
}

func (d *DatabaseExports) judge(k detect.CaseKey, c *detect.Case) []detect.Finding {
	enough := c.Sum >= d.tune.Bytes || c.Things.Count() >= d.tune.Tables || c.Flags&exportTool != 0 && c.Things.Count() >= d.tune.Dumped
	if !enough || c.Flags&exportUsual != 0 {
		return nil
	}
	if !c.Raised() && d.usual(k, c.Last) {
		c.Flags |= exportUsual
		return nil
	}
	if n := int(1 + c.Sum/d.tune.Bytes); !c.Reached(n, 1) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

// usual notes the day, and says whether there were enough earlier ones.
func (d *DatabaseExports) usual(k detect.CaseKey, at events.Time) bool {
	k.What = ""
	one, fresh := d.days.Put(k)
	if day := int64(at) / int64(24*time.Hour); fresh || day > one.today {
		one.days, one.today = one.days+1, day
		d.days.Note(k)
	}
	return one.days > d.tune.Days
}

// exportWhole says whether a statement reads a table whole, and whether as dump programs do: mysqldump tells the server not to cache, pg_dump copies.
func exportWhole(query string) (whole, tool bool) {
	if len(query) < 12 {
		return false, false
	}
	switch word := query[:5]; {
	case strings.EqualFold(word, "COPY "):
		upper := strings.ToUpper(query)
		return strings.Contains(upper, " TO STDOUT"), true
	case strings.HasPrefix(query, "SELECT /*!40001 SQL_NO_CACHE */"):
		return true, true
	case len(query) <= len(exportAll) || !strings.EqualFold(query[:len(exportAll)], exportAll):
		return false, false
	}
	table := strings.Trim(query[len(exportAll):], "; \t\r\n")
	return table != "" && !strings.ContainsAny(table, " \t\r\n,;("), false
}

// exportAll is what a statement begins with that reads a table whole; the table's name must be all that follows.
const exportAll = "SELECT * FROM "

func (d *DatabaseExports) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	by := "statement"
	if k.What == exportEncrypted {
		by = "encrypted conversation"
	}
	said := fmt.Sprintf("%s read %d bytes from the database %s by %s within %s", k.By, c.Sum, k.To, plural(fmt.Sprint(c.Count), by), detect.Lasted(c.Last.Sub(c.Start)))
	if len(c.Names) > 0 {
		said += fmt.Sprintf("; it reads tables whole, the first by %q", c.Names[0][:min(len(c.Names[0]), 64)])
	}
	f := c.Finding(k, 0.7, said+".")
	f.Properties = map[string]any{
		"bytes": c.Sum, "acts": c.Count, "tables": c.Things.Count(), "names": c.Names, "dump_program": c.Flags&exportTool != 0, "new_pair": c.Flags&exportNew != 0,
	}
	if c.Flags&(exportNew|exportOutside) == 0 && c.Sum < d.tune.Much {
		f.Terms = []events.Term{{Name: "may_be_work", Points: -25, Reason: "the two spoke before, and backups and reports read as much"}}
	}
	return f
}

// Tick has nothing to do: what is read is counted when it is told.
func (d *DatabaseExports) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *DatabaseExports) Close(device.View) []detect.Finding { return d.cases.LastWords(d.report) }

// Overflow is how many pairs had to be forgotten for want of room.
func (d *DatabaseExports) Overflow() uint64 { return d.cases.Overflow() + d.days.Evicted() }
