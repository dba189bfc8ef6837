package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestFirstRunMakesOneAdminOnce(t *testing.T) {
	w := newWorld(t)
	password, created, err := w.FirstRun(t.Context())
	if err != nil || !created {
		t.Fatal(created, err)
	}
	if groups := strings.Split(password, "-"); len(groups) != 5 || len(strings.Join(groups, "")) != 25 {
		t.Errorf("password %q is not five groups of five: 125 bits", password)
	}
	if strings.Contains(w.everything(), password) {
		t.Error("the setup password is stored in clear")
	}
	if again, created, err := w.FirstRun(t.Context()); again != "" || created || err != nil {
		t.Errorf("the second start gave %q %v %v", again, created, err)
	}
	_, p, err := w.try("admin", password)
	if err != nil || !p.MustChange || p.Role != store.RoleAdmin || !p.Packets {
		t.Errorf("first log-in: %+v, %v", p, err)
	}
	other := newWorld(t)
	if second, _, _ := other.FirstRun(t.Context()); second == password {
		t.Error("two boxes have the same setup password")
	}
}

func TestFirstRunOfTwoProcesses(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	made := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, created, err := must(New(w.o)).FirstRun(context.Background())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if created {
				made++
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d processes made the first user", made)
	}
}

func TestSetupPasswordGrowsOld(t *testing.T) {
	w := newWorld(t)
	password, _, _ := w.FirstRun(t.Context())
	w.pass(7*24*time.Hour + time.Second)
	_, _, err := w.try("admin", password)
	wantErr(t, "a setup password after seven days", err, ErrUnauthenticated)
	fresh, err := w.ResetPassword(t.Context(), "admin", store.Actor{Name: "system"})
	if err != nil {
		t.Fatal(err)
	}
	if _, p, err := w.try("admin", fresh); err != nil || !p.MustChange {
		t.Errorf("after a reset: %+v %v", p, err)
	}
}

func TestLoginTellsNothingOfWhatWasWrong(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleAnalyst)
	w.user("gone", store.RoleViewer)
	w.edit("gone", func(u *store.User) { u.Disabled = true })
	texts := map[string]bool{}
	for _, c := range [][2]string{{"mona", "wrong"}, {"nobody", good}, {"gone", good}, {"no such name!", good}, {"", ""}, {"mona", strings.Repeat("x", 100_000)}} {
		_, _, err := w.try(c[0], c[1])
		wantErr(t, c[0], err, ErrUnauthenticated)
		texts[err.Error()] = true
	}
	if len(texts) != 1 {
		t.Errorf("refusals differ: %v", texts)
	}
	if len(w.slept) != 6 || slices.Min(w.slept) != 250*time.Millisecond {
		t.Errorf("refusals were held back for %v", w.slept)
	}
	if got := w.audited("session.create"); !slices.Equal(got, []string{
		"mona wrong password", "unknown no such user", "gone disabled", "unknown no such user", "unknown no such user", "mona wrong password"}) {
		t.Errorf("audit log: %q", got)
	}
}

// TestUnknownNameCostsTheSame measures memory: both must make one hash of the same cost.
func TestUnknownNameCostsTheSame(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Password = DefaultArgon2() })
	w.user("mona", store.RoleViewer)
	one := allocated(func() { w.try("mona", "wrong") })    //nolint:errcheck // as above
	none := allocated(func() { w.try("nobody", "wrong") }) //nolint:errcheck // as above
	if one < 19<<20 || none < 19<<20 || max(one, none) > min(one, none)+1<<20 {
		t.Errorf("a wrong password takes %d bytes, a name that does not exist %d", one, none)
	}
}

func TestLoginIsCaseInsensitiveInTheNameOnly(t *testing.T) {
	w := newWorld(t)
	w.user("Mona", store.RoleAnalyst)
	if _, p, err := w.try("mONA", good); err != nil || p.Name != "Mona" || p.Kind != "user" {
		t.Errorf("%+v %v", p, err)
	}
	_, _, err := w.try("Mona", strings.ToUpper(good))
	wantErr(t, "upper case password", err, ErrUnauthenticated)
}

