package signin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// KeyLife is how long a key that was good is believed without asking the store again. A key revoked by this process is dead at once;
// one revoked by another process on the same store is dead within this time.
const KeyLife = 3 * time.Second

const (
	keyPrefix  = "mw_"
	keyIDSize  = 12
	keyLetters = "abcdefghijklmnopqrstuvwxyz234567" // base32, small
	maxKeys    = 1000                               // in all
	maxFresh   = 1024                               // keys remembered as good
	keyRest    = 30 * 24 * time.Hour                // a key used again after so long is worth a line in the audit log
	maxKeyName = 128
)

// KeyRequest asks for an API key.
type KeyRequest struct {
	Name      string     // for people
	Owner     string     // the user whose it is: it never may more than they, and dies with them
	Role      store.Role // at most the owner's
	Packets   bool       // only where the owner has it
	ExpiresAt *time.Time // nil: never
}

// CreateKey makes a key and gives its text, which is kept nowhere and never shown again.
func (l *Local) CreateKey(ctx context.Context, q KeyRequest, by store.Actor) (text string, made store.Item[store.APIKey], err error) {
	owner, err := l.checkKey(ctx, q)
	if err != nil {
		return "", made, err
	}
	if err := l.checkKeyCount(ctx); err != nil {
		return "", made, err
	}
	id := base32.NewEncoding(keyLetters).EncodeToString(random(8))[:keyIDSize]
	secret := newSecret()
	k := store.APIKey{Name: q.Name, Role: q.Role, Packets: q.Packets, Hash: hashSecret(secret), Owner: owner.Value.Name, ExpiresAt: q.ExpiresAt}
	made = store.Item[store.APIKey]{ID: id, Value: k}
	if made, err = l.keys.Put(ctx, made, store.New, entry(by, "api_key.create", id, nil, redactKey(k))); err != nil {
		return "", store.Item[store.APIKey]{}, fmt.Errorf("create API key: %w", err)
	}
	return keyPrefix + id + "_" + secret, hideKey(made), nil
}

func (l *Local) checkKey(ctx context.Context, q KeyRequest) (owner store.Item[store.User], err error) {
	if q.Name == "" || len(q.Name) > maxKeyName || printable(q.Name, maxKeyName) != q.Name {
		return owner, &store.Invalid{Field: "name", Value: printable(q.Name, 80), Allowed: fmt.Sprintf("1 to %d bytes of printable text", maxKeyName)}
	}
	if q.ExpiresAt != nil && !q.ExpiresAt.After(l.o.Now()) {
		return owner, &store.Invalid{Field: "expires_at", Value: q.ExpiresAt.UTC().Format(time.RFC3339), Allowed: "in the future"}
	}
	if err := checkName(q.Owner); err != nil {
		return owner, &store.Invalid{Field: "owner", Value: printable(q.Owner, 80), Allowed: "the name of a user"}
	}
	owner, err = l.users.Get(ctx, userID(q.Owner))
	if errors.Is(err, store.ErrNotFound) || err == nil && owner.Value.Disabled {
		return owner, &store.Invalid{Field: "owner", Value: q.Owner, Allowed: "the name of a user who is not disabled"}
	}
	switch {
	case err != nil:
		return owner, fmt.Errorf("read owner of API key: %w", err)
	case rank(q.Role) == 0 || rank(q.Role) > rank(owner.Value.Role):
		return owner, &store.Invalid{Field: "role", Value: printable(string(q.Role), 80), Allowed: "a role up to its owner's, " + string(owner.Value.Role)}
	case q.Packets && !owner.Value.Packets:
		return owner, &store.Invalid{Field: "packets", Value: "true", Allowed: "false where its owner may not read packets"}
	}
	return owner, nil
}

func (l *Local) checkKeyCount(ctx context.Context) error {
	all, err := l.keys.All(ctx)
	if err != nil {
		return fmt.Errorf("count API keys: %w", err)
	}
	if len(all) >= maxKeys {
		return fmt.Errorf("%w: there are %d API keys, as many as may be; delete some first", ErrForbidden, len(all))
	}
	return nil
}

// Keys lists API keys, without their hashes.
func (l *Local) Keys(ctx context.Context, q store.ListQuery) ([]store.Item[store.APIKey], store.Page, error) {
	list, page, err := l.keys.List(ctx, q)
	for i := range list {
		list[i] = hideKey(list[i])
	}
	return list, page, err
}

// RevokeKey deletes a key.
func (l *Local) RevokeKey(ctx context.Context, id string, by store.Actor) error {
	if !isKeyID(id) {
		return &store.Invalid{Field: "key", Value: printable(id, 80), Allowed: "an id of an API key, 12 letters"}
	}
	k, err := l.keys.Get(ctx, id)
	if err == nil {
		err = l.keys.Delete(ctx, id, store.Exists, entry(by, "api_key.delete", id, redactKey(k.Value), nil))
	}
	l.fresh.clear()
	if err != nil {
		return fmt.Errorf("delete API key: %w", err)
	}
	return nil
}

func (l *Local) revokeKeysOf(ctx context.Context, owner string, by store.Actor) error {
	all, err := l.keys.All(ctx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if userID(k.Value.Owner) != userID(owner) {
			continue
		}
		if err := l.RevokeKey(ctx, k.ID, by); err != nil && !isGone(err) {
			return err
		}
	}
	return nil
}

