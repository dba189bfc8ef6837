package archive

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/events"
	files "github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// reason is why a line is rejected.
type reason int

// The reasons.
const (
	taken reason = iota
	unknownKind
	noLine
	noTime
	outOfTime
	tooLong
	tooMany
	reasons
)

// String is for people.
func (r reason) String() string {
	return [reasons]string{
		"taken", "this version knows no such kind", `no JSON object that begins {"_path":"kind","_ns":n,"ts":seconds`, "its ts is no plain number of seconds",
		"its ts is before 2020 or more than a day behind the object", "it is longer than a record may be", "the object has records of too many kinds and hours",
	}[r]
}

// Records outside of these are found by no query: the tables' folders begin with 2020 and end tomorrow.
var earliest = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

const latest = 24 * time.Hour // behind the object's own time

// row is a line as sensors write them: {"_path":"conn","_ns":-211,"ts":1769860800.123457,...}. What ts, which has microseconds, leaves out of the
// record's time stands in _ns, and is nothing where that is missing.
type row struct {
	kind events.Kind
	at   time.Time
	rest []byte // from "ts" on: the record but for its first brace
}

func parseLine(line []byte, known map[string]events.Kind) (r row, kind string, why reason) {
	name, rest, ok := bytes.Cut(bytes.TrimPrefix(line, []byte(`{"_path":"`)), []byte(`",`))
	switch {
	case len(line) > files.MaxLine:
		return r, "", tooLong
	case !ok || !bytes.HasPrefix(line, []byte(`{"_path":"`)) || !utf8.Valid(line) || !json.Valid(line):
		return r, "", noLine
	}
	if r.kind, ok = known[string(name)]; !ok {
		return r, string(name), unknownKind
	}
	ns := int64(0)
	if after, has := bytes.CutPrefix(rest, []byte(`"_ns":`)); has {
		text, after, _ := bytes.Cut(after, []byte(`,`))
		n, err := strconv.ParseInt(string(text), 10, 16)
		if err != nil || n < -500 || n > 500 {
			return r, "", noTime
		}
		ns, rest = n, after
	}
	seconds, has := bytes.CutPrefix(rest, []byte(`"ts":`))
	if !has {
		return r, "", noLine
	}
	if end := bytes.IndexAny(seconds, ",}"); end >= 0 {
		seconds = seconds[:end]
	}
	at, ok := parseSeconds(seconds)
	if !ok {
		return r, "", noTime
	}
	r.at, r.rest = at.Add(time.Duration(ns)), rest
	return r, "", taken
}

// parseSeconds reads seconds with at most nine decimals, exactly.
func parseSeconds(text []byte) (time.Time, bool) {
	whole, part, _ := bytes.Cut(text, []byte("."))
	sec, err := strconv.ParseUint(string(whole), 10, 34)
	if err != nil || len(part) > 9 {
		return time.Time{}, false
	}
	ns := int64(0)
	for i := range 9 {
		ns *= 10
		if i < len(part) {
			if part[i] < '0' || part[i] > '9' {
				return time.Time{}, false
			}
			ns += int64(part[i] - '0')
		}
	}
	return time.Unix(int64(sec), ns).UTC(), true
}

// kinds are those that this version knows, by their names.
func kinds() map[string]events.Kind {
	known := map[string]events.Kind{}
	for _, k := range events.Kinds() {
		known[string(k)] = k
	}
	return known
}
