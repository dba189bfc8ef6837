package signin

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// caller is an IAM principal with what is only this session's taken out.
type caller struct {
	partition, account string
	resource           string // "role/Analyst", "user/path/anna", "root"
	session            string // of a role
}

var errARN = errors.New("the caller's ARN is none of a role, a user or an account")

// actor is the caller as the audit log names it, with the session: a role alone tells not which person it was.
func (c caller) actor() string {
	name := "iam:" + c.account + ":" + c.resource
	if c.session != "" {
		name += "/" + c.session
	}
	return printable(name, 250)
}

// parseCaller reads the ARN that API Gateway gives. A session's, arn:aws:sts::1:assumed-role/Name/session, becomes the role's.
func parseCaller(arn string) (caller, error) {
	part := strings.SplitN(arn, ":", 6)
	if len(arn) > 2048 || len(part) != 6 || part[0] != "arn" || part[3] != "" || !isPartition(part[1]) || !isAccount(part[4]) {
		return caller{}, errARN
	}
	c := caller{partition: part[1], account: part[4], resource: part[5]}
	kind, rest, _ := strings.Cut(c.resource, "/")
	switch {
	case part[2] == "sts" && kind == "assumed-role":
		role, session, _ := strings.Cut(rest, "/")
		if !isIAMName(role) || !isIAMName(session) {
			return caller{}, errARN
		}
		c.resource, c.session = "role/"+role, session
	case part[2] == "sts" && kind == "federated-user" && isIAMName(rest):
	case part[2] == "iam" && c.resource == "root":
	case part[2] == "iam" && (kind == "user" || kind == "role") && isIAMPath(rest):
		if kind == "role" { // a session's ARN has no path, so a role's must not either
			c.resource = "role/" + path.Base(rest)
		}
	default:
		return caller{}, errARN
	}
	return c, nil
}

// isIAMName says whether s is what IAM lets a name be; no star among it.
func isIAMName(s string) bool {
	ok, _ := regexp.MatchString(`^[A-Za-z0-9_+=,.@:-]{1,193}$`, s)
	return ok
}

func isIAMPath(s string) bool {
	ok, _ := regexp.MatchString(`^([!-.0-~]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`, s)
	return ok && !strings.Contains(s, "*")
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

func isPartition(s string) bool { return s == "aws" || s == "aws-cn" || s == "aws-us-gov" }

// callerRule is a Caller made ready.
type callerRule struct {
	partition, account string
	resource           *regexp.Regexp
	role               store.Role
	packets            bool
}

func newCallerRule(c Caller) (callerRule, error) {
	bad := func(field, value, allowed string) (callerRule, error) {
		return callerRule{}, &store.Invalid{Field: "callers." + field, Value: printable(value, 200), Allowed: allowed}
	}
	if rank(c.Role) == 0 {
		return bad("role", string(c.Role), "one of viewer, analyst, admin")
	}
	// A star stands for text of a name, so with a letter in its place the pattern must be an ARN.
	who, err := parseCaller(strings.ReplaceAll(c.ARN, "*", "x"))
	head, tail, _ := strings.Cut(c.ARN, "/")
	if err != nil || strings.Contains(head, "*") {
		return bad("arn", c.ARN, "the ARN of a role, user or root, with stars only in the name: arn:aws:iam::123456789012:role/Analyst*")
	}
	kind, _, _ := strings.Cut(who.resource, "/")
	pattern := kind
	switch {
	case who.session != "":
		return bad("arn", c.ARN, "the ARN of the role itself, arn:aws:iam::"+who.account+":role/NAME, not of a session")
	case kind == "role":
		pattern += "/" + path.Base(tail)
	case tail != "":
		pattern += "/" + tail
	}
	text := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, "[^/]*")
	exp, err := regexp.Compile("^" + text + "$")
	if err != nil {
		return callerRule{}, fmt.Errorf("read pattern %s: %w", c.ARN, err)
	}
	return callerRule{who.partition, who.account, exp, c.Role, c.Packets}, nil
}

func (r callerRule) matches(c caller) bool {
	return r.partition == c.partition && r.account == c.account && r.resource.MatchString(c.resource)
}
