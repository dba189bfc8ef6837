package settings

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Size is how much a fleet is made for.
type Size string

// The sizes. docs/operations.md says what each hears.
const (
	Small  Size = "small"
	Medium Size = "medium"
	Large  Size = "large"
)

// fleetOf is what a size means.
type fleetOf struct {
	instance string
	min, max int
}

func sizes() map[Size]fleetOf {
	return map[Size]fleetOf{
		Small:  {"c7g.large", 2, 4},
		Medium: {"c7gn.xlarge", 2, 12},
		Large:  {"c7gn.4xlarge", 3, 24},
	}
}

func setSize(s *Settings, v string) error {
	s.Size = Size(v)
	if _, ok := sizes()[s.Size]; !ok {
		return fmt.Errorf("is %q", v)
	}
	return nil
}

// instanceType has a family, its generation, what it has besides, and its size.
var instanceType = regexp.MustCompile(`^[cmr]([0-9])([a-z]*(?:-[a-z0-9]+)?)\.(medium|large|[0-9]*xlarge)$`)

func setInstance(s *Settings, v string) error {
	s.Instance = v
	if v == "" {
		return nil
	}
	if m := instanceType.FindStringSubmatch(v); m == nil || m[1] < "6" {
		return fmt.Errorf("is %q", v)
	}
	return nil
}

func setSensors(s *Settings, v string) error {
	if v == "" {
		return nil
	}
	low, high, ok := strings.Cut(v, "-")
	least, err1 := strconv.Atoi(low)
	most, err2 := strconv.Atoi(high)
	s.Min, s.Max = least, most
	if !ok || err1 != nil || err2 != nil || least < 1 || most > 100 || least > most {
		return fmt.Errorf("is %q", v)
	}
	return nil
}

// Processor is what a task of Fargate has.
type Processor struct{ CPU, Memory int } // units of 1/1024 of a core, MiB

// Task gives the processor of one sensor on Fargate.
func (s *Settings) Task() Processor {
	return map[Size]Processor{Small: {2048, 8192}, Medium: {4096, 16384}, Large: {16384, 65536}}[s.Size]
}
