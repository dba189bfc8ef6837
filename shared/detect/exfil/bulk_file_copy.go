package exfil

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// BulkFileCopy finds hosts that read a file server empty.
var BulkFileCopy = detect.Spec{
	Type:  "exfil.bulk_file_copy",
	Title: "Bulk file copy",
	Text: "Counts the different files that one host reads whole from the shares of another within ten minutes, and tells of 50 or more; below 500 at low risk. " +
		"Who is about to leave with data, or to hold it to ransom, first gathers it. The domain's own shares for policies and scripts (SYSVOL, NETLOGON, print$) do not count. " +
		"What looks the same: a backup, a search index, a virus scanner, a person who copies a folder; who did so on two earlier days is not told of.",
	Category: "exfil", Tactics: []string{"TA0009"}, Techniques: []string{"T1039"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindSMBFiles}, Version: 1,
	Background: "File servers hold what a house knows: contracts, drawings, personal data. An intruder, or someone who is about to leave, copies whole folders of them to one " +
		"host, packs them and sends them out from there. The copying is the last step that can be seen inside; what follows is often encrypted. " +
		"The aim is to sell the data, or to threaten with it.",
	Mitigation: []string{
		"Ask the user of the offender, or the owner of the backup that runs there, whether this is theirs.",
		"If nobody knows of it: isolate the offender before the files leave, and look for archives and for uploads since.",
		"Take from the account what it need not read; most accounts may read far more than they use.",
	},
	Yields: []string{"impact.ransomware"},
	New:    func() detect.Detector { return NewBulkFileCopy(BulkFileCopyDefaults()) },
	Tuning: detect.Tuned(BulkFileCopyDefaults, NewBulkFileCopy),
}

// BulkFileCopyTunables are what may be set.
type BulkFileCopyTunables struct {
	Files   int           `tune:"different files that one host read from another" min:"10" max:"1000000"`
	Window  time.Duration `tune:"time within which they are counted" min:"1m" max:"24h"`
	Days    int           `tune:"earlier days on which a host copied as many from that server, after which that is its work" min:"1" max:"31"`
	Pairs   int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
	Clients int           `tune:"pairs whose habits are known" min:"100" max:"1000000"`
}

// BulkFileCopyDefaults are the tunables that the project stands for. A person who works opens some dozens of files an hour.
func BulkFileCopyDefaults() BulkFileCopyTunables {
	return BulkFileCopyTunables{Files: 50, Window: 10 * time.Minute, Days: 2, Pairs: 5_000, Clients: 20_000}
}

// FileCopies counts who reads how many files of whom.
type FileCopies struct {
	tune  BulkFileCopyTunables
	cases *detect.Cases
	days  *detect.Memory[uint64, bulkDays]
	detect.Memories
}

// bulkDays are the days on which a host copied many files of a server.
type bulkDays struct {
	days  int
	today int64 // since 1970
}

// NewBulkFileCopy makes the detector.
func NewBulkFileCopy(t BulkFileCopyTunables) *FileCopies {
	f := &FileCopies{tune: t, cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Window})}
	f.days = detect.NewFilledMemory(t.Clients, 'd', 1, func(key, value *detect.Form, k *uint64, d *bulkDays) {
		detect.Number(key, k)
		detect.Number(value, &d.days)
		detect.Number(value, &d.today)
	})
	f.Memories = detect.Memories{f.cases, f.days}
	return f
}

// Observe looks at a file that was read.
func (f *FileCopies) Observe(r events.Record, v device.View) []detect.Finding {
	one, ok := r.(*events.SMBFiles)
	if !ok || one.Read == 0 || one.Read < one.Size || bulkShared(one.Path) {
		return nil
	}
	k := detect.CaseKey{VNI: one.VNI, By: one.OrigH, To: one.RespH}
	if c := f.cases.Peek(k); c != nil && !c.Raised() && one.TS.Sub(c.Start) > f.tune.Window {
		f.cases.Forget(k)
	}
	c := f.cases.Note(k, &one.Head)
	c.Things.Add(sketch.Mix(sketch.String(one.Path)) ^ sketch.String(one.Name))
	c.Sum += one.Read
	if !c.Reached(c.Things.Count(), f.tune.Files) {
		return nil
	}
	if f.usual(uint64(v.Orig.Serial)<<32|uint64(v.Resp.Serial), one.TS) {
		return nil
	}
	return []detect.Finding{f.report(k, c)}
}

// bulkShared says whether a share is one that every host of a domain reads.
func bulkShared(path string) bool {
	name := path[strings.LastIndexByte(path, '\\')+1:]
	return strings.EqualFold(name, "SYSVOL") || strings.EqualFold(name, "NETLOGON") || strings.EqualFold(name, "print$")
}

// usual notes the day, and says whether there were enough earlier ones.
func (f *FileCopies) usual(pair uint64, at events.Time) bool {
	d, fresh := f.days.Put(pair)
	if day := int64(at) / int64(24*time.Hour); fresh || day > d.today {
		d.days, d.today = d.days+1, day
		f.days.Note(pair)
	}
	return d.days > f.tune.Days
}

// Tick has nothing to do: files are counted when they are closed.
func (f *FileCopies) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close has nothing to add: what was read since it was told is told at the next order of magnitude only.
func (f *FileCopies) Close(device.View) []detect.Finding { return nil }

// Overflow is how many pairs had to be forgotten for want of room.
func (f *FileCopies) Overflow() uint64 { return f.cases.Overflow() + f.days.Evicted() }

func (f *FileCopies) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	n := c.Things.Count()
	one := c.Finding(k, 0.7, fmt.Sprintf("%s read about %d different files of %s whole, %d bytes, within %s.", k.By, n, k.To, c.Sum, detect.Lasted(c.Last.Sub(c.Start))))
	one.Properties = map[string]any{"files": n, "reads": c.Count, "bytes": c.Sum, "seconds": c.Last.Sub(c.Start).Seconds()}
	if n < 10*f.tune.Files {
		one.Terms = []events.Term{{Name: "a_folder", Points: -20, Reason: "a person may copy a folder of that size"}}
	}
	return one
}
