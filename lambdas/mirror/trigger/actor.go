package trigger

import "strings"

// Ours says whether one of our own roles made the call: what we did ourselves is no news to us. Roles are names or ARNs; an ARN is of
// its own account only. Events without an actor (state changes, tags) are never ours.
func (t Trigger) Ours(roles []string) bool {
	account, name := roleOf(t.Actor)
	if name == "" {
		return false
	}
	for _, role := range roles {
		if owner, own := roleOf(role); own == name && owner == account || role == name {
			return true
		}
	}
	return false
}

// roleOf gives account and name of the role in an ARN: arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION, which leaves the role's path
// out, or arn:aws:iam::ACCOUNT:role/PATH/NAME.
func roleOf(arn string) (account, name string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return "", ""
	}
	segments := strings.Split(parts[5], "/")
	switch {
	case segments[0] == "assumed-role" && parts[2] == "sts" && len(segments) == 3:
		return parts[4], segments[1]
	case segments[0] == "role" && parts[2] == "iam" && len(segments) > 1:
		return parts[4], segments[len(segments)-1]
	}
	return "", ""
}
