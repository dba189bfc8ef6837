package intel

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// all reads a text and gives what came of it as lines: kind value source confidence from until below text.
func all(t *testing.T, text string, o Options) (list []string, out Report) {
	t.Helper()
	if o.Name == "" {
		o.Name = "feed"
	}
	out, err := Read(strings.NewReader(text), o, func(in *Indicator) error {
		below := ""
		if in.Below {
			below = " below"
		}
		list = append(list, fmt.Sprintf("%s %s %s %d %d %d%s %s", in.Kind, in.Value, in.Source, in.Confidence, in.From, in.Until, below, in.Text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list, out
}

func TestReadsEachForm(t *testing.T) {
	cases := []struct {
		name, format, text string
		want               []string
		bad, unused        int
	}{
		{"list", "list", "# evil\n203.0.113.9\n198.51.100.0/24 # a net\n\nhxxps://bad[.]example[.]com/x?y=1#z\nBad.Example.ORG.\n*.worse.example.net\n" +
			"ja3:0123456789abcdef0123456789abcdef\n0123456789abcdef0123456789abcdef\nt13d1516h2_8daaf6152771_02713d6af862\n[2001:db8::1]:443\n203.0.113.10:8080\n" +
			"0.0.0.0 ads.example.com\nc2.example.com:8443\ncertificate_sha1:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD\n",
			[]string{
				"address 203.0.113.9 feed 50 0 0", "address 198.51.100.0/24 feed 50 0 0", "url bad.example.com/x?y=1 feed 50 0 0", "domain bad.example.org feed 50 0 0",
				"domain worse.example.net feed 50 0 0 below", "ja3 0123456789abcdef0123456789abcdef feed 50 0 0", "file_md5 0123456789abcdef0123456789abcdef feed 50 0 0",
				"ja4 t13d1516h2_8daaf6152771_02713d6af862 feed 50 0 0", "address 2001:db8::1 feed 50 0 0", "address 203.0.113.10 feed 50 0 0", "domain ads.example.com feed 50 0 0",
				"domain c2.example.com feed 50 0 0", "certificate_sha1 aabbccddeeff00112233445566778899aabbccdd feed 50 0 0",
			}, 0, 0},
		{"csv", "csv", "\ufeffIndicator,Type,Source,Confidence,First Seen,Valid Until,Tags\n" +
			`"203.0.113.9",ip,"ACME, Inc.",90,2026-01-02,2026-12-31T00:00:00Z,"botnet, ""old"""` + "\n" + "bad.example.com,domain,,low,1767312000,,\n" + "x@example.com,email,,,,,\n",
			[]string{`address 203.0.113.9 ACME, Inc. 90 1767312000 1798675200 botnet, "old"`, "domain bad.example.com feed 15 1767312000 0"}, 0, 1},
		{"csv with kinds as columns", "csv", "# exported daily, by us\n\"first_seen_utc\";\"dst_ip\";\"dst_port\";\"malware\"\n\"2026-01-02 00:00:00\";\"203.0.113.9\";\"443\";\"Loader\"\n",
			[]string{"address 203.0.113.9 feed 50 1767312000 0 Loader"}, 0, 0},
		{"csv whose header is a comment", "csv", "################\n# abuse list #\n# Listingdate,SHA256,Listingreason\n2026-01-02 00:00:00," + strings.Repeat("ab", 32) + ",Loader\n",
			[]string{"file_sha256 " + strings.Repeat("ab", 32) + " feed 50 1767312000 0 Loader"}, 0, 0},
		{"zeek", "zeek", "#separator \\x09\n#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\tmeta.confidence\n" +
			"203.0.113.9\tIntel::ADDR\tsrc\tc2\t80\n198.51.100.0/24\tIntel::SUBNET\tsrc\t-\t-\nbad.example.com/x\tIntel::URL\t-\t-\t-\n" +
			"a@example.com\tIntel::EMAIL\tsrc\t-\t-\n" + strings.Repeat("cd", 20) + "\tIntel::CERT_HASH\tsrc\t-\t-\n" + strings.Repeat("ef", 32) + "\tIntel::FILE_HASH\tsrc\t-\t-\n",
			[]string{
				"address 203.0.113.9 src 80 0 0 c2", "address 198.51.100.0/24 src 50 0 0", "url bad.example.com/x feed 50 0 0",
				"certificate_sha1 " + strings.Repeat("cd", 20) + " src 50 0 0", "file_sha256 " + strings.Repeat("ef", 32) + " src 50 0 0",
			}, 0, 1},
		{"stix", "stix", bundle(`{"type":"identity","id":"identity--1","name":"CERT"}`,
			`{"type":"indicator","created_by_ref":"identity--1","pattern_type":"stix","pattern":"[ipv4-addr:value = '203.0.113.9' OR domain-name:value = 'bad.example.com'] OR [url:value='http://bad.example.com/a\\'b']",
			  "valid_from":"2026-01-02T00:00:00Z","valid_until":"2027-01-02T00:00:00.5Z","confidence":85,"indicator_types":["malicious-activity"],"name":"x"}`,
			`{"type":"indicator","pattern":"[file:hashes.'SHA-256' = '`+strings.Repeat("AB", 32)+`' OR x509-certificate:hashes.\"SHA-1\" IN ('`+strings.Repeat("cd", 20)+`')]","created":"2026-01-02T00:00:00Z"}`,
			`{"type":"indicator","pattern":"[network-traffic:dst_ref.value = '198.51.100.7']"}`, `{"type":"indicator","pattern":"[ipv4-addr:value ISSUBSET '198.51.100.0/24']"}`,
			`{"type":"indicator","revoked":true,"pattern":"[ipv4-addr:value = '198.51.100.8']"}`, `{"type":"malware","name":"y"}`,
			`{"type":"indicator","pattern":"[email-addr:value = 'a@example.com']"}`),
			[]string{
				"address 203.0.113.9 CERT 85 1767312000 1798848000 malicious-activity; x", "domain bad.example.com CERT 85 1767312000 1798848000 malicious-activity; x",
				"url bad.example.com/a'b CERT 85 1767312000 1798848000 malicious-activity; x", "file_sha256 " + strings.Repeat("ab", 32) + " feed 50 1767312000 0",
				"certificate_sha1 " + strings.Repeat("cd", 20) + " feed 50 1767312000 0", "address 198.51.100.7 feed 50 0 0", "address 198.51.100.0/24 feed 50 0 0",
			}, 0, 2},
	}
	for _, c := range cases {
		got, out := all(t, c.text, Options{})
		if !slices.Equal(got, c.want) || out.Format != c.format || out.Bad != c.bad || out.Unused != c.unused || out.Taken != len(c.want) || out.Broken {
			t.Errorf("%s: format %s, %d bad, %d unused, %v\n%s\nwant\n%s", c.name, out.Format, out.Bad, out.Unused, out.Complaints, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func bundle(objects ...string) string {
	return `{"type":"bundle","id":"bundle--1","spec_version":"2.1","objects":[` + "\n" + strings.Join(objects, ",\n") + "\n]}"
}

// What would match everything, and what makes no sense, is refused with its line, and the rest is used.
func TestRefusesWithLineAndReason(t *testing.T) {
	for value, why := range map[string]string{
		"0.0.0.0/0": "nearly everything", "10.0.0.1": "private", "192.168.0.0/16": "private", "100.64.3.4": "private", "127.0.0.1": "every host", "::1": "every host",
		"224.0.0.251": "every host", "fe80::1%eth0": "zone", "::/0": "nearly everything", "com": "two labels", "co.uk": "belong to many", "localhost": "two labels",
		"printer.local": "local name", "1.0.0.127.in-addr.arpa": "reverse", "exa mple.com": "labels of letters", "-": "two labels", "*.com": "two labels", "203.0.113.999": "two labels",
		"bücher.example": "xn--", "http://10.0.0.1/x": "private", "http://": "URL", "ja3:12": "32 hexadecimal", "md5:zz": "32 hexadecimal", "1.2.3.4/33": "address",
	} {
		got, out := all(t, "ok.example.com\n"+value+"\n", Options{})
		if len(got) != 1 || len(out.Complaints) != 1 || out.Complaints[0].Line != 2 || !strings.Contains(out.Complaints[0].Text, why) {
			t.Errorf("%q: %v, complaints %v, want one of line 2 with %q", value, got, out.Complaints, why)
		}
	}
	if got, out := all(t, "10.0.0.1\n", Options{Private: true}); len(got) != 1 || out.Bad != 0 {
		t.Errorf("private addresses that are allowed: %v %v", got, out.Complaints)
	}
	if got, _ := all(t, "bad.example.com\n", Options{Subdomains: true}); len(got) != 1 || !strings.Contains(got[0], "below") {
		t.Errorf("with all names below: %v", got)
	}
}

func TestComplaints(t *testing.T) {
	cases := []struct {
		name, text string
		taken      int
		broken     bool
		says       string
	}{
		{"type", "indicator,type\nx.example.com,domian\ny.example.com,domain\n", 1, false, `2: "domian": a type is address`},
		{"date", "indicator,first_seen\nx.example.com,yesterday\n", 1, false, `2: "yesterday": a moment is like`},
		{"confidence", "indicator,confidence\nx.example.com,101\n", 1, false, `2: "101": a confidence is`},
		{"quote", "indicator,tags\n\"x.example.com,a\ny.example.com,b\n", 1, false, "2: "},
		{"zeek type", "#fields\tindicator\tindicator_type\nx.example.com\tIntel::DOMIAN\ny.example.com\tIntel::DOMAIN\n", 1, false, `2: "Intel::DOMIAN": an indicator_type is`},
		{"zeek spaces", "#fields\tindicator\tindicator_type\nx.example.com Intel::DOMAIN\ny.example.com\tIntel::DOMAIN\n", 1, false, "2: "},
		{"stix and", bundle(`{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9' AND domain-name:value = 'x.example.com']"}`, `{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9']"}`),
			1, false, "2: \"[ipv4-addr"},
		{"stix object", bundle(`{"type":"indicator","pattern":7}`, `{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9']"}`), 1, false, "2: an object is not"},
		{"stix cut short", bundle(`{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9']"}`)[:134], 1, true, "2: the bundle is cut short"},
		{"stix cut in an object", bundle(`{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9']"}`)[:110], 0, true, "the bundle is cut short"},
		{"stix without objects", `{"type":"bundle"}`, 0, true, "a STIX 2.1 bundle has objects"},
		{"not text", "\x00\x01\x02", 0, true, "this is no text"},
		{"not UTF-8", "ok.example.com\n\xff\xfe.com\n", 1, false, "2: \"?.com\": a line is UTF-8"},
		{"long line", "ok.example.com\n" + strings.Repeat("a", 70_000) + "\nfine.example.com\n", 2, false, "a line has at most 65536 bytes"},
	}
	for _, c := range cases {
		got, out := all(t, c.text, Options{})
		if len(got) != c.taken || out.Broken != c.broken || len(out.Complaints) == 0 || !strings.Contains(out.Complaints[0].String(), c.says) {
			t.Errorf("%s: %v, broken %v, complaints %v, want %d, %v, %q", c.name, got, out.Broken, out.Complaints, c.taken, c.broken, c.says)
		}
	}
	if _, out := all(t, strings.Repeat("nonsense\n", 500), Options{}); out.Bad != 500 || len(out.Complaints) != MaxComplaints {
		t.Errorf("%d bad, %d complaints", out.Bad, len(out.Complaints))
	}
	if _, out := all(t, "", Options{}); out.Format != "" || out.Bad != 0 {
		t.Errorf("nothing: %+v", out)
	}
}

func fuzzSeeds(f *testing.F, more ...string) {
	for _, s := range append(more, "", "\n", "#", "a,b\n", "\xef\xbb\xbf") {
		f.Add([]byte(s))
	}
}

// whatever holds what every reading must: what is taken can be found again, and what is counted adds up.
func whatever(t *testing.T, data []byte) {
	b := NewBuilder(nil)
	var list []Indicator
	out, err := Read(strings.NewReader(string(data)), Options{Name: "f"}, func(in *Indicator) error {
		list = append(list, *in)
		return b.Add("f", in)
	})
	if err != nil || out.Taken != len(list) || len(out.Complaints) > MaxComplaints || out.Bad < len(out.Complaints) {
		t.Fatalf("%v, %+v", err, out)
	}
	x := b.Index()
	for _, in := range list {
		r, ok := x.hashed(in.Kind, hashOf(in.Kind, in.Value), true)
		if again, err := Normal(in.Kind, in.Value, false); !ok || x.At(r).Value != in.Value || err != nil || again.Value != in.Value {
			t.Fatalf("%+v is not found: %v, %v, %+v", in, ok, err, again)
		}
	}
}

func FuzzList(f *testing.F) {
	fuzzSeeds(f, "203.0.113.9\nhxxp://a[.]example[.]com/\n*.b.example.com # x\nja3:0123456789abcdef0123456789abcdef\n")
	f.Fuzz(func(t *testing.T, data []byte) { whatever(t, data) })
}

func FuzzCSV(f *testing.F) {
	fuzzSeeds(f, "indicator,type,source\n\"a.example.com\",domain,\"x\"\"y\"\n", "ip;tag\n203.0.113.9;x\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		whatever(t, append([]byte("indicator,type,confidence,first_seen\n"), data...))
	})
}

func FuzzZeek(f *testing.F) {
	fuzzSeeds(f, "a.example.com\tIntel::DOMAIN\tx\n203.0.113.9\tIntel::ADDR\t-\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		whatever(t, append([]byte("#fields\tindicator\tindicator_type\tmeta.source\n"), data...))
	})
}

func FuzzSTIX(f *testing.F) {
	fuzzSeeds(f, bundle(`{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9' OR url:value IN ('http://a.example.com/', 'x')]","confidence":3}`), "[{}]", `{"objects":[`)
	f.Fuzz(func(t *testing.T, data []byte) { whatever(t, data) })
}

func FuzzPattern(f *testing.F) {
	f.Add("[ipv4-addr:value = '203.0.113.9'] OR [a:b.'c' IN ('d', 'e\\'')]")
	f.Fuzz(func(t *testing.T, text string) {
		if terms, err := parsePattern(text); err == nil && (len(terms) == 0 || len(terms) > maxTerms) {
			t.Fatalf("%q: %d terms", text, len(terms))
		}
	})
}
