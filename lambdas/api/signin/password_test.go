package signin

import (
	"errors"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestPasswordPolicy(t *testing.T) {
	allowed := []string{
		"a rather long sentence", "correct horse staple battery", "Tr0ub4dor&3 and more", "the first of many words, and the second, and so on, until there are one hundred and twenty-eight letters in it.",
		"пароль который длинный", "密码很长很长的一个句子在这里吧", "🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧", "nonumbersorsignshere", "  spaces at both ends  ", "8391 5520 7716 0284",
	}
	for _, p := range allowed {
		if err := CheckPassword("mona", p); err != nil {
			t.Errorf("%q was refused: %v", p, err)
		}
	}
	refused := []string{
		"", "short", "elevenchars", strings.Repeat("long enough?", 11), "aaaaaaaaaaaa", "abababababab", "abcabcabcabc", "123456789012", "210987654321",
		"abcdefghijkl", "qwertyuiop[]", "1qaz2wsx3edc", "aaaabbbbcccc1111", "password1234", "Password2024!", "P@ssw0rd2024!", "passwordpassword", "Administrator1!",
		"mirrorwatch123", "Mirrorwatch!2026", "welcome123456", "iloveyou1234", "correcthorsebatterystaple", "1q2w3e4r5t6y", "letmein123456", "changeme-2026",
		"my Mona password", "xxMONAxxxyyyyzz", "with\x00a nul inside", "with\na line feed", "broken \xff utf-8 text", "12345678901234567890",
	}
	for _, p := range refused {
		err := CheckPassword("mona", p)
		if err == nil {
			t.Errorf("%q was allowed", p)
			continue
		}
		invalid(t, p, err, "password")
		if p != "" && p != "short" && strings.Contains(err.Error(), p) {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestPasswordIsNotCutShort(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	long := strings.Repeat("é fox ", 21) + "12"
	_, p := w.login("mona")
	if _, _, err := w.ChangePassword(t.Context(), PasswordChange{Principal: p, Old: good, New: long}); err != nil {
		t.Fatal(err)
	}
	_, _, err := w.try("mona", long[:len(long)-1])
	wantErr(t, "all but the last letter", err, ErrUnauthenticated)
	if _, _, err := w.try("mona", long); err != nil {
		t.Error(err)
	}
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	setup, _, _ := w.FirstRun(t.Context())
	old, p, err := w.try("admin", setup)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := w.try("admin", setup)
	if err != nil {
		t.Fatal(err)
	}
	change := PasswordChange{Principal: p, Old: "wrong", New: good, Address: home}
	_, _, err = w.ChangePassword(t.Context(), change)
	wantErr(t, "with a wrong old password", err, ErrUnauthenticated)
	change.Old, change.New = setup, "short"
	_, _, err = w.ChangePassword(t.Context(), change)
	invalid(t, "a short one", err, "password")
	change.New = setup
	_, _, err = w.ChangePassword(t.Context(), change)
	invalid(t, "the old one again", err, "password")
	change.New = good
	cookie, p, err := w.ChangePassword(t.Context(), change)
	if err != nil || p.MustChange || cookie.Value == old.Value {
		t.Fatalf("%+v %v", p, err)
	}
	for name, c := range map[string]string{"the session that asked": old.Value, "another session": other.Value} {
		_, err := w.with(w.cookie(c))
		wantErr(t, name+" after the change", err, ErrUnauthenticated)
	}
	if p, err := w.with(cookie); err != nil || p.MustChange {
		t.Errorf("the new session: %+v %v", p, err)
	}
	_, _, err = w.try("admin", setup)
	wantErr(t, "the setup password", err, ErrUnauthenticated)
	if list, _ := w.Sessions(t.Context(), "admin"); len(list) != 1 {
		t.Errorf("%d sessions are left", len(list))
	}
	if got := w.audited("user.password"); len(got) != 1 || got[0] != "admin" {
		t.Errorf("audit log: %q", got)
	}
}

// TestSessionsOlderThanThePasswordAreDead is the crash between the new password and the end of the old sessions.
func TestSessionsOlderThanThePasswordAreDead(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	c, _ := w.login("mona")
	w.pass(1)
	w.edit("mona", func(u *store.User) { u.Changed = w.now() })
	_, err := w.with(c)
	wantErr(t, "session", err, ErrUnauthenticated)
}

func TestGuessingTheOldPasswordLocks(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	_, p := w.login("mona")
	for range 5 {
		_, _, err := w.ChangePassword(t.Context(), PasswordChange{Principal: p, Old: "guess", New: "quite another sentence"})
		wantErr(t, "guess", err, ErrUnauthenticated)
	}
	_, _, err := w.ChangePassword(t.Context(), PasswordChange{Principal: p, Old: good, New: "quite another sentence"})
	wantErr(t, "after five", err, ErrLocked)
}

func TestOnlySessionsChangePasswords(t *testing.T) {
	w := newWorld(t)
	for _, p := range []Principal{{}, {Name: "key:abc", Kind: "key"}, {Name: "mona", Kind: "jwt"}, {Name: "mona", Kind: "user"}} {
		if _, _, err := w.ChangePassword(t.Context(), PasswordChange{Principal: p, Old: good, New: good + "!"}); !errors.Is(err, ErrForbidden) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
