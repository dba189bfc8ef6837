package sqltext

import (
	"strings"
	"testing"
)

// Catches: a password that stays in a query, a query that is cut for nothing, text whose capitals are longer, behind which the cut falls too late.
func TestDiscreet(t *testing.T) {
	for in, want := range map[string]string{
		"select * from users":                        "select * from users",
		"CREATE USER x IDENTIFIED BY 's3cret'":       "CREATE USER x IDENTIFIED",
		"alter role a with password 's3cret'":        "alter role a with password",
		"select pgp_sym_encrypt('a','key'),PASSWORD": "select pgp_sym_",
		"SELECT ENCRYPTBYPASSPHRASE('s3cret', a)":    "SELECT ENCRYPTBYPASSPHRASE",
	} {
		if got := string(Discreet([]byte(in))); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for _, odd := range []string{"ı", "ɐ", "\xff"} { // shorter, longer and longer in capitals
		if got := string(Discreet([]byte(strings.Repeat(odd, 40) + "password s3cret"))); got != strings.Repeat(odd, 40)+"password" {
			t.Errorf("%q", got)
		}
	}
}

func TestBegins(t *testing.T) {
	for in, want := range map[string]bool{
		"SELECT 1": true, "  select\n*": true, "copy t to stdout": true, "BEGIN;": true, "commit": true, "GET / HTTP/1.1": false, "SELECTED": false, "": false,
	} {
		if Begins([]byte(in)) != want {
			t.Errorf("%q: want %v", in, want)
		}
	}
}