func TestLockGrows(t *testing.T) {
	for failures, want := range map[int]time.Duration{0: 0, 4: 0, 5: 30 * time.Second, 6: time.Minute, 7: 2 * time.Minute, 9: 8 * time.Minute, 10: 15 * time.Minute, 1 << 40: 15 * time.Minute} {
		if got := lockFor(failures); got != want {
			t.Errorf("after %d failures %s, want %s", failures, got, want)
		}
	}
}

// TestLockIsTheSameForNamesThatDoNotExist walks both through every lock and compares each answer.
func TestLockIsTheSameForNamesThatDoNotExist(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	for i := range 60 {
		_, _, real := w.try("mona", "wrong")
		_, _, ghost := w.try("nobody", "wrong")
		if real.Error() != ghost.Error() {
			t.Fatalf("attempt %d: %v for a user, %v for nobody", i, real, ghost)
		}
		if (i < 5) != errors.Is(real, ErrUnauthenticated) && i < 6 {
			t.Fatalf("attempt %d: %v", i, real)
		}
		if i >= 5 {
			w.pass(15 * time.Second)
		}
	}
	if n := len(w.audited("user.lock")); n == 0 {
		t.Error("no lock in the audit log")
	}
}

func TestLockHoldsTheRightPasswordToo(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	for range 5 {
		w.try("mona", "wrong") //nolint:errcheck // refused, of course
	}
	_, _, err := w.try("mona", good)
	var r *RetryError
	if !errors.As(err, &r) || !errors.Is(err, ErrLocked) || r.After != 30*time.Second {
		t.Fatalf("got %v", err)
	}
	restarted := must(New(w.o))
	_, _, err = restarted.Login(t.Context(), LoginRequest{Name: "mona", Password: good, Address: home})
	wantErr(t, "after a restart", err, ErrLocked)
	w.pass(31 * time.Second)
	if _, _, err := w.try("mona", good); err != nil {
		t.Errorf("after the lock: %v", err)
	}
	if u := w.get("mona").Value; u.Failures != 0 || u.LockedUntil != nil || u.LastLogin == nil {
		t.Errorf("after the log-in: %+v", u)
	}
}

// TestParallelGuessesCannotRacePastTheLock lets fifty guess at once, through ten processes on one store, each of
// which has read the user before any of the others writes.
func TestParallelGuessesCannotRacePastTheLock(t *testing.T) {
	for _, name := range []string{"mona", "nobody"} {
		w := newWorld(t)
		w.user("mona", store.RoleViewer)
		processes := slices.Repeat([]*Local{w.Local}, 10)
		if name == "mona" {
			w.store.pause = func(store.Kind) { time.Sleep(time.Millisecond) }
			for i := range processes {
				processes[i] = must(New(w.o))
			}
		}
		var mu sync.Mutex
		judged, locked := 0, 0
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				_, _, err := processes[i%10].Login(context.Background(), LoginRequest{Name: name, Password: "guess", Address: home})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, ErrLocked):
					locked++
				case errors.Is(err, ErrUnauthenticated):
					judged++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if judged != 5 || locked != 45 {
			t.Errorf("%s: %d guesses were judged and %d locked out, want 5 and 45", name, judged, locked)
		}
	}
}

