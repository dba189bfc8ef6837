package plan

import "github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"

// Tags of what is ours. Ownership is a tag with the deployment's name: what lacks it is never touched.
const (
	TagDeployment = policy.TagDeployment
	TagProfile    = "mirrorwatch:profile" // of sessions and filters
	TagTarget     = "mirrorwatch:target"  // of targets: the policy's name of it
	TagCreated    = "mirrorwatch:created" // RFC 3339: AWS tells no creation time
	TagName       = "Name"
)

// FilterName is how steps refer to the filter of a profile in an account and region, and TargetName to a target.
func FilterName(account, region, profile string) string {
	return "filter/" + Place(account, region) + "/" + profile
}

// TargetName is how steps refer to a target of the fleet: name is policy.Target's.
func TargetName(region, name string) string { return "target/" + region + "/" + name }
