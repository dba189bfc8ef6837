package settings

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Spec is one setting.
type Spec struct {
	Name    string
	Is      string // for people, without a full stop
	Allowed string
	Default string // as text; "" where it is empty

	env string // variable that has the default
	set func(s *Settings, text string) error
}

// Specs gives the settings in the order in which people read them.
func Specs() []Spec {
	return []Spec{
		{"deployment", "name of this installation, part of the name of everything in it; it cannot change", "a letter, then at most 19 of a-z, 0-9 and -", "main", "",
			text(func(s *Settings) *string { return &s.Deployment }, `^[a-z][a-z0-9-]{0,19}$`, false)},
		{"account", "account that everything is deployed to; the profile's unless set", "twelve digits", "", "CDK_DEFAULT_ACCOUNT",
			text(func(s *Settings) *string { return &s.Account }, `^[0-9]{12}$`, false)},
		{"regions", "regions, with one system in each, since mirrored packets do not leave a region; the profile's unless set", "regions with Traffic Mirroring: " + strings.Join(Regions(), ", "), "", "CDK_DEFAULT_REGION",
			list(func(s *Settings) *[]string { return &s.Regions }, 1, 8, checkRegion)},
		{"size", "how much the sensors hear; docs/operations.md has the table", "small, medium or large", "small", "", setSize},
		{"fleet", "what sensors run on", "ec2 or fargate", "ec2", "", setFleet},
		{"instance", "type of the sensors' instances, in place of the size's; Graviton where its name says so", "a type of EC2 of the c, m or r families from the sixth generation on, such as c7gn.xlarge", "", "", setInstance},
		{"sensors", "how many sensors at least and at most, in place of the size's", "MIN-MAX, each from 1 to 100, such as 2-12", "", "", setSensors},
		{"vpc", "id of the VPC that sensors live in; empty: one is made", "vpc- and 8 or 17 hexadecimal digits", "", "",
			text(func(s *Settings) *string { return &s.VPC }, `^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`, true)},
		{"subnets", "ids of the private subnets of vpc that sensors live in, one a zone", "2 to 6 of subnet- and 8 or 17 hexadecimal digits; only with vpc", "", "",
			list(func(s *Settings) *[]string { return &s.Subnets }, 0, 6, matching(`^subnet-([0-9a-f]{8}|[0-9a-f]{17})$`))},
		{"zones", "availability zones of subnets, in their order", "as many as subnets, such as eu-central-1a", "", "",
			list(func(s *Settings) *[]string { return &s.Zones }, 0, 6, matching(`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$`))},
		{"cidr", "network of the VPC that is made, 10.231.0.0/20 unless set, or that vpc has", "an IPv4 network of /16 to /24", "", "", setCIDR},
		{"sources", "networks outside the VPC whose interfaces are mirrored to it, by peering or a transit gateway", "IPv4 networks that overlap neither cidr nor each other", "", "", setSources},
		{"transit_gateway", "id of the transit gateway that leads to sources, for the routes back", "tgw- and 17 hexadecimal digits; only with sources and without vpc", "", "",
			text(func(s *Settings) *string { return &s.TransitGateway }, `^tgw-[0-9a-f]{17}$`, true)},
		{"accounts", "other accounts that are mirrored, each with its regions", "ACCOUNT/REGION, or ACCOUNT/REGION/REGION, with commas", "", "", setAccounts},
		{"organization", "whether accounts are in the deployment's AWS Organization, with sharing switched on in Resource Access Manager; off: they accept an invitation", "on or off", "on", "",
			onOff(func(s *Settings) *bool { return &s.Organization })},
		{"policy", "file with further sections of the mirror policy: select, profiles, exclude, budget, limits, prices, vni", "path of a YAML file", "", "",
			text(func(s *Settings) *string { return &s.Policy }, `^[^\s]{1,200}$`, true)},
		{"retention_records", "days that records of traffic are kept", "1 to 3650", "30", "", number(func(s *Settings) *int { return &s.RecordDays }, 1, 3650)},
		{"retention_logs", "days that logs of functions are kept", "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653, as CloudWatch has it", "30", "", setLogDays},
		{"retain", "whether table, archive, key and users outlive the stacks", "on or off", "on", "", onOff(func(s *Settings) *bool { return &s.Retain })},
		{"log_buckets", "buckets of this account and region with VPC Flow Logs and CloudTrail, with EventBridge notifications on", "names of buckets", "", "",
			list(func(s *Settings) *[]string { return &s.LogBuckets }, 0, 20, matching(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`))},
		{"log_keys", "ARNs of the keys that log_buckets are encrypted with", "arn:aws:kms:REGION:ACCOUNT:key/ID; only with log_buckets", "", "",
			list(func(s *Settings) *[]string { return &s.LogKeys }, 0, 20, matching(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-zA-Z-]{1,64}$`))},
		{"cloudwatch", "whether CloudWatch is asked for metrics of machines, which is billed", "on or off", "off", "", onOff(func(s *Settings) *bool { return &s.Metrics })},
		{"notify", "mail addresses that are told of alarms and of critical detections", "addresses", "", "",
			list(func(s *Settings) *[]string { return &s.Notify }, 0, 20, matching(`^[^@\s,]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,}$`))},
		{"monthly_usd", "what mirror sessions may cost a month before an alarm rings, in USD by the policy's prices; 0: no alarm", "0 to 10000000", "0", "", number(func(s *Settings) *int { return &s.MonthlyUSD }, 0, 10000000)},
		{"saml", "address of the metadata of your identity provider; empty: people are added in Cognito", "an https address", "", "", setSAML},
		{"domain", "host name of the console; empty: one of CloudFront's", "a host name, together with zone", "", "",
			text(func(s *Settings) *string { return &s.Domain }, `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$`, true)},
		{"zone", "id of the public hosted zone in Route 53 that domain is in", "Z and capital letters and digits, together with domain", "", "",
			text(func(s *Settings) *string { return &s.Zone }, `^Z[A-Z0-9]{5,31}$`, true)},
		{"callers", "who may call the API with SigV4", "ARN ROLE, or ARN ROLE packets, with semicolons; ROLE is viewer, analyst or admin", "", "",
			text(func(s *Settings) *string { return &s.Callers }, `^arn:aws[a-z-]*:[^;]+ (viewer|analyst|admin)( packets)?(; ?arn:aws[a-z-]*:[^;]+ (viewer|analyst|admin)( packets)?)*$`, true)},
		{"waf", "whether AWS WAF stands before the console and the sign-in", "on or off", "on", "", onOff(func(s *Settings) *bool { return &s.WAF })},
	}
}

