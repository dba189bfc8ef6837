// Package redis reads the protocol of Redis (RESP, versions 2 and 3). What comes in is ordered stream bytes; what goes out is one events.Redis for
// each command that rules the server, and one events.Login for each log-in. Commands that read and write keys are passed over, since a
// server answers a hundred thousand of them a second. It never keeps a password or a value of a key, and holds no more than a line.
package redis

import (
	"bytes"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "redis",
	Over:  analyzer.TCP,
	Ports: []uint16{6379, 6380, 26379},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	maxLine     = 4096    // of a line, without its end
	maxElements = 1 << 20 // of an array, as the server has it
	maxBulk     = 1 << 29 // of a text, as the server has it
	maxOwed     = 1 << 24 // elements of a reply that are still to come
	maxArgs     = 6       // of a command that are read
	maxArg      = 256     // bytes of each
	maxWaiting  = 64      // commands whose answers are waited for
)

// waiting is a command that a reply is to come for, and how many replies of others come before.
type waiting struct {
	before int
	record *events.Redis
	login  *events.Login
}

type reader struct {
	conv      *analyzer.Conversation
	confirmed bool
	skip      [2]int

	left int // arguments of the client's command that are still to come
	args [][]byte

	owed  int  // elements of the server's reply that are still to come
	first byte // type of the reply
	text  string

	queue    []waiting
	trailing int // replies to come for commands after the last of the queue
	over     bool
}

// Feed reads commands and replies.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		rest := c.Data[n:]
		if some := min(r.skip[c.Dir], len(rest)); some > 0 {
			r.skip[c.Dir] -= some
			n += some
			continue
		}
		line, used := cutLine(rest)
		if used == 0 {
			if len(rest) > maxLine {
				return n, analyzer.ErrNotMine
			}
			return n, nil
		}
		if c.Dir == flow.Orig {
			used, err = r.client(line, rest, used, events.Time(c.Time))
		} else {
			err = r.server(line)
		}
		n += used
		if err != nil || used == 0 {
			return n, err
		}
	}
	return n, nil
}

// cutLine gives a line without its end, and how many bytes it takes with it.
func cutLine(b []byte) (line []byte, used int) {
	end := bytes.IndexByte(b[:min(len(b), maxLine+2)], '\n')
	if end < 0 {
		return nil, 0
	}
	return bytes.TrimSuffix(b[:end], []byte{'\r'}), end + 1
}

// client reads a line of the client: an array's length, an argument's with the argument, or a command as people type it.
func (r *reader) client(line, rest []byte, used int, at events.Time) (n int, err error) {
	switch {
	case r.left > 0:
		return r.argument(line, rest, used, at)
	case len(line) == 0:
		return used, nil
	case line[0] == '*':
		count, ok := number(line[1:])
		if !ok || count > maxElements {
			return used, analyzer.ErrNotMine
		}
		r.left, r.args = max(count, 0), r.args[:0]
		return used, nil
	}
	r.args = append(r.args[:0], bytes.Fields(line[:min(len(line), maxArgs*maxArg)])...)
	r.args = r.args[:min(len(r.args), maxArgs)]
	return used, r.command(at)
}

func (r *reader) argument(line, rest []byte, used int, at events.Time) (n int, err error) {
	size, ok := 0, false
	if len(line) > 1 && line[0] == '$' {
		size, ok = number(line[1:])
	}
	if !ok || size < 0 || size > maxBulk {
		return used, analyzer.ErrNotMine
	}
	keep := 0
	if len(r.args) < maxArgs {
		if keep = min(size, maxArg); len(rest) < used+keep {
			return 0, nil
		}
		r.args = append(r.args, bytes.Clone(rest[used:used+keep]))
	}
	r.skip[flow.Orig] = size - keep + 2
	if r.left--; r.left > 0 {
		return used + keep, nil
	}
	r.confirm()
	return used + keep, r.command(at)
}

// server reads a line of a reply. A reply is done when nothing is owed any more; what a server says unasked begins with > and answers nothing.
func (r *reader) server(line []byte) error {
	if len(line) == 0 {
		return analyzer.ErrNotMine
	}
	if r.owed == 0 {
		r.owed, r.first, r.text = 1, line[0], ""
		if line[0] == '+' || line[0] == '-' {
			r.text = kept(line)
		}
	}
	more, err := r.element(line)
	if err != nil {
		return err
	}
	if r.owed += more - 1; r.owed > maxOwed {
		return analyzer.ErrDone
	}
	if r.owed == 0 && r.first != '>' {
		r.answered()
	}
	if r.over && len(r.queue) == 0 {
		return analyzer.ErrDone
	}
	return nil
}

// element says how many elements stand inside this one.
func (r *reader) element(line []byte) (more int, err error) {
	switch line[0] {
	case '+', '-', ':', '_', '#', ',', '(':
		return 0, nil
	}
	n, ok := number(line[1:])
	if !ok {
		return 0, analyzer.ErrNotMine
	}
	switch {
	case n < 0: // none, as version 2 says it
		return 0, nil
	case line[0] == '$' || line[0] == '=' || line[0] == '!':
		if n > maxBulk {
			return 0, analyzer.ErrNotMine
		}
		r.skip[flow.Resp] = n + 2
		return 0, nil
	case n > maxOwed:
		return 0, analyzer.ErrNotMine
	case line[0] == '*' || line[0] == '~' || line[0] == '>':
		return n, nil
	case line[0] == '%':
		return 2 * n, nil
	case line[0] == '|': // remarks in front of the element itself
		return 2*n + 1, nil
	}
	return 0, analyzer.ErrNotMine
}

func number(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 12 {
		return 0, false
	}
	n, err := strconv.Atoi(string(b))
	return n, err == nil
}

// Gap loses the place.
func (r *reader) Gap(flow.Dir, int) error { return analyzer.ErrDone }

// Close tells of what was not answered.
func (r *reader) Close() {
	for i := range r.queue {
		r.tell(&r.queue[i])
	}
	r.queue = nil
}

func (r *reader) confirm() {
	if !r.confirmed {
		r.confirmed = true
		r.conv.Confirm("")
	}
}

func kept(b []byte) string { return analyzer.Text(b[:min(len(b), maxArg)]) }
