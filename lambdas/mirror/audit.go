package mirror

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxAudit is how many bytes an entry's before and after may have.
const maxAudit = 8192

// audit writes the entry of a change. It is written also where the pass was told to stop meanwhile: the change was made.
func (p *pass) audit(pl *place, s *plan.Step, o *Outcome) {
	was := map[string]string{}
	for _, c := range s.Changes {
		was[c.Field] = c.From
	}
	is := map[string]any{"account": s.Account, "region": s.Region, "interface": s.Interface, "reason": s.Reason, "pass": p.kind, "input": s.Input}
	if len(p.cause.events) > 0 {
		is["cause"] = p.cause.events
	}
	e := store.AuditEntry{Actor: "system", Action: "mirror." + string(s.Action), Target: target(s, o), Before: body(was), After: body(is)}
	if o.Result != Done {
		e.Outcome = string(o.Result) + ": " + o.Reason
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(pl.ctx), spare)
	defer cancel()
	if err := p.l.o.Store.Audit.Log(ctx, e); err != nil {
		p.fail(fmt.Errorf("log %s of %s: %w", s.Action, e.Target, err))
	}
}

// target is what an entry is about.
func target(s *plan.Step, o *Outcome) string {
	for _, id := range []string{o.ID, s.Object, s.Interface, s.Makes} {
		if id != "" {
			return id
		}
	}
	return plan.Place(s.Account, s.Region)
}

// body is a part of an entry as JSON; one that is longer than an entry should be is only told of.
func body(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil || len(b) > maxAudit {
		return json.RawMessage(fmt.Sprintf(`{"bytes":%d}`, len(b)))
	}
	if string(b) == "{}" {
		return nil
	}
	return b
}
