package intel

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxObject bounds one object of a bundle, in bytes.
const maxObject = 4 << 20

// object is what is read of a STIX object (STIX 2.1, sections 4.5 and 4.7).
type object struct {
	Type        string   `json:"type"`
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Pattern     string   `json:"pattern"`
	PatternType string   `json:"pattern_type"`
	ValidFrom   string   `json:"valid_from"`
	ValidUntil  string   `json:"valid_until"`
	Created     string   `json:"created"`
	CreatedBy   string   `json:"created_by_ref"`
	Confidence  *float64 `json:"confidence"`
	Revoked     bool     `json:"revoked"`
	Labels      []string `json:"labels"`
	Types       []string `json:"indicator_types"`
}

// stix reads the objects of a bundle one by one, so that a bundle may be larger than memory.
type stix struct {
	r     *reading
	in    *counted
	dec   *json.Decoder
	names map[string]string // of identities
}

// maxIdentities bounds the names of who made indicators.
const maxIdentities = 10_000

func (r *reading) bundle(in *bufio.Reader) error {
	if bom, _ := in.Peek(3); string(bom) == "\xef\xbb\xbf" {
		in.Discard(3) //nolint:errcheck // it was just seen
	}
	c := &counted{r: in, left: maxObject}
	s := &stix{r: r, in: c, dec: json.NewDecoder(c), names: map[string]string{}}
	err := s.read()
	var bad *brokenError
	if errors.As(err, &bad) {
		r.broken(c.line(s.dec.InputOffset()), bad.error)
		return nil
	}
	return err
}

// brokenError is about the bundle, not about who takes its indicators.
type brokenError struct{ error }

func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the bundle is cut short")
	}
	return &brokenError{err}
}

func (s *stix) read() error {
	first, err := s.dec.Token()
	if err != nil {
		return broken(err)
	}
	if first == json.Delim('[') {
		return s.objects()
	}
	if first != json.Delim('{') {
		return broken(errors.New("a bundle is a JSON object with objects"))
	}
	found := false
	for s.dec.More() {
		key, err := s.dec.Token()
		if err != nil {
			return broken(err)
		}
		if key != "objects" {
			var skipped json.RawMessage
			if err := s.decode(&skipped); err != nil {
				return err
			}
			continue
		}
		found = true
		if open, err := s.dec.Token(); err != nil || open != json.Delim('[') {
			return broken(errors.New("objects is an array"))
		}
		if err := s.objects(); err != nil {
			return err
		}
	}
	if _, err := s.dec.Token(); err != nil {
		return broken(err)
	}
	if !found {
		return broken(errors.New("a STIX 2.1 bundle has objects"))
	}
	return nil
}

// objects reads up to the end of the array.
func (s *stix) objects() error {
	for s.dec.More() {
		var raw json.RawMessage
		if err := s.decode(&raw); err != nil {
			return err
		}
		line := s.in.line(s.dec.InputOffset() - int64(len(raw)))
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			s.r.complain(line, "", fmt.Sprintf("an object is not as STIX 2.1 has it: %v", err))
			continue
		}
		if err := s.object(line, &o); err != nil {
			return err
		}
	}
	if _, err := s.dec.Token(); err != nil {
		return broken(err)
	}
	return nil
}

func (s *stix) decode(raw *json.RawMessage) error {
	s.in.left = maxObject
	if err := s.dec.Decode(raw); err != nil {
		return broken(err)
	}
	return nil
}

func (s *stix) object(line int, o *object) error {
	switch {
	case o.Type == "identity" && len(s.names) < maxIdentities:
		s.names[o.ID] = o.Name
		return nil
	case o.Type != "indicator":
		return nil
	case o.Revoked, o.PatternType != "" && o.PatternType != "stix":
		s.r.out.Unused++
		return nil
	}
	terms, err := parsePattern(o.Pattern)
	if err != nil {
		s.r.complain(line, o.Pattern, err.Error())
		return nil
	}
	w := s.row(line, o)
	for _, t := range terms {
		if t.unused {
			s.r.out.Unused++
			continue
		}
		if err := s.r.take(line, t.kind, t.value, w.fill); err != nil {
			return err
		}
	}
	return nil
}

func (s *stix) row(line int, o *object) row {
	w := row{confidence: -1, source: s.names[o.CreatedBy], text: strings.Join(append(append([]string{}, o.Types...), o.Labels...), ", ")}
	for _, t := range []string{o.Name, o.Description} {
		if t != "" {
			w.text = strings.TrimPrefix(w.text+"; "+strings.Join(strings.Fields(short(t)), " "), "; ")
		}
	}
	from := o.ValidFrom
	if from == "" {
		from = o.Created
	}
	w.from, w.until = s.r.moment(line, from), s.r.moment(line, o.ValidUntil)
	if o.Confidence != nil {
		if c := *o.Confidence; c >= 0 && c <= 100 {
			w.confidence = int(c)
		} else {
			s.r.complain(line, fmt.Sprint(c), "a confidence is a whole number from 0 to 100; the indicator is used without")
		}
	}
	return w
}

// counted notes where the lines of what it reads end, and reads no more than left before it is set anew.
type counted struct {
	r    io.Reader
	left int
	at   int64   // bytes read
	ends []int64 // offsets of line ends that nobody asked beyond yet
	past int     // line ends before them
}

func (c *counted) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("an object has at most %d bytes", maxObject)
	}
	n, err := c.r.Read(p[:min(len(p), c.left)])
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.at+int64(i))
		}
	}
	c.at += int64(n)
	c.left -= n
	return n, err
}

// line is the line of an offset. Offsets that are asked for never go back.
func (c *counted) line(offset int64) int {
	i := 0
	for i < len(c.ends) && c.ends[i] < offset {
		i++
	}
	c.past += i
	c.ends = c.ends[:copy(c.ends, c.ends[i:])]
	return c.past + 1
}
