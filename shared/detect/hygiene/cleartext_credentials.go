package hygiene

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// CleartextCredentials finds servers at which people log in with passwords that anybody on the way can read.
var CleartextCredentials = detect.Spec{
	Type:  "hygiene.cleartext_credentials",
	Title: "Credentials in clear text",
	Text: "Looks for log-ins that worked and whose password went over the wire readable: FTP, POP3, IMAP, SMTP and Telnet without TLS, HTTP's Basic " +
		"authentication, and databases that ask for the plain password. Who can listen anywhere on the way has the password, and people use one password " +
		"in many places. One detection a server and protocol, with the clients that it happened to. Guests, whose password is nobody's, do not count, " +
		"and neither do log-ins from the same host.",
	Category: "hygiene", Tactics: []string{"TA0006"}, Techniques: []string{"T1552", "T1040"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindLogin, events.KindHTTP}, Version: 1,
	Background: "The old protocols of the internet were made for networks in which everybody trusts everybody. An intruder on one host of a subnet, a " +
		"mirrored port or a stolen capture is enough to collect the passwords of all who log in over them.",
	Mitigation: []string{
		"Switch TLS on at the server (STARTTLS, FTPS, HTTPS), and the plain way off once nobody uses it.",
		"Put SSH and SFTP in the place of Telnet and FTP.",
		"Change the passwords that went over the wire.",
	},
	New:    func() detect.Detector { return NewCleartextCredentials(CleartextCredentialsDefaults()) },
	Tuning: detect.Tuned(CleartextCredentialsDefaults, NewCleartextCredentials),
}

// CleartextCredentialsTunables are what may be set.
type CleartextCredentialsTunables struct {
	Again   time.Duration `tune:"a server that rests this long begins anew" min:"1h" max:"8760h"`
	Servers int           `tune:"servers watched" min:"100" max:"1000000"`
}

// CleartextCredentialsDefaults are the tunables that the project stands for.
func CleartextCredentialsDefaults() CleartextCredentialsTunables {
	return CleartextCredentialsTunables{Again: 30 * 24 * time.Hour, Servers: 20_000}
}

// ClearLogins is the detector.
type ClearLogins struct{ *detect.Cases }

// NewCleartextCredentials makes the detector.
func NewCleartextCredentials(t CleartextCredentialsTunables) ClearLogins {
	return ClearLogins{detect.NewCases(detect.CasesOptions{Limit: t.Servers, Idle: t.Again})}
}

// Observe looks at log-ins.
func (d ClearLogins) Observe(r events.Record, v device.View) []detect.Finding {
	h := r.Common()
	service, user := "", ""
	switch r := r.(type) {
	case *events.Login:
		if r.Clear && !r.Anonymous && r.Success != nil && *r.Success {
			service, user = r.Service, r.User
		}
	case *events.HTTP:
		if r.Username != "" && r.StatusCode >= 200 && r.StatusCode < 400 {
			service, user = "http", r.Username
		}
	}
	if service == "" || h.OrigH == h.RespH || !v.IsLocal(h.RespH) && !v.IsLocal(h.OrigH) {
		return nil
	}
	k := detect.CaseKey{VNI: h.VNI, To: h.RespH, What: service}
	c := d.Note(k, h)
	c.Against(detect.Party{Addr: h.OrigH, Endpoint: detect.Client})
	c.Thing(user)
	if !c.Reached(c.Hosts.Count(), 1) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

// report names the clients as those who do it, and the server as where it is mended.
func (d ClearLogins) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.9, fmt.Sprintf("%s logged in to %s by %s with a password that went over the wire readable, %s.",
		who(c), k.To, strings.ToUpper(k.What), times(c.Count)))
	f.Offenders, f.Victims = c.Victims, []detect.Party{{Addr: k.To, Port: c.Head.RespP, Endpoint: detect.Server}}
	f.Properties = map[string]any{"service": k.What, "clients": c.Hosts.Count(), "users": c.Things.Count(), "names": c.Names, "logins": c.Count}
	return f
}

func who(c *detect.Case) string {
	if c.Hosts.Count() == 1 {
		return c.Victims[0].Addr.String()
	}
	return c.Hosts.Text() + " hosts"
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Tick has nothing to do.
func (d ClearLogins) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d ClearLogins) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
