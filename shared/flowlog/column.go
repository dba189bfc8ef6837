package flowlog

import (
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// column reads the values of one column of a row group, one after the other.
type column struct {
	at       int // among the columns of the file
	field    Field
	kind     format.Type
	length   int // of FIXED_LEN_BYTE_ARRAY
	optional bool

	codec    format.CompressionCodec
	from, to int64 // of the pages that are left, in the file
	left     int64 // values of the page that are left, nulls included
	defs     runs  // which of them are there
	body     []byte
	values   values
	dict     dictionary
	hasDict  bool

	number int64  // the value, of a numeric column
	bytes  []byte // of another one; good until the next
}

// readable says whether we know what to make of the column's type.
func (c *column) readable() bool {
	switch c.kind {
	case format.Int32, format.Int64, format.ByteArray:
		return true
	case format.FixedLenByteArray:
		return c.length > 0 && c.length <= maxPage
	}
	return false
}

func (c *column) numeric() bool { return c.kind == format.Int32 || c.kind == format.Int64 }

// begin begins a row group.
func (c *column) begin(p *pages, m *format.ColumnMetaData) error {
	if m.Type != c.kind {
		return fmt.Errorf("is %s here and %s in the schema: %w", m.Type, c.kind, ErrFormat)
	}
	c.codec, c.left, c.hasDict = m.Codec, 0, false
	c.from = m.DataPageOffset
	if m.DictionaryPageOffset > 0 {
		c.from = min(c.from, m.DictionaryPageOffset)
	}
	if c.from < 4 || m.TotalCompressedSize < 0 || c.from > p.size || m.TotalCompressedSize > p.size-c.from {
		return fmt.Errorf("%d bytes at %d of a file of %d: %w", m.TotalCompressedSize, c.from, p.size, ErrFormat)
	}
	c.to = c.from + m.TotalCompressedSize
	return nil
}

// next reads a value into number or bytes, and says whether there is one.
func (c *column) next(p *pages) (there bool, err error) {
	for c.left == 0 {
		if err := c.page(p); err != nil {
			return false, err
		}
	}
	c.left--
	if c.optional {
		level, ok := c.defs.next()
		if !ok {
			return false, errShort
		}
		if level == 0 {
			return false, nil
		}
	}
	return true, c.values.next(c)
}

// page reads the next page; it may be a dictionary, or one without values.
func (c *column) page(p *pages) error {
	if c.from >= c.to {
		return fmt.Errorf("ends before its row group does: %w", ErrFormat)
	}
	h, packed, next, err := p.take(c.from, c.to)
	if err != nil {
		return err
	}
	c.from = next
	switch h.Type {
	case format.DictionaryPage:
		return c.dictionary(p, &h, packed)
	case format.DataPage:
		return c.dataV1(p, &h, packed)
	case format.DataPageV2:
		return c.dataV2(p, &h, packed)
	}
	return nil // an index
}

func (c *column) dictionary(p *pages, h *format.PageHeader, packed []byte) error {
	d := h.DictionaryPageHeader
	//lint:ignore SA1019 older writers, and AWS may be one, still say it
	if !d.Valid || d.V.NumValues < 0 || (d.V.Encoding != format.Plain && d.V.Encoding != format.PlainDictionary) {
		return fmt.Errorf("dictionary of %d values in %s: %w", d.V.NumValues, d.V.Encoding, ErrFormat)
	}
	var err error
	if c.dict.body, err = grow(p, c.dict.body, int(h.UncompressedPageSize), 1); err != nil {
		return err
	}
	if err := p.unpack(c.codec, c.dict.body, packed); err != nil {
		return err
	}
	c.hasDict = true
	return c.dict.load(p, c, int(d.V.NumValues))
}

func (c *column) dataV1(p *pages, h *format.PageHeader, packed []byte) (err error) {
	d := h.DataPageHeader
	if !d.Valid || d.V.NumValues < 0 {
		return fmt.Errorf("page without its header: %w", ErrFormat)
	}
	if c.body, err = grow(p, c.body, int(h.UncompressedPageSize), 1); err != nil {
		return err
	}
	if err := p.unpack(c.codec, c.body, packed); err != nil {
		return err
	}
	rest := c.body
	if c.optional {
		if d.V.DefinitionLevelEncoding != format.RLE {
			return fmt.Errorf("levels in %s, want RLE: %w", d.V.DefinitionLevelEncoding, ErrFormat)
		}
		var defs []byte
		if defs, rest, err = levels(rest); err != nil {
			return err
		}
		c.defs = runs{data: defs, width: 1}
	}
	c.left = int64(d.V.NumValues)
	return c.values.begin(p, c, d.V.Encoding, rest, int(d.V.NumValues))
}

func (c *column) dataV2(p *pages, h *format.PageHeader, packed []byte) (err error) {
	d := h.DataPageHeaderV2
	reps, defs := int64(d.V.RepetitionLevelsByteLength), int64(d.V.DefinitionLevelsByteLength)
	if !d.Valid || d.V.NumValues < 0 || reps < 0 || defs < 0 || reps+defs > int64(len(packed)) || reps+defs > int64(h.UncompressedPageSize) {
		return fmt.Errorf("page of %d values whose levels take %d and %d bytes: %w", d.V.NumValues, reps, defs, ErrFormat)
	}
	if c.body, err = grow(p, c.body, int(h.UncompressedPageSize), 1); err != nil {
		return err
	}
	front := int(reps + defs)
	copy(c.body, packed[:front])
	codec := c.codec
	if d.V.IsCompressed.Valid && !d.V.IsCompressed.V {
		codec = format.Uncompressed
	}
	if front < len(packed) || front < len(c.body) { // where all is null nothing is packed
		if err := p.unpack(codec, c.body[front:], packed[front:]); err != nil {
			return err
		}
	}
	c.defs = runs{data: c.body[reps:front], width: 1}
	c.left = int64(d.V.NumValues)
	return c.values.begin(p, c, d.V.Encoding, c.body[front:], int(d.V.NumValues))
}
