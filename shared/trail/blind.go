package trail

import (
	"slices"
	"strings"
)

// accountWide is what it weighs that somebody in the account of a participant changed what is seen, without any closer tie.
const accountWide = 0.75

// blinding judges calls that change what sensors and logs see. They have to do with whatever goes on in the account, unless it is known that
// they were about something else.
func (s *scene) blinding(e *entry, j *join) {
	iface, known := s.index.mirroredInterface(e)
	if known {
		if i := slices.IndexFunc(s.parties, func(p party) bool { return p.iface == iface }); i >= 0 {
			j.better(1, i, true, "it was the mirror of ", s.parties[i].name())
			return
		}
		if j.factor == 0 {
			j.better(0.25, -1, false, "it is about ", iface, ", which takes no part")
		}
		return
	}
	if len(s.accounts) == 0 || !slices.Contains(s.accounts, e.Account) {
		return
	}
	j.better(accountWide, -1, true, "it changes what is seen in the account ", e.Account)
}

// taken judges calls about load balancers: the sensors may be behind one. Where it is one of ours somebody blinds them; otherwise the
// call matters only where its maker does.
func (s *scene) taken(e *entry, a *act, j *join) {
	if slices.ContainsFunc(e.Resources, s.index.isOurs) {
		j.better(accountWide, -1, true, "the sensors are behind it")
		return
	}
	if !j.caller {
		a.adjusts = ""
	}
	if e.Name != "DeregisterTargets" && s.inAccount(e) { // targets come and go all day
		j.better(0.4, -1, false, "sensors may be behind it")
	}
}

// isOurs says whether a resource is a load balancer of ours, or a listener or target group of it.
func (x *Index) isOurs(resource string) bool {
	return slices.ContainsFunc(x.own, func(own string) bool {
		if !strings.Contains(own, ":elasticloadbalancing:") {
			return false
		}
		_, name, ok := strings.Cut(shortARN(own), "/")
		return ok && strings.Contains(resource+"/", "/"+name+"/")
	})
}

// mirroredInterface says which interface a mirror session is of. Who deletes one names the session only; who made it named the interface, and
// may be in the index too.
func (x *Index) mirroredInterface(e *entry) (iface string, known bool) {
	if !strings.HasSuffix(e.Name, "TrafficMirrorSession") {
		return "", false
	}
	named := func(e *entry) string {
		for _, r := range e.Resources {
			if strings.HasPrefix(r, "eni-") {
				return r
			}
		}
		return ""
	}
	if iface = named(e); iface != "" {
		return iface, true
	}
	for _, r := range e.Resources {
		if !strings.HasPrefix(r, "tms-") {
			continue
		}
		for _, o := range x.entries {
			if o.ErrorCode == "" && slices.Contains(o.Resources, r) && strings.HasSuffix(o.Name, "TrafficMirrorSession") {
				if iface = named(o); iface != "" {
					return iface, true
				}
			}
		}
	}
	return "", false
}

// planned says why a call is nothing out of the ordinary: AWS made it in the course of things, or Mirrorwatch itself; empty otherwise.
func (s *scene) planned(e *entry) string {
	by := e.InvokedBy
	switch {
	case by == "" && strings.HasSuffix(e.From, ".amazonaws.com"):
		by = e.From
	case by == "" && e.PrincipalType == "AWSService":
		by = e.Principal
	}
	if by != "" {
		return by + " made it in somebody's name"
	}
	// Own roles act through functions: from an address of a participant they do not.
	if s.index.isOwn(e) && !slices.ContainsFunc(s.parties, func(p party) bool { return s.fromParty(e, &p) }) {
		return "it was Mirrorwatch's own role"
	}
	return ""
}

// isOwn says whether one of our own roles called.
func (x *Index) isOwn(e *entry) bool {
	if e.PrincipalType != "AssumedRole" {
		return false
	}
	account, name := roleParts(firstOf(e.Role, e.Principal))
	return name != "" && slices.ContainsFunc(x.own, func(own string) bool {
		ownAccount, ownName := roleParts(own)
		return own == name || ownName == name && ownAccount == account
	})
}

// roleParts gives account and name of the role in an ARN: of IAM, which may hold a path, or of a session of it.
func roleParts(arn string) (account, name string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "", ""
	}
	segments := strings.Split(parts[5], "/")
	switch {
	case segments[0] == "assumed-role" && len(segments) == 3:
		return parts[4], segments[1]
	case segments[0] == "role" && len(segments) > 1:
		return parts[4], segments[len(segments)-1]
	}
	return "", ""
}
