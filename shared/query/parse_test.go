package query_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

func TestParseGivesTheTree(t *testing.T) {
	for text, want := range map[string]string{
		``:                                      ``,
		`  `:                                    ``,
		`kind=dns and rcode!=0`:                 `kind = dns and rcode != 0`,
		`a=1 or b=2 and not c=3`:                `a = 1 or b = 2 and not c = 3`,
		`(a=1 OR b=2) && !c=3`:                  `(a = 1 or b = 2) and not c = 3`,
		`a = 1 || a = 2`:                        `a in (1, 2)`,
		`a in ( 1,"2 3" )`:                      `a in (1, "2 3")`,
		`a IN (1)`:                              `a = 1`,
		`a not in (1, 2)`:                       `not a in (1, 2)`,
		`exists a.b`:                            `exists a.b`,
		`evil.example`:                          `any ~ evil.example`,
		`"two words"`:                           `any ~ "two words"`,
		`exists`:                                `any ~ exists`,
		`in`:                                    `any ~ in`,
		`addr = 10.0.0.0/8`:                     `addr = 10.0.0.0/8`,
		`addr=2001:db8::/32`:                    `addr = 2001:db8::/32`,
		`query = *.evil.*`:                      `query = *.evil.*`,
		`uri ~ "a\"b\\c\u00e9\n"`:               `uri ~ "a\"b\\cé\u000a"`,
		`((a=1))`:                               `a = 1`,
		`not not a=1`:                           `not not a = 1`,
		`not (a=1 and b=2)`:                     `not (a = 1 and b = 2)`,
		`(a=1 and b=2) and c=3`:                 `(a = 1 and b = 2) and c = 3`,
		`a >= -1.5e3`:                           `a >= -1.5e3`,
		`name = "and"`:                          `name = "and"`,
		`lookups ~ ${jndi:ldap://x/a}`:          `lookups ~ ${jndi:ldap://x/a}`,
		"kind = dns\n\tand query ~ \"日本\"":      "kind = dns and query ~ 日本",
		`(a = 1 or a = 2 or b = 3) and x`:       `(a = 1 or a = 2 or b = 3) and any ~ x`,
		`tunnel_type = Tunnel::VXLAN and !addr`: `tunnel_type = Tunnel::VXLAN and not any ~ addr`,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if q.String() != want {
			t.Errorf("%q is written %q, want %q", text, q.String(), want)
		}
		again, err := query.Parse(q.String())
		if err != nil || !reflect.DeepEqual(again.Root, q.Root) {
			t.Errorf("%q reads back as %+v (%v), want %+v", q.String(), again, err, q.Root)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for text, want := range map[string]string{
		`a =`:              `query, at byte 3: got the end, want a value`,
		`a = 1 b`:          `query, at byte 6: got "b", want and, or, or the end`,
		`(a = 1`:           `query, at byte 6: got the end, want and, or, or )`,
		`a = 1)`:           `query, at byte 5: got ")", want and, or, or the end`,
		`and`:              `query, at byte 0: got "and", want a field, a word, not, or (`,
		`a = "x`:           `query, at byte 4: got a text without its end, want a closing "`,
		`a = "\q"`:         `query, at byte 5: got "\\q", want an escape: \" \\ \n \r \t or \u and four hexadecimal digits`,
		`a = and`:          `query, at byte 4: got "and", want a value; and, or and not stand in quotes where they are values`,
		`a & b`:            `query, at byte 2: got "&", want a field, a word or a text in double quotes`,
		`a in (1`:          `query, at byte 7: got the end, want , or )`,
		`a in ()`:          `query, at byte 6: got ")", want a value`,
		`10.0.0.1 = a`:     `query, at byte 0: got "10.0.0.1", want a field's name: letters, digits, _ and .`,
		"a = \xff":         `query, at byte 4: got "\xff", want a field, a word or a text in double quotes`,
		`"q" = 1`:          `query, at byte 4: got "=", want and, or, or the end`,
		`a = 1 or`:         `query, at byte 8: got the end, want a field, a word, not, or (`,
		`a = b = c`:        `query, at byte 6: got "=", want and, or, or the end`,
		`x "two words"`:    `query, at byte 2: got the text "two words", want and, or, or the end`,
		`exists 1a`:        `query, at byte 7: got "1a", want a field's name: letters, digits, _ and .`,
		`not a/b in (1)`:   `query, at byte 4: got "a/b", want a field's name: letters, digits, _ and .`,
		`a/b not in (1,2)`: `query, at byte 0: got "a/b", want a field's name: letters, digits, _ and .`,
	} {
		_, err := query.Parse(text)
		var syntax *query.SyntaxError
		if !errors.As(err, &syntax) || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	list := func(n int) string { return "a in (" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + ")" }
	for name, c := range map[string]struct{ fits, not string }{
		"length":  {strings.Repeat(" ", query.MaxText-1) + "a", strings.Repeat(" ", query.MaxText) + "a"},
		"parens":  {strings.Repeat("(", query.MaxNesting) + "a" + strings.Repeat(")", query.MaxNesting), strings.Repeat("(", query.MaxNesting+1) + "a"},
		"nots":    {strings.Repeat("!", query.MaxNesting) + "a", strings.Repeat("not ", query.MaxNesting+1) + "a"},
		"tests":   {list(query.MaxTests), list(query.MaxTests + 1)},
		"nothing": {"", strings.Repeat("(", 5000)},
	} {
		if _, err := query.Parse(c.fits); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := query.Parse(c.not); err == nil {
			t.Errorf("%s: beyond the bound is taken", name)
		} else if strings.Contains(err.Error(), "\n") || len(err.Error()) > 300 {
			t.Errorf("%s: not one clear line: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a = 1 and (b ~ "x\"y" or not exists c)`, `a in (1, 2) or a = 3`, `"q" and 10.0.0.0/8`, `a not in (1,2) && !b`, "é != \"\\u0000\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := query.Parse(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("not one line: %q", err.Error())
			}
			return
		}
		canonical := q.String()
		if len(canonical) > query.MaxText {
			return // a list of bare words grows by its "any ~"
		}
		again, err := query.Parse(canonical)
		if err != nil {
			t.Fatalf("%q is written %q: %v", text, canonical, err)
		}
		if !reflect.DeepEqual(again.Root, q.Root) {
			t.Fatalf("%q is written %q, which reads\n%+v, not\n%+v", text, canonical, again.Root, q.Root)
		}
		if second := again.String(); second != canonical {
			t.Fatalf("%q is written %q, then %q", text, canonical, second)
		}
	})
}
