package actions

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// services is where the clients of AWS's services are, a package each.
const services = "github.com/aws/aws-sdk-go-v2/service/"

// call is what makes an operation another one.
type call struct{ service, name, part string }

// operation notes a function that asks AWS: an operation of a client, or one of a presigner, whose address does it for whoever has it.
// Paginators, waiters and what else the modules of AWS have are not looked for by name: each is made with a client as an interface of
// theirs, and that counts as a call of its methods.
func (w *walk) operation(f, by *ssa.Function) {
	method, is := f.Object().(*types.Func)
	if !is {
		return
	}
	service, receiver := client(method)
	name := method.Name()
	switch receiver {
	case "Client":
		if !asks(method, name) {
			return
		}
	case "PresignClient":
		name = strings.TrimPrefix(name, "Presign")
		if !asks(method, name) {
			return
		}
	default:
		return
	}
	c := call{service, name, ""}
	if _, known := w.called[c]; !known {
		w.called[c] = Operation{Service: service, Name: name, Via: w.way(by)}
	}
}

// client gives the service that a method asks, and the type that has it; "" where it is no method of a service's package.
func client(method *types.Func) (service, receiver string) {
	recv := method.Signature().Recv()
	if recv == nil || method.Pkg() == nil {
		return "", ""
	}
	service, is := strings.CutPrefix(method.Pkg().Path(), services)
	t := recv.Type()
	if p, pointer := types.Unalias(t).(*types.Pointer); pointer {
		t = p.Elem()
	}
	named, isNamed := types.Unalias(t).(*types.Named)
	if !is || !isNamed || strings.Contains(service, "/") {
		return "", ""
	}
	return service, named.Obj().Name()
}

// asks says whether a method is an operation: it takes the operation's input. Others, as Options, ask nothing.
func asks(method *types.Func, operation string) bool {
	params := method.Signature().Params()
	return params.Len() >= 2 && nameOf(params.At(1).Type()) == operation+"Input"
}

// nameOf is the name of what a pointer points to; "" where it has none.
func nameOf(t types.Type) string {
	p, is := t.Underlying().(*types.Pointer)
	if !is {
		return ""
	}
	named, is := types.Unalias(p.Elem()).(*types.Named)
	if !is {
		return ""
	}
	return named.Obj().Name()
}

// part notes where a field of a request is filled that asks for a permission of its own. Nothing tells which request it goes into: whoever
// fills it is taken to send it.
func (w *walk) part(f *ssa.Function, in *ssa.Store) {
	at, is := in.Addr.(*ssa.FieldAddr)
	if !is {
		return
	}
	if value, is := in.Val.(*ssa.Const); is && value.IsNil() {
		return
	}
	named, is := types.Unalias(at.X.Type().Underlying().(*types.Pointer).Elem()).(*types.Named)
	if !is || named.Obj().Pkg() == nil {
		return
	}
	path, is := strings.CutPrefix(named.Obj().Pkg().Path(), services)
	if !is {
		return
	}
	field := named.Underlying().(*types.Struct).Field(at.Field).Name()
	service, _, _ := strings.Cut(path, "/")
	operation := strings.TrimSuffix(named.Obj().Name(), "Input")
	switch operation {
	case "TransactWriteItem", "TransactGetItem":
		operation += "s"
	}
	c := call{service, operation, field}
	if _, known := w.parts[c]; !known && hasRule(c) {
		w.parts[c] = Operation{Service: service, Name: operation, Part: field, Via: w.way(f)}
	}
}
