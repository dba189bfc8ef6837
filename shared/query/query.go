// Package query is the language in which people ask for records:
//
//	kind = dns and query ~ ".evil.example" and not rcode = 0
//	addr = 10.20.0.0/16 and (port = 22 or service = ssh) and orig_bytes > 1000000
//
// What comes in is text; what goes out is a tree that can be held against a record, written as SQL for Athena, or written as text
// again. It never reads a store, and what it accepts means the same wherever it is carried out.
package query

import "net/netip"

// Query is a text that was understood.
type Query struct {
	Text string
	Root Node // nil: everything
}

// Node is And, Or, Not or Test.
type Node interface{ node() }

// And holds where all of its parts hold.
type And struct{ Parts []Node }

// Or holds where any of its parts holds.
type Or struct{ Parts []Node }

// Not holds where its part does not.
type Not struct{ Part Node }

// Test compares a field with a value. On a record that lacks the field it does not hold, whatever the operator. Of a list it holds
// where it holds of any member.
type Test struct {
	Field string // a record's JSON name ("id.orig_h"), or one of the names that stand for several (addr, port, host, any)
	Op    Op
	Value Value
}

// Op is how a field is compared.
type Op string

// The operators. Text is compared whatever the case of ASCII letters.
const (
	Equal        Op = "="  // of a network: the address is in it. "*" in text stands for any characters
	NotEqual     Op = "!=" // the field is there, and is not
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
	Contains     Op = "~" // text is somewhere in it
	Present      Op = "exists"
)

// Ops lists every operator there is.
func Ops() []Op {
	return []Op{Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, Contains, Present}
}

// Value is what a field is compared with, in each form that it can be read in.
type Value struct {
	Text     string
	Number   float64
	IsNumber bool
	Network  netip.Prefix // a single address is a /32 or /128
	IsNet    bool
	Bool     bool
	IsBool   bool
}

func (And) node()  {}
func (Or) node()   {}
func (Not) node()  {}
func (Test) node() {}
