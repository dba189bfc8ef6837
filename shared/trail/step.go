package trail

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// lists are the names of the lists of records in the files that AWS writes and in the answers that its command line prints.
var lists = []string{"Records", "Events", "records", "events"}

// step goes on to the next value. got is true where it was a call.
func (r *Reader) step(c *events.CloudTrail) (got bool, err error) {
	also := byte(',')
	if r.place == between {
		also = '\n'
	}
	if !r.skipSpace(also) {
		return false, r.ended(r.place != between)
	}
	switch first := r.buf[r.at]; {
	case r.place == behind:
		return false, r.close()
	case r.place == listed && first == ']':
		r.at++
		r.place = behind
		if r.bare {
			r.place = between
		}
		return false, nil
	case r.place == between && first == '[':
		r.at++
		r.place, r.bare = listed, true
		return false, nil
	case r.place == between && first == '{' && r.openList():
		r.place, r.bare = listed, false
		return false, nil
	case r.place == between && first != '{':
		return false, r.strayLine()
	}
	return r.element(c)
}

// openList enters the list of records, where the object that begins here holds one as its first member.
func (r *Reader) openList() bool {
	r.ahead(512)
	s := r.rest()
	at := space(s, 1)
	for _, name := range lists {
		if behind, ok := bytes.CutPrefix(s[min(at, len(s)):], []byte(`"`+name+`"`)); ok {
			n := space(behind, 0)
			if n < len(behind) && behind[n] == ':' {
				if n = space(behind, n+1); n < len(behind) && behind[n] == '[' {
					r.at += len(s) - len(behind) + n + 1
					return true
				}
			}
		}
	}
	return false
}

// close goes behind the object that held the list, over what else it holds: a marker to the next page, as lookup-events prints.
func (r *Reader) close() error {
	r.ahead(4 << 10)
	end := bytes.IndexByte(r.rest(), '}')
	if end < 0 {
		return fmt.Errorf("read trail: byte %d: the list of records is not followed by the end of its object", r.offset())
	}
	r.at += end + 1
	r.place = between
	return nil
}

// strayLine passes over what stands before a record in its line: the time, in what CloudWatch Logs exports. A line without a record is counted.
func (r *Reader) strayLine() error {
	r.ahead(512)
	s := r.rest()
	brace, end := bytes.IndexByte(s, '{'), bytes.IndexByte(s, '\n')
	if brace >= 0 && (end < 0 || brace < end) && brace < 512 {
		r.at += brace
		return nil
	}
	if end < 0 {
		end = len(s)
	}
	r.problem(&Problem{Field: "record", Value: r.parser.text(s[:end], 40), Allowed: "a JSON object"})
	r.index++
	r.skipLine()
	return nil
}

// element reads one value as a record.
func (r *Reader) element(c *events.CloudTrail) (got bool, err error) {
	end, err := r.parser.outer.parse(r.rest())
	for errors.Is(err, errShort) && r.more() {
		end, err = r.parser.outer.parse(r.rest())
	}
	if err != nil {
		return false, r.broken(err)
	}
	passed, bad := r.parser.unwrap(c)
	switch {
	case bad != nil:
		r.problem(bad)
	case passed:
		r.passed++
	default:
		got = true
	}
	r.at += end
	r.index++
	return got, nil
}

// broken goes on behind a record that cannot be read.
func (r *Reader) broken(why error) error {
	skip := 1
	var no *notJSON
	switch {
	case errors.As(why, &no):
		skip = max(no.at, 1)
		r.problem(&Problem{Field: "record", Value: fmt.Sprintf("byte %d", r.offset()+int64(no.at)), Allowed: "JSON: " + no.why})
	case r.end-r.at >= maxRecord:
		skip = r.end - r.at
		r.problem(&Problem{Field: "record", Value: fmt.Sprintf("byte %d", r.offset()), Allowed: fmt.Sprintf("of at most %d bytes", maxRecord)})
	default:
		return r.ended(true)
	}
	r.index++
	if r.place == between && errors.As(why, &no) {
		r.skipLine()
		return nil
	}
	if !r.seek(skip) {
		return r.ended(r.place != between)
	}
	return nil
}

// ended says how the file ended: well, or in the middle.
func (r *Reader) ended(inside bool) error {
	switch {
	case r.failed != nil && !errors.Is(r.failed, io.EOF):
		return fmt.Errorf("read trail: behind record %d, byte %d: %w", r.index, r.before+int64(r.end), r.failed)
	case inside:
		return fmt.Errorf("read trail: the file is cut off behind record %d, byte %d: %w", r.index, r.before+int64(r.end), io.ErrUnexpectedEOF)
	}
	return io.EOF
}