// text sets a value that a pattern fits; empty where it may be.
func text(to func(*Settings) *string, pattern string, empty bool) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		*to(s) = v
		if v == "" && empty {
			return nil
		}
		return matching(pattern)(v)
	}
}

func matching(pattern string) func(string) error {
	return func(v string) error {
		switch {
		case v == "":
			return fmt.Errorf("is missing")
		case !regexp.MustCompile(pattern).MatchString(v):
			return fmt.Errorf("is %q", v)
		}
		return nil
	}
}

// list sets values with commas.
func list(to func(*Settings) *[]string, least, most int, check func(string) error) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		values := split(v)
		*to(s) = values
		if len(values) < least {
			return fmt.Errorf("is missing")
		}
		if len(values) > most {
			return fmt.Errorf("has %d values, at most %d can be had", len(values), most)
		}
		for i, e := range values {
			if err := check(e); err != nil {
				return err
			}
			if slices.Contains(values[:i], e) {
				return fmt.Errorf("has %q twice", e)
			}
		}
		return nil
	}
}

func split(v string) (values []string) {
	for e := range strings.SplitSeq(v, ",") {
		if e = strings.TrimSpace(e); e != "" {
			values = append(values, e)
		}
	}
	return values
}

func number(to func(*Settings) *int, least, most int) func(*Settings, string) error {
	return func(s *Settings, v string) (err error) {
		if *to(s), err = strconv.Atoi(v); err != nil || *to(s) < least || *to(s) > most {
			return fmt.Errorf("is %q", v)
		}
		return nil
	}
}

func onOff(to func(*Settings) *bool) func(*Settings, string) error {
	return func(s *Settings, v string) error {
		*to(s) = v == "on"
		if v != "on" && v != "off" {
			return fmt.Errorf("is %q", v)
		}
		return nil
	}
}

func setFleet(s *Settings, v string) error {
	if s.Fleet = Fleet(v); s.Fleet != EC2 && s.Fleet != Fargate {
		return fmt.Errorf("is %q", v)
	}
	return nil
}

func setLogDays(s *Settings, v string) error {
	days, err := strconv.Atoi(v)
	s.LogDays = days
	if err != nil || !slices.Contains([]int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}, days) {
		return fmt.Errorf("is %q", v)
	}
	return nil
}

func setCIDR(s *Settings, v string) (err error) {
	if v == "" {
		s.CIDR = netip.MustParsePrefix("10.231.0.0/20")
		return nil
	}
	if s.CIDR, err = network(v); err == nil && (s.CIDR.Bits() < 16 || s.CIDR.Bits() > 24) {
		err = fmt.Errorf("is %q", v)
	}
	return err
}

func setSources(s *Settings, v string) error {
	for _, e := range split(v) {
		p, err := network(e)
		if err != nil {
			return err
		}
		s.Sources = append(s.Sources, p)
	}
	return nil
}

// network reads one whose address is its first: 10.0.1.0/16 is likelier a mistake than meant.
func network(v string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(v)
	switch {
	case err != nil || !p.Addr().Is4():
		return p, fmt.Errorf("is %q", v)
	case p != p.Masked():
		return p, fmt.Errorf("is %q, whose first address is %s", v, p.Masked().Addr())
	}
	return p, nil
}

func setAccounts(s *Settings, v string) error {
	for _, e := range split(v) {
		parts := strings.Split(e, "/")
		if err := matching(`^[0-9]{12}$`)(parts[0]); err != nil || len(parts) < 2 {
			return fmt.Errorf("is %q", e)
		}
		for _, r := range parts[1:] {
			if err := checkRegion(r); err != nil {
				return err
			}
		}
		s.Accounts = append(s.Accounts, Account{ID: parts[0], Regions: parts[1:]})
	}
	return nil
}

func setSAML(s *Settings, v string) error {
	s.SAML = v
	if u, err := url.Parse(v); v != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		return fmt.Errorf("is %q", v)
	}
	return nil
}