// parseKey takes an Authorization header apart.
func parseKey(header string) (id, secret string, ok bool) {
	scheme, text, _ := strings.Cut(header, " ")
	rest, isOurs := strings.CutPrefix(text, keyPrefix)
	if !strings.EqualFold(scheme, "Bearer") || !isOurs || len(rest) != keyIDSize+1+secretText || rest[keyIDSize] != '_' {
		return "", "", false
	}
	id, secret = rest[:keyIDSize], rest[keyIDSize+1:]
	return id, secret, isKeyID(id) && isSecret(secret)
}

func isKeyID(id string) bool { return len(id) == keyIDSize && strings.Trim(id, keyLetters) == "" }

// byKey tells whose a key is.
func (l *Local) byKey(ctx context.Context, header, address string) (Principal, error) {
	id, secret, ok := parseKey(header)
	if !ok {
		return Principal{}, ErrUnauthenticated
	}
	now := l.o.Now()
	sum := sha256.Sum256([]byte(id + secret))
	if p, ok := l.fresh.get(sum, now); ok {
		return p, nil
	}
	age := l.fresh.age()
	k, err := l.keys.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Principal{}, ErrUnauthenticated
	}
	if err != nil {
		return Principal{}, fmt.Errorf("read API key: %w", err)
	}
	p, err := l.judgeKey(ctx, k, secret, address)
	if err != nil {
		return Principal{}, err
	}
	if err := l.useKey(ctx, k, address, now); err != nil {
		return Principal{}, err
	}
	until := now.Add(KeyLife)
	if e := k.Value.ExpiresAt; e != nil && e.Before(until) {
		until = *e
	}
	l.fresh.put(sum, p, until, age)
	return p, nil
}

func (l *Local) judgeKey(ctx context.Context, k store.Item[store.APIKey], secret, address string) (Principal, error) {
	if subtle.ConstantTimeCompare([]byte(hashSecret(secret)), []byte(k.Value.Hash)) != 1 {
		return Principal{}, l.badKey(ctx, k, address, "wrong secret")
	}
	if e := k.Value.ExpiresAt; e != nil && !l.o.Now().Before(*e) {
		return Principal{}, l.badKey(ctx, k, address, "expired")
	}
	owner, err := l.user(ctx, k.Value.Owner)
	if err == nil && owner.Value.Disabled || errors.Is(err, ErrUnauthenticated) {
		return Principal{}, l.badKey(ctx, k, address, "owner is disabled or gone")
	}
	if err != nil {
		return Principal{}, fmt.Errorf("read owner of API key: %w", err)
	}
	if k.Created.Before(owner.Created) { // of somebody who had the same name before
		return Principal{}, l.badKey(ctx, k, address, "owner is disabled or gone")
	}
	role := k.Value.Role
	if rank(owner.Value.Role) < rank(role) {
		role = owner.Value.Role
	}
	return Principal{Name: "key:" + k.ID, Kind: "key", Role: role, Packets: k.Value.Packets && owner.Value.Packets}, nil
}

// badKey writes the refusal of a key that exists to the audit log: a few lines an address, for a program with an old key asks often.
func (l *Local) badKey(ctx context.Context, k store.Item[store.APIKey], address, why string) error {
	if l.badKeys.take(address, l.o.Now()) > 0 {
		return ErrUnauthenticated
	}
	e := store.AuditEntry{Actor: "key:" + k.ID, Address: address, Action: "api_key.use", Target: k.ID, Outcome: why}
	return errors.Join(ErrUnauthenticated, l.o.Audit.Log(ctx, e))
}

// useKey writes that a key is used, to the hour, and says so in the audit log where it had rested for long.
func (l *Local) useKey(ctx context.Context, k store.Item[store.APIKey], address string, now time.Time) error {
	hour := now.UTC().Truncate(time.Hour)
	last := k.Value.LastUsed
	if last != nil && !last.Before(hour) {
		return nil
	}
	var e *store.AuditEntry
	if last == nil || hour.Sub(*last) > keyRest {
		e = &store.AuditEntry{Actor: "key:" + k.ID, Address: address, Action: "api_key.use", Target: k.ID}
	}
	k.Value.LastUsed = &hour
	_, err := l.keys.Put(ctx, k, store.Condition(k.Revision), e)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrUnauthenticated // revoked while we looked
	case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrUnavailable):
		return nil
	}
	return fmt.Errorf("write use of API key: %w", err)
}

func isGone(err error) bool { return errors.Is(err, store.ErrNotFound) }

func hideKey(k store.Item[store.APIKey]) store.Item[store.APIKey] {
	k.Value.Hash = ""
	return k
}

func redactKey(k store.APIKey) json.RawMessage {
	k.Hash = ""
	return redact(k)
}

// keyCache remembers keys that were good, under the hash of the whole key.
type keyCache struct {
	mu     sync.Mutex
	table  *bounded.Table[[sha256.Size]byte, freshKey]
	clears int // so that what was read before a revocation is not remembered after it
}

type freshKey struct {
	p     Principal
	until time.Time
}

func newKeyCache() *keyCache {
	return &keyCache{table: bounded.New[[sha256.Size]byte, freshKey](maxFresh)}
}

func (c *keyCache) get(sum [sha256.Size]byte, now time.Time) (Principal, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.table.Get(sum)
	if k == nil || !now.Before(k.until) {
		return Principal{}, false
	}
	return k.p, true
}

func (c *keyCache) age() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.clears
}

func (c *keyCache) put(sum [sha256.Size]byte, p Principal, until time.Time, age int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age != c.clears {
		return
	}
	k, _ := c.table.Put(sum)
	*k = freshKey{p, until}
}

func (c *keyCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table = bounded.New[[sha256.Size]byte, freshKey](maxFresh)
	c.clears++
}
