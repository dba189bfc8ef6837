package deploy

import (
	"strings"
	"testing"
)

func TestCorrelateRoundTrip(t *testing.T) {
	for _, want := range []Correlate{
		{Table: "mw", Account: "123456789012"},
		{
			Table: "mw", Account: "123456789012", Ranges: "/opt/mirrorwatch/ip-ranges.json", ASN: "/opt/mirrorwatch/asn.mmdb",
			Country: "/opt/mirrorwatch/country.mmdb", Metrics: true, Role: "arn:aws:iam::123456789012:role/correlate",
		},
	} {
		if got, err := CorrelateFromEnv(from(want.Env())); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	if got, err := CorrelateFromEnv(from(map[string]string{Table: "mw", Account: "123456789012", Metrics: " on "})); err != nil || !got.Metrics {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCorrelateFaults names all that is wrong, in one line.
func TestCorrelateFaults(t *testing.T) {
	_, err := CorrelateFromEnv(from(map[string]string{Account: "12", Ranges: "ip-ranges.json", ASN: "/opt/", Metrics: "yes", Role: "correlate"}))
	const want = `environment of lambdas/correlate: MIRRORWATCH_ACCOUNT is "12", not twelve digits; MIRRORWATCH_ASN is "/opt/", not the absolute path of a file; ` +
		`MIRRORWATCH_METRICS is "yes", neither on nor off; MIRRORWATCH_RANGES is "ip-ranges.json", not the absolute path of a file; ` +
		`MIRRORWATCH_ROLE is "correlate", which does not begin with arn:; MIRRORWATCH_TABLE is missing`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if _, err := CorrelateFromEnv(from(nil)); err == nil || !strings.Contains(err.Error(), Account+" is missing; "+Table+" is missing") {
		t.Errorf("nothing at all: %v", err)
	}
}
