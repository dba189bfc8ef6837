package wire

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestParametersAreATree(t *testing.T) {
	p, err := parseParams(url.Values{
		"Filter.2.Name": {"b"}, "Filter.2.Value.1": {"x"}, "Filter.10.Name": {"c"}, "Filter.10.Value.2": {"z"}, "Filter.10.Value.1": {"y"},
		"Filter.1.Name": {"a"}, "Filter.1.Value.1": {"w"}, "Empty.member": {""}, "Names.member.1": {"n"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := readFilters(p)
	if len(got) != 3 || strings.Join(got["c"], " ") != "y z" {
		t.Errorf("filters are %v", got)
	}
	if empty := p.texts("Empty.member"); len(empty) != 0 {
		t.Errorf("an empty list is %q", empty)
	}
	if names := p.texts("Names.member"); len(names) != 1 || names[0] != "n" {
		t.Errorf("names are %q", names)
	}
	if err := p.finish(); err != nil {
		t.Errorf("everything was read, and still: %v", err)
	}
}

func TestWhatIsWrongOfParametersIsNamed(t *testing.T) {
	for _, tc := range []struct {
		params url.Values
		read   func(p *params)
		code   string
		says   string
	}{
		{url.Values{"Colour": {"red"}}, func(*params) {}, "UnknownParameter", "Colour"},
		{url.Values{"Filter.x.Name": {"a"}}, func(p *params) { readFilters(p) }, "UnknownParameter", "Filter.x.Name"},
		{url.Values{"Filter.01.Name": {"a"}}, func(p *params) { readFilters(p) }, "UnknownParameter", "Filter.01.Name"},
		{url.Values{"Filter.1.Name": {"a"}}, func(p *params) { readFilters(p) }, ec2api.CodeInvalidParameterValue, "Filter.1.Value"},
		{url.Values{"Filter.1.Value.1": {"a"}}, func(p *params) { readFilters(p) }, ec2api.CodeMissingParameter, "Filter.1.Name"},
		{url.Values{}, func(p *params) { p.need("VpcId") }, ec2api.CodeMissingParameter, "VpcId"},
		{url.Values{"N": {"1x"}}, func(p *params) { p.number("N") }, ec2api.CodeInvalidParameterValue, "N"},
		{url.Values{"N": {"4294967296"}}, func(p *params) { p.number("N") }, ec2api.CodeInvalidParameterValue, "32 bits"},
		{url.Values{"N": {"0"}}, func(p *params) { p.positive("N", 9) }, ec2api.CodeInvalidParameterValue, "between 1 and 9"},
		{url.Values{"DryRun": {"maybe"}}, func(p *params) { p.flag("DryRun") }, ec2api.CodeInvalidParameterValue, "true or false"},
		{url.Values{"List": {"a"}}, func(p *params) { p.texts("List") }, ec2api.CodeMalformed, "List"},
		{url.Values{"R.FromPort": {"1"}}, func(p *params) { readPorts(p, "R") }, ec2api.CodeMissingParameter, "R.ToPort"},
		{url.Values{"RemoveField.1": {"colour"}}, func(p *params) { removals(p, nil) }, ec2api.CodeInvalidParameterValue, "colour"},
	} {
		p, err := parseParams(tc.params)
		if err != nil {
			t.Fatal(err)
		}
		tc.read(p)
		if err := p.finish(); ec2api.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%v: %v, not %s of %s", tc.params, err, tc.code, tc.says)
		}
	}
}

func TestParametersAreBounded(t *testing.T) {
	for what, values := range map[string]url.Values{
		"twice":    {"A": {"1", "2"}},
		"too long": {strings.Repeat("a", maxName+1): {"1"}},
		"too deep": {strings.Repeat("a.", maxDepth) + "a": {"1"}},
	} {
		if _, err := parseParams(values); ec2api.CodeOf(err) != ec2api.CodeMalformed {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAnswersAreEscaped(t *testing.T) {
	var b bytes.Buffer
	nasty := "<tag attr='x'>&\"]]>\x00\x0b \u2028"
	group("a", text("b", nasty), maybe("gone", ""), set("empty", []int(nil), nil)).in("urn:x").write(&b)
	var got struct {
		XMLName xml.Name
		B       string    `xml:"b"`
		Gone    *string   `xml:"gone"`
		Empty   *struct{} `xml:"empty"`
	}
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%s: %v", b.Bytes(), err)
	}
	want := strings.NewReplacer("\x00", "\ufffd", "\x0b", "\ufffd").Replace(nasty)
	if got.B != want || got.Gone != nil || got.Empty == nil || got.XMLName.Space != "urn:x" {
		t.Errorf("%s was read as %+v", b.Bytes(), got)
	}
}

func TestWildcards(t *testing.T) {
	for _, tc := range []struct {
		pattern, value string
		fits           bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"a*c", "abbc", true}, {"a*c", "abcb", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{`a\*`, "a*", true}, {`a\*`, "ab", false}, {"*a*b*", "xxaxxbxx", true}, {"?", "ü", true}, {strings.Repeat("*a", 50), strings.Repeat("a", 49), false},
	} {
		if got := wildcard(tc.pattern, tc.value); got != tc.fits {
			t.Errorf("%q fits %q: %v", tc.value, tc.pattern, got)
		}
	}
}

func TestPagesOfWhatIsGathered(t *testing.T) {
	all, token, pages := []int{1, 2, 3, 4, 5, 6, 7}, "", 0
	for seen := 0; ; pages++ {
		page, next, err := slicePage(all, token, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range page {
			if seen++; n != seen {
				t.Fatalf("%d comes at place %d", n, seen)
			}
		}
		if token = next; token == "" {
			if seen != len(all) || pages != 2 {
				t.Fatalf("%d of %d after %d full pages", seen, len(all), pages)
			}
			break
		}
	}
	for _, bad := range []string{"x", "LTE", "bm9uZQ"} { // "LTE" is -1
		if _, _, err := slicePage(all, bad, 3); ec2api.CodeOf(err) != ec2api.CodeInvalidPaginationToken {
			t.Errorf("token %q: %v", bad, err)
		}
	}
}

func TestRoleNames(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:iam::210987654321:role/mirrorwatch":        "210987654321 mirrorwatch",
		"arn:aws-cn:iam::210987654321:role/a/path/x@y":      "210987654321 x@y",
		"arn:aws:iam::1:role/x":                             "",
		"arn:aws:iam::210987654321:user/x":                  "",
		"arn:aws:iam::210987654321:role/x\n":                "",
		"arn:aws:iam::210987654321:role/" + longName("a"):   "",
		"prefix arn:aws:iam::210987654321:role/mirrorwatch": "",
	} {
		account, name, ok := roleParts(arn)
		if got := strings.TrimSpace(account + " " + name); got != want || ok != (want != "") {
			t.Errorf("%q is %q", arn, got)
		}
	}
}

func longName(letter string) string { return strings.Repeat(letter, 65) }
