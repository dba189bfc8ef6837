package segment

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"runtime"
	"slices"
	"strings"
)

// filterFrom is how many different values a text column must have before a filter is cheaper to ask than its dictionary.
const filterFrom = 32

// Encode makes a segment of rows of one kind; it sorts them by time and, among equals, by their place in the order of storing. Lines
// must be JSON objects.
func (e *Encoder) Encode(rows []Row) (*Sealed, error) {
	if len(rows) == 0 || len(rows) > MaxRows {
		return nil, fmt.Errorf("encode segment: %d rows, not 1 to %d", len(rows), MaxRows)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.Seq, b.Seq)) })
	if err := e.gather(rows); err != nil {
		return nil, fmt.Errorf("encode segment: %w", err)
	}
	d := Directory{Rows: len(rows), MinTS: rows[0].TS, MaxTS: rows[len(rows)-1].TS, Rest: e.rest}
	s := &Sealed{}
	e.addOrder(&d, s, rows)
	e.addLines(&d, s, rows)
	for _, c := range e.columns {
		d.Columns = append(d.Columns, e.addColumn(s, c, len(rows)))
		runtime.Gosched()
	}
	s.Directory = d.append(nil)
	return s, nil
}

// put adds a part and gives its number.
func (s *Sealed) put(b []byte) int {
	s.Parts = append(s.Parts, b)
	return len(s.Parts) - 1
}

// addOrder writes when each row was, in microseconds where nanoseconds say no more, and its place in the order of storing.
func (e *Encoder) addOrder(d *Directory, s *Sealed, rows []Row) {
	d.Unit = 1000
	d.MinSeq, d.MaxSeq = rows[0].Seq, rows[0].Seq
	ts, seq := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		if r.TS%1000 != 0 {
			d.Unit = 1
		}
		d.MinSeq, d.MaxSeq = min(d.MinSeq, r.Seq), max(d.MaxSeq, r.Seq)
		seq[i] = r.Seq
	}
	for i, r := range rows {
		ts[i] = r.TS / d.Unit
	}
	s.put(appendInts(nil, ts))  // partTS
	s.put(appendInts(nil, seq)) // partSeq
}

// addLines writes the lines in blocks.
func (e *Encoder) addLines(d *Directory, s *Sealed, rows []Row) {
	var plain []byte
	for from := 0; from < len(rows); from += BlockRows {
		plain = plain[:0]
		for _, r := range rows[from:min(from+BlockRows, len(rows))] {
			plain = binary.AppendUvarint(plain, uint64(len(r.Line)))
			plain = append(plain, r.Line...)
		}
		s.put(e.codec.Compress(nil, plain))
		runtime.Gosched()
	}
}

func (e *Encoder) addColumn(s *Sealed, c *builder, rows int) Column {
	col := Column{Name: c.name, List: c.list, Distinct: len(c.values)}
	nums, scale, whole := numbers(c.values)
	if whole {
		col.Scale = scale
		if len(nums) > 0 {
			col.Min, col.Max = slices.Min(nums), slices.Max(nums)
		}
	}
	if whole && !c.list && len(nums) > max(1024, rows/16) {
		col.Kind, col.Data = Numbers, s.put(appendNumbers(nil, nums, c.codes))
		return col
	}
	col.Kind = Dictionary
	e.addValues(s, &col, c, nums, whole)
	e.addCodes(s, &col, c)
	return col
}

// numbers reads values that are all numbers of one scale.
func numbers(values []string) (v []int64, scale int, ok bool) {
	for i, s := range values {
		n, sc, good := decimal([]byte(s))
		if !good || i > 0 && sc != scale {
			return nil, 0, false
		}
		scale = sc
		v = append(v, n)
	}
	return v, scale, true
}

