package actions

import (
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/types/typeutil"
)

// walk goes from a program's roots to all that it can call. A function that is called in our code is reached; so is one whose value is taken,
// for somebody may call it. A call by an interface reaches the method of every type of which a value becomes an interface where the walk
// comes by: the methods of a port that nobody calls are not reached, whatever calls them elsewhere.
type walk struct {
	h     *house
	by    map[*ssa.Function]*ssa.Function // who led to a function; nil: it is a root
	queue []*ssa.Function

	faces    typeutil.Map // interface that is called by, to *face
	order    []*face
	values   typeutil.Map // type that became an interface, to true
	types    []types.Type
	looked   typeutil.Map // types whose components were looked at, to true
	packages map[*ssa.Package]bool

	called map[call]Operation
	parts  map[call]Operation
}

// face is an interface, and which of its methods are called by whom.
type face struct {
	of    *types.Interface
	calls []faceCall
	known map[string]bool
}

type faceCall struct {
	method *types.Func
	by     *ssa.Function
}

func newWalk(h *house) *walk {
	w := &walk{h: h, by: map[*ssa.Function]*ssa.Function{}, packages: map[*ssa.Package]bool{}, called: map[call]Operation{}, parts: map[call]Operation{}}
	hasher := typeutil.MakeHasher()
	w.faces.SetHasher(hasher)
	w.values.SetHasher(hasher)
	w.looked.SetHasher(hasher)
	return w
}

// run walks until nothing new is reached.
func (w *walk) run(program *ssa.Package, roots []*ssa.Function) {
	for _, f := range roots {
		w.reach(f, nil)
		w.begin(f.Pkg)
	}
	w.begin(program)
	for len(w.queue) > 0 {
		f := w.queue[0]
		w.queue = w.queue[1:]
		w.visit(f)
	}
}

// begin reaches what a program does before its main: the initialisation of every package of ours that it is made of.
func (w *walk) begin(p *ssa.Package) {
	if p == nil || w.packages[p] {
		return
	}
	w.packages[p] = true
	for _, imported := range p.Pkg.Imports() {
		if w.h.ours(imported) {
			w.begin(w.h.prog.Package(imported))
		}
	}
	w.reach(p.Func("init"), nil)
}

// reach takes a function for called.
func (w *walk) reach(f, by *ssa.Function) {
	if f == nil {
		return
	}
	if _, known := w.by[f]; known {
		return
	}
	w.by[f] = by
	w.queue = append(w.queue, f)
	w.operation(f, by)
}

// visit looks through the body of a function; one of another module has none here.
func (w *walk) visit(f *ssa.Function) {
	if len(f.Blocks) == 0 {
		w.constraints(f)
		return
	}
	var room [16]*ssa.Value
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			w.instruction(f, in)
			for _, v := range in.Operands(room[:0]) {
				if g, is := (*v).(*ssa.Function); is {
					w.reach(g, f)
				}
			}
		}
	}
}

func (w *walk) instruction(f *ssa.Function, in ssa.Instruction) {
	switch in := in.(type) {
	case ssa.CallInstruction:
		if c := in.Common(); c.IsInvoke() {
			w.invoke(c.Value.Type(), c.Method, f)
		}
	case *ssa.MakeInterface:
		w.convert(in.X.Type(), f)
		w.handed(in.X.Type(), in.Type(), f)
	case *ssa.ChangeInterface:
		w.handed(in.X.Type(), in.Type(), f)
	case *ssa.TypeAssert:
		if types.IsInterface(in.AssertedType) {
			w.handed(in.X.Type(), in.AssertedType, f)
		}
	case *ssa.Store:
		w.part(f, in)
	}
}

// handed takes the methods of an interface that is not ours for called: whoever it is given to may call them. From is what it holds.
func (w *walk) handed(from, to types.Type, by *ssa.Function) {
	if w.isOurs(to) {
		return
	}
	for m := range to.Underlying().(*types.Interface).Methods() {
		if types.IsInterface(from) {
			w.invoke(to, m, by)
		} else {
			w.reachMethod(from, m, by)
		}
	}
}

// isOurs says whether an interface has a name of ours. One without any may be another module's.
func (w *walk) isOurs(t types.Type) bool {
	named, is := types.Unalias(t).(*types.Named)
	return is && w.h.ours(named.Obj().Pkg())
}

// invoke reaches a method of an interface in every type that has become one.
func (w *walk) invoke(t types.Type, method *types.Func, by *ssa.Function) {
	of, is := t.Underlying().(*types.Interface)
	if !is {
		return // a type parameter, in a body that nobody has made concrete
	}
	x, _ := w.faces.At(of).(*face)
	if x == nil {
		x = &face{of: of, known: map[string]bool{}}
		w.faces.Set(of, x)
		w.order = append(w.order, x)
	}
	if x.known[method.Id()] {
		return
	}
	x.known[method.Id()] = true
	x.calls = append(x.calls, faceCall{method, by})
	for _, t := range w.types {
		if types.Implements(t, of) {
			w.reachMethod(t, method, by)
		}
	}
}