func TestManyLogInsAtOnceOfOneUser(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	var wg sync.WaitGroup
	for range 15 {
		wg.Go(func() {
			if _, _, err := w.try("mona", good); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestLoginRateByAddress(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.LoginBurst = 3 })
	w.user("mona", store.RoleViewer)
	ask := func(address string) error {
		_, _, err := w.Login(t.Context(), LoginRequest{Name: "mona", Password: good, Address: address})
		return err
	}
	for range 3 {
		if err := ask("2001:db8::1"); err != nil {
			t.Fatal(err)
		}
	}
	var r *RetryError
	if err := ask("2001:db8::2"); !errors.As(err, &r) || !errors.Is(err, ErrRateLimited) || r.After != 2*time.Second {
		t.Errorf("a neighbour of the same /64 got %v", err)
	}
	if err := ask("2001:db8:0:1::1"); err != nil {
		t.Errorf("another network got %v", err)
	}
	w.pass(2 * time.Second)
	if err := ask("2001:db8::3"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestTablesAreBounded(t *testing.T) {
	l, g := newLimiter(time.Second, 1), newGhosts()
	for i := range 3 * maxAddresses {
		a := string(rune('a'+i%26)) + strings.Repeat("x", i%7)
		l.take("10."+itoa(i>>16&255)+"."+itoa(i>>8&255)+"."+itoa(i&255), time.Time{})
		g.claim(a+itoa(i), time.Time{}) //nolint:errcheck // only its size is looked at
	}
	if l.table.Len() != maxAddresses || g.table.Len() != maxGhosts {
		t.Errorf("%d addresses and %d names are remembered", l.table.Len(), g.table.Len())
	}
}

func TestFloodOfHashesIsBounded(t *testing.T) {
	g := newGate(1)
	leave, err := g.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range maxWaiting {
		wg.Go(func() {
			if _, err := g.enter(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	for len(g.queue) < maxWaiting+1 {
		time.Sleep(time.Millisecond)
	}
	_, err = g.enter(t.Context())
	wantErr(t, "one more than may wait", err, ErrRateLimited)
	cancel()
	wg.Wait()
	leave()
	if leave, err = g.enter(t.Context()); err != nil {
		t.Errorf("after the flood: %v", err)
	} else {
		leave()
	}
}

func TestWaitingForANameIsBounded(t *testing.T) {
	turns := newTurns()
	leave, err := turns.take(t.Context(), "mona")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range maxTurns {
		wg.Go(func() {
			if _, err := turns.take(ctx, "mona"); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	for turns.waiting.Load() < maxTurns {
		time.Sleep(time.Millisecond)
	}
	_, err = turns.take(t.Context(), "mona")
	wantErr(t, "one more than may wait", err, ErrRateLimited)
	cancel()
	wg.Wait()
	leave()
	if _, err := turns.take(t.Context(), "mona"); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

func TestPasswordIsHashedAgainWhenTheCostWasRaised(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	w.o.Password = Argon2{Memory: 128, Time: 2, Threads: 1}
	w.Local = must(New(w.o))
	w.try("mona", "wrong") //nolint:errcheck // refused, of course
	if h := must(parsePHC(w.get("mona").Value.PasswordHash)); h.Memory != 64 {
		t.Error("a wrong password was hashed")
	}
	w.login("mona")
	if h := must(parsePHC(w.get("mona").Value.PasswordHash)); h.Argon2 != w.o.Password {
		t.Errorf("hash has %+v", h.Argon2)
	}
	w.login("mona")
}

func TestNoPasswordInTheAuditLog(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleAdmin)
	const slip = "typed-into-the-name"
	w.try(slip, "x")               //nolint:errcheck // refused, of course
	w.try("mona", "sesame-sesame") //nolint:errcheck // as above
	_, p := w.login("mona")
	if _, _, err := w.ChangePassword(t.Context(), PasswordChange{Principal: p, Old: good, New: "quite another sentence", Address: home}); err != nil {
		t.Fatal(err)
	}
	key, _, err := w.CreateKey(t.Context(), KeyRequest{Name: "k", Owner: "mona", Role: store.RoleViewer}, boss)
	if err != nil {
		t.Fatal(err)
	}
	text := string(must(jsonOf(w.store.lines())))
	for _, secret := range []string{slip, "sesame-sesame", good, "quite another sentence", key, key[16:], "$argon2id", p.CSRF, hashSecret(key[16:])} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the audit log", secret)
		}
	}
	if all := w.everything(); strings.Contains(all, key[16:]) || strings.Contains(all, good) {
		t.Error("a secret is stored in clear")
	}
}

func TestStoreThatIsFullRefusesLogIns(t *testing.T) {
	w := newWorld(t)
	w.user("mona", store.RoleViewer)
	c, _ := w.login("mona")
	w.store.fail = store.ErrFull
	_, _, err := w.try("mona", good)
	wantErr(t, "log-in", err, store.ErrFull)
	w.pass(2 * time.Minute)
	if _, err := w.with(c); err != nil {
		t.Errorf("reading with a session: %v", err)
	}
}
