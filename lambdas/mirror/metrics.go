package mirror

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Metrics is what a pass was like.
type Metrics struct {
	Deployment string                         `json:"deployment"`
	Kind       string                         `json:"kind"`
	At         time.Time                      `json:"at"`
	Seconds    float64                        `json:"seconds"`
	LagSeconds float64                        `json:"lag_seconds,omitempty"` // from the oldest event to the pass
	Steps      map[plan.Action]map[Result]int `json:"steps,omitempty"`
	Calls      map[string]int                 `json:"calls,omitempty"`
	Throttled  int                            `json:"throttled"`
	Drift      int                            `json:"drift"` // steps that mend what was there already
	Held       int                            `json:"held"`
	LeftOut    int                            `json:"left_out"`
	Skipped    int                            `json:"skipped"` // places where another pass was
	Failures   int                            `json:"failures"`
	Rogues     int                            `json:"rogues"`
	MonthlyUSD float64                        `json:"monthly_usd"`
	Places     []PlaceMetrics                 `json:"places,omitempty"`
}

// PlaceMetrics is what one account and region was like. Coverage is known of whole passes only, and where
// interfaces are mirrored.
type PlaceMetrics struct {
	Account  string                       `json:"account"`
	Region   string                       `json:"region"`
	Calls    int                          `json:"calls"`
	Sessions int                          `json:"sessions"` // of ours
	All      int                          `json:"all"`      // of every owner in the account
	Quota    int                          `json:"quota"`
	Coverage map[events.CoverageState]int `json:"coverage,omitempty"`
	Percent  float64                      `json:"percent,omitempty"` // mirrored, of those that are wanted
	Failures int                          `json:"failures"`
	Seconds  float64                      `json:"seconds"`
}

// metrics sums a pass up.
func (p *pass) metrics() Metrics {
	m := Metrics{
		Deployment: p.policy.Deployment, Kind: p.kind, At: p.at, Seconds: p.l.o.Now().Sub(p.at).Seconds(), Calls: maps.Clone(p.calls.byCall),
		Steps: map[plan.Action]map[Result]int{}, Held: len(p.plan.Held), LeftOut: len(p.plan.LeftOut), Rogues: len(p.plan.Rogues),
		MonthlyUSD: p.plan.Estimate.MonthlyUSDAfter, Throttled: p.throttled(),
	}
	if !p.cause.oldest.IsZero() {
		m.LagSeconds = max(0, p.at.Sub(p.cause.oldest).Seconds())
	}
	for i := range p.plan.Steps {
		if mends(&p.plan.Steps[i]) {
			m.Drift++
		}
	}
	for _, pl := range p.places {
		if pl.skipped != "" {
			m.Skipped++
			continue
		}
		m.Failures += len(pl.seen.Failures)
		for _, o := range pl.outcomes {
			if m.Steps[o.Step.Action] == nil {
				m.Steps[o.Step.Action] = map[Result]int{}
			}
			m.Steps[o.Step.Action][o.Result]++
		}
		m.Places = append(m.Places, p.placeMetrics(pl))
	}
	return m
}

// throttled is how often AWS asked to go slower since the pass began; of passes at the same time each counts all.
func (p *pass) throttled() int {
	if p.l.o.Counts == nil {
		return 0
	}
	return p.l.o.Counts.Total().Throttled - p.throttledBefore
}

func mends(s *plan.Step) bool {
	switch s.Action {
	case plan.ModifySession, plan.ModifyRule, plan.DeleteRule, plan.SetGroup, plan.SetBalancer, plan.Tag, plan.Untag, plan.CreateListener, plan.ModifyListener:
		return true
	case plan.CreateRule, plan.SetServices:
		return s.FilterRef == "" // of a filter that was there
	}
	return false
}

func (p *pass) placeMetrics(pl *place) PlaceMetrics {
	made, gone := pl.did()
	m := PlaceMetrics{
		Account: pl.account.ID, Region: pl.region, Failures: len(pl.seen.Failures), Seconds: pl.took.Seconds(), Quota: p.policy.Limits.SessionQuota,
	}
	for _, n := range p.calls.places[pl.place()] {
		m.Calls += n
	}
	if pl.want != nil || !pl.mirrors {
		return m
	}
	m.Sessions = p.oursAt(pl) + made - gone
	m.All = p.allAt(pl) + made - gone
	elsewhere := func(c events.Coverage) bool { return c.Account != pl.account.ID || c.Region != pl.region }
	rows := slices.DeleteFunc(slices.Clone(p.plan.Coverage), elsewhere)
	share := store.ShareCoverage(rows, p.at, nil).Total
	m.Coverage, m.Percent = share.States, share.Percent
	return m
}

