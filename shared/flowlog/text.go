package flowlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// counter keeps the account of a file.
type counter struct {
	limit Options
	stats Stats
}

// bad counts a line that makes no sense, and keeps the first few.
func (c *counter) bad(line uint64, field string, value []byte, allowed string) {
	c.stats.Bad++
	if len(c.stats.Problems) < c.limit.MaxProblems {
		c.stats.Problems = append(c.stats.Problems, Problem{Line: line, Field: field, Value: shorten(string(value)), Allowed: allowed})
	}
}

// keep says whether a line that was read is a record, and counts it where it is not.
func (c *counter) keep(r *Record) bool {
	if r.End < r.Start && r.Has(Start) && r.Has(End) {
		c.bad(r.Line, End.String(), fmt.Append(nil, r.End), fmt.Sprintf("at or after start, %d", r.Start))
		return false
	}
	c.stats.Newest = max(c.stats.Newest, r.End)
	switch {
	case r.Status == SkipData:
		c.stats.SkipData++
		if len(c.stats.Skips) < maxSkips {
			c.stats.Skips = append(c.stats.Skips, Skip{r.Text(Interface), r.Start, r.End})
		}
		return false
	case r.Status == NoData || r.empty():
		c.stats.NoData++
		return false
	}
	return true
}

// shorten cuts what goes into a message.
func shorten(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return s[:most-3] + "..."
}

// parser turns lines into records.
type parser struct {
	*counter
	names   names
	columns []Field
}

// parse reads one line, and says whether it is a record.
func (p *parser) parse(r *Record, number uint64, line []byte) bool {
	*r = Record{Line: number}
	at, rest := 0, line
	for {
		value, more := cut(&rest)
		if !more {
			break
		}
		if at == 0 && isExportTime(value) {
			continue
		}
		if at == len(p.columns) {
			at = maxColumns // too many
			break
		}
		f := p.columns[at]
		at++
		if f == unknown {
			continue
		}
		if allowed := p.names.set(r, f, value); allowed != "" {
			p.bad(number, f.String(), value, allowed)
			return false
		}
	}
	if at != len(p.columns) {
		p.bad(number, "line", line, fmt.Sprintf("%d fields: a header line, or the format, says which", len(p.columns)))
		return false
	}
	return p.keep(r)
}

// cut takes the next value off a line; values are parted by blanks.
func cut(rest *[]byte) (value []byte, ok bool) {
	b := *rest
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	if len(b) == 0 {
		return nil, false
	}
	end := 0
	for end < len(b) && b[end] != ' ' && b[end] != '\t' { // values are so short that this is faster than a search
		end++
	}
	value, *rest = b[:end], b[end:]
	return value, true
}

// isExportTime says whether a value is the time that CloudWatch Logs sets before each line of an export to S3: 2026-11-26T07:00:00.000Z.
func isExportTime(b []byte) bool {
	return len(b) >= 20 && len(b) <= 30 && b[4] == '-' && b[10] == 'T' && b[len(b)-1] == 'Z'
}

// textFile is a file of text.
type textFile struct {
	parser
	in    *bufio.Reader
	limit Options
	line  uint64
	size  int64
	begun bool
	err   error
}

func (t *textFile) next(batch []Record) (n int, err error) {
	for n < len(batch) && t.err == nil {
		line, ok := t.read()
		if !ok || len(line) == 0 {
			continue
		}
		if !t.begun && t.begin(line) {
			continue
		}
		if t.parse(&batch[n], t.line, line) {
			n++
		}
	}
	if n > 0 && (t.err == nil || errors.Is(t.err, io.EOF)) || len(batch) == 0 {
		return n, nil
	}
	return n, t.err
}

// begin looks at the first line, and says whether it was a header. A header is right whatever format was expected.
func (t *textFile) begin(line []byte) bool {
	t.begun = true
	if len(line) > maxColumns*64 || !isHeader(string(line)) {
		return false
	}
	columns, strange := formatOf(string(line))
	if len(columns) > maxColumns {
		t.err = fmt.Errorf("read header: %d fields, want at most %d: %w", len(columns), maxColumns, ErrFormat)
		return true
	}
	t.columns, t.stats.Unknown = columns, strange
	return true
}

// read gives the next line without its end. A line that is too long is counted and passed over.
func (t *textFile) read() (line []byte, ok bool) {
	line, err := t.in.ReadSlice('\n')
	t.line++
	t.size += int64(len(line))
	long := errors.Is(err, bufio.ErrBufferFull) || len(line) > t.limit.MaxLine+1
	if long {
		t.bad(t.line, "line", line, fmt.Sprintf("at most %d bytes long", t.limit.MaxLine))
	}
	for errors.Is(err, bufio.ErrBufferFull) && t.size <= t.limit.MaxText {
		var more []byte
		more, err = t.in.ReadSlice('\n')
		t.size += int64(len(more))
	}
	switch {
	case t.size > t.limit.MaxText:
		t.err = fmt.Errorf("read flow log: more than %d bytes: %w", t.limit.MaxText, ErrTooLarge)
	case errors.Is(err, io.EOF):
		t.err = io.EOF
	case err != nil:
		t.err = fmt.Errorf("read flow log, line %d: %w", t.line, err)
		return nil, false // the rest of a line that was cut off says nothing
	}
	return bytes.TrimRight(line, "\r\n"), !long
}

// Lines turns single lines into records: the messages of a log group, which have no header.
type Lines struct {
	counter
	parser parser
}

// NewLines makes one for the format in the options.
func NewLines(o Options) (*Lines, error) {
	l := &Lines{counter: counter{limit: o.filled()}}
	l.parser.counter = &l.counter
	l.parser.columns, l.stats.Unknown = formatOf(orDefault(o.Format))
	if n := len(l.parser.columns); n > maxColumns {
		return nil, fmt.Errorf("read format: %d fields, want at most %d: %w", n, maxColumns, ErrFormat)
	}
	return l, nil
}

// Read reads one line, and says whether it is a record. The line is not kept.
func (l *Lines) Read(line []byte, r *Record) bool {
	number := l.stats.Records + l.stats.Bad + l.stats.NoData + l.stats.SkipData + 1
	if len(line) > l.limit.MaxLine {
		l.bad(number, "line", line, fmt.Sprintf("at most %d bytes long", l.limit.MaxLine))
		return false
	}
	ok := l.parser.parse(r, number, bytes.TrimRight(line, "\r\n"))
	if ok {
		l.stats.Records++
	}
	return ok
}

// Stats says what the lines held so far.
func (l *Lines) Stats() Stats { return l.stats }
