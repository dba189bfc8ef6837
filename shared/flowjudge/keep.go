package flowjudge

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// What is kept is one snapshot: gzip over a head and entries, each the name and version of its part, its key and its value, and an empty name
// at the end. It is of one moment between two objects, and names the objects that were fed until then, so that it cannot know of an object
// without knowing what was in it.

const (
	head       = "mirrorwatch flow judge 1\n"
	keptBefore = 2        // versions of a snapshot that stay
	maxKey     = 64 << 10 // bytes
	maxValue   = 4 << 20
	maxPacked  = 256 << 20
	maxWhole   = 1 << 30 // of everything, unpacked
)

// The parts that are the flow judge's own.
const (
	partWindows  = "flows"
	partTries    = "tries"
	partObjects  = "objects"
	partCalls    = "calls"
	partVerdicts = "verdicts"
	partWaiting  = "waiting"
	partClock    = "clock"
	ownVersion   = 1
)

// Save writes everything that the judge knows as one version of a snapshot, at a moment of the caller's clock. It is called between two
// objects. What Emit was given before must be stored by then: the snapshot knows of it as told.
func (j *Judge) Save(ctx context.Context, snapshots store.Snapshots, name string, at time.Time) error {
	var packed bytes.Buffer
	if err := j.pack(&packed); err != nil {
		return fmt.Errorf("save flow judge: %w", err)
	}
	if err := snapshots.Save(ctx, name, at, &packed, keptBefore); err != nil {
		return fmt.Errorf("save flow judge as %s: %w", name, err)
	}
	return nil
}

func (j *Judge) pack(to io.Writer) error {
	j.inner.SaveAll(j.shelf.put)
	z, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	w := packer{to: z}
	w.write([]byte(head))
	for _, p := range j.inner.Parts() {
		j.shelf.each(p.Name, func(key string, value []byte) { w.entry(p, []byte(key), value) })
	}
	j.packOwn(&w)
	w.text(nil)
	return errors.Join(w.err, z.Close())
}

func (j *Judge) packOwn(w *packer) {
	part := func(name string) func(key, value []byte) {
		return func(key, value []byte) {
			if value != nil {
				w.entry(detect.Part{Name: name, Version: ownVersion}, key, value)
			}
		}
	}
	j.flows.memory().Save(part(partWindows))
	j.tries.memory().Save(part(partTries))
	part(partObjects)(nil, j.objects.append(nil))
	part(partCalls)(nil, j.calls.append(nil))
	j.out.memory().Save(part(partVerdicts))
	for id, d := range j.out.waiting.All {
		line, err := (*d).AppendJSON(nil)
		if err != nil {
			continue // evidence that is no JSON: no store would take it
		}
		part(partWaiting)([]byte(id), line)
	}
	clock := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(max(j.newest, 0))), uint64(max(j.ticked, 0)))
	part(partClock)(nil, clock)
}

// packer writes entries; its first error stays.
type packer struct {
	to  io.Writer
	len [binary.MaxVarintLen64]byte
	err error
}

func (w *packer) write(b []byte) {
	if w.err == nil {
		_, w.err = w.to.Write(b)
	}
}

func (w *packer) text(b []byte) {
	w.write(binary.AppendUvarint(w.len[:0], uint64(len(b))))
	w.write(b)
}

func (w *packer) entry(p detect.Part, key, value []byte) {
	w.text([]byte(p.Name))
	w.write(binary.AppendUvarint(w.len[:0], uint64(p.Version)))
	w.text(key)
	w.text(value)
}

// Loaded is what came of loading a snapshot.
type Loaded struct {
	At      time.Time // of the snapshot; zero: there is none, and everything is new to the judge
	Through time.Time // the end of the newest record that was shown until then
	Entries int
	LeftOut int    // entries that another version made, or that make no sense
	Why     string // of the first of them
}

// Load takes back what Save wrote last, into a judge that has seen nothing. Without a snapshot the judge begins anew: it may tell again what
// goes on, counts contacts and bytes from then on, forgets which objects were fed, and for a day takes for new what is old. The same holds
// after an error: of a snapshot that is not whole nothing is taken.
func (j *Judge) Load(ctx context.Context, snapshots store.Snapshots, name string) (Loaded, error) {
	body, at, err := snapshots.Load(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return Loaded{}, nil
	}
	if err != nil {
		return Loaded{}, fmt.Errorf("load flow judge from %s: %w", name, err)
	}
	packed, err := io.ReadAll(io.LimitReader(body, maxPacked+1))
	if err = errors.Join(err, body.Close()); err == nil {
		var l Loaded
		if l, err = j.unpack(packed); err == nil {
			l.At = at
			return l, nil
		}
	}
	return Loaded{}, fmt.Errorf("load flow judge from %s of %s: %w", name, at.UTC().Format(time.RFC3339), err)
}

// unpack takes what a snapshot holds, once it is known to be whole.
func (j *Judge) unpack(packed []byte) (l Loaded, err error) {
	if len(packed) > maxPacked {
		return l, fmt.Errorf("it has more than %d bytes", maxPacked)
	}
	if err := walk(packed, func(detect.Part, []byte, []byte) {}); err != nil {
		return l, err
	}
	versions := map[string]int{}
	for _, p := range j.inner.Parts() {
		versions[p.Name] = p.Version
	}
	for _, name := range ownParts() {
		versions[name] = ownVersion
	}
	err = walk(packed, func(part detect.Part, key, value []byte) {
		if have, known := versions[part.Name]; !known || have != part.Version {
			l.leave(fmt.Errorf("part %.64q is of version %d, read is %d", part.Name, part.Version, have))
			return
		}
		if err := j.take(part.Name, key, value); err != nil {
			l.leave(fmt.Errorf("part %s: %w", part.Name, err))
			return
		}
		l.Entries++
	})
	l.Through = j.newest.Time()
	return l, err
}

func (l *Loaded) leave(why error) {
	if l.LeftOut++; l.Why == "" {
		l.Why = why.Error()
	}
}

func ownParts() []string {
	return []string{partWindows, partTries, partObjects, partCalls, partVerdicts, partWaiting, partClock}
}

func (j *Judge) take(part string, key, value []byte) error {
	switch part {
	case partWindows:
		return j.flows.load(key, value)
	case partTries:
		return j.tries.load(key, value)
	case partObjects:
		return j.objects.load(value)
	case partCalls:
		return j.calls.load(value)
	case partVerdicts:
		return j.out.load(key, value)
	case partWaiting:
		d := &events.Detection{}
		if err := json.Unmarshal(value, d); err != nil {
			return fmt.Errorf("read a detection that waits: %w", err)
		}
		kept, _ := j.out.waiting.Put(d.ID)
		*kept = d
		return nil
	case partClock:
		return j.setClock(value)
	}
	if err := j.inner.Load(part, key, value); err != nil {
		return err
	}
	j.shelf.put(part, key, value)
	return nil
}

func (j *Judge) setClock(value []byte) error {
	newest, n := binary.Uvarint(value)
	if n <= 0 {
		return errors.New("the clock is broken off")
	}
	ticked, m := binary.Uvarint(value[n:])
	if m <= 0 || newest > 1<<62 || ticked > 1<<62 {
		return errors.New("the clock is broken off")
	}
	j.newest, j.ticked = events.Time(newest), events.Time(ticked)
	return nil
}
