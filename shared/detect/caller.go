package detect

import (
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// maxUser bounds the name of a principal, in bytes: a role's name and its session's have at most 64 letters each.
const maxUser = 256

// Caller is who made a call: by its address, where there is one, and its name.
func Caller(c *events.CloudTrail) Party {
	p := Party{Addr: c.OrigH, AWS: &Named{User: Principal(c), Instance: c.Instance, Account: c.PrincipalOf}}
	if p.AWS.Account == "" {
		p.AWS.Account = c.Account
	}
	if c.OrigH.IsValid() {
		p.Endpoint = Client
	}
	return p
}

// Principal is the name of who made a call: its ARN without what is the same for all, "user/ada", or else what else is known of it.
func Principal(c *events.CloudTrail) string {
	for _, name := range []string{device.ShortARN(c.Principal), c.User, c.PrincipalID, c.InvokedBy, c.From} {
		if name != "" {
			return name[:min(len(name), maxUser)]
		}
	}
	return "somebody"
}

// OfAWS says that AWS made a call by itself: nobody can sign in as a service, nor take the roles that are linked to one.
func OfAWS(c *events.CloudTrail) bool {
	return c.PrincipalType == "AWSService" || strings.Contains(c.Principal, ":assumed-role/AWSServiceRoleFor") || strings.Contains(c.Role, ":role/aws-service-role/")
}

// ByService gives the AWS service that made a call in the principal's name, such as cloudformation.amazonaws.com, or "".
func ByService(c *events.CloudTrail) string {
	switch {
	case c.InvokedBy != "":
		return c.InvokedBy
	case !c.OrigH.IsValid() && strings.HasSuffix(c.From, ".amazonaws.com"):
		return c.From
	}
	return ""
}

// Foreseen says whether a call is one of Mirrorwatch's own, or part of a change that somebody announced.
func Foreseen(c *events.CloudTrail, known *device.Known) bool {
	if known.OwnRole(c.Principal, c.Role) {
		return true
	}
	_, planned := known.Planned(c.TS.Time(), c.Principal, c.Role)
	return planned
}

// Refused says that the principal was not allowed to make a call, or only asked whether it would be. A call that failed otherwise says
// nothing: what it was about is not there, or somebody was too fast.
func Refused(c *events.CloudTrail) bool {
	for _, sign := range []string{"AccessDenied", "UnauthorizedOperation", "DryRunOperation", "NotAuthorized", "Forbidden"} {
		if strings.Contains(c.ErrorCode, sign) {
			return true
		}
	}
	return false
}

// World says whether a network is the whole internet, or half of it, which is how some write it in two.
func World(network string) bool {
	p, err := netip.ParsePrefix(network)
	return err == nil && p.Bits() <= 1
}
