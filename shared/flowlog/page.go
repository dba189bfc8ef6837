package flowlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

const (
	maxPage       = 16 << 20 // bytes of a page, packed or not; writers make them of 1 MiB
	maxPageHeader = 16 << 10 // bytes
)

// pages reads pages, and keeps the account of the memory that all columns' buffers take.
type pages struct {
	at     io.ReaderAt
	size   int64
	limit  Options
	left   int64 // bytes of memory that may still be taken
	read   int64 // bytes of pages so far, as they are in the file
	whole  int64 // and unpacked
	head   [maxPageHeader]byte
	packed []byte
	gzip   gzip.Reader
	zstd   *zstd.Decoder
}

// grow makes room for n members of size bytes in a buffer, within the account. What was in it is lost.
func grow[T any](p *pages, b []T, n, size int) ([]T, error) {
	if n <= cap(b) {
		return b[:n], nil
	}
	more := int64(n-cap(b)) * int64(size)
	if more > p.left {
		return nil, fmt.Errorf("pages need %d bytes more than are allowed: %w", more-p.left, ErrTooLarge)
	}
	p.left -= more
	return make([]T, n), nil
}

// take gives the header of the page at a place, and the body as it is in the file, which is good until the next call.
func (p *pages) take(at, end int64) (h format.PageHeader, body []byte, next int64, err error) {
	head := p.head[:min(end-at, maxPageHeader)]
	if err := p.readAt(head, at); err != nil {
		return h, nil, 0, err
	}
	n, err := measure(head)
	if err != nil {
		return h, nil, 0, fmt.Errorf("page: %w", err)
	}
	if err := decodeHeader(head[:n], &h); err != nil {
		return h, nil, 0, fmt.Errorf("page: %w", err)
	}
	size, whole := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if size < 0 || whole < 0 || size > maxPage || whole > maxPage || size > end-at-int64(n) {
		return h, nil, 0, fmt.Errorf("page of %d bytes, %d unpacked, want at most %d, and %d that are there: %w", size, whole, maxPage, end-at-int64(n), ErrFormat)
	}
	if err := p.account(int64(n)+size, whole); err != nil {
		return h, nil, 0, err
	}
	if p.packed, err = grow(p, p.packed, int(size), 1); err != nil {
		return h, nil, 0, err
	}
	if err := p.readAt(p.packed, at+int64(n)); err != nil {
		return h, nil, 0, err
	}
	if sum := crc32.ChecksumIEEE(p.packed); h.CRC != 0 && uint32(h.CRC) != sum {
		return h, nil, 0, fmt.Errorf("page is damaged: checksum %08x, want %08x: %w", sum, uint32(h.CRC), ErrFormat)
	}
	return h, p.packed, at + int64(n) + size, nil
}

// account ends a file whose pages unpack to more than flow logs do, as leash does with text.
func (p *pages) account(packed, whole int64) error {
	p.read, p.whole = p.read+packed, p.whole+whole
	if p.whole > p.limit.MaxText || p.whole > p.limit.MaxText/1024 && p.whole/p.limit.MaxRatio > p.read {
		return fmt.Errorf("pages unpack to %d bytes from %d, want at most %d, and %d for one: %w", p.whole, p.read, p.limit.MaxText, p.limit.MaxRatio, ErrTooLarge)
	}
	return nil
}

func (p *pages) readAt(b []byte, at int64) error {
	n, err := p.at.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read page: %w", err)
}

// unpack fills dst, which has the size that the page should have.
func (p *pages) unpack(codec format.CompressionCodec, dst, src []byte) (err error) {
	n := 0
	switch codec {
	case format.Uncompressed:
		if n = len(src); n == len(dst) {
			copy(dst, src)
		}
	case format.Snappy:
		if n, err = snappy.DecodedLen(src); err == nil && n == len(dst) {
			_, err = snappy.Decode(dst, src)
		}
	case format.Gzip:
		n, err = p.gunzip(dst, src)
	case format.Zstd:
		n, err = p.unzstd(dst, src)
	default:
		return fmt.Errorf("packed with %s, want none, SNAPPY, GZIP or ZSTD: %w", codec, ErrFormat)
	}
	if err != nil {
		return fmt.Errorf("unpack page: %w: %w", err, ErrFormat)
	}
	if n != len(dst) {
		return fmt.Errorf("page unpacks to another size than the %d bytes that it says: %w", len(dst), ErrFormat)
	}
	return nil
}

func (p *pages) gunzip(dst, src []byte) (int, error) {
	if err := p.gzip.Reset(bytes.NewReader(src)); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(&p.gzip, dst)
	if err != nil {
		return n, err
	}
	var more [1]byte
	if m, _ := p.gzip.Read(more[:]); m != 0 {
		return n + 1, nil
	}
	return n, nil
}

func (p *pages) unzstd(dst, src []byte) (int, error) {
	if p.zstd == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage))
		if err != nil {
			return 0, err
		}
		p.zstd = d
	}
	out, err := p.zstd.DecodeAll(src, dst[:0])
	if len(out) == len(dst) && len(out) > 0 && &out[0] != &dst[0] {
		copy(dst, out)
	}
	return len(out), err
}

// levels takes the definition levels off the front of a page of version 1: they say which values are there.
func levels(body []byte) (levels, rest []byte, err error) {
	if len(body) < 4 {
		return nil, nil, errShort
	}
	n := binary.LittleEndian.Uint32(body)
	if uint64(n) > uint64(len(body)-4) {
		return nil, nil, errShort
	}
	return body[4 : 4+n], body[4+n:], nil
}

// errShort is a page that has fewer values than it says.
var errShort = fmt.Errorf("page ends before its values do: %w", ErrFormat)
