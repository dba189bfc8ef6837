package detect

import (
	"slices"
	"strings"
	"testing"
)

// Catches: a name that is only found where one API writes it, an order that changes from run to run, and a cut text of which nothing is read.
func TestParameters(t *testing.T) {
	for _, c := range []struct {
		text, name string
		want       []string
	}{
		{`{"name":"main"}`, "name", []string{"main"}},
		{`{"DeleteFlowLogsRequest":{"FlowLogId":[{"tag":1,"content":"fl-1"},{"tag":2,"content":"fl-2"}]}}`, "flowLogId", []string{"fl-1", "fl-2"}},
		{`{"DeleteFlowLogsRequest":{"FlowLogId":{"tag":1,"content":"fl-1"}}}`, "flowlogid", []string{"fl-1"}},
		{`{"a":{"items":[{"cidrIp":"0.0.0.0/0"}]},"b":[{"cidrIp":"10.0.0.0/8"}]}`, "cidrIp", []string{"0.0.0.0/0", "10.0.0.0/8"}},
		{`{"z":{"x":1},"y":{"x":true},"a":{"x":null}}`, "x", []string{"true", "1"}},
		{`{"groupId":"sg-1","ipPermissions":{"items":[{"fromPort":22,"to`, "fromPort", []string{"22"}},
		{`{"groupId":"sg-1","name":"ma`, "groupId", []string{"sg-1"}},
		{`{"groupId":"sg-1","name":"ma`, "name", nil},
		{"", "name", nil}, {"null", "name", nil}, {"[", "name", nil}, {`{"a"`, "a", nil}, {`{"a":}`, "a", nil},
		{strings.Repeat(`{"a":`, 5000), "a", nil},
	} {
		if got := ParametersOf(c.text).Texts(c.name); !slices.Equal(got, c.want) {
			t.Errorf("%s of %.60s: %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

func FuzzParameters(f *testing.F) {
	f.Add(`{"A":{"B":[{"tag":1,"content":"x"}]}}`, "b")
	f.Fuzz(func(t *testing.T, text, name string) {
		p := ParametersOf(text)
		if one := p.Text(name); one != "" && !p.Has(name) {
			t.Fatal("a text of what is not there")
		}
	})
}
