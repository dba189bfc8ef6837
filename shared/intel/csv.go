package intel

import (
	"strconv"
	"strings"
	"time"
)

// column is what a column of a table is about.
type column uint8

const (
	noColumn column = iota
	valueColumn
	typeColumn
	sourceColumn
	confidenceColumn
	fromColumn
	untilColumn
	textColumn
	belowColumn
	kindColumn // a value of the kind that the column's name says
)

// columns is a header that was understood.
type columns struct {
	by    byte // what parts the fields
	roles []column
	kinds []Kind
}

// newColumns reads a header; nil where it is none. A header names a column of values; in a comment, which may be a sentence with commas, two
// columns that are known.
func newColumns(line string, comment bool) *columns {
	for _, by := range []byte{',', '\t', ';', '|'} {
		fields, ok := cut(nil, line, by)
		if !ok || len(fields) < 2 && by != ',' {
			continue
		}
		c := columns{by: by, roles: make([]column, len(fields)), kinds: make([]Kind, len(fields))}
		values, known := 0, 0
		for i, f := range fields {
			c.roles[i], c.kinds[i] = roleOf(f)
			if c.roles[i] == valueColumn || c.roles[i] == kindColumn {
				values++
			}
			if c.roles[i] != noColumn {
				known++
			}
		}
		if values > 0 && (known > 1 || !comment) {
			return &c
		}
	}
	return nil
}

func roleOf(name string) (column, Kind) {
	name = joined.Replace(strings.ToLower(strings.Trim(strings.TrimSpace(name), `"`)))
	switch name {
	case "indicator", "value", "ioc", "ioc_value", "indicator_value", "observable":
		return valueColumn, Unknown
	case "type", "indicator_type", "ioc_type", "kind", "observable_type":
		return typeColumn, Unknown
	case "source", "feed", "provider", "reporter", "meta_source", "source_name":
		return sourceColumn, Unknown
	case "confidence", "confidence_level", "meta_confidence":
		return confidenceColumn, Unknown
	case "first_seen", "first_seen_utc", "firstseen", "valid_from", "created", "date", "dateadded", "date_added", "listingdate", "from":
		return fromColumn, Unknown
	case "valid_until", "expires", "expiration", "expiry", "until":
		return untilColumn, Unknown
	case "tags", "tag", "malware", "malware_printable", "threat_type", "threat", "description", "desc", "comment", "notes", "meta_desc", "listingreason", "signature":
		return textColumn, Unknown
	case "subdomains", "include_subdomains":
		return belowColumn, Unknown
	}
	if k, known := kindOf(name); known && k != Unknown {
		return kindColumn, k
	}
	return noColumn, Unknown
}

// table reads lines of CSV.
type table struct {
	r       *reading
	header  string
	seen    bool
	columns *columns
	fields  []string
}

func (t *table) line(line int, text string) error {
	if !t.seen && text == t.header {
		t.seen = true
		return nil
	}
	if trimmed := strings.TrimSpace(text); trimmed == "" || strings.HasPrefix(trimmed, "#") {
		return nil
	}
	var ok bool
	if t.fields, ok = cut(t.fields[:0], text, t.columns.by); !ok {
		t.r.complain(line, text, "a field that begins with a quotation mark ends with one, in the same line")
		return nil
	}
	row := rowOf(t.r, line, t.columns, t.fields)
	if row.unused {
		t.r.out.Unused++
		return nil
	}
	if row.bad {
		return nil
	}
	values := 0
	for i, role := range t.columns.roles {
		if i >= len(t.fields) || t.fields[i] == "" {
			continue
		}
		kind := t.columns.kinds[i]
		if role == valueColumn {
			kind = row.kind
		} else if role != kindColumn {
			continue
		}
		values++
		if err := t.r.take(line, kind, t.fields[i], row.fill); err != nil {
			return err
		}
	}
	if values == 0 {
		t.r.complain(line, text, "there is nothing in the column of values")
	}
	return nil
}

