package exfil

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// FTP finds files that are stored on an FTP server.
var FTP = detect.Spec{
	Type:  "exfil.ftp",
	Title: "Upload over FTP",
	Text: "Counts the files that a host stores on an FTP server (STOR, STOU, APPE), and the bytes that its data connections carry there. Data that is " +
		"stolen often leaves by FTP: every system can speak it, and many networks let it out. An upload to a server inside is low risk, and so is one " +
		"small file to a server outside; it weighs more from 5 MB on, from ten files on, and where a name speaks of a database, a mailbox or an archive. " +
		"What looks the same: a web site that is published, and a nightly transfer: a server that a host stored files on a day ago is left alone.",
	Category: "exfil", Tactics: []string{"TA0010"}, Techniques: []string{"T1048.003"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindFTP, events.KindConn}, Version: 1,
	Background: "FTP sends names, passwords and files as they are. Intruders use it because nothing has to be installed, and because a server for it is " +
		"rented or taken over in minutes; keyloggers and ransomware crews store what they gathered by it.",
	Mitigation: []string{
		"Find out which files were stored, whose they are, and which program sent them: the names and sizes are in the ftp records.",
		"If nobody knows the server: block it, isolate the host, and change the password that was used, which went over the wire readable.",
		"Deny FTP to the outside (ports 20 and 21, and the passive ports); use S3 or SFTP where files must leave.",
	},
	New:    func() detect.Detector { return NewFTP(FTPDefaults()) },
	Tuning: detect.Tuned(FTPDefaults, NewFTP),
}

// FTPTunables are what may be set.
type FTPTunables struct {
	Bytes    uint64        `tune:"bytes stored outside from which on it is no small matter" min:"1"`
	Files    int           `tune:"files stored outside from which on it is no small matter" min:"1" max:"100000"`
	Usual    time.Duration `tune:"a server that a host stored files on this long ago is usual" min:"1h" max:"720h"`
	Pairs    int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
	Channels int           `tune:"data connections that are waited for" min:"16" max:"100000"`
}

// FTPDefaults are the tunables that the project stands for.
func FTPDefaults() FTPTunables {
	return FTPTunables{Bytes: 5 << 20, Files: 10, Usual: 24 * time.Hour, Pairs: 20_000, Channels: 4096}
}

// FTPUploads is the detector.
type FTPUploads struct {
	tune FTPTunables
	*detect.Cases
	channels *detect.Memory[ftpChannel, ftpData]
	detect.Memories
}

// ftpChannel is where a data connection goes to. Both its records come within seconds of each other, in any order.
type ftpChannel struct {
	vni  uint32
	host netip.Addr
	port uint16
}

// ftpData is what is known of a data connection.
type ftpData struct {
	key   detect.CaseKey // of the upload it belongs to
	up    bool           // it is known to be one
	bytes uint64         // that the connection carried, once it is over
}

// NewFTP makes the detector.
func NewFTP(t FTPTunables) *FTPUploads {
	d := &FTPUploads{
		tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs}), channels: detect.NewFilledMemory(t.Channels, 'd', 1, ftpDataFields),
	}
	d.Memories = detect.Memories{d.channels, d.Cases}
	return d
}

// Observe counts uploads, and the bytes of their data connections.
func (d *FTPUploads) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.FTP:
		return d.command(r, v)
	case *events.Conn:
		if d.channels.Len() > 0 && !r.Interim && r.IPProto == device.TCP {
			d.carried(r)
		}
	}
	return nil
}

func (d *FTPUploads) command(r *events.FTP, v device.View) []detect.Finding {
	at := ftpChannel{r.VNI, r.DataRespH, r.DataRespP}
	switch r.Command {
	case "PASV", "EPSV", "PORT", "EPRT":
		if r.DataRespP != 0 {
			c, _ := d.channels.Put(at)
			*c = ftpData{}
			d.channels.Note(at)
		}
		return nil
	case "STOR", "STOU", "APPE":
	default:
		return nil
	}
	if r.ReplyCode >= 400 || !v.IsLocal(r.OrigH) && !v.IsLocal(r.RespH) {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}
	if c := d.Peek(k); c != nil && r.TS.Sub(c.Start) > d.tune.Usual {
		return nil
	}
	c := d.Note(k, &r.Head)
	c.Thing(r.Arg)
	if data := d.channels.Peek(at); r.DataRespP != 0 && data != nil {
		data.key, data.up = k, true
		d.channels.Note(at)
		c.Sum += data.bytes
	}
	outside := !v.IsLocal(r.RespH)
	worth := c.Flags
	if ftpTelling(c.Names) != "" {
		worth |= ftpNamed
	}
	if outside && (c.Sum >= d.tune.Bytes || c.Things.Count() >= d.tune.Files) {
		worth |= ftpBig
	}
	if !c.Reached(c.Count, 1) && worth == c.Flags {
		return nil
	}
	c.Flags, c.Told = worth&^ftpMore, c.Count
	return []detect.Finding{d.report(k, c, outside)}
}

