package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Bounds of an inventory file.
const (
	MaxFile     = 1 << 30 // bytes
	MaxHoldings = 500_000
	maxElement  = 4 << 20 // bytes of one element of a list
	maxMistakes = 20      // that are told one by one
)

// ReadFile reads an inventory: {"holdings": [...]}, a list of holdings or one a line, as events.Holding has them; or what
// `aws ec2 describe-instances`, `describe-network-interfaces` and `describe-nat-gateways` print as JSON, one after the other where there
// are several. It gives what could be read also with an error, which has a line for each mistake: name and line, the member, its value
// and what is allowed. Of an interface that is named twice what both say is put together.
func ReadFile(r io.Reader, name string) ([]events.Holding, error) {
	return readFile(r, name, MaxFile, MaxHoldings)
}

func readFile(r io.Reader, name string, mostBytes int64, mostHoldings int) ([]events.Holding, error) {
	lines := &lineReader{r: io.LimitReader(r, mostBytes+1)}
	f := &file{name: name, lines: lines, dec: json.NewDecoder(lines), most: mostHoldings}
	for {
		err := f.value()
		if err == io.EOF {
			break
		}
		if err != nil {
			f.wrong(f.lines.at(f.dec.InputOffset()), "%v: this is not JSON, and nothing after it was read", err)
			break
		}
		if len(f.list) > f.most {
			f.wrong(0, "there are more than %d holdings, which are the most that are read", f.most)
			f.list = f.list[:f.most]
			break
		}
	}
	if lines.read > mostBytes {
		f.wrong(0, "the file is larger than %d bytes, which are the most that are read", mostBytes)
	}
	if len(f.list) == 0 && len(f.mistakes) == 0 {
		f.wrong(0, "there is nothing in it: an inventory has holdings, Reservations, NetworkInterfaces or NatGateways")
	}
	return Merged(f.list), f.err()
}

// Merged puts together what several holdings say of the same interface, the first where they differ, in the order in which interfaces
// are first named. Versions of one interface at different times stay apart.
func Merged(list []events.Holding) []events.Holding {
	type when struct{ holder, from, to string }
	at := map[when]int{}
	out := make([]events.Holding, 0, len(list))
	for i := range list {
		h := &list[i]
		w := when{holder: holderOf(h)}
		if h.To != nil { // a version that is over; of those that last there is one
			w.from, w.to = fmt.Sprint(h.From), h.To.String()
		}
		if n, known := at[w]; known && w.holder != "" {
			out[n] = filled(out[n], *h)
			continue
		}
		at[w] = len(out)
		out = append(out, *h)
	}
	return slices.Clip(out)
}

// file is a file that is being read.
type file struct {
	name     string
	dec      *json.Decoder
	lines    *lineReader
	list     []events.Holding
	most     int // of them
	mistakes []string
	more     int // mistakes that are not told
}

// wrong notes a mistake; line 0 is the whole file.
func (f *file) wrong(line int, format string, args ...any) {
	if len(f.mistakes) == maxMistakes {
		f.more++
		return
	}
	where := f.name
	if line > 0 {
		where = fmt.Sprintf("%s:%d", f.name, line)
	}
	f.mistakes = append(f.mistakes, where+": "+fmt.Sprintf(format, args...))
}

func (f *file) err() error {
	if f.more > 0 {
		f.mistakes = append(f.mistakes, fmt.Sprintf("%s: and %d mistakes more", f.name, f.more))
	}
	if len(f.mistakes) == 0 {
		return nil
	}
	return errors.New(strings.Join(f.mistakes, "\n"))
}

// value reads one value of the file: a list, an answer of AWS, or a holding.
func (f *file) value() error {
	t, err := f.dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('['):
		return inside(f.elements("", f.element))
	case json.Delim('{'):
		return inside(f.object())
	}
	f.wrong(f.lines.at(f.dec.InputOffset()), "%s is neither an object nor a list", short(fmt.Sprint(t)))
	return nil
}

