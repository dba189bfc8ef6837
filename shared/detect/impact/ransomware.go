// Package impact holds the detectors of harm done: floods, services worn out, data made worthless. What comes in is records; what goes
// out is findings that name who suffers, and who does it. It never judges how somebody got in: that is for the tactics that come before.
package impact

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// Ransomware finds a host that rewrites the files of a share one after the other.
var Ransomware = detect.Spec{
	Type:  "impact.ransomware",
	Title: "Mass file rewriting",
	Text: "Follows, for each pair of hosts, files that are renamed to another extension, and files that are deleted after one of the same name with another extension was made " +
		"or written beside them. Ten within five minutes that had three or more different extensions before and have the same one after are told. Encryption for ransom " +
		"leaves this mark whatever tool does it. What looks the same: nothing that people do: who converts or packs files starts from one or two kinds. " +
		"Endings of temporary, old and packed files do not count.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1486"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindSMBFiles}, Version: 1,
	Background: "Ransomware encrypts what a user can reach, and that is mostly the shares of file servers. One host that is lost is enough to lose them: it reads each file, writes an " +
		"encrypted one, and deletes or renames the first. The owner then is asked to pay for the key. It takes minutes to hours, and every minute " +
		"in which it is stopped saves files.",
	Mitigation: []string{
		"Isolate the offender now, or end its sessions at the file server; each minute costs files.",
		"Take the user's rights to write away until it is known what ran, and look for other hosts with the same program.",
		"Keep the file server's snapshots from being deleted, and restore from one before the first of these files.",
	},
	New:    func() detect.Detector { return NewRansomware(RansomwareDefaults()) },
	Tuning: detect.Tuned(RansomwareDefaults, NewRansomware),
}

// RansomwareTunables are what may be set.
type RansomwareTunables struct {
	Files  int           `tune:"files that were given the same new extension" min:"3" max:"100000"`
	Kinds  int           `tune:"different extensions that they had before" min:"1" max:"100"`
	Window time.Duration `tune:"time within which they are counted" min:"10s" max:"24h"`
	Pairs  int           `tune:"pairs of hosts, and new extensions of theirs, watched" min:"16" max:"100000"`
}

// RansomwareDefaults are the tunables that the project stands for. Encryption takes far below a second a file.
func RansomwareDefaults() RansomwareTunables {
	return RansomwareTunables{Files: 10, Kinds: 3, Window: 5 * time.Minute, Pairs: 2_000}
}

// Rewriting counts the files that were rewritten.
type Rewriting struct {
	tune RansomwareTunables
	*detect.Cases
	made *detect.Memory[detect.CaseKey, madeLately]
	detect.Memories
}

// madeLately are the latest files that a client made or wrote on a server: their names without the extension, hashed.
type madeLately struct {
	files [32]madeFile
	n     int
}

type madeFile struct {
	stem      uint64
	extension string
	at        events.Time
}

// NewRansomware makes the detector.
func NewRansomware(t RansomwareTunables) *Rewriting {
	w := &Rewriting{
		tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Window}),
		made: detect.NewFilledMemory(t.Pairs, 'm', 1, madeFields),
	}
	w.Memories = detect.Memories{w.made, w.Cases}
	return w
}

// Observe looks at what was done to one file.
func (w *Rewriting) Observe(r events.Record, _ device.View) []detect.Finding {
	f, ok := r.(*events.SMBFiles)
	if !ok || f.Name == "" || f.Status != 0 {
		return nil
	}
	k := detect.CaseKey{VNI: f.VNI, By: f.OrigH, To: f.RespH}
	switch f.Action {
	case "SMB::FILE_OPEN":
		if f.Size == 0 {
			w.make(k, f)
		}
	case "SMB::FILE_WRITE":
		w.make(k, f)
	case "SMB::FILE_RENAME":
		return w.rewrote(k, f, f.PrevName, extensionOf(f.Name))
	case "SMB::FILE_DELETE":
		if extension, ok := w.replacement(k, f); ok {
			return w.rewrote(k, f, f.Name, extension)
		}
	}
	return nil
}