// appendNumbers writes a number a row; those that are not there repeat the first, and a bitmap says which they are.
func appendNumbers(dst []byte, nums []int64, codes []uint32) []byte {
	there, missing := NewBitmap(len(codes)), false
	values := make([]int64, len(codes))
	for i, code := range codes {
		if code == 0 {
			missing, values[i] = true, nums[0]
			continue
		}
		there.Set(i)
		values[i] = nums[code-1]
	}
	if !missing {
		return appendInts(append(dst, 0), values)
	}
	dst = append(dst, 1)
	for _, w := range there {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return appendInts(dst, values)
}

// addValues writes the dictionary, and for many texts the filter that says which are not in it.
func (e *Encoder) addValues(s *Sealed, col *Column, c *builder, nums []int64, whole bool) {
	if whole {
		col.Values, col.Data = ValuesNumbers, s.put(appendInts(nil, nums))
		return
	}
	texts, all := decodeTexts(c.values)
	if !all {
		col.Values, col.Data = ValuesMixed, s.put(e.squeeze(appendTexts(nil, mixed(c.values))))
		return
	}
	if addrs, ok := addresses(texts); ok {
		order := sortAddresses(addrs)
		remap(c.codes, order)
		texts = reorder(texts, order)
		col.Values, col.Data = ValuesAddresses, s.put(appendAddresses(nil, reorder(addrs, order)))
	} else {
		col.Values, col.Data = ValuesTexts, s.put(e.squeeze(appendTexts(nil, texts)))
		col.Letters = letters(texts)
	}
	if len(texts) >= filterFrom {
		col.Filter = s.put(newFilter(texts))
	}
}

// squeeze compresses what becomes half as long by it: less is not worth the time at each reading. The first byte says whether it was.
func (e *Encoder) squeeze(b []byte) []byte {
	if len(b) > 256 {
		if small := e.codec.Compress([]byte{1}, b); len(small) < len(b)/2 {
			return small
		}
	}
	return append([]byte{0}, b...)
}

// addCodes writes a code a row; of lists their lengths and a code a value. Where each row has a value of its own there is nothing to write.
func (e *Encoder) addCodes(s *Sealed, col *Column, c *builder) {
	width := bits.Len(uint(len(c.values)))
	if !c.list {
		if len(c.values) == len(c.codes) && slices.IsSorted(c.codes) {
			return
		}
		col.Codes = s.put(appendPacked([]byte{byte(width)}, c.codes, width))
		return
	}
	lenWidth := bits.Len32(slices.Max(c.lens))
	out := append([]byte{byte(width), byte(lenWidth)}, binary.AppendUvarint(nil, uint64(len(c.codes)))...)
	out = appendPacked(out, c.lens, lenWidth)
	col.Codes = s.put(appendPacked(out, c.codes, width))
}

// decodeTexts decodes values if all are texts.
func decodeTexts(values []string) (texts []string, all bool) {
	texts = make([]string, len(values))
	for i, v := range values {
		if v[0] != '"' {
			return nil, false
		}
		if texts[i], all = unquote(v); !all {
			return nil, false
		}
	}
	return texts, true
}

// mixed gives values with a letter before each that says what it is: t a text, n anything else as it stands.
func mixed(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = "n" + v
		if v[0] == '"' {
			if t, ok := unquote(v); ok {
				out[i] = "t" + t
			} else {
				out[i] = "x" // text that means nothing: as if it were not there
			}
		}
	}
	return out
}

// addresses reads texts that are all addresses, written as we would write them.
func addresses(texts []string) ([]netip.Addr, bool) {
	out := make([]netip.Addr, len(texts))
	for i, t := range texts {
		a, err := netip.ParseAddr(t)
		if err != nil || a.Zone() != "" || a.String() != t {
			return nil, false
		}
		out[i] = a
	}
	return out, len(out) > 0
}

// sortAddresses gives the order in which IPv4 comes before IPv6, each ascending.
func sortAddresses(a []netip.Addr) []int {
	order := make([]int, len(a))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return a[i].Compare(a[j]) })
	return order
}

// remap changes codes to the places that values have in a new order.
func remap(codes []uint32, order []int) {
	to := make([]uint32, len(order)+1)
	for i, was := range order {
		to[was+1] = uint32(i + 1)
	}
	for i, c := range codes {
		codes[i] = to[c]
	}
}

func reorder[T any](list []T, order []int) []T {
	out := make([]T, len(list))
	for i, was := range order {
		out[i] = list[was]
	}
	return out
}

// letters says which bytes occur in any of the texts, capitals as small ones: a text that holds another byte is in none of them.
func letters(texts []string) (set [4]uint64) {
	for _, t := range texts {
		for i := range len(t) {
			c := lower(t[i])
			set[c>>6] |= 1 << (c & 63)
		}
	}
	return set
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func appendTexts(dst []byte, texts []string) []byte {
	lens := make([]int64, len(texts))
	for i, t := range texts {
		lens[i] = int64(len(t))
	}
	dst = appendInts(dst, lens)
	return append(dst, strings.Join(texts, "")...)
}

func appendAddresses(dst []byte, a []netip.Addr) []byte {
	four := 0
	for four < len(a) && a[four].Is4() {
		four++
	}
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(four)), uint64(len(a)-four))
	for _, v := range a {
		dst = append(dst, v.AsSlice()...)
	}
	return dst
}
