package flowjudge

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
)

// Type is a type of detection that flow logs can carry.
type Type struct {
	Name  string
	Shows string // what of it flow logs show, and why that is enough
	Lacks string // what packets would show besides
	// Trust is what the detector's confidence is multiplied by, and Points what is taken from the risk: the less of its evidence flow logs
	// carry, the more.
	Trust  float64
	Points int
	tries  bool // its evidence is tries in vain: it is said how many of them were rejected
	cloud  bool // a server of AWS itself is no news: without names it cannot be told whose bucket it was
}

// Types lists what flow logs can carry, in the order in which the detectors see a record. Every detector that wants CloudTrail is run, too.
func Types() []Type {
	return []Type{
		{
			"recon.port_scan", "Which ports of a host were tried, and that the tries were rejected, unanswered or empty: REJECT records are the only view of what a security group stopped.",
			"TCP flags beyond SYN, FIN and RST, so that a FIN, Xmas or null scan looks like any other.", 0.85, -5, true, false,
		},
		{
			"recon.host_sweep", "Which hosts were asked for the same port and kept silent, or were closed off; of pings those that were rejected.",
			"Sweeps by ARP, pings that were let through, and what was asked.", 0.85, -5, true, false,
		},
		{
			"recon.protocol_scan", "The IP protocol of each flow, and that nothing came back.",
			"Nothing: the header's number is all there is to it.", 0.9, -5, true, false,
		},
		{
			"exfil.outbound_volume", "How much went to which host outside, and how much the host usually sends in an hour.",
			"Names, protocols and files; payload is reckoned from the bytes of whole packets.", 0.85, -5, false, false,
		},
		{
			"exfil.new_destination", "That much went to a host outside which nobody at the site knew a day before.",
			"Its name: the address of a known service may be new.", 0.8, -10, false, true,
		},
		{
			"c2.beacon", "When a host turned to the same server and port, to the second, and how much it sent.",
			"Names, certificates and requests. A server on a usual port is told only where it is new to a site that has been learned for a day.", 0.8, -25, false, true,
		},
		{
			"c2.long_connection", "That a connection lasted over many windows, and what it carried in all.",
			"The protocol, and whether a pause ended one connection and began another.", 0.8, -5, false, true,
		},
		{
			"c2.external_remote_access", "By its port alone: SSH, RDP or VNC from outside that lasted longer, or carried more, than a log-in in vain.",
			"Whether anybody logged in, and whether it was that protocol at all.", 0.8, -5, false, false,
		},
		{
			"impact.cryptomining", "By its port alone: a connection to a port of mining pools that is held, with little traffic both ways.",
			"The words of the miner (Stratum), and the pool's name.", 0.8, -10, false, true,
		},
		{
			"lateral.fan_out", "On how many hosts one host worked within minutes by the ports of remote administration, both sides having said something.",
			"Whether it was that protocol, and who logged in.", 0.8, -5, false, false,
		},
		{
			"intel.indicator_match", "Addresses that lists name.",
			"Names, URLs, certificates and fingerprints.", 0.9, -5, false, false,
		},
	}
}

// smaller are tunables that are not as a sensor has them: the limits of the detectors' tables: a function has less room than a sensor, and flow logs of fewer hosts.
func smaller() map[string]map[string]string {
	return map[string]map[string]string{
		"recon.port_scan":           {"pairs": "8000", "offenders": "1000"},
		"recon.host_sweep":          {"sweeps": "5000"},
		"recon.protocol_scan":       {"pairs": "1000"},
		"exfil.outbound_volume":     {"pairs": "8000"},
		"exfil.new_destination":     {"pairs": "8000"},
		"c2.beacon":                 {"series": "8000"},
		"c2.long_connection":        {"pairs": "2000"},
		"c2.external_remote_access": {"pairs": "2000"},
		"impact.cryptomining":       {"hosts": "2000"},
		"lateral.fan_out":           {"clients": "4000"},
		"intel.indicator_match":     {"pairs": "8000"},
	}
}

// specs gives the detectors that are run, of those there are, and what is set of them. A type that Types names and nobody has is an error.
func specs(have []detect.Spec, set map[string]map[string]string) ([]detect.Spec, map[string]map[string]string, error) {
	if len(have) == 0 {
		have = all.Specs()
	}
	var run []detect.Spec
	missing := map[string]bool{}
	for _, t := range Types() {
		missing[t.Name] = true
	}
	for _, s := range have {
		if missing[s.Type] {
			delete(missing, s.Type)
			run = append(run, overFlows(s))
		} else if slices.Contains(s.Wants, events.KindCloudTrail) {
			run = append(run, s)
		}
	}
	if len(missing) > 0 {
		return nil, nil, fmt.Errorf("set up flow judge: no detector of type %s", strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
	return run, settle(run, set), nil
}

// overFlows gives a spec as it is for flow logs.
func overFlows(s detect.Spec) detect.Spec {
	if !slices.Contains(s.Wants, events.KindConn) {
		s.Wants = append(slices.Clip(s.Wants), events.KindConn)
	}
	return s
}

// settle puts together what is set: first what people set, then the smaller limits, and for long connections the ports of pools, which
// impact.cryptomining tells of.
func settle(run []detect.Spec, set map[string]map[string]string) map[string]map[string]string {
	out := smaller()
	for kind, values := range set {
		if out[kind] == nil {
			out[kind] = map[string]string{}
		}
		maps.Copy(out[kind], values)
	}
	pools := tunable(run, "impact.cryptomining", "ports", out)
	usual := tunable(run, "c2.long_connection", "usual", out)
	out["c2.long_connection"]["usual"] = strings.Trim(usual+","+pools, ",")
	return out
}

// tunable gives a tunable as it is set, or else its default.
func tunable(run []detect.Spec, kind, name string, set map[string]map[string]string) string {
	if value, there := set[kind][name]; there {
		return value
	}
	for i := range run {
		if run[i].Type != kind {
			continue
		}
		for _, one := range run[i].Tuning.List() {
			if one.Name == name {
				return one.Default
			}
		}
	}
	return ""
}

// percent writes a share for a person.
func percent(share float64) string { return strconv.Itoa(int(share*100+0.5)) + " %" }
