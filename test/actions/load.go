package actions

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// house is the module's own packages with the bodies of their functions, and all others by what they declare.
type house struct {
	module   string // path of the module, without a slash at its end
	prog     *ssa.Program
	packages map[string]*ssa.Package // our own, by path below the module
}

// load reads our packages from source. The others come from the compiler's export data: bodies of service/ec2 alone would take a gigabyte.
func load(ctx context.Context, dir string, overlay map[string][]byte, programs []Program) (*house, error) {
	h := &house{packages: map[string]*ssa.Package{}}
	conf := packages.Config{Context: ctx, Dir: dir, Overlay: overlay}
	paths, err := h.own(conf, programs)
	if err != nil {
		return nil, err
	}
	conf.Mode = packages.LoadSyntax | packages.NeedModule
	list, err := packages.Load(&conf, paths...)
	if err != nil {
		return nil, fmt.Errorf("load packages: %w", err)
	}
	if err := faults(list); err != nil {
		return nil, err
	}
	prog, built := ssautil.Packages(list, ssa.InstantiateGenerics)
	for i, p := range built {
		if p == nil {
			return nil, fmt.Errorf("load package %s: it makes no sense", list[i].PkgPath)
		}
		p.Build()
		h.packages[h.below(p.Pkg.Path())] = p
	}
	h.prog = prog
	return h, watch(list)
}

// own lists the packages of our module that the programs are made of.
func (h *house) own(conf packages.Config, programs []Program) ([]string, error) {
	conf.Mode = packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedModule | packages.NeedFiles
	var patterns []string
	for _, p := range programs {
		patterns = append(patterns, "./"+p.Package)
	}
	root, err := moduleFolder(conf.Dir)
	if err != nil {
		return nil, err
	}
	conf.Dir = root
	list, err := packages.Load(&conf, patterns...)
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	if err := faults(list); err != nil {
		return nil, err
	}
	var paths []string
	packages.Visit(list, nil, func(p *packages.Package) {
		if p.Module != nil && p.Module.Main {
			h.module = p.Module.Path
			paths = append(paths, p.PkgPath)
		}
	})
	slices.Sort(paths)
	return paths, nil
}

// moduleFolder finds go.mod in a folder or above it.
func moduleFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			err = errors.New("find go.mod: there is none here or above")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// faults tells at most five of what is wrong with packages: the first is mostly the reason of the others.
func faults(list []*packages.Package) error {
	var errs []error
	packages.Visit(list, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			if len(errs) < 5 {
				errs = append(errs, fmt.Errorf("load package %s: %w", p.PkgPath, e))
			}
		}
	})
	return errors.Join(errs...)
}

// watch looks at what the go command has read for us. A test's outcome that go test keeps holds only while the files stay as they are which
// the test itself looked at: the sources were read here, but a file that is new shows in its folder alone.
func watch(list []*packages.Package) error {
	root := ""
	for _, p := range list {
		if _, err := os.ReadDir(p.Dir); err != nil {
			return fmt.Errorf("list sources: %w", err)
		}
		root = p.Module.Dir
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			return fmt.Errorf("look at the module: %w", err)
		}
	}
	return nil
}

// roots finds the functions that a program begins at.
func (h *house) roots(p Program) ([]*ssa.Function, error) {
	names := p.Roots
	if len(names) == 0 {
		names = []string{"main"}
	}
	var out []*ssa.Function
	for _, name := range names {
		f := h.function(p.Package, name)
		if f == nil {
			return nil, fmt.Errorf("root %q: no such function in its packages; want one like newSensor or lambdas/x/function.(*Handler).Handle", name)
		}
		out = append(out, f)
	}
	return out, nil
}

// function finds one by its name in a package, or by its package below the module and its name; nil where there is none.
func (h *house) function(pkg, name string) *ssa.Function {
	if i := strings.LastIndex(name, "/"); i >= 0 {
		dot := strings.Index(name[i:], ".")
		if dot < 0 {
			return nil
		}
		pkg, name = name[:i+dot], name[i+dot+1:]
	}
	p := h.packages[pkg]
	if p == nil {
		return nil
	}
	receiver, method, is := strings.Cut(name, ").")
	if !is {
		return p.Func(name)
	}
	receiver, pointer := strings.CutPrefix(strings.TrimPrefix(receiver, "("), "*")
	t := p.Type(receiver)
	if t == nil {
		return nil
	}
	of := t.Type()
	if pointer {
		of = types.NewPointer(of)
	}
	return h.method(of, p.Pkg, method)
}

// method gives a type's method; nil where it has none of that name.
func (h *house) method(of types.Type, pkg *types.Package, name string) *ssa.Function {
	s := h.prog.MethodSets.MethodSet(of).Lookup(pkg, name)
	if s == nil {
		return nil
	}
	return h.prog.MethodValue(s)
}

// below cuts the module's path off.
func (h *house) below(path string) string { return strings.TrimPrefix(path, h.module+"/") }

// ours says whether a package is of our module. What belongs to no package is Go's own.
func (h *house) ours(p *types.Package) bool {
	return p != nil && (p.Path() == h.module || strings.HasPrefix(p.Path(), h.module+"/"))
}
