// Package trail knows what was called: CloudTrail's records, read from the files and events in which AWS delivers them, kept in an index by
// the quarter of an hour, and put in order of what they have to do with a detection. What comes in is bytes of log files, details of
// EventBridge events, and documents of the index; what goes out is calls without their secrets, documents, and for a detection the calls
// that matter to it, with the reason. Reading and ranking never talk to a store and never read a clock; only Keep writes, to the store that
// it is given. Nothing of a secret is kept, logged or returned.
package trail

import (
	"errors"
	"fmt"
	"io"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Bounds of what is read.
const (
	maxRecord   = 1 << 20 // bytes of one record: four times what CloudTrail's own events may have
	maxUnpacked = 1 << 30 // bytes of one file
	bombFrom    = 64 << 20
	bombRatio   = 200 // beyond bombFrom no more bytes than this are unpacked of each: logs come to 10 to 40
	maxProblems = 20  // of one file, told with their reasons; the others are counted
)

// FromEvent reads the detail of an event of EventBridge: "AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail" or "AWS
// Service Event via CloudTrail". The whole event does as well. The error says which field makes no sense.
func FromEvent(detail []byte, c *events.CloudTrail) error {
	if len(detail) > maxRecord {
		return fmt.Errorf("read event: %d bytes are more than the %d of a record", len(detail), maxRecord)
	}
	p := newParser()
	end, err := p.outer.parse(detail)
	if err == nil && space(detail, end) != len(detail) {
		err = &notJSON{end, "something follows"}
	}
	if err != nil {
		return fmt.Errorf("read event: byte %d: %w", end, err)
	}
	passed, bad := p.unwrap(c)
	switch {
	case bad != nil:
		return fmt.Errorf("read event: %w", bad)
	case passed:
		return errors.New("read event: it is an insight of CloudTrail's own, not a call")
	}
	return nil
}

// unwrap finds the record in the value that was read last, and reads it: the value itself, the detail of an event of EventBridge, or
// a text that holds a record, as the answers of lookup-events, of CloudTrail Lake and of CloudWatch Logs do.
func (p *parser) unwrap(c *events.CloudTrail) (passed bool, bad *Problem) {
	t := &p.outer
	if t.nodes[0].kind != object {
		return false, &Problem{Field: "record", Value: p.text(t.raw(0), 40), Allowed: "a JSON object"}
	}
	if t.find(0, "eventName") >= 0 {
		return p.record(t, 0, c)
	}
	if i := t.find(0, "detail"); i >= 0 && t.nodes[i].kind == object && t.find(0, "detail-type") >= 0 {
		return p.record(t, i, c)
	}
	for _, name := range [...]string{"CloudTrailEvent", "eventJson", "message"} {
		if i := t.find(0, name); i >= 0 && t.nodes[i].kind == text {
			return p.inText(t.text(i), c)
		}
	}
	return p.record(t, 0, c) // which says what is missing
}

func (p *parser) inText(s []byte, c *events.CloudTrail) (passed bool, bad *Problem) {
	if _, err := p.inner.parse(s); err != nil || p.inner.nodes[0].kind != object {
		return false, &Problem{Field: "record", Value: p.text(s[:min(len(s), 40)], 40), Allowed: "a JSON object in a text"}
	}
	return p.record(&p.inner, 0, c)
}

// Reader reads the calls of a file, one after the other: {"Records":[...]} as AWS writes it to S3, or records one behind the other, a line
// each or not, packed with gzip or plain. It holds a record at a time, never the file. It belongs to one goroutine.
type Reader struct {
	window
	parser   *parser
	place    place
	bare     bool // the list has no object around it
	index    int  // of the record that is next
	skipped  uint64
	passed   uint64
	problems []*Problem
	done     error
}

// place is where in a file the reader stands.
type place uint8

const (
	between place = iota // outside every value, or between the lines
	listed               // in the list of records
	behind               // behind that list, in the object that holds it
)

// NewReader begins to read a file. The error is for what is packed in a way that is not known.
func NewReader(r io.Reader) (*Reader, error) {
	in, err := unpacked(r)
	if err != nil {
		return nil, err
	}
	return &Reader{window: window{in: in}, parser: newParser()}, nil
}

// Next reads the next call that makes sense into c. At the end it gives io.EOF; a file that is cut off in the middle gives what it holds, and
// then an error that is io.ErrUnexpectedEOF.
func (r *Reader) Next(c *events.CloudTrail) error {
	for r.done == nil {
		var got bool
		if got, r.done = r.step(c); got {
			return nil
		}
	}
	return r.done
}

// Skipped is how many records made no sense so far.
func (r *Reader) Skipped() uint64 { return r.skipped }

// Passed is how many records were no calls so far: CloudTrail's insights.
func (r *Reader) Passed() uint64 { return r.passed }

// Problems says of the first records that made no sense which field was wrong.
func (r *Reader) Problems() []*Problem { return r.problems }

func (r *Reader) problem(p *Problem) {
	p.Index = r.index
	r.skipped++
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, p)
	}
}
