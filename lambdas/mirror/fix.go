package mirror

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
)

// verb says what a step would have done, for a reason.
func verb(a plan.Action) string { return strings.ReplaceAll(string(a), "_", " ") }

// permission names what a role must be allowed for an action.
func permission(a plan.Action) string {
	switch a {
	case plan.CreateSession:
		return "ec2:CreateTrafficMirrorSession and ec2:CreateTags"
	case plan.ModifySession:
		return "ec2:ModifyTrafficMirrorSession"
	case plan.DeleteSession:
		return "ec2:DeleteTrafficMirrorSession"
	case plan.Tag:
		return "ec2:CreateTags"
	case plan.Untag:
		return "ec2:DeleteTags"
	}
	return "what " + verb(a) + " takes"
}
