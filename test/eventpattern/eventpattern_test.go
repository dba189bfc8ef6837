package eventpattern

import (
	"strings"
	"testing"
)

// TestTakes holds the matcher against what EventBridge documents of its operators.
func TestTakes(t *testing.T) {
	for _, c := range []struct {
		pattern, event string
		want           bool
	}{
		{`{"a":["x","y"]}`, `{"a":"y"}`, true},
		{`{"a":["x"]}`, `{"a":"y"}`, false},
		{`{"a":["x"]}`, `{}`, false},
		{`{"a":["x"],"b":["y"]}`, `{"a":"x"}`, false},
		{`{"a":["x"]}`, `{"a":["z","x"]}`, true},
		{`{"a":["x"]}`, `{"a":[]}`, false},
		{`{"a":{"b":["x"]}}`, `{"a":{"b":"x"}}`, true},
		{`{"a":{"b":["x"]}}`, `{"a":["x"]}`, false},
		{`{"a":{"b":["x"]}}`, `{"a":[{"b":"y"},{"b":"x"}]}`, true},
		{`{"a":{"b":["x"]}}`, `{"a":[{"b":"y"}]}`, false},
		{`{"a":[{"prefix":"aws."}]}`, `{"a":"aws.ec2"}`, true},
		{`{"a":[{"prefix":"aws."}]}`, `{"a":"my.aws."}`, false},
		{`{"a":[{"prefix":"1"}]}`, `{"a":12}`, false},
		{`{"a":[{"exists":true}]}`, `{"a":"x"}`, true},
		{`{"a":[{"exists":true}]}`, `{}`, false},
		{`{"a":[{"exists":false}]}`, `{}`, true},
		{`{"a":[{"exists":false}]}`, `{"a":"x"}`, false},
		{`{"a":{"b":[{"exists":false}]}}`, `{"a":{"c":1}}`, true},
		{`{"a":[1]}`, `{"a":"1"}`, false},
		{`{"a":[{"anything-but":["x"]}]}`, `{"a":"y"}`, true},
		{`{"a":[{"anything-but":"x"}]}`, `{"a":"x"}`, false},
		{`{"a":[{"anything-but":["x"]}]}`, `{}`, false},
		{`{"a":[{"numeric":[">=",60,"<",80]}]}`, `{"a":60}`, true},
		{`{"a":[{"numeric":[">=",60,"<",80]}]}`, `{"a":80}`, false},
		{`{"a":[{"numeric":[">",1]}]}`, `{"a":"2"}`, false},
		{`{"a":["x"]}`, `x`, false},
	} {
		p, err := Parse([]byte(c.pattern))
		if err != nil {
			t.Fatalf("%s: %v", c.pattern, err)
		}
		if got := p.Takes([]byte(c.event)); got != c.want {
			t.Errorf("%s of %s: %v", c.pattern, c.event, got)
		}
	}
}

// TestParseRefuses what AWS would refuse, or what this matcher does not know.
func TestParseRefuses(t *testing.T) {
	for pattern, want := range map[string]string{
		`[]`:                                "read pattern",
		`{}`:                                "lets nothing in",
		`{"a":{}}`:                          "a.{}",
		`{"a":[]}`:                          "a: an empty list",
		`{"a":"x"}`:                         "a: x is neither a list nor an object",
		`{"a":{"b":[{"suffix":"x"}]}}`:      `a.b: operator "suffix" is not known`,
		`{"a":[{"prefix":1}]}`:              "a: 1 is nothing that prefix takes",
		`{"a":[{"exists":"x"}]}`:            "exists",
		`{"a":[{"numeric":[">"]}]}`:         "numeric",
		`{"a":[{"numeric":["~",1]}]}`:       "numeric",
		`{"a":[{"prefix":"x","exists":1}]}`: "has not one operator",
	} {
		if _, err := Parse([]byte(pattern)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
}

// TestRules reads a page, and says what is wrong with one.
func TestRules(t *testing.T) {
	list, err := Rules("text\n\n```json\n{\"source\": [\"a\"], \"detail-type\": [\"b\"]}\n```\n\n```sh\nls\n```\n\n```json\n{\"ScheduleExpression\": \"rate(5 minutes)\"}\n```\n")
	if err != nil || len(list) != 2 || list[0].Schedule != "" || list[1].Schedule != "rate(5 minutes)" {
		t.Fatalf("%+v, %v", list, err)
	}
	if !list[0].Pattern.Takes([]byte(`{"source":"a","detail-type":"b"}`)) || !list[1].Pattern.Takes([]byte(`{"source":"aws.events","detail-type":"Scheduled Event"}`)) {
		t.Error("the rules do not take what they say")
	}
	for _, page := range []string{"```json\n{\"source\": [\"a\"]}\n```", "```json\n{", "```json\n{\n```", "```json\n{\"source\": [\"a\"], \"detail-type\": [{\"suffix\": \"x\"}]}\n```"} {
		if _, err := Rules(page); err == nil {
			t.Errorf("no error of %q", page)
		}
	}
}
