package intel

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Options say how a list is read.
type Options struct {
	Name       string // of the list, for its report
	Source     string // who says so where the list names nobody; "": Name
	Private    bool   // take private addresses
	Subdomains bool   // take each domain with all names below it
}

// Report says what came of reading a list.
type Report struct {
	Name       string         `json:"file"`
	Format     string         `json:"format"` // csv, list, zeek, stix, or "" where there was nothing
	Taken      int            `json:"indicators"`
	Kinds      [Kinds]int     `json:"-"`
	Unused     int            `json:"unused"` // proper indicators that nothing in traffic is held against: e-mail addresses, file names, revoked ones
	Bad        int            `json:"bad"`    // lines and objects that made no sense
	Complaints []Complaint    `json:"complaints,omitempty"`
	Broken     bool           `json:"broken"` // it ended before its end, or is no list at all
	ByKind     map[string]int `json:"kinds,omitempty"`
}

// MaxComplaints is how many complaints of one list are kept; Bad counts on.
const MaxComplaints = 20

// Complaint is one thing that was not taken.
type Complaint struct {
	Line  int    `json:"line"` // from 1; 0 where it is about the whole
	Value string `json:"value,omitempty"`
	Text  string `json:"text"` // what is allowed
}

// String is "12: value: what is allowed".
func (c Complaint) String() string {
	if c.Value == "" {
		return fmt.Sprintf("%d: %s", c.Line, c.Text)
	}
	return fmt.Sprintf("%d: %q: %s", c.Line, c.Value, c.Text)
}

// maxShown is how much of a value a complaint repeats, in bytes.
const maxShown = 80

// reading is one list on its way in.
type reading struct {
	o   Options
	add func(*Indicator) error
	out Report
}

// Read reads a list in whatever form it is, and gives each indicator to add, which may keep it only during the call. What makes no sense
// is left out and complained of. An error of add ends the reading and is given back; everything else is in the report.
func Read(src io.Reader, o Options, add func(*Indicator) error) (Report, error) {
	if o.Source == "" {
		o.Source = o.Name
	}
	r := &reading{o: o, add: add, out: Report{Name: o.Name}}
	in := bufio.NewReaderSize(src, 64<<10)
	head, err := in.Peek(32 << 10)
	if len(head) == 0 {
		if err != nil && err != io.EOF {
			r.broken(0, err)
		}
		return r.finish(), nil
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("{")), bytes.HasPrefix(head, []byte("[{")), bytes.HasPrefix(head, []byte("[\n")), bytes.HasPrefix(head, []byte("[ ")):
		r.out.Format = "stix"
		err = r.bundle(in)
	case bytes.IndexByte(head, 0) >= 0:
		r.broken(1, fmt.Errorf("this is no text: a list is CSV, one value a line, Zeek's intel form or STIX 2.1"))
		err = nil
	default:
		err = r.lines(in, head)
	}
	return r.finish(), err
}

func (r *reading) finish() Report {
	r.out.ByKind = map[string]int{}
	for k, n := range r.out.Kinds {
		if n > 0 {
			r.out.ByKind[Kind(k).String()] = n
		}
	}
	return r.out
}

func (r *reading) complain(line int, value, text string) {
	r.out.Bad++
	if len(r.out.Complaints) >= MaxComplaints {
		return
	}
	if len(value) > maxShown {
		value = strings.ToValidUTF8(value[:maxShown], "") + "…"
	}
	r.out.Complaints = append(r.out.Complaints, Complaint{line, value, text})
}

// broken says that the list ends here, too soon.
func (r *reading) broken(line int, err error) {
	r.out.Broken = true
	r.complain(line, "", err.Error())
}

// take normalises one value and hands it on.
func (r *reading) take(line int, k Kind, value string, fill func(*Indicator)) error {
	in, err := Normal(k, value, r.o.Private)
	if err != nil {
		r.complain(line, value, err.Error())
		return nil
	}
	in.Source = r.o.Source
	in.Below = in.Kind == Domain && (in.Below || r.o.Subdomains)
	if fill != nil {
		fill(&in)
	}
	if err := r.add(&in); err != nil {
		return err
	}
	r.out.Taken++
	r.out.Kinds[in.Kind]++
	return nil
}

// maxLine bounds a line, in bytes.
const maxLine = 64 << 10

// lines reads what comes by the line: Zeek's form where the head says so, CSV where a line names columns, or else a value a line.
func (r *reading) lines(in *bufio.Reader, head []byte) error {
	row := r.header(head)
	for at := 1; ; at++ {
		line, long, err := nextLine(in)
		if err != nil && err != io.EOF {
			r.broken(at, err)
			return nil
		}
		if at == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if long {
			r.complain(at, line, fmt.Sprintf("a line has at most %d bytes", maxLine))
		} else if text := strings.TrimRight(line, "\r\n"); !utf8.ValidString(text) {
			r.complain(at, strings.ToValidUTF8(text, "?"), "a line is UTF-8")
		} else if e := row(at, text); e != nil {
			return e
		}
		if err == io.EOF {
			return nil
		}
	}
}

// nextLine reads to the end of a line. Of one that is too long the beginning is given, and the rest skipped.
func nextLine(in *bufio.Reader) (line string, long bool, err error) {
	part, err := in.ReadSlice('\n')
	if err == nil || err == io.EOF {
		return string(part), false, err
	}
	line = string(part[:min(len(part), maxShown)])
	for err == bufio.ErrBufferFull {
		_, err = in.ReadSlice('\n')
	}
	return line, true, err
}

// header looks at the first lines and gives what reads a line.
func (r *reading) header(head []byte) func(line int, text string) error {
	for line := range strings.Lines(string(head)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#fields\t") || strings.HasPrefix(line, "#separator") {
			r.out.Format = "zeek"
			return (&zeek{r: r}).line
		}
		bare := strings.TrimLeft(line, "# \t")
		if c := newColumns(bare, len(bare) < len(line)); c != nil {
			r.out.Format = "csv"
			return (&table{r: r, header: line, columns: c}).line
		}
		if bare != "" && !strings.HasPrefix(line, "#") {
			break
		}
	}
	r.out.Format = "list"
	return r.plain
}

// plain reads one value a line, with a comment behind # or nothing else.
func (r *reading) plain(line int, text string) error {
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	if i := strings.Index(text, "\t#"); i >= 0 {
		text = text[:i]
	}
	text = strings.TrimSpace(text)
	if text == "" || strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") || strings.HasPrefix(text, "//") {
		return nil
	}
	// A hosts file that blocks gives the name after an address that goes nowhere.
	if first, rest, two := strings.Cut(text, " "); two && (first == "0.0.0.0" || first == "127.0.0.1") {
		text = strings.TrimSpace(rest)
		if text == "localhost" {
			return nil
		}
	}
	return r.take(line, Unknown, text, nil)
}
