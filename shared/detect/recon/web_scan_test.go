package recon

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func webScanAsk(at time.Duration, uri string, status uint16, change func(*events.HTTP)) events.Record {
	r := &events.HTTP{
		Head: events.Head{
			TS: events.Time(1.7e18).Add(at), UID: fmt.Sprint("C", at/time.Second), OrigH: netip.MustParseAddr("203.0.113.9"), RespH: netip.MustParseAddr("10.0.0.5"), RespP: 80,
		},
		Method: "GET", URI: uri, StatusCode: status, ResponseLen: 300, ContentType: "text/html", UserAgent: "Mozilla/5.0 (X11)",
	}
	if change != nil {
		change(r)
	}
	return r
}

func webScanSaid(list []events.Record) []detect.Finding {
	model, d := device.New(device.Options{}), NewWebScan(WebScanDefaults())
	var found []detect.Finding
	for _, r := range list {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

// Catches: a threshold that is off by one, a scan told of request by request, a secret that was handed out and not told of, a visitor of a site with broken links.
func TestWebScan(t *testing.T) {
	misses := func(n int) (list []events.Record) {
		for i := range n {
			list = append(list, webScanAsk(time.Duration(i)*time.Second, fmt.Sprint("/a", i), 404, nil))
		}
		return list
	}
	visitor := misses(25)
	for i := range 40 {
		visitor = append(visitor, webScanAsk(time.Duration(i)*time.Second, fmt.Sprint("/p", i), 200, nil), webScanAsk(time.Duration(i)*time.Second, fmt.Sprint("/b", i), 404, nil))
		visitor = append(visitor, webScanAsk(time.Duration(i)*time.Second, fmt.Sprint("/q", i), 200, nil))
	}
	same := misses(1)
	for range 100 {
		same = append(same, same[0])
	}
	shown := func(r *events.HTTP) { r.AnswerMarks = []string{"env_file"} }
	for _, c := range []struct {
		name string
		list []events.Record
		want int
		has  string
	}{
		{"below", misses(29), 0, ""},
		{"at", misses(30), 1, "30 different paths"},
		{"once", misses(200), 1, "30 different paths"},
		{"one page that is missing", same, 0, ""},
		{"two of what scanners ask for", []events.Record{webScanAsk(0, "/phpmyadmin/", 404, nil), webScanAsk(1, "/manager/html", 404, nil)}, 0, ""},
		{"three", []events.Record{webScanAsk(0, "/phpmyadmin/", 404, nil), webScanAsk(1, "/manager/html", 404, nil), webScanAsk(2, "/xmlrpc.php", 403, nil)}, 1, "3 different paths"},
		{"their own people's", []events.Record{webScanAsk(0, "/phpmyadmin/", 200, nil), webScanAsk(1, "/wp-login.php", 200, nil), webScanAsk(2, "/wp-admin/", 200, nil)}, 0, ""},
		{"a secret", []events.Record{webScanAsk(0, "/.env", 404, nil)}, 1, `"/.env"`},
		{"a secret that was handed out", []events.Record{webScanAsk(0, "/.env", 404, nil), webScanAsk(1, "/api/.env", 200, shown), webScanAsk(2, "/api/.env", 200, shown)}, 2, `"/.env"`},
		{"a scanner that says so", []events.Record{webScanAsk(0, "/", 200, func(r *events.HTTP) { r.UserAgent = "sqlmap/1.7" })}, 1, "says that it scans"},
		{"a visitor of a site with broken links", visitor[25:], 0, ""},
		{"a challenge for a certificate", []events.Record{webScanAsk(0, "/.well-known/acme-challenge/x", 404, nil)}, 0, ""},
	} {
		f := webScanSaid(c.list)
		if len(f) != c.want || c.want > 0 && !strings.Contains(f[0].Description, c.has) {
			t.Errorf("%s: %+v", c.name, f)
		}
		if c.want == 2 && f[1].Properties["secret_shown"] != true {
			t.Errorf("%s: %+v", c.name, f[1])
		}
	}
}
