package segment

import (
	"runtime"
	"unsafe"
)

// builder gathers one member of many lines: each value once, as it stands in the line, and a code a row. Code 0 is "not there".
type builder struct {
	name   string
	rows   int               // rows it has been told of
	known  map[string]uint32 // value as in the line, to its code; keys are of the lines, which outlive the builder
	values []string          // by code - 1
	codes  []uint32          // a row each; with lens: a value each
	lens   []uint32          // where any is a list: notThere, single, or emptyList and how many values
	list   bool
	last   string
	lastID uint32
}

// What a row's length says where a column has lists.
const (
	notThere  = 0
	single    = 1
	emptyList = 2
)

func (c *builder) reset(name string) {
	clear(c.known)
	*c = builder{name: name, known: c.known, values: c.values[:0], codes: c.codes[:0], lens: c.lens[:0]}
	if c.known == nil {
		c.known = map[string]uint32{}
	}
}

// add takes the value of a row. Of members with the same name the first counts; null and objects are as if they were not there: so it
// is with query, whose meaning this keeps.
func (c *builder) add(row int, v []byte) error {
	if c.rows > row {
		return nil
	}
	c.pad(row)
	switch v[0] {
	case '[':
		c.rows++
		return c.addList(v)
	case '{', 'n':
		c.pad(row + 1)
		return nil
	}
	c.rows++
	c.codes = append(c.codes, c.code(v))
	if c.list {
		c.lens = append(c.lens, single)
	}
	return nil
}

// pad says of rows before this one that the member is not there.
func (c *builder) pad(row int) {
	for ; c.rows < row; c.rows++ {
		if c.list {
			c.lens = append(c.lens, notThere)
		} else {
			c.codes = append(c.codes, 0)
		}
	}
}

func (c *builder) addList(v []byte) error {
	c.becomeList()
	n := uint32(emptyList)
	for m := array(v); ; {
		ok, err := m.item()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if k := m.val[0]; k != '[' && k != '{' && k != 'n' {
			c.codes = append(c.codes, c.code(m.val))
			n++
		}
	}
	c.lens = append(c.lens, n)
	return nil
}

// becomeList adds lengths to what was gathered as single values.
func (c *builder) becomeList() {
	if c.list {
		return
	}
	c.list = true
	kept := c.codes[:0]
	for _, code := range c.codes {
		if code == 0 {
			c.lens = append(c.lens, notThere)
			continue
		}
		c.lens = append(c.lens, single)
		kept = append(kept, code)
	}
	c.codes = kept
}

func (c *builder) code(v []byte) uint32 {
	key := unsafe.String(unsafe.SliceData(v), len(v))
	if c.lastID != 0 && key == c.last {
		return c.lastID
	}
	id, ok := c.known[key]
	if !ok {
		c.values = append(c.values, key)
		id = uint32(len(c.values))
		c.known[key] = id
	}
	c.last, c.lastID = key, id
	return id
}

// Encoder turns rows into segments. It belongs to one goroutine, and uses its memory again.
type Encoder struct {
	codec   *Codec
	byName  map[string]int
	columns []*builder
	free    []*builder
	rest    bool
	only    map[string]bool // members that get a column; nil: any
}

// NewEncoder makes an encoder.
func NewEncoder(c *Codec) *Encoder { return &Encoder{codec: c, byName: map[string]int{}} }

// yieldRows is after how many rows others may have the processor. Making a segment takes a third of a second and hurries nobody; a
// request that comes meanwhile would otherwise wait for the scheduler's whole slice of 10 ms, behind packets that wait too.
const yieldRows = 64

// gather reads the members of all lines.
func (e *Encoder) gather(rows []Row) error {
	e.free = append(e.free, e.columns...)
	e.columns, e.rest = e.columns[:0], false
	clear(e.byName)
	for i := range rows {
		if err := e.gatherLine(i, rows[i].Line); err != nil {
			return err
		}
		if i%yieldRows == 0 {
			runtime.Gosched()
		}
	}
	for _, c := range e.columns {
		c.pad(len(rows))
	}
	return nil
}

func (e *Encoder) gatherLine(row int, line []byte) error {
	m, ok := object(line)
	if !ok {
		return damaged("line is no JSON object")
	}
	for expect := 0; ; expect++ {
		ok, err := m.next()
		if err != nil || !ok {
			return err
		}
		at, err := e.find(m.name, expect)
		if err != nil {
			return err
		}
		if at < 0 {
			continue
		}
		expect = at
		if err := e.columns[at].add(row, m.val); err != nil {
			return err
		}
	}
}

// find gives the column of a name, a new one where it is not known, or -1 where there is no room. Lines of one kind name their members
// in one order, so that the column after the last one is nearly always right.
func (e *Encoder) find(quoted []byte, expect int) (int, error) {
	name := quoted[1 : len(quoted)-1]
	if expect < len(e.columns) && e.columns[expect].name == string(name) {
		return expect, nil
	}
	if at, ok := e.byName[string(name)]; ok {
		return at, nil
	}
	decoded, ok := unquote(string(quoted))
	if !ok {
		return 0, damaged("name of a member")
	}
	if at, ok := e.byName[decoded]; ok {
		return at, nil
	}
	if e.only != nil && !e.only[decoded] {
		return -1, nil
	}
	if len(e.columns) == MaxColumns || len(decoded) > MaxName {
		e.rest = true
		return -1, nil
	}
	e.byName[decoded] = len(e.columns)
	e.columns = append(e.columns, e.fresh(decoded))
	return len(e.columns) - 1, nil
}

func (e *Encoder) fresh(name string) *builder {
	c := &builder{}
	if n := len(e.free); n > 0 {
		c, e.free = e.free[n-1], e.free[:n-1]
	}
	c.reset(name)
	return c
}
