package signin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2 is the cost of one hash with argon2id.
type Argon2 struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultArgon2 is what OWASP recommends at the least: 19 MiB, two passes, one thread.
func DefaultArgon2() Argon2 { return Argon2{Memory: 19 << 10, Time: 2, Threads: 1} }

// What a new hash has, and what a stored one may have: a damaged document must not cost a gigabyte.
const (
	saltSize, keySize = 16, 32
	maxMemory         = 256 << 10
	maxTime           = 16
	maxThreads        = 16
	maxPHC            = 256
)

func (a Argon2) check() error {
	if a.Threads < 1 || a.Threads > maxThreads || a.Time < 1 || a.Time > maxTime || a.Memory < 8*uint32(a.Threads) || a.Memory > maxMemory {
		return fmt.Errorf("argon2id m=%d,t=%d,p=%d is not m 8p to %d, t 1 to %d, p 1 to %d", a.Memory, a.Time, a.Threads, maxMemory, maxTime, maxThreads)
	}
	return nil
}

// phc is a hash in the form that argon2's reference implementation prints: $argon2id$v=19$m=19456,t=2,p=1$salt$key.
type phc struct {
	Argon2
	salt, key []byte
}

func hashPassword(a Argon2, password string) string {
	h := phc{Argon2: a, salt: random(saltSize)}
	h.key = h.derive(password, keySize)
	return h.String()
}

func (h phc) derive(password string, size int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.Time, h.Memory, h.Threads, uint32(size))
}

// verify takes the same time whatever the password is.
func (h phc) verify(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, len(h.key)), h.key) == 1
}

// String is the stored form.
func (h phc) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.Memory, h.Time, h.Threads, b.EncodeToString(h.salt), b.EncodeToString(h.key))
}

var errPHC = errors.New("stored password hash is not an argon2id string")

// parsePHC reads only what String writes: one hash has one form.
func parsePHC(s string) (phc, error) {
	part := strings.Split(s, "$")
	if len(s) > maxPHC || len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errPHC
	}
	var h phc
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Time, &h.Threads); err != nil {
		return phc{}, fmt.Errorf("%w: cost %q", errPHC, part[3])
	}
	if err := h.check(); err != nil {
		return phc{}, fmt.Errorf("%w: %w", errPHC, err)
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(part[4])
	h.key, err2 = base64.RawStdEncoding.DecodeString(part[5])
	if err := errors.Join(err1, err2); err != nil {
		return phc{}, fmt.Errorf("%w: %w", errPHC, err)
	}
	if len(h.salt) < 8 || len(h.salt) > 64 || len(h.key) < 16 || len(h.key) > 64 || h.String() != s {
		return phc{}, errPHC
	}
	return h, nil
}

// random gives n bytes that nobody can guess.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // it never fails; where the system has no randomness it ends the program
	return b
}
