package policy

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// form is what a text must look like.
type form struct {
	allowed string
	fits    func(string) bool
}

func pattern(allowed, expression string) form {
	return form{allowed, regexp.MustCompile(`^(?:` + expression + `)$`).MatchString}
}

// oneOf allows a few words.
func oneOf(words ...string) form {
	last := len(words) - 1
	return form{strings.Join(words[:last], ", ") + " or " + words[last], func(s string) bool {
		for _, w := range words {
			if s == w {
				return true
			}
		}
		return false
	}}
}

// upTo allows printable text of a length.
func upTo(most int, allowed string) form {
	return form{allowed, func(s string) bool {
		if n := utf8.RuneCountInString(s); n == 0 || n > most {
			return false
		}
		return strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
	}}
}

// The forms of AWS's names and of ours.
var (
	accountID      = pattern("an account id of twelve digits", `[0-9]{12}`)
	regionName     = pattern("a region such as eu-central-1", `[a-z]{2,4}(-[a-z]{2,12}){1,2}-[1-9][0-9]?`)
	zoneName       = pattern("an availability zone such as eu-central-1a", `[a-z]{2,4}(-[a-z]{2,12}){1,2}-[1-9][0-9]?(-[a-z0-9]{2,8}-[1-9])?[a-z]`)
	roleARN        = pattern("the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME", `arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}`)
	balancerARN    = pattern("the ARN of a Network Load Balancer: arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/net/NAME/ID", `arn:aws(-[a-z]+)*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/net/[A-Za-z0-9-]{1,32}/[0-9a-f]{1,32}`)
	targetGroupARN = pattern("the ARN of a target group: arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID", `arn:aws(-[a-z]+)*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{1,32}`)
	targetID       = pattern("a mirror target's id: tmt-...", `tmt-[0-9a-f]{1,32}`)
	endpointID     = pattern("a Gateway Load Balancer endpoint's id: vpce-...", `vpce-[0-9a-f]{1,32}`)
	vpcID          = pattern("a VPC's id: vpc-...", `vpc-[0-9a-f]{1,32}`)
	subnetID       = pattern("a subnet's id: subnet-...", `subnet-[0-9a-f]{1,32}`)
	groupID        = pattern("a security group's id: sg-...", `sg-[0-9a-f]{1,32}`)
	instanceType   = pattern("an instance type such as m5.large, or the beginning of some with * at the end: m5.*", `[a-z][a-z0-9-]*\.[a-z0-9-]+|[a-z][a-z0-9-]*(\.[a-z0-9-]*)?\*`)
	deploymentName = pattern("1 to 32 of a-z, 0-9 and '-'", `[a-z0-9-]{1,32}`)
	shareName      = pattern("1 to 255 letters, digits, spaces and ._-", `[A-Za-z0-9 ._-]{1,255}`)
	protocolName   = pattern("tcp, udp, icmp, icmpv6, all or a protocol number from 1 to 255", `tcp|udp|icmp|icmpv6|all|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5]`)
	description    = upTo(255, "printable text of 1 to 255 characters")
	groupName      = upTo(255, "an Auto Scaling group's name")
	tagValue       = form{"a tag's value of up to 256 characters", func(s string) bool { return s == "" || upTo(256, "").fits(s) }}
	tagKey         = upTo(128, "a tag's key of 1 to 128 characters")
	selectTag      = form{"a tag's key of 1 to 128 characters that does not begin with aws:", func(s string) bool {
		return tagKey.fits(s) && !strings.HasPrefix(strings.ToLower(s), "aws:")
	}}
	profileName = form{"a profile's name: 1 to 32 of a-z, 0-9 and '-', but neither on nor off", func(s string) bool {
		return deploymentName.fits(s) && s != "on" && s != "off"
	}}
	wish = form{"on, off or a profile's name (a-z, 0-9 and '-')", deploymentName.fits}
)
