package sqlite

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// cursor says where a page ended. It carries a mark of the question, so that one cannot go on with another question's cursor.
func cursor(question any, position string) string {
	return base64.RawURLEncoding.EncodeToString(append(mark(question), position...))
}

// place is the position that a cursor holds, "" at the beginning.
func place(question any, given string) (string, error) {
	if given == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(given)
	if err != nil || len(b) < 5 || string(b[:4]) != string(mark(question)) {
		return "", store.BadCursor(given)
	}
	return string(b[4:]), nil
}

func mark(question any) []byte {
	h := fnv.New32a()
	fmt.Fprintf(h, "%T %v", question, question)
	return h.Sum(nil)
}

// number and text write a sequence into a cursor and read it again.
func text(n int64) string { return string(binary.BigEndian.AppendUint64(nil, uint64(n))) }

func number(position string) (int64, bool) {
	if len(position) != 8 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64([]byte(position))), true
}

// limited gives the size of a page, which is most where none was asked for.
func limited(limit, most int) (int, error) {
	if err := store.CheckLimit(limit, most); err != nil {
		return 0, err
	}
	if limit == 0 {
		return most, nil
	}
	return limit, nil
}

// nanos is how a time stands in a column. Times that a column cannot hold are far outside of what packets and people say; they stand
// at the end that is nearest, which is all that comparing needs.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, -1<<63)):
		return -1 << 63
	case t.After(time.Unix(0, 1<<63-1)):
		return 1<<63 - 1
	}
	return t.UnixNano()
}

// optional is nanos for a time that may be missing.
func optional(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return nanos(t)
}

func moment(n int64) time.Time { return time.Unix(0, n).UTC() }
