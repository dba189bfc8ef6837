package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Options say what the sign-in of a laptop or a single box works with. What is zero takes the value that its comment names.
type Options struct {
	Documents store.Documents
	Audit     store.Audit
	Now       func() time.Time
	// Wait sleeps until d has passed or ctx is done; a timer where nil. Tests give their own.
	Wait func(ctx context.Context, d time.Duration)

	TLS     bool           // whoever signs in came over TLS: cookies are Secure
	Proxies []netip.Prefix // whose X-Forwarded-For is believed

	Idle      time.Duration // a session that is not used ends: 30 minutes
	Absolute  time.Duration // every session ends: 12 hours
	SetupLife time.Duration // a setup password that nobody changed stops working: 7 days

	Password Argon2 // how new passwords are hashed: DefaultArgon2
	Hashes   int    // how many are hashed at once: 2, each with the memory that Password says

	LoginBurst int           // log-ins that an address may try at once: 10
	LoginEvery time.Duration // and then one each: 2 s
	// FailureFloor is how long a refusal takes at the least, 250 ms, so that its time tells nothing of what was refused.
	FailureFloor time.Duration
}

func (o *Options) fill() error {
	if o.Documents == nil || o.Audit == nil || o.Now == nil {
		return errors.New("make sign-in: Documents, Audit and Now must be given")
	}
	if o.Wait == nil {
		o.Wait = waitTimer
	}
	orDuration(&o.Idle, 30*time.Minute)
	orDuration(&o.Absolute, 12*time.Hour)
	orDuration(&o.SetupLife, 7*24*time.Hour)
	orDuration(&o.LoginEvery, 2*time.Second)
	orDuration(&o.FailureFloor, 250*time.Millisecond)
	if o.LoginBurst == 0 {
		o.LoginBurst = 10
	}
	if o.Hashes == 0 {
		o.Hashes = 2
	}
	if o.Password == (Argon2{}) {
		o.Password = DefaultArgon2()
	}
	return o.Password.check()
}

func orDuration(d *time.Duration, fallback time.Duration) {
	if *d == 0 {
		*d = fallback
	}
}

func waitTimer(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Local signs in the users and keys that the store holds. All of it may be used from any goroutine, and by several processes on one
// store: what must not be overtaken is a conditional write.
type Local struct {
	o        Options
	users    store.Collection[store.User]
	keys     store.Collection[store.APIKey]
	sessions store.Collection[store.Session]
	gate     *gate     // before the hashing of passwords
	turns    *turns    // one attempt a name at a time
	rates    *limiter  // of log-ins, by address
	badKeys  *limiter  // of audit lines about bad keys, by address
	ghosts   *ghosts   // failures of names that do not exist
	fresh    *keyCache // keys that were good a moment ago
	decoy    phc       // what the password of a name that does not exist is held against
}

// New makes the sign-in. It reads nothing yet.
func New(o Options) (*Local, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	return &Local{
		o:        o,
		users:    store.Collection[store.User]{Kind: store.KindUser, Documents: o.Documents},
		keys:     store.Collection[store.APIKey]{Kind: store.KindAPIKey, Documents: o.Documents},
		sessions: store.Collection[store.Session]{Kind: store.KindSession, Documents: o.Documents},
		gate:     newGate(o.Hashes),
		turns:    newTurns(),
		rates:    newLimiter(o.LoginEvery, o.LoginBurst),
		badKeys:  newLimiter(time.Minute, 5),
		ghosts:   newGhosts(),
		fresh:    newKeyCache(),
		decoy:    phc{Argon2: o.Password, salt: random(saltSize), key: random(keySize)},
	}, nil
}

// Authenticate tells who sent a request, by its API key or else by its cookie. A request that carries a key is never judged by its
// cookie. A change with a cookie must also carry the session's token and come from our own pages: otherwise ErrForbidden.
func (l *Local) Authenticate(r *http.Request) (Principal, error) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		if len(values) > 1 {
			return Principal{}, fmt.Errorf("%w: more than one Authorization header", ErrUnauthenticated)
		}
		return l.byKey(r.Context(), values[0], l.Address(r))
	}
	value, ok := cookieValue(r, l.cookieName())
	if !ok {
		return Principal{}, ErrUnauthenticated
	}
	p, err := l.bySession(r.Context(), value)
	if err != nil {
		return Principal{}, err
	}
	return p, checkCrossSite(r, p)
}

// Address is where a request came from: the peer, or who a trusted proxy says it was.
func (l *Local) Address(r *http.Request) string { return clientAddress(r, l.o.Proxies) }

// userID is the id of the document of a user's name.
func userID(name string) string { return strings.ToLower(name) }

// user gives the one of a name; ErrUnauthenticated where there is none, for those who only want to know whom they have before them.
func (l *Local) user(ctx context.Context, name string) (store.Item[store.User], error) {
	u, err := l.users.Get(ctx, userID(name))
	if errors.Is(err, store.ErrNotFound) {
		return u, ErrUnauthenticated
	}
	return u, err
}
