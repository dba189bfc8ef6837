package ocsf

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// activity is 1 Create, 2 Update, 3 Close.
func activity(t events.DetailType) (int, string) {
	switch t {
	case events.DetectionCreated:
		return 1, "Create"
	case events.DetectionClosed:
		return 3, "Close"
	}
	return 2, "Update"
}

// severity is 2 Low, 3 Medium, 4 High, 5 Critical.
func severity(b events.Band) (int, string) {
	switch b {
	case "low":
		return 2, "Low"
	case "medium":
		return 3, "Medium"
	case "high":
		return 4, "High"
	case "critical":
		return 5, "Critical"
	}
	return 0, "Unknown"
}

// riskLevel is 0 Info, 1 Low, 2 Medium, 3 High, 4 Critical.
func riskLevel(b events.Band) (int, string) {
	switch b {
	case "low":
		return 1, "Low"
	case "medium":
		return 2, "Medium"
	case "high":
		return 3, "High"
	case "critical":
		return 4, "Critical"
	}
	return 0, "Info"
}

// status is 1 New, 2 In Progress, 3 Suppressed, 4 Resolved. A detection that is closed as wrong or as allowed is suppressed, in the
// schema's words, and so is one that a tuning rule hides.
func status(d *events.Detection) (int, string) {
	switch {
	case d.Status == events.StatusClosed && (d.Resolution == events.ResolutionFalsePositive || d.Resolution == events.ResolutionBenign), d.HiddenBy != "":
		return 3, "Suppressed"
	case d.Status == events.StatusClosed:
		return 4, "Resolved"
	case d.Status == events.StatusAcknowledged || d.Status == events.StatusInProgress:
		return 2, "In Progress"
	}
	return 1, "New"
}

// confidence is 1 Low, 2 Medium, 3 High.
func confidence(c float64) (int, string) {
	switch {
	case c >= 0.75:
		return 3, "High"
	case c >= 0.4:
		return 2, "Medium"
	}
	return 1, "Low"
}

func level(l events.Level) (int, string) {
	switch l {
	case events.Low:
		return 1, "Low"
	case events.Medium:
		return 2, "Medium"
	case events.High:
		return 3, "High"
	}
	return 0, "Unknown"
}

// Attack is a technique and the tactic that it serves.
type Attack struct {
	Version      string     `json:"version"`
	Tactic       *Technique `json:"tactic,omitempty"`
	Technique    *Technique `json:"technique,omitempty"`
	SubTechnique *Technique `json:"sub_technique,omitempty"`
}

// Technique names a tactic, a technique or a sub-technique.
type Technique struct {
	UID  string `json:"uid"`
	Name string `json:"name,omitempty"`
}

// attackVersion is the version of MITRE ATT&CK that the ids are from.
const attackVersion = "17"

// attacks gives an entry a technique. A detector names its tactics and its techniques, and which serves which only where there is one
// tactic: elsewhere tactics and techniques stand alone.
func attacks(d *events.Detection) (list []Attack) {
	var only *Technique
	if len(d.Tactics) == 1 {
		only = &Technique{UID: clip(d.Tactics[0]), Name: tactic(d.Tactics[0])}
	}
	for _, id := range d.Techniques {
		a := Attack{Version: attackVersion, Tactic: only}
		if p, sub := parent(id); sub {
			a.Technique, a.SubTechnique = &Technique{UID: clip(p)}, &Technique{UID: clip(id)}
		} else {
			a.Technique = &Technique{UID: clip(id)}
		}
		list = append(list, a)
	}
	if only != nil && len(list) > 0 {
		return list
	}
	for _, id := range d.Tactics {
		list = append(list, Attack{Version: attackVersion, Tactic: &Technique{UID: clip(id), Name: tactic(id)}})
	}
	return list
}

// parent is the technique that a sub-technique belongs to.
func parent(technique string) (string, bool) {
	p, _, sub := strings.Cut(technique, ".")
	return p, sub
}

// tactic is the name of an enterprise tactic.
func tactic(id string) string {
	return map[string]string{
		"TA0043": "Reconnaissance", "TA0042": "Resource Development", "TA0001": "Initial Access", "TA0002": "Execution",
		"TA0003": "Persistence", "TA0004": "Privilege Escalation", "TA0005": "Defense Evasion", "TA0006": "Credential Access",
		"TA0007": "Discovery", "TA0008": "Lateral Movement", "TA0009": "Collection", "TA0011": "Command and Control",
		"TA0010": "Exfiltration", "TA0040": "Impact",
	}[id]
}
