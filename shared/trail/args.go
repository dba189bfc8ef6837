package trail

import (
	"bytes"
	"strconv"
	"strings"
)

// args are the parameters of a call as they were kept.
type args struct {
	t *tree // nil where there are none
}

// arguments reads the parameters of a call; they are good until it is asked for those of another.
func (x *Index) arguments(e *entry) args {
	if e.Parameters == "" {
		return args{}
	}
	if end, err := x.parsed.parse([]byte(e.Parameters)); err != nil || end != len(e.Parameters) {
		return args{}
	}
	return args{&x.parsed}
}

// text gives the first text of that name, at whatever depth and in whatever case, because calls of EC2 have several shapes.
func (a args) text(names ...string) string {
	for _, name := range names {
		if i := a.node(name); i >= 0 {
			return string(a.t.text(i))
		}
	}
	return ""
}

// node gives the first value of that name that is no list and no object; -1 where there is none.
func (a args) node(name string) int {
	if a.t == nil {
		return -1
	}
	for i := range a.t.nodes {
		n := &a.t.nodes[i]
		if n.kind != object && n.kind != array && len(name) == int(n.keyTo-n.key) && bytes.EqualFold(a.t.key(i), []byte(name)) {
			return i
		}
	}
	return -1
}

// under gives the first value of that name whatever it is; -1 where there is none.
func (a args) under(name string) int {
	if a.t == nil {
		return -1
	}
	for i := range a.t.nodes {
		n := &a.t.nodes[i]
		if len(name) == int(n.keyTo-n.key) && bytes.EqualFold(a.t.key(i), []byte(name)) {
			return i
		}
	}
	return -1
}

// texts gives the texts and numbers at and below a node, at most most.
func (a args) texts(node, most int) (list []string) {
	if node < 0 {
		return nil
	}
	for i := node; i < int(a.t.nodes[node].next) && len(list) < most; i++ {
		if k := a.t.nodes[i].kind; k == text || k == number {
			list = append(list, string(a.t.text(i)))
		}
	}
	return list
}

// first gives the first resource that begins so, or else the first text of a name.
func (a args) first(e *entry, begin string, names ...string) string {
	for _, r := range e.Resources {
		if strings.HasPrefix(r, begin) {
			return r
		}
	}
	return a.text(names...)
}

// shortARN is the part of an ARN that names the thing; what is no ARN stays whole.
func shortARN(s string) string {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return s
}

// listedWords writes a list as people do: "a, b and 3 more".
func listedWords(list []string, most int) string {
	if len(list) == 0 {
		return ""
	}
	if len(list) > most {
		return strings.Join(list[:most], ", ") + " and " + strconv.Itoa(len(list)-most) + " more"
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
