package flowjudge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// walk gives the entries of a snapshot in their order. What each is shown is its own only during the call.
func walk(packed []byte, each func(p detect.Part, key, value []byte)) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	r := unpacker{from: bufio.NewReaderSize(io.LimitReader(z, maxWhole), 64<<10)}
	if have := make([]byte, len(head)); r.full(have) != nil || string(have) != head {
		return fmt.Errorf("it begins with %.32q, not with %q", have, head)
	}
	for {
		part, key, value, err := r.entry()
		if err != nil {
			return err
		}
		if part.Name == "" {
			return r.end()
		}
		each(part, key, value)
	}
}

// unpacker reads what packer wrote. What it gives is its own until the next entry.
type unpacker struct {
	from       *bufio.Reader
	name       []byte
	key, value []byte
}

func (u *unpacker) full(b []byte) error {
	_, err := io.ReadFull(u.from, b)
	return err
}

// entry reads the next one; the last has no name.
func (u *unpacker) entry() (p detect.Part, key, value []byte, err error) {
	if u.name, err = u.text(u.name, maxText); err != nil || len(u.name) == 0 {
		return p, nil, nil, broken(err)
	}
	version, err := binary.ReadUvarint(u.from)
	if err != nil || version > 1<<16 {
		return p, nil, nil, broken(errors.Join(err, fmt.Errorf("version %d", version)))
	}
	if u.key, err = u.text(u.key, maxKey); err != nil {
		return p, nil, nil, broken(err)
	}
	if u.value, err = u.text(u.value, maxValue); err != nil {
		return p, nil, nil, broken(err)
	}
	return detect.Part{Name: string(u.name), Version: int(version)}, u.key, u.value, nil
}

func broken(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("it is broken off: %w", err)
}

// text reads a text of at most so many bytes into the room of an earlier one.
func (u *unpacker) text(room []byte, most uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(u.from)
	if err != nil {
		return room[:0], err
	}
	if n > most {
		return room[:0], fmt.Errorf("a text of %d bytes, at most %d are read", n, most)
	}
	if uint64(cap(room)) < n {
		room = make([]byte, n)
	}
	room = room[:n]
	return room, u.full(room)
}

// end reads what is behind the last entry, so that the checksum of the whole is held against what was read.
func (u *unpacker) end() error {
	n, err := io.Copy(io.Discard, u.from)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d bytes behind the end", n)
	}
	return broken(err)
}
