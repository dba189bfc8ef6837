package main

import (
	"context"
	"log/slog"

	"github.com/mirrorwatch/mirrorwatch/shared/flowjudge"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// logJudge is the detectors over AWS's logs. What they find goes to the store.
type logJudge struct {
	*flowjudge.Judge
	store *store.Store
}
