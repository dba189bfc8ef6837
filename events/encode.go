package events

import (
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// encoder writes one struct type as JSON. It is compiled once from the struct's tags and then only walks offsets: a sensor
// writes a record for every few packets, and reflection costs several times as much (docs/decisions/0002-record-encoding.md).
// What it writes decodes back with encoding/json through the same tags; encode_test.go holds the two against each other.
type encoder struct{ fields []field }

// field is one JSON member: its quoted name with the colon, where the value lies, and how it is written.
type field struct {
	name   string
	offset uintptr
	write  func(dst []byte, p unsafe.Pointer) []byte
	empty  func(p unsafe.Pointer) bool // nil: always written
}

// encoderFor compiles T's tags, leaving out the members named in without. It panics on a field type it does not know,
// which the package's own tests reach for every record there is.
func encoderFor[T any](without ...string) *encoder {
	e := &encoder{}
	e.add(reflect.TypeFor[T](), 0, without)
	return e
}

func (e *encoder) add(t reflect.Type, base uintptr, without []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, has := f.Tag.Lookup("json")
		if f.Anonymous && !has {
			e.add(f.Type, base+f.Offset, without)
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !has || name == "-" || contains(without, name) {
			continue
		}
		member := field{name: strconv.Quote(name) + ":", offset: base + f.Offset, write: writerOf(f.Type)}
		if options == "omitempty" {
			member.empty = emptyOf(f.Type)
		}
		e.fields = append(e.fields, member)
	}
}

// appendTo appends the struct at p as one JSON object.
func (e *encoder) appendTo(dst []byte, p unsafe.Pointer) []byte {
	dst = append(dst, '{')
	first := true
	for i := range e.fields {
		f := &e.fields[i]
		at := unsafe.Add(p, f.offset)
		if f.empty != nil && f.empty(at) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = f.write(append(dst, f.name...), at)
	}
	return append(dst, '}')
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

func writerOf(t reflect.Type) func([]byte, unsafe.Pointer) []byte {
	switch t {
	case reflect.TypeFor[Time](), reflect.TypeFor[Interval]():
		return func(dst []byte, p unsafe.Pointer) []byte { return appendSeconds(dst, *(*int64)(p)) }
	case reflect.TypeFor[netip.Addr]():
		return func(dst []byte, p unsafe.Pointer) []byte { return appendAddr(dst, *(*netip.Addr)(p)) }
	}
	switch t.Kind() {
	case reflect.String:
		return func(dst []byte, p unsafe.Pointer) []byte { return appendString(dst, *(*string)(p)) }
	case reflect.Bool:
		return func(dst []byte, p unsafe.Pointer) []byte { return strconv.AppendBool(dst, *(*bool)(p)) }
	case reflect.Int, reflect.Int64:
		return func(dst []byte, p unsafe.Pointer) []byte { return strconv.AppendInt(dst, *(*int64)(p), 10) }
	case reflect.Uint8:
		return func(dst []byte, p unsafe.Pointer) []byte { return strconv.AppendUint(dst, uint64(*(*uint8)(p)), 10) }
	case reflect.Uint16:
		return func(dst []byte, p unsafe.Pointer) []byte { return strconv.AppendUint(dst, uint64(*(*uint16)(p)), 10) }
	case reflect.Uint32:
		return func(dst []byte, p unsafe.Pointer) []byte { return strconv.AppendUint(dst, uint64(*(*uint32)(p)), 10) }
	case reflect.Uint64:
		return func(dst []byte, p unsafe.Pointer) []byte { return strconv.AppendUint(dst, *(*uint64)(p), 10) }
	case reflect.Float64:
		return func(dst []byte, p unsafe.Pointer) []byte { return appendFloat(dst, *(*float64)(p)) }
	case reflect.Pointer:
		return pointerWriter(t.Elem())
	case reflect.Slice:
		return sliceWriter(t.Elem())
	}
	panic(fmt.Sprintf("events: no JSON writer for %v", t))
}

func pointerWriter(elem reflect.Type) func([]byte, unsafe.Pointer) []byte {
	write := writerOf(elem)
	return func(dst []byte, p unsafe.Pointer) []byte {
		to := *(*unsafe.Pointer)(p)
		if to == nil {
			return append(dst, "null"...)
		}
		return write(dst, to)
	}
}

func sliceWriter(elem reflect.Type) func([]byte, unsafe.Pointer) []byte {
	write, size := writerOf(elem), elem.Size()
	return func(dst []byte, p unsafe.Pointer) []byte {
		s := *(*[]byte)(p) // only the header is read: every slice has the same shape
		dst = append(dst, '[')
		for i := range len(s) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = write(dst, unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), uintptr(i)*size))
		}
		return append(dst, ']')
	}
}

func emptyOf(t reflect.Type) func(unsafe.Pointer) bool {
	if t == reflect.TypeFor[netip.Addr]() {
		return func(p unsafe.Pointer) bool { return !(*netip.Addr)(p).IsValid() }
	}
	switch t.Kind() {
	case reflect.String:
		return func(p unsafe.Pointer) bool { return len(*(*string)(p)) == 0 }
	case reflect.Slice:
		return func(p unsafe.Pointer) bool { return len(*(*[]byte)(p)) == 0 }
	case reflect.Pointer:
		return func(p unsafe.Pointer) bool { return *(*unsafe.Pointer)(p) == nil }
	case reflect.Bool, reflect.Uint8:
		return func(p unsafe.Pointer) bool { return *(*uint8)(p) == 0 }
	case reflect.Uint16:
		return func(p unsafe.Pointer) bool { return *(*uint16)(p) == 0 }
	case reflect.Uint32:
		return func(p unsafe.Pointer) bool { return *(*uint32)(p) == 0 }
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return func(p unsafe.Pointer) bool { return *(*uint64)(p) == 0 }
	case reflect.Float64:
		return func(p unsafe.Pointer) bool { return *(*float64)(p) == 0 }
	}
	panic(fmt.Sprintf("events: no emptiness for %v", t))
}

func appendAddr(dst []byte, a netip.Addr) []byte {
	dst = append(dst, '"')
	if a.IsValid() {
		dst = a.AppendTo(dst)
	}
	return append(dst, '"')
}

// appendFloat never writes NaN or an infinity, which JSON does not have.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, '0')
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendString writes s as a JSON string. Wire bytes are hostile: what is not UTF-8 becomes U+FFFD, and <, >, & are escaped
// so that a line pasted into a page stays text.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = appendEscape(append(dst, s[from:i]...), c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && size == 1) || r == '\u2028' || r == '\u2029' {
			dst = appendRuneEscape(append(dst, s[from:i]...), r)
			from = i + size
		}
		i += size
	}
	return append(append(dst, s[from:]...), '"')
}

// plain marks the bytes that stand for themselves inside a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7f
	}
	return t
}()

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

func appendRuneEscape(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
