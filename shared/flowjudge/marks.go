package flowjudge

import (
	"crypto/sha256"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
)

// marks remembers names by 16 bytes of their SHA-256: those of objects are long, and made by others.
type marks struct{ *bounded.Table[mark, struct{}] }

type mark [16]byte

func newMarks(limit int) marks { return marks{bounded.New[mark, struct{}](limit)} }

func markOf(name string) mark {
	sum := sha256.Sum256([]byte(name))
	return mark(sum[:16])
}

// note remembers a name, and says whether it is new.
func (m marks) note(name string) (fresh bool) {
	_, fresh = m.Put(markOf(name))
	return fresh
}

func (m marks) has(name string) bool { return m.Peek(markOf(name)) != nil }

// append writes all of them, oldest first.
func (m marks) append(b []byte) []byte {
	for k := range m.All {
		b = append(b, k[:]...)
	}
	return b
}

func (m marks) load(b []byte) error {
	if len(b)%len(mark{}) != 0 {
		return fmt.Errorf("%d bytes are no whole number of marks", len(b))
	}
	for ; len(b) > 0; b = b[len(mark{}):] {
		m.Put(mark(b[:len(mark{})]))
	}
	return nil
}
