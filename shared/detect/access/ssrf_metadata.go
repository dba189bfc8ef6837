package access

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// SSRFMetadata finds requests that want a server to ask for its own instance's metadata.
var SSRFMetadata = detect.Spec{
	Type:  "access.ssrf_metadata",
	Title: "Request for instance metadata through a server",
	Text: "Looks in the values of a request for the address of the instance metadata service, plain or dressed (169.254.169.254, as one number, in hexadecimal, mapped " +
		"into IPv6, metadata.google.internal): whoever sends it wants the server to fetch it and hand over the credentials of its role. One such request is told of, and whether the " +
		"answer holds metadata or keys. What looks the same: a document that mentions the address, in which it is not a link; the instance's own requests to the service are not meant.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1552.005"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindHTTP}, GuardDuty: "UnauthorizedAccess:EC2/MetadataDNSRebind", Version: 1,
	Background: "Every EC2 instance can ask 169.254.169.254 for the temporary keys of its role. A web application that fetches links for its visitors (previews, hooks, converters) can be " +
		"sent there, and gives the keys to whoever asked. With them the attacker calls the AWS API from anywhere, as the instance.",
	Mitigation: []string{
		"If the answer holds keys, revoke the role's sessions now and look in CloudTrail for its calls from other addresses.",
		"Require IMDSv2 with a hop limit of one on the instance: it refuses what a fetched link can send.",
		"Have the application refuse links to private, link-local and loopback addresses, after resolving the name.",
		"Give the role only the rights that the application needs.",
	},
	New:    func() detect.Detector { return NewSSRFMetadata(SSRFMetadataDefaults()) },
	Tuning: detect.Tuned(SSRFMetadataDefaults, NewSSRFMetadata),
}

// SSRFMetadataDefaults are the tunables that the project stands for.
func SSRFMetadataDefaults() WebAttackTunables { return webAttackDefaults() }

// NewSSRFMetadata makes the detector.
func NewSSRFMetadata(t WebAttackTunables) *WebAttacks {
	return newWebAttacks(t, webRules{
		what: "the address of the instance metadata service", find: metadataFind,
		proofs: []webProof{{"aws_secret", "keys of AWS"}, {"instance_metadata", "metadata of the instance"}},
	})
}

// metadataHosts are the ways to write the service's address.
var metadataHosts = []string{
	"169.254.169.254", "2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "::ffff:a9fe:a9fe", "169.254.43518", "fd00:ec2::254",
	"metadata.google.internal", "100.100.100.200", "instance-data.ec2.internal", "169.254.170.2",
}

// metadataFind wants the address as a host: behind a scheme, or at the beginning of a value.
func metadataFind(r *events.HTTP, v *webValue) (rule string, sure bool) {
	m := webHasAny(v.text, metadataHosts)
	if m == "" || strings.Contains(r.Host, m) || v.name == "x-forwarded-for" {
		return "", false
	}
	i := strings.Index(v.text, m)
	before := strings.TrimRight(v.text[:i], "[")
	if strings.HasSuffix(before, "//") || strings.HasSuffix(before, "@") || before == "" || v.place == "path" {
		return "address", true
	}
	return "", false
}
