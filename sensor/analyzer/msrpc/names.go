package msrpc

import (
	"strconv"
	"strings"
)

// face is an interface: a set of operations that are called by number.
type face struct {
	uuid  string
	name  string   // as Zeek names it
	ops   []string // by number; empty where a number has no name
	texts int      // texts of a request that are kept; 0: all. What follows them may be a password
}

// operation names an operation, as Zeek does where the tables do not know it.
func (f *face) operation(opnum uint16) string {
	if int(opnum) < len(f.ops) && f.ops[opnum] != "" {
		return f.ops[opnum]
	}
	return unknown(strconv.Itoa(int(opnum)))
}

// listed is a line of the tables: operations are names in the order of their numbers, "-" where a number has none.
type listed struct {
	uuid, name, ops string
	texts           int
}

// faces are the interfaces that have a name, by UUID; pipes are the interface that a pipe of a name usually carries.
var (
	faces = index()
	pipes = usual(faces)
)

func index() map[string]*face {
	all := map[string]*face{}
	for _, group := range [][]listed{accounts, control} {
		for _, l := range group {
			f := &face{uuid: l.uuid, name: l.name, texts: l.texts, ops: strings.Fields(l.ops)}
			for i, op := range f.ops {
				if op == "-" {
					f.ops[i] = ""
				}
			}
			all[l.uuid] = f
		}
	}
	return all
}

// usual pairs the pipes of one interface with it. A pipe that several share ("lsass", "ntsvcs") says nothing.
func usual(faces map[string]*face) map[string]*face {
	byPipe := map[string]*face{}
	for _, p := range []struct{ pipe, uuid string }{
		{"svcctl", "367abb81-9844-35f1-ad32-98f038001003"},
		{"samr", "12345778-1234-abcd-ef00-0123456789ac"},
		{"lsarpc", "12345778-1234-abcd-ef00-0123456789ab"},
		{"netlogon", "12345678-1234-abcd-ef00-01234567cffb"},
	} {
		byPipe[p.pipe] = faces[p.uuid]
	}
	return byPipe
}
