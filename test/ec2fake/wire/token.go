package wire

import (
	"regexp"
	"strconv"
	"time"
)

// tokenService is STS: who asks, and roles of other accounts.
func tokenService() service {
	return service{
		version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/", wrapped: true, validation: "ValidationError",
		actions: map[string]action{
			"GetCallerIdentity": asks(func(*params) struct{} { return struct{}{} }, getCallerIdentity),
			"AssumeRole":        asks(readRole, assumeRole),
		},
	}
}

func getCallerIdentity(c *call, _ struct{}) ([]element, error) {
	return []element{text("Arn", c.who.ARN()), text("UserId", c.who.key), text("Account", c.who.Account)}, nil
}

// roleRequest is which role is to be taken, under which name and for how long.
type roleRequest struct {
	arn, account, role, session, external string
	lasts                                 time.Duration
}

// Durations of a role's session, as STS has them.
const (
	minRole, usualRole, maxRole = 900, 3600, 43200 // seconds
)

func readRole(p *params) roleRequest {
	in := roleRequest{arn: p.need("RoleArn"), session: p.need("RoleSessionName"), external: p.text("ExternalId"), lasts: usualRole * time.Second}
	var ok bool
	if in.account, in.role, ok = roleParts(in.arn); !ok {
		p.fail(fault("ValidationError", "%.200s is invalid", in.arn))
	}
	if !regexp.MustCompile(`^[\w+=,.@-]{2,64}$`).MatchString(in.session) {
		p.fail(invalid(in.session, "RoleSessionName", "it must be 2 to 64 letters, digits or any of _+=,.@-"))
	}
	if n := p.number("DurationSeconds"); n != nil {
		if *n < minRole || *n > maxRole {
			p.fail(invalid(strconv.FormatInt(*n, 10), "DurationSeconds", "it must be between 900 and 43200"))
		}
		in.lasts = time.Duration(*n) * time.Second
	}
	return in
}

// assumeRole gives keys that speak for the role's account.
func assumeRole(c *call, in roleRequest) ([]element, error) {
	s := c.server
	if s.o.Roles != nil {
		if err := s.o.Roles(c.who.ARN(), in.arn, in.external); err != nil {
			return nil, refused("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s: %v", c.who.ARN(), in.arn, err)
		}
	}
	who := caller{Account: in.account, Role: in.role, Session: in.session, Until: s.o.Now().Add(in.lasts).UTC()}
	key, secret, token, err := keyOfRole(who)
	if err != nil {
		return nil, err
	}
	return []element{
		group("AssumedRoleUser", text("AssumedRoleId", "AROA"+in.account+":"+in.session), text("Arn", who.ARN())),
		group("Credentials",
			text("AccessKeyId", key), text("SecretAccessKey", secret), text("SessionToken", token), moment("Expiration", who.Until)),
	}, nil
}