// namespace is where CloudWatch keeps the metrics.
const namespace = "Mirrorwatch/Mirror"

// EMF writes metrics in CloudWatch's Embedded Metric Format, a line a pass and a line a place: Lambda's log makes metrics of them. The
// dimensions are bounded by the policy: a deployment, and its accounts and regions.
type EMF struct {
	W io.Writer

	mu sync.Mutex
}

// Observe writes the lines of a pass.
func (e *EMF) Observe(m Metrics) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	about := map[string]any{"Kind": m.Kind, "CallsByName": m.Calls, "StepsByAction": m.Steps}
	if err := e.line(m.At, map[string]string{"Deployment": m.Deployment}, m.values(), about); err != nil {
		return err
	}
	for i := range m.Places {
		pl := &m.Places[i]
		dimensions := map[string]string{"Deployment": m.Deployment, "Account": pl.Account, "Region": pl.Region}
		if err := e.line(m.At, dimensions, pl.values(), map[string]any{"Kind": m.Kind}); err != nil {
			return err
		}
	}
	return nil
}

// value is a metric with CloudWatch's unit.
type value struct {
	name, unit string
	v          float64
}

func (m *Metrics) values() []value {
	list := []value{
		{"PassSeconds", "Seconds", m.Seconds}, {"Throttled", "Count", float64(m.Throttled)}, {"Drift", "Count", float64(m.Drift)},
		{"Held", "Count", float64(m.Held)}, {"LeftOut", "Count", float64(m.LeftOut)}, {"PlacesSkipped", "Count", float64(m.Skipped)},
		{"Failures", "Count", float64(m.Failures)}, {"Rogues", "Count", float64(m.Rogues)}, {"MonthlyUSD", "None", m.MonthlyUSD},
	}
	if m.Kind == KindEvent {
		list = append(list, value{"EventLagSeconds", "Seconds", m.LagSeconds})
	}
	calls, results := 0, map[Result]int{}
	for _, n := range m.Calls {
		calls += n
	}
	for _, byResult := range m.Steps {
		for r, n := range byResult {
			results[r] += n
		}
	}
	list = append(list, value{"Calls", "Count", float64(calls)})
	for _, r := range []Result{Done, Failed, Skipped, Left} {
		list = append(list, value{"Steps" + title(string(r)), "Count", float64(results[r])})
	}
	return list
}

func (m *PlaceMetrics) values() []value {
	list := []value{{"Calls", "Count", float64(m.Calls)}, {"Failures", "Count", float64(m.Failures)}, {"LookSeconds", "Seconds", m.Seconds}}
	if m.Coverage == nil {
		return list
	}
	list = append(list, value{"Sessions", "Count", float64(m.Sessions)}, value{"CoveragePercent", "Percent", m.Percent})
	if m.Quota > 0 {
		list = append(list, value{"QuotaPercent", "Percent", 100 * float64(m.All) / float64(m.Quota)})
	}
	for _, s := range events.CoverageStates() {
		list = append(list, value{"Coverage" + title(string(s)), "Count", float64(m.Coverage[s])})
	}
	return list
}

// title turns slots_full into SlotsFull.
func title(s string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(s, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// line writes one line.
func (e *EMF) line(at time.Time, dimensions map[string]string, values []value, more map[string]any) error {
	type metric struct{ Name, Unit string }
	metrics := make([]metric, 0, len(values))
	out := map[string]any{}
	maps.Copy(out, more)
	for k, v := range dimensions {
		out[k] = v
	}
	for _, v := range values {
		metrics = append(metrics, metric{v.name, v.unit})
		out[v.name] = v.v
	}
	out["_aws"] = map[string]any{"Timestamp": at.UnixMilli(), "CloudWatchMetrics": []any{map[string]any{
		"Namespace": namespace, "Dimensions": [][]string{slices.Sorted(maps.Keys(dimensions))}, "Metrics": metrics,
	}}}
	b, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encode metrics: %w", err)
	}
	if _, err := e.W.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}
