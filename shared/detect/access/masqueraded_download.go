package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// MasqueradedDownload finds programs that come over HTTP, and under another name most of all.
var MasqueradedDownload = detect.Spec{
	Type:  "access.masqueraded_download",
	Title: "Executable download, or one under another type",
	Text: "Tells the type of what a server sends by its first bytes, and looks for programs and scripts for a shell. What speaks against one: it is declared or named as a picture, text or " +
		"document; it has no program's name at all; it comes from a bare address, an odd port or a throw-away server; a script fetched it and no browser. Two such marks make an " +
		"alarm, and so does what is declared a program and is none, because it is encrypted. A program from a named server in clear text, with fewer marks, is told of once at low risk. " +
		"What looks the same: updates of systems and programs, which come from their makers' domains by their own agents and are left alone.",
	Category: "access", Tactics: []string{"TA0005", "TA0011"}, Techniques: []string{"T1036", "T1105"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "After the first foothold an intruder fetches the program that does the work. It is often given a picture's name or type, so that filters let it pass and people overlook it; " +
		"the first bytes of a program cannot be disguised as easily, unless all of it is encrypted.",
	Mitigation: []string{
		"Find the file on the client by its time, and have it examined before anybody opens it.",
		"Look at what the client did next: conversations with hosts that are new to it.",
		"Block the server, and let servers fetch programs from your own repository only.",
	},
	Yields: []string{"access.drive_by"},
	New:    func() detect.Detector { return NewMasqueradedDownload(MasqueradedDownloadDefaults()) },
	Tuning: detect.Tuned(MasqueradedDownloadDefaults, NewMasqueradedDownload),
}

// MasqueradedDownloadTunables are what may be set.
type MasqueradedDownloadTunables struct {
	Marks    int           `tune:"marks against a program that make an alarm" min:"1" max:"8"`
	Least    int           `tune:"bytes of a body that is declared a program and is none" min:"512" max:"10000000"`
	Idle     time.Duration `tune:"a client and server that rest this long begin anew" min:"1m" max:"168h"`
	Pairs    int           `tune:"clients and servers watched" min:"16" max:"1000000"`
	Makers   []string      `tune:"domains of makers whose programs come over HTTP"`
	Updaters []string      `tune:"beginnings of the user agents of updaters"`
}

// MasqueradedDownloadDefaults are the tunables that the project stands for.
func MasqueradedDownloadDefaults() MasqueradedDownloadTunables {
	return MasqueradedDownloadTunables{
		Marks: 2, Least: 4096, Idle: 24 * time.Hour, Pairs: 8_192,
		Makers: []string{
			"microsoft.com", "windowsupdate.com", "windows.com", "msocdn.com", "office.net", "gvt1.com", "google.com", "apple.com", "mozilla.net", "mozilla.org", "adobe.com",
			"ubuntu.com", "debian.org", "fedoraproject.org", "centos.org", "amazonaws.com", "oracle.com", "java.com", "nvidia.com", "intel.com", "amd.com", "dell.com", "hp.com",
			"lenovo.com", "steampowered.com", "steamcontent.com", "avast.com", "avcdn.net", "avg.com", "kaspersky.com", "symantec.com", "symantecliveupdate.com", "mcafee.com", "eset.com", "sophos.com",
			"trendmicro.com", "vmware.com", "logitech.com", "skype.com", "dropbox.com", "zoom.us", "teamviewer.com", "akamaized.net",
		},
		Updaters: []string{"Microsoft-Delivery-Optimization", "Microsoft BITS", "Windows-Update-Agent", "Google Update", "GoogleUpdate", "Debian APT", "Valve", "libdnf", "urlgrabber", "Microsoft-CryptoAPI", "Adobe", "AVAST", "Avast"},
	}
}

// Downloads remembers which client had a program of which server.
type Downloads struct {
	tune MasqueradedDownloadTunables
	*detect.Cases
}

// NewMasqueradedDownload makes the detector.
func NewMasqueradedDownload(t MasqueradedDownloadTunables) *Downloads {
	return &Downloads{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// downloadMarks are what speaks against a program, and how much.
var downloadMarks = []struct {
	words  string
	weight int
}{
	{"declared as something else", 2}, {"named as something else", 2}, {"declared a program and encrypted", 2}, {"without a program's name", 1}, {"from a bare address", 1},
	{"from an odd port", 1}, {"from a throw-away server", 1}, {"fetched by a script", 1},
}

// Bits of downloadMarks.
const (
	downloadDeclared = 1 << iota
	downloadNamed
	downloadSealed
	downloadNameless
	downloadAddress
	downloadPort
	downloadServer
	downloadScript
)

// Observe looks at what an answer brought.
func (d *Downloads) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.StatusCode != 200 && r.StatusCode != 206 || r.ResponseLen < 64 {
		return nil
	}
	kind, marks := d.judge(r)
	if kind == "" {
		return nil
	}
	weight := downloadWeight(marks)
	if v.IsLocal(r.RespH) && kind == "a script for a shell" && weight <= d.tune.Marks || r.RespH.IsLinkLocalUnicast() || r.RespH.IsLoopback() {
		return nil // hosts are set up by such scripts, also from the metadata service
	}
	if weight < d.tune.Marks && (v.IsLocal(r.RespH) && marks&downloadAddress == 0 || kind != "a program for Windows" || d.byMaker(r) || v.Known().Trusted(webHost(r.Host))) {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.RespH, To: r.OrigH, What: kind}
	c := d.Note(k, &r.Head)
	before := downloadWeight(c.Flags)
	c.Flags |= marks
	c.Sum += r.ResponseLen
	c.Thing(cut(r.Host+r.URI, 160))
	grew := before < d.tune.Marks && downloadWeight(c.Flags) >= d.tune.Marks
	if !c.Reached(c.Count, 1) && !grew {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{d.report(k, c)}
}

// judge says what kind of program came, in words, and what speaks against it.
func (d *Downloads) judge(r *events.HTTP) (kind string, marks uint64) {
	kind = downloadKind(r.RespMimeTypes)
	path := webPath(r.URI)
	ending := downloadEnding(path, r.RespFilenames)
	declared := downloadDeclaredAs(r.ContentType)
	switch {
	case kind == "" && declared == "program" && len(r.RespMimeTypes) == 0 && r.ResponseLen >= uint64(d.tune.Least) && ending != "program" && strings.Contains(r.ContentType, "ms"):
		kind, marks = "an encrypted program", downloadSealed
	case kind == "":
		return "", 0
	case declared == "other" && kind != "a script for a shell" && (ending != "program" || !strings.HasPrefix(r.ContentType, "text/plain")):
		marks |= downloadDeclared
	}
	if r.Method == "" {
		return kind, marks // the request was not seen: who asked, and for what, is not known
	}
	switch ending {
	case "other":
		marks |= downloadNamed
	case "":
		marks |= downloadNameless
	}
	return kind, marks | d.source(r)
}

// source is what speaks against where it comes from and who fetches it.
func (d *Downloads) source(r *events.HTTP) (marks uint64) {
	if webHost(r.Host) == "" {
		marks |= downloadAddress
	}
	switch r.RespP {
	case 80, 8080, 443, 3128, 8000, 8530, 8531:
	default:
		marks |= downloadPort
	}
	for _, s := range [...]string{"SimpleHTTP", "BaseHTTP", "Python", "WEBrick", "HFS ", "Werkzeug"} {
		if strings.HasPrefix(r.Server, s) {
			marks |= downloadServer
		}
	}
	agent := strings.ToLower(r.UserAgent)
	if agent == "" || strings.Contains(agent, "powershell") {
		return marks | downloadScript
	}
	for _, s := range [...]string{"curl", "wget", "python", "certutil", "winhttp", "java/", "go-http", "perl", "ruby", "php", "lwp", "busybox", "aria2"} {
		if strings.HasPrefix(agent, s) {
			marks |= downloadScript
		}
	}
	return marks
}

// byMaker says whether a program comes from where programs come from.
func (d *Downloads) byMaker(r *events.HTTP) bool {
	host := webHost(r.Host)
	return slices.ContainsFunc(d.tune.Makers, func(m string) bool { return host != "" && domain.Under(host, m) }) ||
		slices.ContainsFunc(d.tune.Updaters, func(u string) bool { return strings.HasPrefix(r.UserAgent, u) })
}

func downloadWeight(marks uint64) (n int) {
	for i, m := range downloadMarks {
		if marks>>i&1 != 0 {
			n += m.weight
		}
	}
	return n
}

func (d *Downloads) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var words []string
	for i, m := range downloadMarks {
		if c.Flags>>i&1 != 0 {
			words = append(words, m.words)
		}
	}
	text := fmt.Sprintf("%s sent %s %s in clear text, %d bytes", k.By, k.To, k.What, c.Sum)
	if c.Count > 1 {
		text = fmt.Sprintf("%s sent %s %s in clear text %d times, %d bytes in all", k.By, k.To, k.What, c.Count, c.Sum)
	}
	if len(words) > 0 {
		text += ": " + strings.Join(words, ", ")
	}
	weight := downloadWeight(c.Flags)
	f := c.Finding(k, min(0.6+0.1*float64(weight), 0.95), text+".")
	f.Properties = map[string]any{"downloads": c.Count, "bytes": c.Sum, "kind": k.What, "marks": words, "urls": c.Names}
	if weight < d.tune.Marks {
		f.Terms = []events.Term{{Name: "few_marks", Points: -25, Reason: "little speaks against it but that it came in clear text"}}
	} else if weight > 3 {
		f.Terms = []events.Term{{Name: "many_marks", Points: 15, Reason: fmt.Sprintf("%d marks speak against it", len(words))}}
	}
	return f
}

// Tick has nothing to do: a download is told of when it ends.
func (d *Downloads) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *Downloads) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

// downloadKind says what kind of program a body is by its first bytes, in words; "" where it is none.
func downloadKind(types []string) string {
	if len(types) == 0 {
		return ""
	}
	switch types[0] {
	case "application/x-dosexec":
		return "a program for Windows"
	case "application/x-executable", "application/x-sharedlib":
		return "a program for Linux"
	case "application/x-mach-o-executable":
		return "a program for macOS"
	case "text/x-shellscript":
		return "a script for a shell"
	case "application/x-ms-shortcut":
		return "a shortcut for Windows"
	}
	return ""
}

// downloadDeclaredAs groups declared types: "program", "other" for what no program is, "" for those that say nothing.
func downloadDeclaredAs(mime string) string {
	mime, _, _ = strings.Cut(strings.ToLower(mime), ";")
	switch {
	case strings.HasPrefix(mime, "image/"), strings.HasPrefix(mime, "text/"), strings.HasPrefix(mime, "audio/"), strings.HasPrefix(mime, "video/"), strings.HasPrefix(mime, "font/"),
		mime == "application/javascript", mime == "application/json", mime == "application/pdf", mime == "application/xml", mime == "application/x-javascript", mime == "application/msword":
		return "other"
	case strings.Contains(mime, "msdownload"), strings.Contains(mime, "msdos"), strings.Contains(mime, "dosexec"), strings.Contains(mime, "executable"), strings.Contains(mime, "x-exe"):
		return "program"
	}
	return ""
}

// downloadEnding groups the ending of a name: "program", "other" for what no program is, "" for none or one of a page that made it.
func downloadEnding(path string, names []string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if len(names) > 0 {
		name = strings.ToLower(names[0])
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return ""
	}
	switch name[dot+1:] {
	case "exe", "dll", "msi", "msp", "sys", "cab", "scr", "com", "cpl", "ocx", "sh", "run", "bin", "elf", "so", "out", "dmg", "pkg", "msu", "bat", "ps1", "lnk", "img", "x86", "arm", "arm7", "mips", "mpsl", "ax", "efi", "deb", "rpm", "psf", "drv", "vdm", "x64":
		return "program"
	case "jpg", "jpeg", "png", "gif", "bmp", "ico", "svg", "webp", "txt", "css", "js", "pdf", "doc", "docx", "xls", "xlsx", "htm", "html", "xml", "json", "mp3", "mp4", "avi", "ttf", "woff", "csv", "log", "rtf", "zip", "dat":
		return "other"
	}
	return ""
}

// webHost is the name of a Host header in small letters, or "" where it is an address or missing.
func webHost(host string) string {
	if strings.HasPrefix(host, "[") {
		return ""
	}
	if i := strings.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if strings.Trim(host, "0123456789.") == "" {
		return ""
	}
	return strings.ToLower(host)
}
