package signin

import (
	"strings"
	"testing"
)

func TestArgon2KnownAnswer(t *testing.T) {
	// Of the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32
	const known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h, err := parsePHC(known)
	if err != nil {
		t.Fatal(err)
	}
	if !h.verify("password") || h.verify("Password") || h.verify("") {
		t.Error("the reference implementation's hash is not understood")
	}
}

func TestDefaultArgon2IsWhatOWASPRecommends(t *testing.T) {
	a := DefaultArgon2()
	if a.Memory < 19456 || a.Time < 2 || a.Threads != 1 {
		t.Errorf("%+v", a)
	}
	one, two := hashPassword(a, "x"), hashPassword(a, "x")
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") || !must(parsePHC(one)).verify("x") {
		t.Errorf("%s and %s", one, two)
	}
}

func TestParsePHCRefuses(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, s := range []string{
		"", "$", "password", "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + key, "$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=99999999,t=1,p=1$" + salt + "$" + key, "$argon2id$v=19$m=64,t=99,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + key, "$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=7,t=1,p=1$" + salt + "$" + key, "$argon2id$v=19$m=-64,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=1,p=1$$" + key, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$", "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$AAAA",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + key + "=", "$argon2id$v=19$m=64,t=1,p=1,x=2$" + salt + "$" + key,
		"$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + key, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 500),
	} {
		if h, err := parsePHC(s); err == nil {
			t.Errorf("%q was read as %+v", s, h)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("a sign-in without a store was made")
	}
	w := newWorld(t)
	w.o.Password = Argon2{Memory: 1 << 30, Time: 1, Threads: 1}
	if _, err := New(w.o); err == nil {
		t.Error("a hash of a terabyte was allowed")
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		if h.String() != s {
			t.Errorf("%q is written as %q", s, h)
		}
		if h.check() != nil {
			t.Errorf("%q has a cost that is not allowed", s)
		}
	})
}
