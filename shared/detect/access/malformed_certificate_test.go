package access

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestMalformedCertificate(t *testing.T) {
	shown := func(change func(*events.X509)) *events.X509 {
		x := &events.X509{Head: head(0, server, attacker, 443), Subject: "CN=www.example.com", HostCert: true}
		change(x)
		return x
	}
	cases := []struct {
		name   string
		change func(*events.X509)
		by     string // "": nothing is found
	}{
		{"explicit curve", func(x *events.X509) { x.ExplicitCurve = true }, attacker},
		{"label at the limit", func(x *events.X509) { x.LongestPunycode = 256 }, attacker},
		{"of a client", func(x *events.X509) { x.LongestPunycode, x.ClientCert = 600, true }, server},
		{"label just below", func(x *events.X509) { x.LongestPunycode = 255 }, ""},
		{"a name in another script", func(x *events.X509) { x.LongestPunycode = 14 }, ""},
		{"named curve", func(x *events.X509) { x.Curve = "prime256v1" }, ""},
	}
	for _, c := range cases {
		found := judge(NewMalformedCertificate(MalformedCertificateDefaults()), []events.Record{shown(c.change)})
		if len(found) == 1 != (c.by != "") || len(found) == 1 && found[0].Offenders[0].Addr.String() != c.by {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: one detection a handshake.
func TestMalformedCertificateOnce(t *testing.T) {
	list := many(9, func(i int) events.Record {
		return &events.X509{Head: head(time.Duration(i)*time.Second, server, attacker, 443), ExplicitCurve: true}
	})
	if found := judge(NewMalformedCertificate(MalformedCertificateDefaults()), list); len(found) != 1 {
		t.Errorf("%+v", found)
	}
}
