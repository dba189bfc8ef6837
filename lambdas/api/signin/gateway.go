package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// GatewayOptions say what the claims and callers that API Gateway has checked may do. What is not named may nothing.
type GatewayOptions struct {
	// Groups gives a role for a group's name; the highest of a caller's counts. DefaultGroups where nil.
	Groups map[string]store.Role
	// PacketGroups are the groups that may read packets; mirrorwatch-packets where nil.
	PacketGroups []string
	// GroupClaims are the claims that hold groups; cognito:groups where nil. A claim that a SAML attribute was mapped to must not be
	// one that users may write themselves.
	GroupClaims []string
	// NameClaims are the claims that hold a name, the first that is there counts: cognito:username, username, email, sub where nil.
	NameClaims []string
	// Callers gives a role to IAM callers (SigV4).
	Callers []Caller
}

// Caller maps IAM principals to a role.
type Caller struct {
	// ARN of a role, a user or an account's root: arn:aws:iam::123456789012:role/Analyst*. Sessions of a role count as the role, which
	// stands without its path. A * is any text without a slash, and only after the kind: never in the account.
	ARN     string
	Role    store.Role
	Packets bool
}

// ParseCallers reads callers as the environment of a function has them: "ARN ROLE" or "ARN ROLE packets", with semicolons between.
func ParseCallers(text string) ([]Caller, error) {
	var list []Caller
	for entry := range strings.SplitSeq(text, ";") {
		word := strings.Fields(entry)
		switch {
		case len(word) == 0:
			continue
		case len(word) == 2 || len(word) == 3 && word[2] == "packets":
			list = append(list, Caller{ARN: word[0], Role: store.Role(word[1]), Packets: len(word) == 3})
		default:
			return nil, &store.Invalid{Field: "caller", Value: strings.TrimSpace(entry), Allowed: `"ARN ROLE" or "ARN ROLE packets"`}
		}
	}
	return list, nil
}

// DefaultGroups are the groups that the stack makes.
func DefaultGroups() map[string]store.Role {
	return map[string]store.Role{
		"mirrorwatch-admin": store.RoleAdmin, "mirrorwatch-analyst": store.RoleAnalyst, "mirrorwatch-viewer": store.RoleViewer,
	}
}

// Gateway signs in whom API Gateway has checked. It believes only the request context that the adapter put there: headers can be
// written by anybody.
type Gateway struct {
	o       GatewayOptions
	callers []callerRule
}

// NewGateway checks the options.
func NewGateway(o GatewayOptions) (*Gateway, error) {
	if o.Groups == nil {
		o.Groups = DefaultGroups()
	}
	if o.PacketGroups == nil {
		o.PacketGroups = []string{"mirrorwatch-packets"}
	}
	if o.GroupClaims == nil {
		o.GroupClaims = []string{"cognito:groups"}
	}
	if o.NameClaims == nil {
		o.NameClaims = []string{"cognito:username", "username", "email", "sub"}
	}
	for group, role := range o.Groups {
		if rank(role) == 0 {
			return nil, &store.Invalid{Field: "groups." + group, Value: string(role), Allowed: "one of viewer, analyst, admin"}
		}
	}
	g := &Gateway{o: o}
	for _, c := range o.Callers {
		rule, err := newCallerRule(c)
		if err != nil {
			return nil, err
		}
		g.callers = append(g.callers, rule)
	}
	return g, nil
}

type gatewayKey struct{}

// WithGateway puts what API Gateway says of a request into its context.
func WithGateway(ctx context.Context, rc events.APIGatewayV2HTTPRequestContext) context.Context {
	return context.WithValue(ctx, gatewayKey{}, rc)
}

// Authenticate tells who sent a request. ErrForbidden where API Gateway knows the caller and no role is theirs.
func (g *Gateway) Authenticate(r *http.Request) (Principal, error) {
	rc, ok := r.Context().Value(gatewayKey{}).(events.APIGatewayV2HTTPRequestContext)
	if !ok || rc.Authorizer == nil {
		return Principal{}, ErrUnauthenticated
	}
	switch a := rc.Authorizer; {
	case a.JWT != nil && a.IAM != nil:
		return Principal{}, fmt.Errorf("%w: two authorisers at once", ErrUnauthenticated)
	case a.JWT != nil:
		return g.byClaims(a.JWT.Claims)
	case a.IAM != nil:
		return g.byCaller(*a.IAM)
	}
	return Principal{}, ErrUnauthenticated
}

// Address is where API Gateway says that a request came from.
func (g *Gateway) Address(r *http.Request) string {
	rc, _ := r.Context().Value(gatewayKey{}).(events.APIGatewayV2HTTPRequestContext)
	return printable(rc.HTTP.SourceIP, 64)
}

func (g *Gateway) byClaims(claims map[string]string) (Principal, error) {
	p := Principal{Kind: "jwt", Name: g.claimedName(claims)}
	if p.Name == "" {
		return Principal{}, fmt.Errorf("%w: the token names nobody", ErrUnauthenticated)
	}
	for _, claim := range g.o.GroupClaims {
		for _, group := range claimList(claims[claim]) {
			p.Role = higher(p.Role, g.o.Groups[group])
			p.Packets = p.Packets || slices.Contains(g.o.PacketGroups, group)
		}
	}
	if p.Role == "" {
		return Principal{}, fmt.Errorf("%w: none of the groups of %s has a role", ErrForbidden, p.Name)
	}
	return p, nil
}

// claimedName keeps a token's name from looking like another actor of the audit log: those have a colon.
func (g *Gateway) claimedName(claims map[string]string) string {
	for _, claim := range g.o.NameClaims {
		name := printable(claims[claim], 128)
		switch {
		case name == "":
			continue
		case strings.Contains(name, ":") || checkName(name) != nil:
			return "jwt:" + name
		}
		return name
	}
	return ""
}

func (g *Gateway) byCaller(iam events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription) (Principal, error) {
	who, err := parseCaller(iam.UserARN)
	if err == nil && iam.AccountID != who.account {
		err = errors.New("account and ARN do not agree")
	}
	if err != nil {
		return Principal{}, fmt.Errorf("%w: %w", ErrUnauthenticated, err)
	}
	p := Principal{Kind: "iam", Name: who.actor()}
	for _, rule := range g.callers {
		if rule.matches(who) {
			p.Role = higher(p.Role, rule.role)
			p.Packets = p.Packets || rule.packets
		}
	}
	if p.Role == "" {
		return Principal{}, fmt.Errorf("%w: no role is mapped to %s", ErrForbidden, p.Name)
	}
	return p, nil
}

func higher(a, b store.Role) store.Role {
	if rank(b) > rank(a) {
		return b
	}
	return a
}
