package state

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
)

// WriteFile writes entries to a file of their own, in the form of a snapshot, so that another folder can take them in. At is the minute that
// they stand at. The file must not be there yet.
func WriteFile(path string, at int64, entries []Entry) error {
	c := &chain{dir: filepath.Dir(path), disk: osDisk{}}
	f, err := c.disk.create(path + tmpSuffix)
	if err != nil {
		return err
	}
	err = fillFile(f, at, entries)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = c.disk.rename(path+tmpSuffix, path)
	}
	if err != nil {
		c.disk.remove(path + tmpSuffix) //nolint:errcheck // the first error counts
		return fmt.Errorf("write %s: %w", path, err)
	}
	return c.disk.sync(c.dir)
}

func fillFile(f file, at int64, entries []Entry) error {
	c, err := newCodec()
	if err != nil {
		return err
	}
	defer c.close()
	p := &packer{f: f, codec: c, compress: true, buf: appendFileHeader(nil, aSnapshot, 0)}
	for i := range entries {
		if err := p.add(&entries[i]); err != nil {
			return err
		}
	}
	if _, err := p.end(at); err != nil {
		return err
	}
	return f.Sync()
}

// ReadFile shows every entry of a file that WriteFile has written. The report tells what is damaged; an error is of a file that is none.
func ReadFile(path string, each func(Entry) error) (Report, error) {
	c := &chain{dir: filepath.Dir(path), disk: osDisk{}}
	s, err := openSource(c, link{name: filepath.Base(path), kind: aSnapshot})
	if err != nil {
		return Report{}, err
	}
	defer closeSources([]*source{s})
	if len(s.scan.frames) == 0 {
		why := cmp.Or(s.bad, s.head, errors.New("nothing is in it"))
		return Report{}, fmt.Errorf("read %s: %w", s.name, why)
	}
	return walkAll([]*source{s}, nil, nil, each)
}
