package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// ParameterSpec says what a parameter is, and what holds where nobody set it.
type ParameterSpec struct {
	Name      string
	Kind      string // networks, days, bytes, tags, domains, addresses (networks, none at all too), principals, changes (announced), settings (of detectors)
	Text      string // for a person
	Default   []string
	Low, High int64 // of days and bytes
}

// The parameters there are.
const (
	LocalNetworks           = "local_networks"
	RetentionDaysDetections = "retention_days_detections"
	RetentionDaysRecords    = "retention_days_records"
	RetentionBytesRecords   = "retention_bytes_records"
	RetentionDaysMetrics    = "retention_days_metrics"
	RetentionDaysAudit      = "retention_days_audit"
	CoverageTags            = "coverage_tags"
	TrustedDomains          = "trusted_domains"
	KnownScanners           = "known_scanners"
	Gateways                = "gateways"
	DNSServers              = "dns_servers"
	OwnRoles                = "own_roles"
	PlannedChanges          = "planned_changes"
	DetectorSettings        = "detector_settings"
)

// DefaultCoverageTags are the keys of tags that tell coverage apart, and group devices, where nobody set others.
func DefaultCoverageTags() []string { return []string{"environment", "env", "team"} }

// ParameterSpecs lists every parameter.
func ParameterSpecs() []ParameterSpec {
	return []ParameterSpec{
		{LocalNetworks, "networks", "Networks whose addresses are our own; all others are outside. A sensor reads it when it starts.", []string{
			"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128",
		}, 0, 0},
		{RetentionDaysDetections, "days", "How long detections are kept after their last update.", []string{"90"}, 1, 3650},
		{RetentionDaysRecords, "days", "How long records are kept.", []string{"30"}, 1, 3650},
		{RetentionBytesRecords, "bytes", "How much room records may take on disk; the oldest go first. 0: no limit.", []string{"53687091200"}, 0, 1 << 50},
		{RetentionDaysMetrics, "days", "How long the metrics of devices are kept.", []string{"35"}, 1, 3650},
		{RetentionDaysAudit, "days", "How long the audit log is kept.", []string{"365"}, 30, 3650},
		{CoverageTags, "tags", "Keys of tags by whose values coverage is told apart, and devices are grouped, whatever the case of their letters.", DefaultCoverageTags(), 0, 0},
		{TrustedDomains, "domains", "Domains that are no strangers, each with all below it: what is asked for under them is neither rare nor a tunnel.", []string{}, 0, 0},
		{KnownScanners, "addresses", "Hosts that scan by order: their scans raise nothing.", []string{}, 0, 0},
		{Gateways, "addresses", "Hosts that stand for many others, such as NAT gateways, proxies and load balancers.", []string{}, 0, 0},
		{DNSServers, "addresses", "Hosts that ask names for others.", []string{}, 0, 0},
		{OwnRoles, "principals", "Patterns of the ARNs of Mirrorwatch's own roles, such as role/mirrorwatch-*: what they change in the account raises nothing.", []string{}, 0, 0},
		{PlannedChanges, "changes", "Changes of the account that were announced, each as FROM/TO PRINCIPAL REASON: what the principal does then raises nothing.", []string{}, 0, 0},
		{DetectorSettings, "settings", "Tunables of detectors, each as TYPE.TUNABLE=VALUE, such as recon.port_scan.ports=40. A sensor reads them when it starts.", []string{}, 0, 0},
	}
}

// ParameterValues gives what holds for a parameter: what people set, or its default.
func ParameterValues(ctx context.Context, docs Documents, name string) ([]string, error) {
	for _, spec := range ParameterSpecs() {
		if spec.Name != name {
			continue
		}
		set, err := Collection[Parameter]{Kind: KindParameter, Documents: docs}.Get(ctx, name)
		if errors.Is(err, ErrNotFound) {
			return spec.Default, nil
		}
		return set.Value.Values, err
	}
	return nil, fmt.Errorf("parameter %s: %w", name, ErrNotFound)
}

// ParameterNumber gives what holds for a parameter of days or bytes.
func ParameterNumber(ctx context.Context, docs Documents, name string) (int64, error) {
	values, err := ParameterValues(ctx, docs, name)
	if err != nil {
		return 0, err
	}
	if len(values) != 1 {
		return 0, fmt.Errorf("parameter %s has %d values, want one", name, len(values))
	}
	n, err := strconv.ParseInt(values[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read parameter %s: %w", name, err)
	}
	return n, nil
}
