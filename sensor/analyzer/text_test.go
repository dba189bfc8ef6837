package analyzer

import "testing"

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		"plain text ~":         "plain text ~",
		`a\b`:                  `a\\b`,
		`\x41`:                 `\\x41`,
		"tab\tend\x00\x7f":     `tab\x09end\x00\x7f`,
		"münchen":              "münchen",
		"latin \xfc":           `latin \xfc`,
		"cut \xe2\x82":         `cut \xe2\x82`,
		"overlong \xc0\xaf":    `overlong \xc0\xaf`,
		"override \u202e moon": `override \xe2\x80\xae moon`, // turns the direction of a line: never shown as it is
	} {
		if got := Text([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
