package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Looker has the mirror loop look.
type Looker interface {
	// Look asks for a look and does not wait for it.
	Look(ctx context.Context, l events.Look) error
}

// GetMirrorPlan gives the newest plan that is kept.
func (s *server) GetMirrorPlan(ctx context.Context, q gen.GetMirrorPlanRequestObject) (gen.GetMirrorPlanResponseObject, error) {
	p, err := store.NewestMirrorPlan(ctx, s.Store.Documents, string(q.Params.Kind))
	if errors.Is(err, store.ErrNotFound) {
		return nil, problem(http.StatusNotFound, "no-plan", "There is no plan", "the mirror loop has kept none within the last seven days")
	}
	return gen.GetMirrorPlan200JSONResponse(p), err
}

// lookYourself is what to do where nobody can be asked.
const lookYourself = "this server runs none: stop it, run 'mirrorwatch mirror plan --keep' on its folder, and start it again; 'mirror apply' keeps what it did, too"

// MakeMirrorPlan has the loop look. The log has everybody who asks; the loop hears of one at a time.
func (s *server) MakeMirrorPlan(ctx context.Context, _ gen.MakeMirrorPlanRequestObject) (gen.MakeMirrorPlanResponseObject, error) {
	if s.Mirror == nil {
		return nil, problem(http.StatusConflict, "no-mirror-loop", "No mirror loop can be asked from here", lookYourself)
	}
	if err := s.log(ctx, "mirror_plan.make", "plan", nil); err != nil {
		return nil, err
	}
	docs, by := s.Store.Documents, who(ctx).Name
	ask, mine, err := store.AskMirrorLook(ctx, docs, store.MirrorAsk{At: s.Now().UTC(), By: by})
	if err != nil {
		return nil, err
	}
	if mine {
		if err := s.Mirror.Look(ctx, events.Look{ID: newDocumentID(), Time: ask.At, By: by}); err != nil {
			return nil, errors.Join(err, store.ForgetMirrorAsk(context.WithoutCancel(ctx), docs))
		}
	}
	return gen.MakeMirrorPlan202JSONResponse(ask), nil
}