// row is what a line says beside its values.
type row struct {
	kind        Kind
	bad, unused bool
	source      string
	confidence  int // -1 where nobody says
	from, until int64
	text        string
	below       bool
}

func rowOf(r *reading, line int, c *columns, fields []string) row {
	out := row{confidence: -1}
	for i, role := range c.roles {
		if i >= len(fields) || fields[i] == "" || fields[i] == "-" {
			continue
		}
		f := fields[i]
		var ok bool
		switch role {
		case typeColumn:
			if out.kind, ok = kindOf(f); !ok {
				out.unused = unmatched(f)
				if out.bad = !out.unused; out.bad {
					r.complain(line, f, "a type is address, domain, url, ja3, ja4, certificate_sha1, certificate_sha256, file_md5, file_sha1 or file_sha256")
				}
			}
		case sourceColumn:
			out.source = f
		case confidenceColumn:
			if out.confidence, ok = confidence(f); !ok {
				out.confidence = -1
				r.complain(line, f, "a confidence is a whole number from 0 to 100, or low, medium or high; the indicator is used without")
			}
		case fromColumn:
			out.from = r.moment(line, f)
		case untilColumn:
			out.until = r.moment(line, f)
		case textColumn:
			out.text = strings.TrimPrefix(out.text+"; "+f, "; ")
		case belowColumn:
			out.below, _ = strconv.ParseBool(strings.ToLower(f))
		}
	}
	return out
}

func (w *row) fill(in *Indicator) {
	if w.source != "" {
		in.Source = w.source
	}
	if w.confidence >= 0 {
		in.Confidence = uint8(w.confidence)
	}
	in.From, in.Until, in.Text = w.from, w.until, w.text
	in.Below = in.Kind == Domain && (in.Below || w.below)
}

func confidence(s string) (int, bool) {
	switch strings.ToLower(s) {
	case "low":
		return 15, true // STIX 2.1, appendix A: None, Low, Med, High
	case "medium", "med":
		return 50, true
	case "high":
		return 85, true
	}
	n, err := strconv.Atoi(strings.TrimSuffix(s, "%"))
	return n, err == nil && n >= 0 && n <= 100
}

const whatMoment = "a moment is like 2006-01-02T15:04:05Z, 2006-01-02 15:04:05 or 2006-01-02, or seconds since 1970; the indicator is used without"

// moment reads a moment where there is one, and complains of one that makes no sense.
func (r *reading) moment(line int, text string) int64 {
	if text == "" {
		return 0
	}
	t, ok := moment(text)
	if !ok {
		r.complain(line, text, whatMoment)
	}
	return t
}

// moment reads a moment as lists write them, in seconds since 1970. Where no zone is told it is UTC.
func moment(s string) (int64, bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), " UTC")
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(form, s); err == nil {
			return max(t.Unix(), 0), true
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n >= 0 && n <= 1<<32) {
		return 0, false
	}
	return int64(n), true
}

// cut parts a line into fields. A quoted field may hold what parts them, and two quotation marks for one.
func cut(dst []string, line string, by byte) (fields []string, ok bool) {
	for {
		line = strings.TrimLeft(line, " ")
		if strings.HasPrefix(line, `"`) {
			field, rest, closed := quoted(line[1:])
			if !closed {
				return dst, false
			}
			dst, line = append(dst, field), strings.TrimLeft(rest, " ")
			if line == "" {
				return dst, true
			}
			if line[0] != by {
				return dst, false
			}
			line = line[1:]
			continue
		}
		i := strings.IndexByte(line, by)
		if i < 0 {
			return append(dst, strings.TrimSpace(line)), true
		}
		dst, line = append(dst, strings.TrimSpace(line[:i])), line[i+1:]
	}
}

func quoted(s string) (field, rest string, closed bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		return strings.TrimSpace(strings.ReplaceAll(s[:i], `""`, `"`)), s[i+1:], true
	}
	return "", "", false
}
