// Package deploy holds the names that infrastructure writes and programs read: one struct a program, which becomes the environment of
// its function or process and comes back from it. What comes in is a struct, or a way to look up a variable; what goes out is the other.
// It never reads the environment itself, never calls AWS, and holds no secret: those are read by their names at run time.
package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The variables.
const (
	Table          = "MIRRORWATCH_TABLE"            // name of the store's table
	Stream         = "MIRRORWATCH_STREAM"           // ARN of the table's stream
	Bus            = "MIRRORWATCH_BUS"              // name or ARN of the EventBridge bus
	Topics         = "MIRRORWATCH_TOPICS"           // ARNs of the SNS topics that may be written to, with commas
	Database       = "MIRRORWATCH_ATHENA_DATABASE"  // of the records
	Workgroup      = "MIRRORWATCH_ATHENA_WORKGROUP" //
	Output         = "MIRRORWATCH_ATHENA_OUTPUT"    // s3:// prefix for results; empty: the workgroup's own
	UserPool       = "MIRRORWATCH_USER_POOL"        // id of the Cognito user pool
	UserPoolClient = "MIRRORWATCH_USER_POOL_CLIENT" // id of the console's client in it
	Domain         = "MIRRORWATCH_SIGN_IN_DOMAIN"   // host name of the pool's sign-in pages
	Address        = "MIRRORWATCH_ADDRESS"          // https:// address at which people reach the console
	Account        = "MIRRORWATCH_ACCOUNT"          // twelve digits
	Callers        = "MIRRORWATCH_CALLERS"          // who may call with SigV4: "ARN ROLE" or "ARN ROLE packets", with semicolons; empty: nobody
	Version        = "MIRRORWATCH_VERSION"          // what is installed; empty: nobody said
	Sensor         = "MIRRORWATCH_SENSOR"           // name of the sensor; empty: the host's
	Records        = "MIRRORWATCH_RECORDS"          // name of the Firehose stream that takes records to the archive; empty: none are kept
	Deployment     = "MIRRORWATCH_DEPLOYMENT"       // name of this installation, in metrics of CloudWatch; empty: none are told
	Hook           = "MIRRORWATCH_LIFECYCLE_HOOK"   // name of the Auto Scaling lifecycle hook that waits for a sensor's end; empty: nobody waits
	Group          = "MIRRORWATCH_GROUP"            // name of the Auto Scaling group that has this hook; empty: there is none
	Archive        = "MIRRORWATCH_ARCHIVE"          // name of the bucket with the records
	Policy         = "MIRRORWATCH_POLICY"           // "ssm:" and the name of the parameter that holds the mirror policy
	MirrorFunction = "MIRRORWATCH_MIRROR_FUNCTION"  // name of the function that keeps mirror sessions, which people may ask to look; empty: nobody can be asked
	Teardown       = "MIRRORWATCH_TEARDOWN"         // on or off: whether CloudFormation may have the function remove every session; empty: off
	FlowFormat     = "MIRRORWATCH_FLOW_FORMAT"      // fields of flow logs that come without a header line: "${version} ${account-id} ..."
	Role           = "MIRRORWATCH_ROLE"             // ARN of the function's own role: what it did itself is no news to it; empty: nobody knows
	Ranges         = "MIRRORWATCH_RANGES"           // file of AWS's published address ranges, as in /opt/mirrorwatch/ip-ranges.json; empty: none
	ASN            = "MIRRORWATCH_ASN"              // file of autonomous systems, MaxMind's format; empty: none
	Country        = "MIRRORWATCH_COUNTRY"          // file of countries, MaxMind's format; empty: none
	Metrics        = "MIRRORWATCH_METRICS"          // on or off: whether CloudWatch is asked, which is billed; empty: off
)

// API is the environment of lambdas/api.
type API struct {
	Table                       string
	Database, Workgroup, Output string // Output may be empty
	UserPool, UserPoolClient    string
	Domain                      string
	Address                     string
	Callers                     string // may be empty
	Topics                      string // as the variable has them: those that a notification rule can be tried with; may be empty
	Version                     string // of the installation, for /v1/status; may be empty
	MirrorFunction              string // may be empty
}

func (a *API) fields() []field {
	return []field{
		{Table, &a.Table, anyName}, {Database, &a.Database, anyName}, {Workgroup, &a.Workgroup, anyName},
		{Output, &a.Output, optional(beginning("s3://"))}, {UserPool, &a.UserPool, anyName}, {UserPoolClient, &a.UserPoolClient, anyName},
		{Domain, &a.Domain, anyName}, {Address, &a.Address, beginning("https://")}, {Callers, &a.Callers, optional(anyName)},
		{Topics, &a.Topics, optional(arns)}, {Version, &a.Version, optional(anyName)},
		{MirrorFunction, &a.MirrorFunction, optional(anyName)},
	}
}

