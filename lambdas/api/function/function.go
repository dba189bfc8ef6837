// Package function is the API as a function of Lambda: the table, the archive of records and the claims of API Gateway behind the same
// handler as everywhere else. What comes in is the function's environment and clients; what goes out is the handler. It never keeps a
// user or a session: an identity provider does.
package function

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/notify"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/athena"
	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// Timeout is how long an answer may take: API Gateway waits for 30 seconds, and the function's own end must not come before it.
const Timeout = 27 * time.Second

// Options says what the function works with.
type Options struct {
	Env    deploy.API
	Table  dynamo.Client
	Athena athena.Client
	Now    func() time.Time
	Log    *slog.Logger
	// Version is told by /v1/status.
	Version string
}

// New makes the handler.
func New(o Options) (http.Handler, error) {
	if o.Table == nil || o.Athena == nil || o.Now == nil {
		return nil, errors.New("make function: Table, Athena and Now must be given")
	}
	memory, err := dynamo.Open(dynamo.Options{Client: o.Table, Table: o.Env.Table, Now: o.Now})
	if err != nil {
		return nil, fmt.Errorf("make function: %w", err)
	}
	memory.Records, err = athena.New(athena.Options{Client: o.Athena, Database: o.Env.Database, WorkGroup: o.Env.Workgroup, Output: o.Env.Output})
	if err != nil {
		return nil, fmt.Errorf("make function: %w", err)
	}
	callers, err := signin.ParseCallers(o.Env.Callers)
	if err != nil {
		return nil, fmt.Errorf("make function: %s: %w", deploy.Callers, err)
	}
	gate, err := signin.NewGateway(signin.GatewayOptions{Callers: callers})
	if err != nil {
		return nil, fmt.Errorf("make function: %w", err)
	}
	return api.New(api.Options{
		Store: memory, Authenticator: gate, Address: gate.Address, Notifier: sender(memory, o.Now), Catalogue: all.Specs(),
		Fields: archive.Schema(), Now: o.Now, Version: o.Version, Log: o.Log, Timeout: Timeout, ExportTimeout: Timeout,
	})
}

// sender tests rules and puts dead letters on their way again; lambdas/notify sends what is on its way.
func sender(s *store.Store, now func() time.Time) api.Notifier {
	return notify.New(notify.Options{Documents: s.Documents, Channels: notify.Channels(notify.ChannelOptions{}), Now: now})
}