// The flags of a case.
const (
	ftpNamed = 1 << iota // a name that speaks of gathered data was told
	ftpBig               // that it is no small matter was told
	ftpMore              // bytes were counted since it was told
)

// carried takes the bytes of a data connection that was announced.
func (d *FTPUploads) carried(r *events.Conn) {
	at := ftpChannel{r.VNI, r.RespH, r.RespP}
	data := d.channels.Peek(at)
	if data == nil {
		return
	}
	d.channels.Note(at)
	data.bytes = max(r.OrigBytes, r.RespBytes) // one direction carries the file, the other nothing
	if c := d.Peek(data.key); data.up && c != nil {
		c.Sum += data.bytes
		c.Flags |= ftpMore
		d.Memory.Note(data.key)
	}
}

func (d *FTPUploads) report(k detect.CaseKey, c *detect.Case, outside bool) detect.Finding {
	where := "inside"
	if outside {
		where = "outside"
	}
	f := c.Finding(k, 0.75, fmt.Sprintf("%s stored %s on the FTP server %s, %s%s; the first was %q.", k.By, plural(c.Things.Text(), "file"), k.To, where, carriedText(c.Sum), last(c.Names[0])))
	f.Properties = map[string]any{"files": c.Things.Count(), "names": c.Names, "bytes": c.Sum, "outside": outside}
	telling := ftpTelling(c.Names)
	if !outside {
		f.Terms = append(f.Terms, events.Term{Name: "inside", Points: -25, Reason: "the server is inside"})
	} else if c.Sum < d.tune.Bytes && c.Things.Count() < d.tune.Files && telling == "" {
		f.Terms = append(f.Terms, events.Term{Name: "small", Points: -25, Reason: "few files, and not much in them"})
	}
	if telling != "" {
		f.Terms = append(f.Terms, events.Term{Name: "name", Points: 5, Reason: fmt.Sprintf("%q looks like gathered data", last(telling))})
	}
	return f
}

// ftpEnds are the ends of names that gathered data has.
var ftpEnds = [...]string{".zip", ".rar", ".7z", ".tar", ".tgz", ".gz", ".sql", ".bak", ".dump", ".mdb", ".pst", ".ost", ".kdbx", ".csv", ".vmdk", ".ova"}

func ftpTelling(names []string) string {
	for _, n := range names {
		lower := strings.ToLower(n)
		for _, end := range ftpEnds {
			if strings.HasSuffix(lower, end) {
				return n
			}
		}
	}
	return ""
}

// last is the name of a file without its folders, cut for a sentence.
func last(path string) string {
	path = path[strings.LastIndexByte(path, '/')+1:]
	return path[:min(len(path), 64)]
}

func plural(n, what string) string {
	if n == "1" {
		return n + " " + what
	}
	return n + " " + what + "s"
}

// Tick has nothing to do.
func (d *FTPUploads) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *FTPUploads) Close(v device.View) []detect.Finding {
	var found []detect.Finding
	for k, c := range d.All {
		if c.Raised() && (c.Told < c.Count || c.Flags&ftpMore != 0) {
			f := d.report(k, c, !v.IsLocal(k.To))
			f.Final = true
			found = append(found, f)
		}
	}
	return found
}

// Overflow is how many pairs and data connections had to be forgotten for want of room.
func (d *FTPUploads) Overflow() uint64 { return d.Evicted() + d.channels.Evicted() }

// carriedText names the bytes, once they are known.
func carriedText(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d bytes", n)
}

func ftpDataFields(key, value *detect.Form, k *ftpChannel, d *ftpData) {
	detect.Number(key, &k.vni)
	key.Addr(&k.host)
	detect.Number(key, &k.port)
	value.Case(&d.key)
	value.Bool(&d.up)
	detect.Number(value, &d.bytes)
}
