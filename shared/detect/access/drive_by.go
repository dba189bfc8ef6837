package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
	"github.com/mirrorwatch/mirrorwatch/shared/entropy"
)

// DriveBy finds a browser that is led to a server which then gives it a program that nobody asked for.
var DriveBy = detect.Spec{
	Type:  "access.drive_by",
	Title: "Drive-by exploit chain",
	Text: "Follows what one client gets from one server outside within two minutes: a page that another site led it to, long generated queries, content for a plug-in (Flash, Java, " +
		"Silverlight), and a program that has no program's name, is declared one and encrypted, or is fetched by another program than the browser. Page and program with five points of these make an alarm, page, " +
		"generated query and plug-in content a lower one. It also follows redirects: two or more from domain to domain that end in such content or at a bare address, or three that end in a page, at low risk. " +
		"What looks the same: a person who follows a link and downloads a program, which has its name; and advertising, whose redirects end in pictures.",
	Category: "access", Tactics: []string{"TA0001"}, Techniques: []string{"T1189"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "An exploit kit sits behind a chain of redirects from a page that was broken into or from an advertisement. Its landing page looks for a hole in the browser or a plug-in, " +
		"uses it, and has the browser fetch and start a program, mostly ransomware or a thief of passwords. The person sees nothing but the page that they wanted.",
	Mitigation: []string{
		"Take the client off the network: a program was most likely started on it.",
		"Look for conversations of the client with hosts that are new to it since then.",
		"Block the server and the domains of the chain; tell the owner of the first page.",
		"Update the browser, and take its plug-ins away.",
	},
	New:    func() detect.Detector { return NewDriveBy(DriveByDefaults()) },
	Tuning: detect.Tuned(DriveByDefaults, NewDriveBy),
}

// DriveByTunables are what may be set.
type DriveByTunables struct {
	Points  int           `tune:"points of a chain with a page and a program" min:"2" max:"10"`
	Within  time.Duration `tune:"longest rest within a chain" min:"1s" max:"1h"`
	Hops    int           `tune:"redirects from domain to domain, where they end in content for a plug-in, a program or a bare address" min:"1" max:"20"`
	Long    int           `tune:"redirects from domain to domain, where they end in a page" min:"2" max:"20"`
	Servers int           `tune:"clients and servers watched" min:"16" max:"1000000"`
}

// DriveByDefaults are the tunables that the project stands for.
func DriveByDefaults() DriveByTunables {
	return DriveByTunables{Points: 5, Within: 2 * time.Minute, Hops: 2, Long: 3, Servers: 8_192}
}

// The stages of a chain.
const (
	driveLanding   = 1 << iota // a page that another site led to
	driveGenerated             // a long generated query
	drivePlugin                // content for a plug-in
	drivePayload               // a program
	driveNameless              // without a program's name
	driveSealed                // declared a program and encrypted
	driveOther                 // fetched by another program than the page
	driveHops                  // redirects led to it
)

// driveStages are the stages in words, and what each is worth.
var driveStages = []struct {
	words  string
	points int
}{
	{"a page that another site led to", 1}, {"generated queries", 1}, {"content for a plug-in", 1}, {"a program", 2}, {"which has no program's name", 1},
	{"which is declared one and encrypted", 1}, {"which another program than the browser's page fetched", 1}, {"redirects from domain to domain", 1},
}

// Chains watches what clients get from servers outside.
type Chains struct {
	tune DriveByTunables
	*detect.Cases
}

// NewDriveBy makes the detector.
func NewDriveBy(t DriveByTunables) *Chains {
	return &Chains{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Servers, Idle: t.Within})}
}

// Observe adds an answer to its chain.
func (d *Chains) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || r.StatusCode == 0 || !v.IsExternal(r.RespH) || r.Method == "" || v.Known().Trusted(webHost(r.Host)) {
		return nil
	}
	hops := d.hops(r)
	if r.StatusCode/100 != 2 || r.ResponseLen == 0 {
		return nil
	}
	stages := driveStage(r)
	if hops >= d.tune.Hops && (stages&(drivePlugin|drivePayload) != 0 || webHost(r.Host) == "" && driveIsPage(r)) || hops >= d.tune.Long && driveIsPage(r) {
		stages |= driveHops
	}
	if stages == 0 {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.RespH, To: r.OrigH, What: cut(strings.ToLower(r.Host), 100)}
	c := d.Peek(k)
	if c == nil && stages&(driveLanding|driveHops) == 0 {
		return nil // a chain begins with a page
	}
	return d.step(k, r, stages, hops)
}

