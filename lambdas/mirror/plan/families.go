package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// FamiliesDate is when the lists below were last compared with their source: the page "Traffic Mirroring quotas and considerations" of
// the VPC documentation, as shared/reference/traffic-mirroring.md 2.2 keeps it. AWS has no flag for it in any API, and the page
// grows: 8 families in 2022, about 25 in 2023, about 50 now. So a family that is on no list is tried, and AWS's answer is learned.
const FamiliesDate = "2026-11-23"

// Support says whether instances of a type can be mirrored. They can be targets whatever their type: the limits are the source's.
type Support struct {
	Family    string `json:"family"`
	Supported bool   `json:"supported"`
	Known     bool   `json:"known"` // a list or AWS's own answer says so; false: it is tried
	Reason    string `json:"reason"`
	Fix       string `json:"fix,omitempty"`
}

// Family gives the family of an instance type: "m6i" of "m6i.large".
func Family(instanceType string) string {
	family, _, _ := strings.Cut(strings.ToLower(instanceType), ".")
	return family
}

// SourceSupport says whether instances of a type can be mirrored: by what AWS answered within retry before at, then by the lists,
// then by what DescribeInstanceTypes says (info may be nil).
func SourceSupport(instanceType string, verdicts map[string]Verdict, info *ec2api.InstanceType, at time.Time, retry time.Duration) Support {
	family := Family(instanceType)
	s := Support{Family: family, Known: true}
	_, size, _ := strings.Cut(strings.ToLower(instanceType), ".")
	v, tried := verdicts[family]
	switch {
	case strings.HasPrefix(size, "metal") || info != nil && info.BareMetal:
		s.Reason = fmt.Sprintf("instance type %s is bare metal, which AWS cannot mirror", instanceType)
	case tried && at.Sub(v.At) < retry:
		s.Supported, s.Reason = v.Supported, verdictReason(v)
	case denied(family):
		s.Reason = fmt.Sprintf("instance family %s cannot be a source of Traffic Mirroring (AWS's list of %s)", family, FamiliesDate)
	case oldGeneration(family) || info != nil && info.Hypervisor == "xen" && !allowedXen(family):
		s.Reason = fmt.Sprintf("instance family %s does not run on Nitro and is not among those older ones that AWS can mirror", family)
	case allowedXen(family) || worksFor(family):
		s.Supported, s.Reason = true, fmt.Sprintf("instance family %s can be mirrored", family)
	default:
		s.Supported, s.Known, s.Reason = true, false, fmt.Sprintf("instance family %s is on no list, so it is tried", family)
	}
	if !s.Supported {
		s.Fix = supportFix(family)
	}
	return s
}

func verdictReason(v Verdict) string {
	if v.Supported {
		return fmt.Sprintf("AWS mirrors instance family %s, as it did for %s", v.Family, v.Interface)
	}
	return fmt.Sprintf("AWS refused to mirror instance family %s (NetworkInterfaceNotSupported for %s at %s)",
		v.Family, v.Interface, v.At.UTC().Format(time.RFC3339))
}

// supportFix names families of the same kind that work, so that whoever reads it need not look for a list.
func supportFix(family string) string {
	instead := "t3, m5, c5 or r5"
	switch {
	case strings.HasPrefix(family, "m"):
		instead = "m5 or m6g"
	case strings.HasPrefix(family, "c"):
		instead = "c5 or c6g"
	case strings.HasPrefix(family, "r"), strings.HasPrefix(family, "x"):
		instead = "r5 or r6g"
	case strings.HasPrefix(family, "t"):
		instead = "t3 or t4g"
	case strings.HasPrefix(family, "i"):
		instead = "i3en"
	}
	return "move it to a family that can be mirrored, such as " + instead +
		", or have the host copy its packets itself, in VXLAN to UDP 4789 of the same sensors (on Linux tc can)"
}

// denied are the virtualized Nitro families that AWS's page names as unsupported sources.
func denied(family string) bool {
	switch family {
	case "m8g", "m6a", "m6i", "m6id", "m6idn", "m6in", "m7a", "m7g", "m7gd", "m7i", "m7i-flex",
		"c8g", "c6a", "c6gd", "c6gn", "c6i", "c6id", "c6in", "c7a", "c7g", "c7gd", "c7gn", "c7i",
		"r8g", "r6a", "r6i", "r6id", "r6idn", "r6in", "r7a", "r7g", "r7gd", "r7i", "r7iz", "x8g", "x2idn", "x2iedn", "x2iezn",
		"i4g", "i4i", "im4gn", "is4gen", "inf2", "p5", "trn1", "trn1n",
		"hpc6a", "hpc6id", "hpc7a", "hpc7g":
		return true
	}
	return false
}

// allowedXen are the only families without Nitro that can be mirrored.
func allowedXen(family string) bool {
	switch family {
	case "c4", "d2", "g3", "g3s", "h1", "i3", "m4", "p2", "p3", "r4", "x1", "x1e":
		return true
	}
	return false
}

// oldGeneration are the families without Nitro that are not allowed: known by name, because DescribeInstanceTypes is asked only of
// families that no list names.
func oldGeneration(family string) bool {
	switch family {
	case "t1", "t2", "m1", "m2", "m3", "c1", "c3", "cc2", "cr1", "r3", "i2", "g2", "hs1", "f1":
		return true
	}
	return false
}

// worksFor are Nitro families that are older than AWS's list and not on it.
func worksFor(family string) bool {
	switch family {
	case "t3", "t3a", "t4g", "m5", "m5a", "m5ad", "m5d", "m5dn", "m5n", "m5zn", "m6g", "m6gd", "c5", "c5a", "c5ad", "c5d", "c5n", "c6g",
		"r5", "r5a", "r5ad", "r5b", "r5d", "r5dn", "r5n", "r6g", "r6gd", "x2gd", "z1d", "a1", "i3en", "d3", "d3en", "g4dn", "g4ad", "inf1", "p3dn":
		return true
	}
	return false
}

// ListedFamily says whether a list names a family: of the others DescribeInstanceTypes is worth a call.
func ListedFamily(family string) bool {
	return denied(family) || allowedXen(family) || oldGeneration(family) || worksFor(family)
}
