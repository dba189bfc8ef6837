package flowjudge

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Scenario is a scenario as the tests outside the package see it.
type Scenario struct {
	Name    string
	From    time.Time
	Records func(t testing.TB) []*events.Conn
	Want    []string
}

// Scenarios gives all of them.
func Scenarios() (list []Scenario) {
	for _, s := range scenarios() {
		list = append(list, Scenario{s.name, begin.Add(s.from).Time(), s.file, s.want})
	}
	return list
}