// convert notes that values of a type become interfaces.
func (w *walk) convert(t types.Type, by *ssa.Function) {
	if w.values.At(t) != nil {
		return
	}
	w.values.Set(t, true)
	if w.h.prog.MethodSets.MethodSet(t).Len() > 0 {
		w.types = append(w.types, t)
		for _, x := range w.order {
			if !types.Implements(t, x.of) {
				continue
			}
			for _, c := range x.calls {
				w.reachMethod(t, c.method, c.by)
			}
		}
	}
	w.reflected(t, by)
}

func (w *walk) reachMethod(t types.Type, method *types.Func, by *ssa.Function) {
	w.reach(w.h.method(t, method.Pkg(), method.Name()), by)
}

// asked are methods that the standard library and AWS's look for in whatever they are given, behind the interface that they take.
var asked = strings.Fields(`Error String GoString Format Is As Unwrap Timeout Temporary
	MarshalJSON UnmarshalJSON MarshalJSONTo UnmarshalJSONFrom MarshalText UnmarshalText AppendText MarshalBinary UnmarshalBinary AppendBinary
	MarshalYAML UnmarshalYAML MarshalXML UnmarshalXML GobEncode GobDecode LogValue Scan Value
	Read ReadAt ReadByte ReadRune UnreadByte UnreadRune ReadFrom Write WriteAt WriteByte WriteRune WriteString WriteTo Seek Close CloseWrite Len
	Flush FlushError Hijack Push SetReadDeadline SetWriteDeadline EnableFullDuplex
	Open Stat ReadFile ReadDir Glob Sub Invoke`)

// reflected reaches those methods, in the type of a value that became an interface and in all that is inside of it.
func (w *walk) reflected(t types.Type, by *ssa.Function) {
	if w.looked.At(t) != nil {
		return
	}
	w.looked.Set(t, true)
	if named, is := types.Unalias(t).(*types.Named); is {
		if !w.h.ours(named.Obj().Pkg()) {
			for arg := range named.TypeArgs().Types() {
				w.reflected(arg, by) // what made it concrete is all of ours that can be inside
			}
			return
		}
		w.reflected(types.NewPointer(t), by)
	}
	methods := w.h.prog.MethodSets.MethodSet(t)
	for i := range methods.Len() {
		if s := methods.At(i); !types.IsInterface(t) && w.isAsked(s.Obj().(*types.Func)) {
			w.reach(w.h.prog.MethodValue(s), by)
		}
	}
	for _, inner := range inside(t) {
		w.reflected(inner, by)
	}
}

// isAsked says whether a method is one of ours that others may look for. They know no types of ours, and none of those methods takes a context
// but Lambda's: so a port's Write and Open are told from those of files.
func (w *walk) isAsked(m *types.Func) bool {
	if !w.h.ours(m.Pkg()) || !slices.Contains(asked, m.Name()) {
		return false
	}
	takes := types.TypeString(m.Signature().Params(), nil)
	gives := types.TypeString(m.Signature().Results(), nil)
	return !strings.Contains(takes+gives, w.h.module) && (m.Name() == "Invoke" || !strings.Contains(takes, "context.Context"))
}

// inside lists the types that values of a type are made of.
func inside(t types.Type) (list []types.Type) {
	switch t := t.Underlying().(type) {
	case *types.Struct:
		for f := range t.Fields() {
			list = append(list, f.Type())
		}
	case *types.Map:
		list = append(list, t.Key(), t.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		list = append(list, t.Elem())
	}
	return list
}

// constraints reaches what a generic function of another module can call of the types that it is made concrete with.
func (w *walk) constraints(f *ssa.Function) {
	origin := f.Origin()
	if origin == nil {
		return
	}
	params := origin.TypeParams()
	for i, t := range f.TypeArgs() {
		if i >= params.Len() {
			return
		}
		of, is := params.At(i).Constraint().Underlying().(*types.Interface)
		if !is {
			continue
		}
		for m := range of.Methods() {
			if types.IsInterface(t) {
				w.invoke(t, m, f)
			} else {
				w.reachMethod(t, m, f)
			}
		}
	}
}

// way gives how a function was reached: from a root, by name, and without what the compiler put in between.
func (w *walk) way(f *ssa.Function) []string {
	var names []string
	for ; f != nil; f = w.by[f] {
		if name := w.name(f); len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	slices.Reverse(names)
	return names
}

// name is a function's as people write it, and as Program.Roots takes it: lambdas/notify.(*Function).Handle. What is inside of one is called
// as that, and so is what the compiler makes of it.
func (w *walk) name(f *ssa.Function) string {
	for f.Parent() != nil {
		f = f.Parent()
	}
	if o := f.Origin(); o != nil {
		f = o
	}
	name := strings.ReplaceAll(f.RelString(nil), w.h.module+"/", "")
	for _, made := range []string{"$bound", "$thunk"} {
		name = strings.TrimSuffix(name, made)
	}
	receiver, method, is := strings.Cut(name, ").")
	dot := strings.Index(receiver[strings.LastIndex(receiver, "/")+1:], ".")
	if !is || dot < 0 {
		return name
	}
	dot += strings.LastIndex(receiver, "/") + 1
	pointer := ""
	if strings.HasPrefix(receiver, "(*") {
		pointer = "*"
	}
	return strings.TrimLeft(receiver[:dot], "(*") + ".(" + pointer + receiver[dot+1:] + ")." + method
}
