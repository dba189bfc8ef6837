// Package wire speaks AWS's own protocols for whoever implements the interfaces of shared/ec2api, so that AWS's clients (the Go SDK, the
// AWS CLI, botocore) can be pointed at an imitation on the loopback: EC2, Elastic Load Balancing, Auto Scaling and STS by the Query
// protocol, RAM by REST and JSON, Parameter Store by JSON. What comes in is HTTP requests; what goes out is what the account answered,
// in the form that AWS gives it, with AWS's codes and HTTP status. Which service and region is meant is read from the credential scope
// of the Authorization header (".../us-east-1/ec2/aws4_request"), and which account from the access key's id, by a table.
//
// The signature itself is NOT verified: whoever names an access key is believed. So it belongs on the loopback, and nowhere else.
// It never decides what EC2 would answer (the account does), and never reads a request without a bound.
package wire

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// MaxBody is how much a request may hold. EC2 itself stops at about as much.
const MaxBody = 1 << 20

// Options say who is asked, and who may ask.
type Options struct {
	Account func(account, region string) ec2api.Account // who answers
	// AccountAs is used instead of Account, if set: the caller is the ARN of who asks, as CloudTrail names it.
	AccountAs func(account, region, caller string) ec2api.Account
	Keys      map[string]string // access key id → account, to begin with; SetKey adds to it
	Regions   []string          // those that there are; others are refused
	// Roles says whether a caller (an ARN) may take a role; nil: every role may be taken by everybody.
	Roles func(caller, role, externalID string) error
	// Machines are calls that make and move what is mirrored (RunInstances, AttachNetworkInterface, ...); nil: there are none.
	Machines func(account, region string) Machines
	Now      func() time.Time
}

// Server is the handler.
type Server struct {
	o          Options
	query      map[string]service // by the name in the credential scope
	mu         sync.Mutex         // guards keys and parameters
	keys       map[string]string
	parameters map[parameterName]parameter
}

// New makes a server. It has no parameters until SetParameter.
func New(o Options) (*Server, error) {
	if o.AccountAs == nil && o.Account != nil {
		o.AccountAs = func(account, region, _ string) ec2api.Account { return o.Account(account, region) }
	}
	if o.AccountAs == nil || o.Now == nil || len(o.Regions) == 0 {
		return nil, errors.New("make server: Account, Now and at least one region are needed")
	}
	s := &Server{o: o, keys: map[string]string{}, parameters: map[parameterName]parameter{}}
	s.query = map[string]service{
		"ec2": ec2Service(), "elasticloadbalancing": balancingService(), "autoscaling": scalingService(), "sts": tokenService(),
	}
	for key, account := range o.Keys {
		if err := s.SetKey(key, account); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// SetKey says that who names this access key speaks for this account.
func (s *Server) SetKey(key, account string) error {
	if !isAccount(account) {
		return fmt.Errorf("set access key: account %q is not twelve digits", account)
	}
	if key == "" || len(key) > 128 {
		return fmt.Errorf("set access key: its id has %d characters; 1 to 128 are allowed", len(key))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key] = account
	return nil
}

// call is one request on its way.
type call struct {
	ctx     context.Context
	id      string // of the request, made here
	action  string
	region  string
	who     caller
	p       *params
	account ec2api.Account
	server  *Server
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{ctx: r.Context(), id: requestID(), server: s}
	w.Header().Set("x-amzn-RequestId", c.id)
	sc, err := scopeOf(r)
	if err == nil {
		c.region = sc.region
		err = s.admit(c, sc)
	}
	form := s.query[sc.service]
	switch {
	case err == nil && sc.service == "ram":
		s.serveSharing(w, r, c)
	case err == nil && sc.service == "ssm":
		s.serveParameters(w, r, c)
	case err == nil && form.actions != nil:
		s.serveQuery(w, r, c, form)
	case err == nil:
		refuse(w, ec2Service(), c, fault("InvalidAction", "The service %q is not imitated here.", sc.service))
	case sc.service == "ram" || sc.service == "ssm":
		refuseJSON(w, err)
	default:
		refuse(w, form, c, err)
	}
}

// admit finds the account of the key, unless it or the region is not known.
func (s *Server) admit(c *call, sc scope) error {
	if !slices.Contains(s.o.Regions, sc.region) {
		return &ec2api.Error{Code: "SignatureDoesNotMatch", Message: "Credential should be scoped to a valid region.", Status: http.StatusForbidden}
	}
	who, err := s.callerOf(sc)
	if err != nil {
		return err
	}
	c.who, c.account = who, s.o.AccountAs(who.Account, sc.region, who.ARN())
	return nil
}

// serveQuery answers a call of the Query protocol.
func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request, c *call, form service) {
	values, err := readForm(w, r)
	if err == nil {
		c.action = values.Get("Action")
		c.p, err = parseParams(values)
	}
	if err != nil {
		refuse(w, form, c, err)
		return
	}
	out, err := form.run(c)
	if err != nil {
		refuse(w, form, c, err)
		return
	}
	answer(w, form, c, out)
}

// readForm gives the parameters of a POST from its body, and those of a GET from its address.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	switch r.Method {
	case http.MethodGet:
		return withoutSignature(r.URL.Query()), nil
	case http.MethodPost:
		body, err := readBody(w, r)
		if err != nil {
			return nil, err
		}
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, fault(ec2api.CodeMalformed, "The query string is malformed.")
		}
		return values, nil
	}
	return nil, &ec2api.Error{Code: ec2api.CodeInvalidAction, Message: "Only GET and POST are allowed.", Status: http.StatusMethodNotAllowed}
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, &ec2api.Error{Code: "RequestEntityTooLarge", Message: fmt.Sprintf("The request holds more than %d bytes.", MaxBody), Status: http.StatusRequestEntityTooLarge}
	}
	if err != nil {
		return nil, fault("RequestTimeout", "The request could not be read.")
	}
	return body, nil
}

// requestID makes a name for one request, in the form of AWS's.
func requestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails, as crypto/rand says
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
