package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
)

// Records keeps the records of what was on the wire, as JSON lines with Zeek's field names, and answers questions about them.
type Records interface {
	// Append stores records. A record that is there already, to the byte, may be stored twice: records have no identity.
	Append(ctx context.Context, list ...Row) error
	// Search gives a page, newest first unless q says otherwise; pages are stable as those of detections are.
	Search(ctx context.Context, q RecordQuery) (RecordPage, error)
	// Histogram counts what matches by time.
	Histogram(ctx context.Context, q RecordQuery, buckets int) (Histogram, error)
	// Top counts what matches by the values of one or several fields, most frequent first (among equals by the values). A list counts
	// once for each of its different values.
	Top(ctx context.Context, q RecordQuery, t TopQuery) (Top, error)
	// Retain deletes the oldest until what is left is younger than before and takes at most size bytes on disk; 0 sets no limit.
	Retain(ctx context.Context, before time.Time, size int64) (Retained, error)
	// Size says how much there is.
	Size(ctx context.Context) (Retained, error)
}

// Row is one record as it goes into a store.
type Row struct {
	Kind events.Kind
	Time time.Time // ts, with nanoseconds
	UID  string
	Line []byte // the JSON object, without a line end
}

// RecordQuery says which records are meant: a span of time, kinds, and an expression over their fields.
type RecordQuery struct {
	From, To time.Time     // [From, To); both must be set
	Kinds    []events.Kind // none: all
	Where    *query.Query  // nil: all
	Oldest   bool          // oldest first
	Limit    int           // 1 to MaxPage; 0: DefaultPage
	Cursor   string
	Count    bool
}

// RecordPage is a page of records.
type RecordPage struct {
	Page
	Items []RecordItem
}

// RecordItem is a record as it comes out: the JSON object that went in.
type RecordItem struct {
	Kind events.Kind
	Time time.Time
	Line json.RawMessage
}

// TopQuery says what to count by, and what to add up besides.
type TopQuery struct {
	Fields []string // 1 to MaxTopFields
	Sum    []string // numbers to add up for each group: "orig_bytes", ...; where one is missing it adds nothing
	Limit  int      // 1 to MaxGroups; 0: 10
}

// MaxTopFields is how many fields one Top may count by.
const MaxTopFields = 4

// Top is the most frequent values of a field, or combinations of several.
type Top struct {
	Complete bool // false where the store gave up early; more values than asked for is no incompleteness
	Why      string
	Values   []TopValue
	Others   int // records whose values are not among Values
	Missing  int // records that lack one of the fields
	Distinct int // different values there are
}

// TopValue is one combination and how many records have it. Values are as they stand in the record's JSON, without quotes.
type TopValue struct {
	Values []string  `json:"values"`
	Count  int       `json:"count"`
	Sums   []float64 `json:"sums,omitempty"` // in the order of Sum
}

// Retained says how much is kept, and how much a call deleted.
type Retained struct {
	Records int64
	Bytes   int64 // on disk
	Oldest  time.Time
	Deleted int64
}
