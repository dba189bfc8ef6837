package deploy

import (
	"fmt"
	"strings"
)

// Correlate is the environment of lambdas/correlate.
type Correlate struct {
	Table                string
	Account              string // its own; machines of others are not looked into
	Ranges, ASN, Country string // files of a layer, absolute paths; each may be empty
	Metrics              bool   // ask CloudWatch
	Role                 string // may be empty
	FlowFormat           string // of flow logs without a header line, as CreateFlowLogs takes it; empty: AWS's default
}

func (c *Correlate) fields(metrics *string) []field {
	return []field{
		{Table, &c.Table, anyName}, {Account, &c.Account, account}, {Ranges, &c.Ranges, optional(file)}, {ASN, &c.ASN, optional(file)},
		{Country, &c.Country, optional(file)}, {Metrics, metrics, optional(onOrOff)}, {Role, &c.Role, optional(beginning("arn:"))},
		{FlowFormat, &c.FlowFormat, optional(anyName)},
	}
}

// CorrelateFromEnv reads the environment of lambdas/correlate.
func CorrelateFromEnv(get func(string) string) (Correlate, error) {
	var c Correlate
	metrics := ""
	err := read(get, "lambdas/correlate", c.fields(&metrics))
	c.Metrics = metrics == "on"
	return c, err
}

// Env is the environment as infrastructure writes it.
func (c Correlate) Env() map[string]string {
	metrics := "off"
	if c.Metrics {
		metrics = "on"
	}
	return env(c.fields(&metrics))
}

// file holds a path to one that does not depend on where a function is started.
func file(v string) string {
	if !strings.HasPrefix(v, "/") || strings.HasSuffix(v, "/") {
		return fmt.Sprintf("is %q, not the absolute path of a file", v)
	}
	return ""
}

func onOrOff(v string) string {
	if v != "on" && v != "off" {
		return fmt.Sprintf("is %q, neither on nor off", v)
	}
	return ""
}
