package dynamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// snapshots keeps each version of a name as chunks in a partition of its own, and the list of versions in the name's partition. A
// version is announced before its chunks are written and listed after the last of them: what is announced and not listed is half
// of one, and goes when it is old.
type snapshots struct{ *table }

const (
	chunkSize = 350 << 10
	// MaxSnapshot bounds what one version may have. It is a hundred times what the device model of 100,000 devices takes.
	MaxSnapshot = 1 << 30
	// abandoned is after how long an announced version that was never completed goes.
	abandoned = time.Hour
)

const snapshotNames = "N"

// announced and complete are the two lists in a name's partition.
const (
	announced = "a#"
	complete  = "v#"
)

func versionsOf(name string) string { return "N#" + name }

func chunkKey(name, version string, n int) key {
	return key{"NC#" + name + "#" + version, fmt.Sprintf("%06d", n)}
}

// version is one that is complete. Its name begins with the moment, so that the newest is the greatest.
type version struct {
	At     time.Time `json:"at"`
	Chunks int       `json:"chunks"`
	Name   string    `json:"name"`
}

// Save stores a version.
func (s snapshots) Save(ctx context.Context, name string, at time.Time, body io.Reader, keep int) error {
	if err := store.CheckID("name", name); err != nil {
		return err
	}
	if keep < 1 {
		return &store.Invalid{Field: "keep", Value: strconv.Itoa(keep), Allowed: "1 or more"}
	}
	now := s.now()
	v := version{At: at.Round(0).UTC(), Name: place(stamp(at), s.ticks.next(now)+unique())}
	if err := s.announce(ctx, name, v, now); err != nil {
		return err
	}
	var err error
	if v.Chunks, err = s.upload(ctx, name, v.Name, body); err != nil {
		// What was uploaded goes as well as it can; what stays goes with a later version.
		return errors.Join(err, s.drop(context.WithoutCancel(ctx), name, v.Name))
	}
	if err := s.commit(ctx, name, v); err != nil {
		return err
	}
	return s.prune(ctx, name, keep, now)
}

func (s snapshots) announce(ctx context.Context, name string, v version, now time.Time) error {
	body, err := pack(now)
	if err != nil {
		return err
	}
	return s.write(ctx, SnapshotCommit, []types.WriteRequest{putRequest(at(key{versionsOf(name), announced + v.Name}, body))})
}

func (s snapshots) upload(ctx context.Context, name, ver string, body io.Reader) (chunks int, err error) {
	for buf := make([]byte, chunkSize); ; chunks++ {
		n, err := io.ReadFull(body, buf)
		if n > 0 {
			if chunks*chunkSize > MaxSnapshot {
				return chunks, &store.Invalid{Field: "snapshot", Value: name, Allowed: fmt.Sprintf("at most %d bytes", MaxSnapshot)}
			}
			put := putRequest(at(chunkKey(name, ver, chunks), buf[:n]))
			if err := s.write(ctx, SnapshotChunk, []types.WriteRequest{put}); err != nil {
				return chunks, err
			}
		}
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return chunks + 1, nil
		case errors.Is(err, io.EOF):
			return chunks, nil
		case err != nil:
			return chunks, fmt.Errorf("read snapshot: %w", err)
		}
	}
}

// commit lists the version: from then on it is there.
func (s snapshots) commit(ctx context.Context, name string, v version) error {
	body, err := pack(v)
	if err != nil {
		return err
	}
	return s.transact(ctx, SnapshotCommit, []types.TransactWriteItem{
		s.putting(at(key{versionsOf(name), complete + v.Name}, body), condition{}),
		s.putting(at(key{snapshotNames, name}, nil), condition{}),
		s.deleting(key{versionsOf(name), announced + v.Name}, condition{}),
	})
}

// prune deletes all but the newest versions, and what was announced long ago and never completed.
func (s snapshots) prune(ctx context.Context, name string, keep int, now time.Time) error {
	low, high := beginning(complete)
	n := 0
	for it, err := range s.all(ctx, SnapshotVersions, span{pk: versionsOf(name), low: low, high: high, backwards: true, consistent: true}) {
		if err != nil {
			return err
		}
		if n++; n > keep {
			if err := s.drop(ctx, name, strings.TrimPrefix(textOf(it, attrSK), complete)); err != nil {
				return err
			}
		}
	}
	low, high = beginning(announced)
	for it, err := range s.all(ctx, SnapshotVersions, span{pk: versionsOf(name), low: low, high: high, consistent: true}) {
		if err != nil {
			return err
		}
		since := time.Time{}
		if err := unpack(it, attrBody, &since); err != nil {
			return err
		}
		if now.Sub(since) > abandoned {
			if err := s.drop(ctx, name, strings.TrimPrefix(textOf(it, attrSK), announced)); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop deletes a version. It becomes one that was announced long ago first, so that a crash half way leaves nothing that nobody finds.
func (s snapshots) drop(ctx context.Context, name, ver string) error {
	since, err := pack(time.Time{})
	if err != nil {
		return err
	}
	err = s.transact(ctx, SnapshotPrune, []types.TransactWriteItem{
		s.putting(at(key{versionsOf(name), announced + ver}, since), condition{}),
		s.deleting(key{versionsOf(name), complete + ver}, condition{}),
	})
	if err != nil {
		return err
	}
	if _, err := s.clear(ctx, SnapshotPrune, span{pk: chunkKey(name, ver, 0).pk, consistent: true, keysOnly: true}); err != nil {
		return err
	}
	return s.write(ctx, SnapshotPrune, []types.WriteRequest{deleteRequest(key{versionsOf(name), announced + ver})})
}

// Load opens the newest complete version. Its chunks are read as the caller reads.
func (s snapshots) Load(ctx context.Context, name string) (io.ReadCloser, time.Time, error) {
	low, high := beginning(complete)
	items, _, err := s.page(ctx, SnapshotVersions, span{pk: versionsOf(name), low: low, high: high, backwards: true, consistent: true, limit: 1}, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(items) == 0 {
		return nil, time.Time{}, notFound("snapshot", name)
	}
	v := version{}
	if err := unpack(items[0], attrBody, &v); err != nil {
		return nil, time.Time{}, err
	}
	return io.NopCloser(&chunks{ctx: ctx, from: s, name: name, version: v}), v.At, nil
}

// chunks reads a version.
type chunks struct {
	ctx     context.Context
	from    snapshots
	name    string
	version version
	n       int
	rest    []byte
}

func (c *chunks) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		if c.n == c.version.Chunks {
			return 0, io.EOF
		}
		it, err := c.from.get(c.ctx, SnapshotLoad, chunkKey(c.name, c.version.Name, c.n))
		if err != nil {
			return 0, err
		}
		b, ok := it[attrBody].(*types.AttributeValueMemberB)
		if !ok {
			return 0, fmt.Errorf("read snapshot %s: part %d of %d is gone: a newer version took its place", c.name, c.n+1, c.version.Chunks)
		}
		c.n, c.rest = c.n+1, b.Value
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Names lists what there is, sorted.
func (s snapshots) Names(ctx context.Context) ([]string, error) {
	names := []string{}
	for it, err := range s.all(ctx, SnapshotNames, span{pk: snapshotNames, consistent: true}) {
		if err != nil {
			return nil, err
		}
		names = append(names, textOf(it, attrSK))
	}
	slices.Sort(names)
	return names, nil
}
