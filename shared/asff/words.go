package asff

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// severity gives the word and the number of a risk. The format's ranges are not ours (low 1-39, medium 40-69, high 70-89, critical
// 90-100), so that a score is moved to the same place within the range of its own band.
func severity(r events.Risk) (string, int) {
	move := func(from, to, low, high int) int {
		return low + (min(max(r.Score, from), to)-from)*(high-low)/(to-from)
	}
	switch r.Band {
	case "critical":
		return "CRITICAL", move(80, 99, 90, 100)
	case "high":
		return "HIGH", move(60, 79, 70, 89)
	case "medium":
		return "MEDIUM", move(30, 59, 40, 69)
	case "low":
		return "LOW", move(1, 29, 1, 39)
	}
	return "INFORMATIONAL", 0
}

func criticality(impact events.Level) int {
	return map[events.Level]int{events.Low: 25, events.Medium: 50, events.High: 75}[impact]
}

// workflow is NEW, NOTIFIED, RESOLVED or SUPPRESSED: notified once somebody has it.
func workflow(d *events.Detection) string {
	switch {
	case d.HiddenBy != "", d.Status == events.StatusClosed && (d.Resolution == events.ResolutionFalsePositive || d.Resolution == events.ResolutionBenign):
		return "SUPPRESSED"
	case d.Status == events.StatusClosed:
		return "RESOLVED"
	case d.Status == events.StatusAcknowledged, d.Status == events.StatusInProgress:
		return "NOTIFIED"
	}
	return "NEW"
}

// taxonomy gives namespace/category/classifier of the format's taxonomy: one for each tactic that it has a category for, or else what
// our own category comes to.
func taxonomy(d *events.Detection) (list []string) {
	classifier := clip(d.Type, 128)
	for _, t := range d.Tactics {
		category := map[string]string{
			"TA0043": "TTPs/Discovery", "TA0007": "TTPs/Discovery", "TA0001": "TTPs/Initial Access", "TA0002": "TTPs/Execution",
			"TA0003": "TTPs/Persistence", "TA0004": "TTPs/Privilege Escalation", "TA0005": "TTPs/Defense Evasion",
			"TA0006": "TTPs/Credential Access", "TA0008": "TTPs/Lateral Movement", "TA0009": "TTPs/Collection",
			"TA0011": "TTPs/Command and Control", "TA0010": "Effects/Data Exfiltration", "TA0040": "Effects/Resource Consumption",
		}[t]
		if one := category + "/" + classifier; category != "" && !slices.Contains(list, one) && len(list) < MaxTypes {
			list = append(list, one)
		}
	}
	if len(list) > 0 {
		return list
	}
	switch d.Category {
	case "recon":
		return []string{"TTPs/Discovery/" + classifier}
	case "access":
		return []string{"TTPs/Initial Access/" + classifier}
	case "lateral":
		return []string{"TTPs/Lateral Movement/" + classifier}
	case "c2":
		return []string{"TTPs/Command and Control/" + classifier}
	case "exfil":
		return []string{"Effects/Data Exfiltration/" + classifier}
	case "impact":
		return []string{"Effects/Resource Consumption/" + classifier}
	case "hygiene":
		return []string{"Software and Configuration Checks/Vulnerabilities/" + classifier}
	}
	return []string{"Unusual Behaviors/Network Flow/" + classifier}
}

// resources gives one's own machines first, offenders before others, and addresses where there are none.
func resources(d *events.Detection, a About) []Resource {
	list := make([]Resource, 0, min(len(d.Participants), MaxResources)+1)
	seen := map[string]bool{}
	for _, external := range []bool{false, true} {
		for i := range d.Participants {
			p := &d.Participants[i]
			if p.External != external || len(list) == MaxResources || external && len(list) > 0 {
				continue
			}
			if p.Instance == "" && p.Interface == "" && !p.Address.IsValid() {
				continue // nobody knows what it is
			}
			if r := resource(p, d.Context.WhoIs(p), a); !seen[r.ID] {
				seen[r.ID] = true
				list = append(list, r)
			}
		}
	}
	if len(list) == 0 {
		list = append(list, Resource{Type: "Other", ID: clip("mirrorwatch/"+d.ID, MaxID), Partition: a.Partition, Region: a.Region})
	}
	return list
}

func tags(all map[string]string) map[string]string {
	if len(all) == 0 {
		return nil
	}
	kept := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if k != "" && len(kept) < MaxTags {
			kept[clip(k, MaxTagKey)] = clip(all[k], MaxTagValue)
		}
	}
	return kept
}

// network is there where one client met one server, so that it can be told who is who.
func network(d *events.Detection) *Network {
	var source, destination *events.Participant
	for i := range d.Participants {
		p := &d.Participants[i]
		side := &source
		if p.Endpoint == "server" || p.Endpoint == "" && p.Role == "victim" {
			side = &destination
		}
		if *side != nil {
			return nil
		}
		*side = p
	}
	if source == nil {
		return nil
	}
	n := &Network{SourcePort: int(source.Port), SourceDomain: clip(source.Hostname, MaxDomain), Direction: "OUT"}
	n.SourceIPV4, n.SourceIPV6 = families(source.Address)
	if source.External {
		n.Direction = "IN"
	}
	if destination != nil {
		n.DestinationPort, n.DestDomain = int(destination.Port), clip(destination.Hostname, MaxDomain)
		n.DestinationIPV4, n.DestinationIPV6 = families(destination.Address)
	}
	return n
}

func families(a netip.Addr) (v4, v6 string) {
	switch a = a.Unmap(); {
	case a.Is4():
		return a.String(), ""
	case a.Is6():
		return "", a.WithZone("").String()
	}
	return "", ""
}

// productFields holds what the format has no member for: ours first, then the detector's own evidence while there is room.
func productFields(d *events.Detection, a About) map[string]string {
	f := map[string]string{}
	add := func(k, v string) {
		if v != "" && len(f) < MaxProductFields {
			f[clip("mirrorwatch/"+k, MaxFieldKey)] = clip(v, MaxFieldValue)
		}
	}
	add("DetectionId", d.ID)
	add("Type", d.Type)
	add("Category", d.Category)
	add("Status", string(d.Status))
	add("Resolution", string(d.Resolution))
	add("Assignee", d.Assignee)
	add("Sensor", d.Sensor)
	add("Version", a.Version)
	add("GuardDutyEquivalent", d.GuardDutyEquivalent)
	if d.VNI != 0 {
		add("VNI", strconv.FormatUint(uint64(d.VNI), 10))
	}
	contextFields(d.Context, add)
	for i, t := range d.Techniques[:min(len(d.Techniques), 10)] {
		add(fmt.Sprintf("Technique/%d", i), t)
	}
	for _, k := range slices.Sorted(maps.Keys(d.Properties)) {
		if b, err := json.Marshal(d.Properties[k]); err == nil {
			add("Properties/"+k, string(b))
		}
	}
	return f
}
