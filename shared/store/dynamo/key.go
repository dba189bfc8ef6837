package dynamo

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// key is where an item lies.
type key struct{ pk, sk string }

// Shards is how many partitions a day of detections, and the list of devices, is spread over. One partition takes 1,000 writes a second.
const Shards = 4

// last is greater than every character of an id: a bound for what begins with something.
const last = "\U0010FFFF"

// moment writes a time so that the order of the text is the order of time.
const moment = "2006-01-02T15:04:05.000000000Z"

func stamp(t time.Time) string { return t.UTC().Format(moment) }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// dayOf gives the day of a key that begins with a stamp.
func dayOf(stamped string) string {
	if len(stamped) < len(time.DateOnly) {
		return stamped
	}
	return stamped[:len(time.DateOnly)]
}

func shard(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return strconv.Itoa(int(h.Sum32() % Shards))
}

func bucket(day, shard string) string { return day + "#" + shard }

func place(at, id string) string { return at + "#" + id }

// split is the opposite of place.
func split(sk string) (at, id string) {
	at, id, _ = strings.Cut(sk, "#")
	return at, id
}

// ticks make moments of storing that grow even where the clock stands still: a stamp, a count, and the process that counted. The count
// of each process begins somewhere else, so that two of them hardly ever make the same.
type ticks struct {
	n       atomic.Uint32
	process string
}

func newTicks() *ticks {
	t := &ticks{process: unique()}
	t.n.Store(binary.BigEndian.Uint32(random()) >> 1)
	return t
}

func (c *ticks) count() uint32 { return c.n.Add(1) }

func (c *ticks) next(now time.Time) string {
	return fmt.Sprintf("%s.%08x.%s", stamp(now), c.count(), c.process)
}

// later says whether a tick came after another. Of the same nanosecond in two processes neither did.
func later(tick, than string) bool {
	if len(tick) != len(than) || len(tick) < len(moment) || tick[:len(moment)] != than[:len(moment)] {
		return tick > than
	}
	process := len(tick) - 8
	return tick[process:] == than[process:] && tick > than
}

// unique tells apart what two processes make in the same moment.
func unique() string { return hex.EncodeToString(random()) }

func random() []byte {
	b := make([]byte, 4)
	rand.Read(b) //nolint:errcheck // never fails
	return b
}
