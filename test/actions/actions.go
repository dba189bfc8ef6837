// Package actions reads from the code what each program can ask of AWS. What comes in is the sources of this module; what goes out is a
// program's operations, each with one way of calls that leads there, and the actions of IAM that they need. A test of the infrastructure
// holds each role against them. It never runs a program, and never looks into the bodies of other modules: what they call back is taken
// for called.
//
// The answer errs on one side only. Whatever a program can call is in it; a branch that no setting ever takes may be in it too.
package actions

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Program is what is looked at.
type Program struct {
	Name    string // of it in the answer
	Package string // where its main is, below the module: lambdas/notify/main
	// Roots are functions that it begins at, where it is not all of main that matters: the name of one in Package, as newSensor, or with
	// its package below the module, as lambdas/correlate/function.New and lambdas/correlate/function.(*Handler).Handle. A method is
	// reached only where something makes its receiver's fields, so name what makes it as well. Empty: main.
	Roots []string
}

// Operation is what is asked of a service of AWS.
type Operation struct {
	Service string // name of the client's package: dynamodb, elasticloadbalancingv2
	Name    string // as GetItem
	// Part is a field of the request which asks for more than the operation's own permission, as Put of TransactWriteItems: then there is
	// one entry for each such field beside that of the operation. Empty: the operation itself.
	Part string
	// Via is one way to it, and as short as any: from a root to the function that calls it, or that fills the field.
	Via []string
}

// String gives the operation in a few words, without the way to it.
func (o Operation) String() string {
	return strings.TrimSuffix(o.Service+" "+o.Name+" "+o.Part, " ")
}

// Path tells the way to the operation in a line.
func (o Operation) Path() string {
	return strings.Join(append(slices.Clone(o.Via), o.String()), " -> ")
}

// Of gives the operations of each program, by its name, in the order of their names. Dir is the module's folder, or any below it. The go
// command must be there, and compiles what is not in its cache.
func Of(ctx context.Context, dir string, programs ...Program) (map[string][]Operation, error) {
	return of(ctx, dir, nil, programs)
}

// of puts files over those on disk, for tests.
func of(ctx context.Context, dir string, overlay map[string][]byte, programs []Program) (map[string][]Operation, error) {
	h, err := load(ctx, dir, overlay, programs)
	if err != nil {
		return nil, fmt.Errorf("read what programs ask of AWS: %w", err)
	}
	out := make(map[string][]Operation, len(programs))
	for _, p := range programs {
		roots, err := h.roots(p)
		if err != nil {
			return nil, fmt.Errorf("read what %s asks of AWS: %w", p.Name, err)
		}
		w := newWalk(h)
		w.run(h.packages[p.Package], roots)
		out[p.Name] = w.operations()
	}
	return out, nil
}

// operations are what the walk has found, each once. A part counts only where its operation is called as well.
func (w *walk) operations() []Operation {
	list := slices.Collect(maps.Values(w.called))
	for o, part := range w.parts {
		if _, is := w.called[call{o.service, o.name, ""}]; is {
			list = append(list, part)
		}
	}
	slices.SortFunc(list, func(a, b Operation) int { return cmp.Compare(a.String(), b.String()) })
	return list
}
