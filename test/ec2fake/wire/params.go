package wire

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Limits of what a request may spell.
const (
	maxParams = 20_000 // CreateTags of a thousand resources with fifty tags is far below
	maxName   = 256
	maxDepth  = 8
)

// params is a request's parameters as the tree that their dotted names spell. It remembers what was read of it, so that what nobody
// read can be refused, and the first thing that was wrong.
type params struct {
	name  string // whole, with dots
	value string
	given bool
	read  bool
	kids  map[string]*params
	wrong *error // shared by the whole tree
}

// parseParams makes the tree.
func parseParams(values url.Values) (*params, error) {
	if len(values) > maxParams {
		return nil, fault(ec2api.CodeMalformed, "The request has %d parameters; %d are allowed.", len(values), maxParams)
	}
	root := &params{wrong: new(error)}
	for name, all := range values {
		if len(all) != 1 || len(name) > maxName || strings.Count(name, ".") >= maxDepth {
			return nil, fault(ec2api.CodeMalformed, "The parameter %.80q is given twice, or is too long or too deep.", name)
		}
		at := root.reach(name)
		at.value, at.given = all[0], true
	}
	return root, nil
}

// reach makes the way to a name.
func (p *params) reach(name string) *params {
	for step := range strings.SplitSeq(name, ".") {
		next := p.kids[step]
		if next == nil {
			next = &params{name: strings.TrimPrefix(p.name+"."+step, "."), wrong: p.wrong}
			if p.kids == nil {
				p.kids = map[string]*params{}
			}
			p.kids[step] = next
		}
		p = next
	}
	return p
}

// at finds a name; what is not there is empty.
func (p *params) at(name string) *params {
	found := p
	for step := range strings.SplitSeq(name, ".") {
		next := found.kids[step]
		if next == nil {
			return &params{name: strings.TrimPrefix(p.name+"."+name, "."), wrong: p.wrong}
		}
		found = next
	}
	return found
}

func (p *params) fail(err error) {
	if *p.wrong == nil {
		*p.wrong = err
	}
}

// has says whether anything is given under a name.
func (p *params) has(name string) bool {
	at := p.at(name)
	return at.given || len(at.kids) > 0
}

// text gives a value, or "".
func (p *params) text(name string) string {
	at := p.at(name)
	at.read = true
	return at.value
}

// need gives a value that must be there.
func (p *params) need(name string) string {
	value := p.text(name)
	if value == "" {
		p.fail(missing(p.at(name).name))
	}
	return value
}

// maybe gives a value where one is given, even an empty one.
func (p *params) maybe(name string) *string {
	at := p.at(name)
	at.read = true
	if !at.given {
		return nil
	}
	return &at.value
}

// number gives a whole number where one is given.
func (p *params) number(name string) *int64 {
	value := p.maybe(name)
	if value == nil {
		return nil
	}
	n, err := strconv.ParseInt(*value, 10, 32)
	if err != nil {
		p.fail(invalid(*value, p.at(name).name, "it must be a whole number of 32 bits"))
	}
	return &n
}

// positive gives a number from 1 to most, or 0 where none is given.
func (p *params) positive(name string, most int64) int64 {
	n := p.number(name)
	if n == nil {
		return 0
	}
	if *n < 1 || *n > most {
		p.fail(invalid(strconv.FormatInt(*n, 10), p.at(name).name, "it must be between 1 and "+strconv.FormatInt(most, 10)))
	}
	return *n
}

// flag gives a boolean; what is not given is false.
func (p *params) flag(name string) bool {
	switch value := p.text(name); strings.ToLower(value) {
	case "":
		return false
	case "true":
		return true
	case "false":
		return false
	default:
		p.fail(invalid(value, p.at(name).name, "it must be true or false"))
		return false
	}
}

// list gives what is numbered under a name, in the order of the numbers.
func (p *params) list(name string) []*params {
	at := p.at(name)
	at.read = true // an empty list is given as an empty value by the Query protocol
	if at.given && at.value != "" {
		p.fail(fault(ec2api.CodeMalformed, "The parameter %s is a list: its parts are numbered.", at.name))
	}
	var numbers []int
	for key := range at.kids {
		if n, err := strconv.Atoi(key); err == nil && n > 0 && strconv.Itoa(n) == key {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	out := make([]*params, len(numbers))
	for i, n := range numbers {
		out[i] = at.kids[strconv.Itoa(n)]
	}
	return out
}

// texts gives the values that are numbered under a name.
func (p *params) texts(name string) []string {
	var out []string
	for _, item := range p.list(name) {
		item.read = true
		if item.value == "" {
			p.fail(invalid("", item.name, "it must not be empty"))
		}
		out = append(out, item.value)
	}
	return out
}

// finish gives the first thing that was wrong; what was given and never read is not known.
func (p *params) finish() error {
	if *p.wrong != nil {
		return *p.wrong
	}
	if name := p.unread(); name != "" {
		return fault("UnknownParameter", "The parameter %s is not recognized", name)
	}
	return nil
}

func (p *params) unread() string {
	if p.given && !p.read {
		return p.name
	}
	for _, key := range slices.Sorted(maps.Keys(p.kids)) {
		if name := p.kids[key].unread(); name != "" {
			return name
		}
	}
	return ""
}

func missing(name string) error {
	return fault(ec2api.CodeMissingParameter, "The request must contain the parameter %s", name)
}

func invalid(value, name, allowed string) error {
	return fault(ec2api.CodeInvalidParameterValue, "Value (%.200s) for parameter %s is invalid: %s.", value, name, allowed)
}
