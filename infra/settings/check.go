package settings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Regions gives those where everything that a deployment needs can be had.
func Regions() []string {
	return []string{
		"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
		"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
		"ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "af-south-1", "il-central-1", "me-central-1", "me-south-1",
	}
}

func checkRegion(v string) error {
	if !slices.Contains(Regions(), v) {
		return fmt.Errorf("is %q", v)
	}
	return nil
}

// complete fills in what a size means, where nothing else is set.
func (s *Settings) complete(given map[string]bool) {
	size := sizes()[s.Size]
	if !given["instance"] {
		s.Instance = size.instance
	}
	if !given["sensors"] {
		s.Min, s.Max = size.min, size.max
	}
}

// clash says that settings do not fit each other.
func clash(name, format string, a ...any) error {
	i := slices.IndexFunc(Specs(), func(s Spec) bool { return s.Name == name })
	return fmt.Errorf("setting %s: %s; allowed: %s", name, fmt.Sprintf(format, a...), Specs()[i].Allowed)
}

// clashes finds what each is right by itself and wrong together.
func (s *Settings) clashes(given map[string]bool) (faults []error) {
	add := func(wrong bool, name, format string, a ...any) {
		if wrong {
			faults = append(faults, clash(name, format, a...))
		}
	}
	for _, word := range []string{"aws", "amazon", "cognito"} { // the host of the sign-in pages has it in its name, and Cognito keeps these words for itself
		add(strings.Contains(s.Deployment, word), "deployment", "%s has %q in it, which no sign-in page may have in its name", s.Deployment, word)
	}
	add(s.VPC == "" && len(s.Subnets) > 0, "subnets", "%s without a vpc", strings.Join(s.Subnets, ","))
	add(s.VPC != "" && len(s.Subnets) < 2, "subnets", "%d given for %s", len(s.Subnets), s.VPC)
	add(len(s.Zones) != len(s.Subnets), "zones", "%d for %d subnets", len(s.Zones), len(s.Subnets))
	add(s.VPC != "" && !given["cidr"], "cidr", "is missing: what network has %s?", s.VPC)
	add(s.VPC != "" && len(s.Regions) > 1, "vpc", "%s is in one region, and regions has %d", s.VPC, len(s.Regions))
	add(s.TransitGateway != "" && len(s.Sources) == 0, "transit_gateway", "%s without sources", s.TransitGateway)
	add(s.TransitGateway != "" && s.VPC != "", "transit_gateway", "%s together with vpc, whose routes are yours", s.TransitGateway)
	add(s.TransitGateway != "" && len(s.Regions) > 1, "transit_gateway", "%s is in one region, and regions has %d", s.TransitGateway, len(s.Regions))
	add(len(s.LogKeys) > 0 && len(s.LogBuckets) == 0, "log_keys", "given without log_buckets")
	add(len(s.LogBuckets) > 0 && len(s.Regions) > 1, "log_buckets", "a bucket is in one region, and regions has %d", len(s.Regions))
	add((s.Domain == "") != (s.Zone == ""), "zone", "is %q, and domain is %q", s.Zone, s.Domain)
	add(s.Domain != "" && len(s.Regions) > 1, "domain", "%s can be one console, and regions has %d", s.Domain, len(s.Regions))
	add(s.Fleet == Fargate && given["instance"], "instance", "%s on fargate", s.Instance)
	for _, z := range s.Zones {
		add(!strings.HasPrefix(z, s.Regions[0]), "zones", "%s is not in %s", z, s.Regions[0])
	}
	return append(append(faults, s.overlaps()...), s.strangers()...)
}

// overlaps finds networks that have addresses in common: no route can tell them apart.
func (s *Settings) overlaps() (faults []error) {
	for i, a := range s.Sources {
		if s.CIDR.Overlaps(a) {
			faults = append(faults, clash("sources", "%s overlaps cidr, which is %s", a, s.CIDR))
		}
		for _, b := range s.Sources[:i] {
			if a.Overlaps(b) {
				faults = append(faults, clash("sources", "%s overlaps %s", a, b))
			}
		}
	}
	return faults
}

// strangers finds accounts that cannot be mirrored as they are written.
func (s *Settings) strangers() (faults []error) {
	seen := map[string]bool{}
	for _, a := range s.Accounts {
		switch {
		case a.ID == s.Account:
			faults = append(faults, clash("accounts", "%s is the deployment's own, which is mirrored anyway", a.ID))
		case seen[a.ID]:
			faults = append(faults, clash("accounts", "%s is there twice", a.ID))
		}
		seen[a.ID] = true
		for _, r := range a.Regions {
			if !slices.Contains(s.Regions, r) {
				faults = append(faults, clash("accounts", "%s is to be mirrored in %s, and sensors are in %s alone", a.ID, r, strings.Join(s.Regions, ", ")))
			}
		}
	}
	return faults
}

// Reach gives all networks that mirrored packets come from.
func (s *Settings) Reach() []netip.Prefix { return append([]netip.Prefix{s.CIDR}, s.Sources...) }