// inside is an error within a value: an end of the file there is none that was meant.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// object reads the members of an object whose brace was read: those that have lists element by element, for these may be long.
func (f *file) object() error {
	line := f.lines.at(f.dec.InputOffset())
	rest := map[string]json.RawMessage{}
	listed := false
	for f.dec.More() {
		t, err := f.dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if read := f.lists()[name]; read != nil {
			listed = true
			if err := f.listed(name, read); err != nil {
				return err
			}
			continue
		}
		raw, err := f.raw()
		if err != nil {
			return err
		}
		if len(rest) < 64 {
			rest[name] = raw
		}
	}
	if _, err := f.dec.Token(); err != nil { // its end
		return err
	}
	if !listed {
		f.routed(line, "", rest)
	}
	return nil
}

// lists are the members that hold lists, and how an element of each is read.
func (f *file) lists() map[string]func(line int, where string, raw json.RawMessage) {
	return map[string]func(int, string, json.RawMessage){
		"holdings": f.element, "Reservations": f.element, "NetworkInterfaces": f.element, "NatGateways": f.element,
	}
}

// listed reads a member that holds a list.
func (f *file) listed(name string, read func(int, string, json.RawMessage)) error {
	t, err := f.dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return fmt.Errorf("%s is %s, and not a list", name, short(fmt.Sprint(t)))
	}
	return f.elements(name, read)
}

// elements reads a list whose bracket was read.
func (f *file) elements(name string, read func(line int, where string, raw json.RawMessage)) error {
	for n := 0; f.dec.More(); n++ {
		raw, err := f.raw()
		if err != nil {
			return err
		}
		line := f.lines.at(f.dec.InputOffset() - int64(len(raw)))
		if len(f.list) <= f.most {
			read(line, fmt.Sprintf("%s[%d]", name, n), raw)
		}
	}
	_, err := f.dec.Token()
	return err
}

// raw reads a value whole.
func (f *file) raw() (json.RawMessage, error) {
	var raw json.RawMessage
	if err := f.dec.Decode(&raw); err != nil {
		return nil, err
	}
	if len(raw) > maxElement {
		return nil, fmt.Errorf("an element has %d bytes; %d are allowed", len(raw), maxElement)
	}
	return raw, nil
}

// element reads an element of a list, whatever it is.
func (f *file) element(line int, where string, raw json.RawMessage) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		f.wrong(line, "%s is %s, and not an object", where, short(string(raw)))
		return
	}
	f.routed(line, where, members)
}

// routed reads an object as what its members show it to be.
func (f *file) routed(line int, where string, members map[string]json.RawMessage) {
	_, reservation := members["Instances"]
	_, instance := members["InstanceId"]
	_, networkInterface := members["NetworkInterfaceId"]
	_, gateway := members["NatGatewayId"]
	e := &element{f: f, line: line, where: where}
	switch {
	case reservation:
		e.reservation(members)
	case gateway:
		e.gateway(members)
	case networkInterface:
		e.networkInterface(members)
	case instance:
		e.instance(members, "")
	default:
		e.own(members)
	}
}

// short is a value as it is told.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 60 {
		s = cut(s, 57) + "..."
	}
	return fmt.Sprintf("%q", s)
}

// lineReader counts lines. It remembers where those began that were not asked for yet.
type lineReader struct {
	r    io.Reader
	read int64   // bytes
	ends []int64 // offsets after newlines, from the one that was asked for last
	line int     // lines that ended before those
}

func (l *lineReader) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	for at := 0; ; {
		i := bytes.IndexByte(b[at:n], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		l.ends = append(l.ends, l.read+int64(at))
	}
	l.read += int64(n)
	return n, err
}

// at gives the line of an offset. Offsets must not go back.
func (l *lineReader) at(offset int64) int {
	i, _ := slices.BinarySearch(l.ends, offset+1)
	l.line += i
	l.ends = append(l.ends[:0], l.ends[i:]...)
	return l.line + 1
}
