package actions

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Programs lists what runs in AWS, with a name as its function has it: each program below lambdas, and the sensor. lambdas/correlate runs
// twice, each time with half of its work and a role for that: correlate-detections and correlate-logs stand beside the whole of it.
func Programs(dir string) ([]Program, error) {
	root, err := moduleFolder(dir)
	if err != nil {
		return nil, err
	}
	mains, err := filepath.Glob(filepath.Join(root, "lambdas", "*", "main"))
	if err == nil && len(mains) == 0 {
		err = errors.New("there is none below lambdas")
	}
	if err != nil {
		return nil, fmt.Errorf("list programs: %w", err)
	}
	const opened = "lambdas/correlate/function.New"
	list := []Program{
		{Name: "correlate-detections", Package: "lambdas/correlate/main", Roots: []string{opened, "lambdas/correlate.(*Correlator).Event", "lambdas/correlate.(*Correlator).Due"}},
		{Name: "correlate-logs", Package: "lambdas/correlate/main", Roots: []string{opened, "lambdas/correlate/function.(*Handler).logs"}},
		{Name: "sensor", Package: "cmd/mirrorwatch", Roots: []string{"newSensor"}},
	}
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		list = append(list, Program{Name: name, Package: "lambdas/" + name + "/main"})
	}
	slices.SortFunc(list, func(a, b Program) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
