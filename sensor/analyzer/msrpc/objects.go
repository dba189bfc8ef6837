package msrpc

import (
	"bytes"
	"encoding/binary"
)

// Places in an activation request ([MS-DCOM] 2.2.22), counted from the signature of the object reference that carries it. The reference's own
// head is 56 bytes; the properties' header follows, itself behind a serialization head of 16.
const (
	objectSignature  = "MEOW"
	atHeader         = 56
	atHeaderSize     = atHeader + 16 + 4
	atCount          = atHeader + 16 + 48
	atClasses        = atCount + 4
	maxProperties    = 16
	maxSignatureFrom = 256 // the reference stands near the beginning: ORPCTHIS, and pointers
)

// instantiation is the class id of the property that says which class is wanted: 000001ab-0000-0000-c000-000000000046.
const instantiation = "\xab\x01\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"

// appendClass appends the id of the class that an activation asks for, in braces. Such requests are always in little endian.
func (c *call) appendClass(out, stub []byte) []byte {
	if c.face == nil || !c.little {
		return out
	}
	var class []byte
	switch {
	case c.face.name == "IRemoteSCMActivator" && (c.record.Opnum == 3 || c.record.Opnum == 4):
		class = activated(stub)
	case c.face.name == "IActivation" && len(stub) >= 48: // behind ORPCTHIS without extensions
		class = stub[32:48]
	}
	if class == nil {
		return out
	}
	text := uuidText(class, true)
	out = append(out, '{')
	out = append(out, text[:]...)
	return append(out, '}')
}

// activated finds the class id in an activation's properties.
func activated(stub []byte) []byte {
	at := bytes.Index(stub[:min(len(stub), maxSignatureFrom)], []byte(objectSignature))
	if at < 0 || at+atClasses > len(stub) {
		return nil
	}
	b := stub[at:]
	n := binary.LittleEndian.Uint32(b[atCount:])
	sizes := atClasses + 16*int(min(n, maxProperties)) + 4
	if n == 0 || n > maxProperties || len(b) < sizes+4*int(n) {
		return nil
	}
	property := atHeader + uint64(binary.LittleEndian.Uint32(b[atHeaderSize:]))
	for i := range int(n) {
		if string(b[atClasses+16*i:][:16]) == instantiation {
			if property+32 > uint64(len(b)) {
				return nil
			}
			return b[property+16:][:16]
		}
		property += uint64(binary.LittleEndian.Uint32(b[sizes+4*i:]))
	}
	return nil
}

// instanceOf stands in the heap of a WMI object before the values of a method's parameters.
const instanceOf = "__PARAMETERS\x00"

// appendHeap appends the values that ExecMethod carries, the command of Win32_Process.Create among them. Each is a byte that says how it is
// written, characters of one byte (0) or of two (1), and a zero ([MS-WMIO] 2.2.78).
func (c *call) appendHeap(out, stub []byte) []byte {
	at := bytes.LastIndex(stub, []byte(instanceOf))
	if at < 0 {
		return out
	}
	for b := stub[at+len(instanceOf):]; len(b) > 1 && len(out) < maxArgs; {
		width := int(b[0]) + 1
		n := 0
		for b = b[1:]; width <= 2 && n+width <= len(b) && (b[n] != 0 || b[n+width-1] != 0); {
			n += width
		}
		if width > 2 || n == 0 || n+width > len(b) {
			return out
		}
		if width == 1 {
			out, _ = appendBytes(out, b[:n])
		} else {
			out, _ = c.appendWide(out, b[:n])
		}
		b = b[n+width:]
	}
	return out
}
