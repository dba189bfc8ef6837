package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MirrorAsk is that somebody waits for the mirror loop to look.
type MirrorAsk struct {
	At time.Time `json:"at"`
	By string    `json:"by"` // who, for people
}

// MirrorAskFor is how long whoever asks for a look waits for one that was asked for before and has no answer yet: a function that has to
// start and accounts that answer slowly take that long together. After it the look is taken for lost.
const MirrorAskFor = 3 * time.Minute

const mirrorAskID = "look"

func mirrorAsks(docs Documents) Collection[MirrorAsk] {
	return Collection[MirrorAsk]{Kind: KindMirrorAsk, Documents: docs}
}

// AskMirrorLook notes that a look is wanted. Where one is on its way already it gives that one, and mine is false: then nothing is to be
// asked of anybody. So looks cost AWS no more for being wanted by many.
func AskMirrorLook(ctx context.Context, docs Documents, want MirrorAsk) (ask MirrorAsk, mine bool, err error) {
	cond := New
	have, err := mirrorAsks(docs).Get(ctx, mirrorAskID)
	switch {
	case err == nil:
		answered, err := MirrorLookAnswered(ctx, docs, have.Value.At)
		if err != nil || !answered {
			return have.Value, false, err
		}
		cond = Condition(have.Revision)
	case !errors.Is(err, ErrNotFound):
		return MirrorAsk{}, false, fmt.Errorf("read who waits for a look: %w", err)
	}
	_, err = mirrorAsks(docs).Put(ctx, Item[MirrorAsk]{ID: mirrorAskID, Value: want, Expires: want.At.Add(MirrorAskFor)}, cond, nil)
	switch {
	case err == nil:
		return want, true, nil
	case errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound): // somebody asked at the same moment
		return want, false, nil
	}
	return MirrorAsk{}, false, fmt.Errorf("note that a look is wanted: %w", err)
}

// ForgetMirrorAsk takes back that a look is wanted: nobody could be asked for it.
func ForgetMirrorAsk(ctx context.Context, docs Documents) error {
	if err := mirrorAsks(docs).Delete(ctx, mirrorAskID, Always, nil); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("forget that a look is wanted: %w", err)
	}
	return nil
}

// MirrorLookAnswered says whether a plan is kept that was begun at a moment or later, and says what a pass would do: that of a teardown
// does not.
func MirrorLookAnswered(ctx context.Context, docs Documents, at time.Time) (bool, error) {
	have, err := NewestMirrorPlan(ctx, docs, "")
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && have.Kind != MirrorTeardown && !have.At.Before(at), err
}