// APIFromEnv reads the environment of lambdas/api.
func APIFromEnv(get func(string) string) (API, error) {
	var a API
	err := read(get, "lambdas/api", a.fields())
	return a, err
}

// Env is the environment as infrastructure writes it.
func (a API) Env() map[string]string { return env(a.fields()) }

// Publish is the environment of lambdas/publish.
type Publish struct{ Bus string }

func (p *Publish) fields() []field { return []field{{Bus, &p.Bus, anyName}} }

// PublishFromEnv reads the environment of lambdas/publish.
func PublishFromEnv(get func(string) string) (Publish, error) {
	var p Publish
	err := read(get, "lambdas/publish", p.fields())
	return p, err
}

// Env is the environment as infrastructure writes it.
func (p Publish) Env() map[string]string { return env(p.fields()) }

// Notify is the environment of lambdas/notify.
type Notify struct {
	Table   string
	Topics  []string // may be empty: notification rules name their own
	Account string
	Address string
}

func (n *Notify) fields(topics *string) []field {
	return []field{
		{Table, &n.Table, anyName}, {Topics, topics, optional(beginning("arn:"))}, {Account, &n.Account, account}, {Address, &n.Address, beginning("https://")},
	}
}

// NotifyFromEnv reads the environment of lambdas/notify.
func NotifyFromEnv(get func(string) string) (Notify, error) {
	var n Notify
	topics := ""
	err := read(get, "lambdas/notify", n.fields(&topics))
	if topics != "" {
		n.Topics = strings.Split(topics, ",")
	}
	for _, t := range n.Topics {
		if err == nil && !strings.HasPrefix(t, "arn:") {
			err = fmt.Errorf("environment of lambdas/notify: %s: %q is not an ARN", Topics, t)
		}
	}
	return n, err
}

// Env is the environment as infrastructure writes it.
func (n Notify) Env() map[string]string {
	topics := strings.Join(n.Topics, ",")
	return env(n.fields(&topics))
}

// Mirror is the environment of lambdas/mirror.
type Mirror struct {
	Table    string
	Policy   string
	Role     string // may be empty
	Teardown bool   // CloudFormation may have it remove every session: of its two functions one, which nothing else may call
}

func (m *Mirror) fields(teardown *string) []field {
	return []field{
		{Table, &m.Table, anyName}, {Policy, &m.Policy, beginning("ssm:")}, {Role, &m.Role, optional(beginning("arn:"))}, {Teardown, teardown, optional(onOrOff)},
	}
}

// MirrorFromEnv reads the environment of lambdas/mirror.
func MirrorFromEnv(get func(string) string) (Mirror, error) {
	var m Mirror
	teardown := ""
	err := read(get, "lambdas/mirror", m.fields(&teardown))
	m.Teardown = teardown == "on"
	return m, err
}

// Env is the environment as infrastructure writes it.
func (m Mirror) Env() map[string]string {
	teardown := ""
	if m.Teardown {
		teardown = "on"
	}
	return env(m.fields(&teardown))
}

// field is one variable: where it goes, and what is wrong with a value ("" is nothing).
type field struct {
	name  string
	value *string
	wrong func(string) string
}

// read fills the fields, and names in one line all that is missing or makes no sense.
func read(get func(string) string, program string, fields []field) error {
	faults := map[string]string{}
	for _, f := range fields {
		*f.value = strings.TrimSpace(get(f.name))
		if w := f.wrong(*f.value); w != "" {
			faults[f.name] = w
		}
	}
	if len(faults) == 0 {
		return nil
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		all = append(all, name+" "+faults[name])
	}
	return fmt.Errorf("environment of %s: %s", program, strings.Join(all, "; "))
}

func env(fields []field) map[string]string {
	out := map[string]string{}
	for _, f := range fields {
		if *f.value != "" {
			out[f.name] = *f.value
		}
	}
	return out
}

func anyName(v string) string {
	if v == "" {
		return "is missing"
	}
	return ""
}

func beginning(prefix string) func(string) string {
	return func(v string) string {
		switch {
		case v == "":
			return "is missing"
		case !strings.HasPrefix(v, prefix):
			return fmt.Sprintf("is %q, which does not begin with %s", v, prefix)
		}
		return ""
	}
}

// arns holds a list to be of ARNs.
func arns(v string) string {
	for a := range strings.SplitSeq(v, ",") {
		if !strings.HasPrefix(a, "arn:") {
			return fmt.Sprintf("has %q, which is no ARN", a)
		}
	}
	return ""
}

func optional(wrong func(string) string) func(string) string {
	return func(v string) string {
		if v == "" {
			return ""
		}
		return wrong(v)
	}
}

func account(v string) string {
	if v == "" {
		return "is missing"
	}
	if len(v) != 12 || strings.Trim(v, "0123456789") != "" {
		return fmt.Sprintf("is %q, not twelve digits", v)
	}
	return ""
}
