package state

import (
	"errors"
	"fmt"
)

// source is a file of the chain, looked through: which frames of it count.
type source struct {
	link
	f     file
	scan  scan
	at    int64 // its last minute; 0 where none is whole
	whole bool  // a snapshot: its end is there
	bad   error // it cannot be read at all
	head  error // what is wrong with its header; frames that are whole are used all the same
}

// openSource looks through a file. An error is of opening it.
func openSource(c *chain, l link) (*source, error) {
	f, err := c.disk.open(c.path(l.name))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", l.name, err)
	}
	s := &source{link: l, f: f}
	if s.bytes, err = f.size(); err != nil {
		return nil, errors.Join(fmt.Errorf("measure %s: %w", l.name, err), f.Close())
	}
	s.read()
	return s, nil
}

func (s *source) read() {
	head := make([]byte, min(fileHeader, s.bytes))
	if _, err := s.f.ReadAt(head, 0); err != nil && len(head) > 0 {
		s.bad = err
		return
	}
	k, generation, err := readFileHeader(head)
	if err == nil && (k != s.kind || generation != s.generation) {
		err = errors.New("its header is another file's")
	}
	if errors.As(err, new(otherFormat)) {
		s.bad = err
		return
	}
	s.scan = scanFrames(s.f, s.bytes)
	s.cut()
	if err != nil && (s.kind == aSnapshot || len(s.scan.frames) > 0) { // a log without a minute was being made when everything stopped
		s.head = err
	}
}

// cut leaves what lies behind the last whole minute. A snapshot without its end is used as far as it goes: it was whole once.
func (s *source) cut() {
	frames, holes := s.scan.frames, s.scan.holes
	_, found, last := s.scan.committed()
	if found {
		if b, err := readPayload(s.f, &last, new([]byte)); err == nil {
			s.at, _, _ = readCommit(b) //nolint:errcheck // its checksum is right; of a stranger's frame the minute is 0
		}
	}
	if s.kind != aSnapshot {
		if !found {
			s.scan = scan{}
		}
		return
	}
	if s.whole = found && last.what == ofEnd; !s.whole {
		s.scan = scan{frames, holes}
	}
}

// left says what is wrong with a file, a line each; none where nothing is.
func (s *source) left() []string {
	var lines []string
	var format otherFormat
	switch {
	case errors.As(s.bad, &format):
		return []string{fmt.Sprintf("%s: it is of format %d, and this program reads format %d: nothing of it is used", s.name, uint32(format), fileFormat)}
	case s.bad != nil:
		return []string{fmt.Sprintf("%s: %v: nothing of it is used", s.name, s.bad)}
	}
	if s.head != nil {
		lines = append(lines, fmt.Sprintf("%s: %v: its entries are used where they are whole", s.name, s.head))
	}
	for _, h := range s.scan.holes {
		lines = append(lines, fmt.Sprintf("%s: damaged from byte %d to %d: the entries in these %d bytes are left out, or stand as an earlier minute had them",
			s.name, h.from, h.to, h.to-h.from))
	}
	if s.kind == aSnapshot && !s.whole {
		lines = append(lines, fmt.Sprintf("%s: cut short at byte %d: what came after it is left out", s.name, s.bytes))
	}
	return lines
}

func (e otherFormat) Error() string { return fmt.Sprintf("format %d", uint32(e)) }

// openSources looks through all files and finds where the chain begins: at the newest snapshot that is whole. What is before that was to be
// deleted when the program ended, and is given back as stale.
func openSources(c *chain, links []link) (list []*source, stale []link, err error) {
	for _, l := range links {
		s, err := openSource(c, l)
		if err != nil {
			closeSources(list)
			return nil, nil, err
		}
		list = append(list, s)
	}
	for i := len(list) - 1; i > 0; i-- {
		if list[i].kind == aSnapshot && list[i].whole {
			closeSources(list[:i])
			for _, s := range list[:i] {
				stale = append(stale, s.link)
			}
			return list[i:], stale, nil
		}
	}
	return list, nil, nil
}

func closeSources(list []*source) {
	for _, s := range list {
		s.f.Close() //nolint:errcheck // nothing was written
	}
}