// make remembers a file that was made or written.
func (w *Rewriting) make(k detect.CaseKey, f *events.SMBFiles) {
	extension := extensionOf(f.Name)
	if extension == "" || passing(extension) {
		return
	}
	m, _ := w.made.Put(k)
	w.made.Note(k)
	m.files[m.n%len(m.files)] = madeFile{stemOf(f.Name), strings.Clone(extension), f.TS}
	m.n++
}

// replacement gives the new extension of a file that is deleted: that of one made beside it, "a.enc" or "a.doc.enc" for "a.doc".
func (w *Rewriting) replacement(k detect.CaseKey, f *events.SMBFiles) (extension string, ok bool) {
	m := w.made.Get(k)
	if m == nil {
		return "", false
	}
	stem, whole, old := stemOf(f.Name), sketch.String(f.Name), extensionOf(f.Name)
	for i := range m.files {
		one := &m.files[i]
		if (one.stem == stem || one.stem == whole) && !strings.EqualFold(one.extension, old) && f.TS.Sub(one.at) <= w.tune.Window {
			return one.extension, true
		}
	}
	return "", false
}

// rewrote counts a file that has another extension now.
func (w *Rewriting) rewrote(k detect.CaseKey, f *events.SMBFiles, before, extension string) []detect.Finding {
	old := extensionOf(before)
	if extension == "" || passing(extension) || passing(old) || strings.EqualFold(old, extension) {
		return nil
	}
	k.What = strings.ToLower(extension)
	if c := w.Peek(k); c != nil && !c.Raised() && f.TS.Sub(c.Start) > w.tune.Window {
		w.Forget(k)
	}
	c := w.Note(k, &f.Head)
	c.Thing(strings.ToLower(old))
	if c.Things.Count() < w.tune.Kinds || !c.Reached(c.Count, w.tune.Files) {
		return nil
	}
	return []detect.Finding{w.report(k, c)}
}

// extensionOf gives a file's extension without its dot, or nothing.
func extensionOf(name string) string {
	const most = 24
	name = name[strings.LastIndexByte(name, '\\')+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || len(name)-dot > most {
		return ""
	}
	return name[dot+1:]
}

// stemOf is a hash of a name without its extension.
func stemOf(name string) uint64 {
	if e := extensionOf(name); e != "" {
		name = name[:len(name)-len(e)-1]
	}
	return sketch.String(name)
}

// passing says whether an extension is one that honest programs give to files for a while, or to what they pack or keep.
func passing(extension string) bool {
	switch strings.ToLower(extension) {
	case "tmp", "temp", "bak", "old", "orig", "new", "part", "partial", "crdownload", "swp", "lock", "lck", "log", "zip", "gz", "7z", "rar", "bz2", "xz", "zst":
		return true
	}
	return false
}

// Tick has nothing to do: files are counted as they are rewritten.
func (w *Rewriting) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (w *Rewriting) Close(device.View) []detect.Finding { return w.LastWords(w.report) }

// Overflow is how many pairs had to be forgotten for want of room.
func (w *Rewriting) Overflow() uint64 { return w.Cases.Overflow() + w.made.Evicted() }

func (w *Rewriting) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.9, fmt.Sprintf("%s gave %d files of %s, of %d different kinds, the new extension %q within %s.", k.By, c.Count, k.To, c.Things.Count(), k.What,
		detect.Lasted(c.Last.Sub(c.Start))))
	f.Properties = map[string]any{"files": c.Count, "kinds": c.Things.Count(), "extension": k.What, "before": c.Names, "seconds": c.Last.Sub(c.Start).Seconds()}
	return f
}

func madeFields(key, value *detect.Form, k *detect.CaseKey, m *madeLately) {
	key.Case(k)
	detect.Number(value, &m.n)
	for i := range m.files {
		one := &m.files[i]
		detect.Number(value, &one.stem)
		value.Text(&one.extension, 64)
		detect.Number(value, &one.at)
	}
}