func (d *Chains) step(k detect.CaseKey, r *events.HTTP, stages uint64, hops int) []detect.Finding {
	c := d.Note(k, &r.Head)
	if len(c.Names) == 0 {
		c.Names = []string{cut(r.UserAgent, 200), cut(driveSite(r.Referrer), 100)}
	}
	if stages&drivePayload != 0 && cut(r.UserAgent, 200) != c.Names[0] {
		stages |= driveOther
	}
	c.Flags |= stages
	c.Sum = max(c.Sum, uint64(hops))
	level := d.level(c.Flags)
	if !c.Reached(level, 1) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

// level is 0 for what is no chain, 1 for one that is told of at lower risk, and 10, the next order of magnitude, for one with a program.
func (d *Chains) level(flags uint64) int {
	points := 0
	for i, s := range driveStages {
		if flags>>i&1 != 0 {
			points += s.points
		}
	}
	switch {
	case flags&drivePayload != 0 && flags&(driveLanding|driveHops) != 0 && points >= d.tune.Points:
		return 10
	case flags&driveHops != 0, flags&(driveLanding|driveGenerated|drivePlugin) == driveLanding|driveGenerated|drivePlugin:
		return 1
	}
	return 0
}

func (d *Chains) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var words []string
	for i, s := range driveStages {
		if c.Flags>>i&1 != 0 {
			words = append(words, s.words)
		}
	}
	f := c.Finding(k, 0.7, fmt.Sprintf("%s got from %s (%s) within %s, in %d answers: %s.", k.To, k.By, k.What, detect.Lasted(c.Last.Sub(c.Start)), c.Count, strings.Join(words, ", ")))
	f.Properties = map[string]any{"answers": c.Count, "host": k.What, "stages": words, "seconds": c.Last.Sub(c.Start).Seconds()}
	if len(c.Names) > 1 && c.Names[1] != "" {
		f.Properties["led_by"] = c.Names[1]
	}
	if c.Sum > 0 {
		f.Properties["redirects"] = c.Sum
	}
	switch {
	case c.Flags&drivePayload != 0 && d.level(c.Flags) == 10:
		f.Confidence = 0.9
		f.Terms = []events.Term{{Name: "program_sent", Points: 15, Reason: "a program came at the end of the chain"}}
	case c.Flags&(drivePlugin|drivePayload) == 0:
		f.Terms = []events.Term{{Name: "chain_only", Points: -35, Reason: "nothing but a page came at the end of the chain"}}
	}
	return f
}

// Tick has nothing to do: a chain is told of when it is whole.
func (d *Chains) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *Chains) Close(device.View) []detect.Finding {
	return d.LastWords(func(k detect.CaseKey, c *detect.Case) detect.Finding { return d.report(k, c) })
}

// hops follows redirects of a client and says how many from domain to domain led to this request.
func (d *Chains) hops(r *events.HTTP) int {
	leads := r.StatusCode/100 == 3 && strings.Contains(r.Location, "://")
	k := detect.CaseKey{VNI: r.VNI, To: r.OrigH, What: "redirects"}
	c := d.Peek(k)
	if c == nil && !leads {
		return 0
	}
	here, next := driveSite("http://"+r.Host), driveSite(r.Location)
	n := 0
	if c != nil && len(c.Names) > 0 && c.Names[0] == here && r.TS.Sub(c.Last) <= 10*time.Second {
		n = int(c.Sum)
	}
	if !leads {
		return n
	}
	if next != here {
		n++
	}
	c = d.Note(k, &r.Head)
	c.Names = append(c.Names[:0], next)
	c.Sum = uint64(n)
	return n
}

// driveSite is the registered name of a link's host, or its address.
func driveSite(link string) string {
	_, rest, ok := strings.Cut(link, "://")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	host := webHost(rest)
	if host == "" {
		return rest
	}
	_, registered := domain.Split(host)
	return registered
}

func driveIsPage(r *events.HTTP) bool {
	return strings.HasPrefix(strings.ToLower(r.ContentType), "text/html")
}

// driveStage says what one answer adds to a chain.
func driveStage(r *events.HTTP) (stages uint64) {
	if site := driveSite(r.Referrer); driveIsPage(r) && site != "" && site != driveSite("http://"+r.Host) {
		stages |= driveLanding
	}
	if driveGeneratedQuery(r.URI) {
		stages |= driveGenerated
	}
	mime, path := "", webPath(r.URI)
	if len(r.RespMimeTypes) > 0 {
		mime = r.RespMimeTypes[0]
	}
	declared := strings.ToLower(r.ContentType)
	switch {
	case strings.Contains(mime, "shockwave"), strings.Contains(mime, "java-a"), strings.Contains(declared, "shockwave"), strings.Contains(declared, "java-archive"), strings.Contains(declared, "silverlight"), strings.HasSuffix(path, ".jnlp"):
		stages |= drivePlugin
	case downloadKind(r.RespMimeTypes) != "" && mime != "text/x-shellscript":
		stages |= drivePayload
	case downloadDeclaredAs(declared) == "program" && mime == "" && r.ResponseLen >= 4096:
		stages |= drivePayload | driveSealed
	}
	if stages&drivePayload != 0 && downloadEnding(path, r.RespFilenames) != "program" {
		stages |= driveNameless
	}
	return stages
}

// driveGeneratedQuery says whether a query is long, and more like noise than like words or numbers.
func driveGeneratedQuery(uri string) bool {
	_, query, ok := strings.Cut(uri, "?")
	return ok && len(query) >= 100 && len(query) <= 2000 && !strings.Contains(query, "://") && entropy.Bits(query) >= 4.9
}
