// Package api is the /v1 API behind net/http and API Gateway alike. What comes in is requests as openapi.yaml describes them; what goes
// out is the same events that are stored and published, as JSON, and every refusal as application/problem+json. It never signs anybody
// in itself, never answers an operation whose least role the contract does not name, and never tells a caller what broke inside.
package api

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

//go:embed openapi.yaml
var document []byte

// DefaultTimeout is how long one request may take when nothing else is said.
const DefaultTimeout = 10 * time.Second

// DefaultExportTimeout is the same for an export.
const DefaultExportTimeout = 15 * time.Minute

// MaxBody is how many bytes the body of a request may have.
const MaxBody = 1 << 20

// Options says what the API serves.
type Options struct {
	Store         *store.Store
	Authenticator signin.Authenticator
	Accounts      Accounts // who signs people in here; nil where an identity provider does
	SignIn        *Pages   // the identity provider's; nil where Accounts is given
	Notifier      Notifier // nil where nothing can be sent from here
	Packets       Packets  // nil where no packets are kept
	Mirror        Looker   // nil where no mirror loop can be asked to look
	Catalogue     []detect.Spec
	Fields        query.Schema                                   // of the records
	Health        func(context.Context) ([]events.Health, error) // of the sensors that are known; may be nil
	Changed       func(parameter string)                         // told when a parameter was set; may be nil
	Address       func(*http.Request) string

	Now     func() time.Time
	Version string
	Console http.Handler // everything outside /v1; may be nil
	Log     *slog.Logger
	Timeout time.Duration // 0: DefaultTimeout
	// ExportTimeout is how long a file may take that is streamed; 0: DefaultExportTimeout.
	ExportTimeout time.Duration
}

// Pages are those of an identity provider: OAuth 2.0's authorization code with PKCE.
type Pages struct {
	Domain string // https:// and a host name
	Client string // the console, as the provider knows it
	Scopes []string
}

// Accounts is who may come in, as signin.Local keeps it.
type Accounts interface {
	Login(ctx context.Context, r signin.LoginRequest) (*http.Cookie, signin.Principal, error)
	Logout(ctx context.Context, p signin.Principal, address string) (*http.Cookie, error)
	ChangePassword(ctx context.Context, c signin.PasswordChange) (*http.Cookie, signin.Principal, error)
	Sessions(ctx context.Context, user string) ([]store.Item[store.Session], error)
	RevokeSession(ctx context.Context, id string, by store.Actor) error
	RevokeSessions(ctx context.Context, user string, by store.Actor) (int, error)

	Users(ctx context.Context, q store.ListQuery) ([]store.Item[store.User], store.Page, error)
	User(ctx context.Context, name string) (store.Item[store.User], error)
	CreateUser(ctx context.Context, n signin.NewUser, by store.Actor) (password string, made store.Item[store.User], err error)
	UpdateUser(ctx context.Context, name string, c signin.UserChange, ifRevision *int64, by store.Actor) (store.Item[store.User], error)
	SetPassword(ctx context.Context, name, password string, by store.Actor) error
	ResetPassword(ctx context.Context, name string, by store.Actor) (password string, err error)
	DeleteUser(ctx context.Context, name string, ifRevision *int64, by store.Actor) error

	Keys(ctx context.Context, q store.ListQuery) ([]store.Item[store.APIKey], store.Page, error)
	CreateKey(ctx context.Context, q signin.KeyRequest, by store.Actor) (text string, made store.Item[store.APIKey], err error)
	RevokeKey(ctx context.Context, id string, by store.Actor) error
}

// Notifier sends.
type Notifier interface {
	// Test sends a sample to a rule's channel now.
	Test(ctx context.Context, rule store.NotificationRule) error
	// Resend puts a dead letter on its way again.
	Resend(ctx context.Context, id string) error
}

// Packets knows where packets are.
type Packets interface {
	// Find gives the files that hold packets of a detection; none where they are kept no more.
	Find(ctx context.Context, d events.Detection) ([]PacketFile, error)
}

// PacketFile is a file of packets.
type PacketFile struct {
	URL      string // valid for minutes
	From, To time.Time
	Bytes    int64
}

// New makes the API's handler.
func New(o Options) (http.Handler, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	table, err := newTable()
	if err != nil {
		return nil, err
	}
	s := newServer(o, table)
	strict := gen.NewStrictHandlerWithOptions(s, nil, gen.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: s.misread, ResponseErrorHandlerFunc: s.fail,
	})
	operations := gen.HandlerWithOptions(strict, gen.StdHTTPServerOptions{ErrorHandlerFunc: s.misread})
	return whole(s.chain(table.route(s, operations))), nil
}

func (o *Options) fill() error {
	if o.Store == nil || o.Authenticator == nil || o.Now == nil {
		return errors.New("make API: Store, Authenticator and Now must be given")
	}
	if (o.Accounts == nil) == (o.SignIn == nil) {
		return errors.New("make API: either Accounts or SignIn must be given: people sign in here or elsewhere")
	}
	if p := o.SignIn; p != nil && (!strings.HasPrefix(p.Domain, "https://") || p.Client == "" || len(p.Scopes) == 0) {
		return fmt.Errorf("make API: SignIn has Domain %q, Client %q and %d Scopes; Domain must begin with https://, and none may be empty", p.Domain, p.Client, len(p.Scopes))
	}
	if o.Store.Detections == nil || o.Store.Documents == nil || o.Store.Devices == nil || o.Store.Audit == nil || o.Store.Mirror == nil {
		return errors.New("make API: the store must keep detections, documents, devices, the audit log and the mirror's inventory")
	}
	if o.Store.Records != nil && len(o.Fields) == 0 {
		return errors.New("make API: Fields must be given where records are kept")
	}
	if o.Timeout < 0 || o.ExportTimeout < 0 {
		return fmt.Errorf("make API: a time of %v is less than nothing", min(o.Timeout, o.ExportTimeout))
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.ExportTimeout == 0 {
		o.ExportTimeout = DefaultExportTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Address == nil {
		o.Address = peer
	}
	return nil
}
