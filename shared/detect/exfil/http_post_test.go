package exfil

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// posted is a post of a thief: a bare address, an archive in a file, a sender that does not say what it is, and a short answer.
func posted(at time.Duration, change func(*events.HTTP)) *events.HTTP {
	r := &events.HTTP{
		Head: events.Head{
			TS: events.Time(1.7e18).Add(at), UID: "C" + at.String(), OrigH: netip.MustParseAddr("10.0.0.21"), RespH: netip.MustParseAddr("198.51.100.7"), RespP: 80,
		},
		Method: "POST", Host: "198.51.100.7", URI: "/upload", UserAgent: "Stealer", RequestLen: 4000, ResponseLen: 4, StatusCode: 200,
		RequestType: "multipart/form-data", OrigMimeTypes: []string{"text/plain"},
	}
	if change != nil {
		change(r)
	}
	return r
}

func postRun(d detect.Detector, list ...*events.HTTP) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range list {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

// Catches: a mark more or less than it takes, a post told of again and again, applications and devices that post by design.
func TestHTTPPost(t *testing.T) {
	archive := func(r *events.HTTP) { r.OrigFilenames, r.RequestMarks = []string{"a.zip"}, []string{"archive_upload"} }
	for _, c := range []struct {
		name   string
		change func(*events.HTTP)
		want   int
	}{
		{"below: three marks", func(r *events.HTTP) { r.UserAgent = "okhttp/4" }, 0},
		{"at: four", nil, 1},
		{"an archive", archive, 1},
		{"a form that is no text, by an old browser", func(r *events.HTTP) {
			r.Host, r.URI, r.UserAgent, r.RequestMarks = "shop.example", "/gate.php", "Mozilla/4.0 (compatible; MSIE 6.0b)", []string{"binary_form", "browser_without_language"}
		}, 1},
		{"an old program that posts to its maker", func(r *events.HTTP) {
			r.Host, r.URI, r.UserAgent, r.RequestMarks = "maker.example", "/check.php", "Mozilla/4.0 (compatible; MSIE 6.0)", []string{"browser_without_language"}
		}, 0},
		{"a browser's upload", func(r *events.HTTP) {
			archive(r)
			r.Host, r.UserAgent, r.Referrer, r.ResponseLen = "share.example", "Mozilla/5.0 (X11; Linux x86_64) Firefox/124.0", "http://share.example/", 2000
		}, 0},
		{"metrics", func(r *events.HTTP) { archive(r); r.RequestType = "application/x-protobuf" }, 0},
		{"inside it takes more", archiveInside(false), 0},
		{"inside, to an odd port", archiveInside(true), 1},
		{"an application that goes to bare addresses", func(r *events.HTTP) { archive(r); r.UserAgent = "MicroMessenger Client" }, 0},
		{"as many marks, but nothing in it", func(r *events.HTTP) {
			r.RequestType, r.RespP, r.UserAgent, r.RequestMarks = "text/plain", 8081, "Mozilla/4.0 (compatible; MSIE 6.0)", []string{"browser_without_language"}
		}, 0},
		{"secrets", func(r *events.HTTP) {
			r.UserAgent, r.RequestMarks, r.ResponseLen = "curl/8.5.0", []string{"secrets_upload"}, 90_000
		}, 1},
	} {
		f := postRun(NewHTTPPost(HTTPPostDefaults()), posted(0, c.change), posted(time.Second, c.change))
		if len(f) != c.want || c.want > 0 && (f[0].Offenders[0].Addr.String() != "10.0.0.21" || !strings.Contains(f[0].Description, "posted 4000 bytes")) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
	d := NewHTTPPost(HTTPPostDefaults())
	postRun(d, posted(0, archive), posted(time.Second, archive))
	if last := d.Close(device.View{}); len(last) != 1 || last[0].Properties["bytes"] != uint64(8000) || !last[0].Final {
		t.Errorf("last words: %+v", last)
	}
}

// archiveInside is a post to a host inside with five marks, or six.
func archiveInside(odd bool) func(*events.HTTP) {
	return func(r *events.HTTP) {
		r.RespH, r.Host, r.UserAgent = netip.MustParseAddr("10.0.0.9"), "10.0.0.9", "curl/8.5.0"
		r.OrigFilenames = []string{"a.txt"}
		if odd {
			r.RespP = 8000
		}
	}
}

// Catches: a host that many devices use, taken for a rarity.
func TestHTTPPostToAHostThatManyUse(t *testing.T) {
	d := NewHTTPPost(HTTPPostDefaults())
	model := device.New(device.Options{})
	for i := range 6 {
		c := &events.Conn{Head: posted(0, nil).Head, Proto: "tcp", IPProto: 6, ConnState: "SF", OrigBytes: 10, RespBytes: 10, OrigPkts: 3, RespPkts: 3}
		c.OrigH = netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		model.Observe(c)
	}
	r := posted(time.Second, func(r *events.HTTP) { r.OrigFilenames = []string{"a.zip"} })
	if f := d.Observe(r, model.Observe(r)); len(f) != 0 {
		t.Errorf("%+v", f)
	}
}

func TestAWSKeysInClear(t *testing.T) {
	key := func(at time.Duration, change func(*events.HTTP)) *events.HTTP {
		return posted(at, func(r *events.HTTP) {
			r.AWSKeys, r.AnswerMarks = []string{"AKIA************MNOP"}, []string{"aws_secret"}
			if change != nil {
				change(r)
			}
		})
	}
	tune := AWSKeysInClearDefaults()
	tune.Bodies = 2
	if f := postRun(NewAWSKeysInClear(tune), key(0, nil)); len(f) != 0 {
		t.Errorf("below: %+v", f)
	}
	d := NewAWSKeysInClear(tune)
	f := postRun(d, key(0, nil), key(1, nil), key(2, nil))
	if len(f) != 1 || !strings.Contains(f[0].Description, "AKIA************MNOP") || f[0].Terms[0].Name != "left_the_site" || f[0].Properties["bodies"] != 2 {
		t.Errorf("at, once: %+v", f)
	}
	if last := d.Close(device.View{}); len(last) != 1 || last[0].Properties["bodies"] != 3 {
		t.Errorf("last words: %+v", last)
	}
	for name, change := range map[string]func(*events.HTTP){
		"an id without a secret": func(r *events.HTTP) { r.AnswerMarks = nil },
		"the metadata service":   func(r *events.HTTP) { r.RespH = netip.MustParseAddr("169.254.169.254") },
		"a secret without an id": func(r *events.HTTP) { r.AWSKeys = nil },
	} {
		if f := postRun(NewAWSKeysInClear(AWSKeysInClearDefaults()), key(0, change)); len(f) != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
