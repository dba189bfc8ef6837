package ocsf

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// MaxEvidences bounds evidences and resources of a finding; there are at most two observables for each evidence, and one for each call.
const MaxEvidences = 100

// MaxText is the longest text that the schema takes, in characters. What is longer is cut.
const MaxText = 65535

func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= MaxText || utf8.RuneCountInString(s) <= MaxText {
		return s
	}
	return string([]rune(s)[:MaxText-1]) + "…"
}

// cloud is nil where there is no AWS: the profile is then not said to be used.
func cloud(a About) *Cloud {
	if a.Account == "" && a.Region == "" {
		return nil
	}
	c := &Cloud{Provider: "AWS", Region: clip(a.Region)}
	if a.Account != "" {
		c.Account = &Account{UID: clip(a.Account), TypeID: 10, Type: "AWS Account"}
	}
	return c
}

// evidences gives an entry a participant, up to MaxEvidences, with the client as source, and one with what the detector measured.
func evidences(d *events.Detection) []Evidence {
	list := make([]Evidence, 0, min(len(d.Participants), MaxEvidences)+1)
	for i := range d.Participants[:min(len(d.Participants), MaxEvidences)] {
		p := &d.Participants[i]
		e := endpoint(p)
		e.held(d.Context.WhoIs(p))
		if !e.named() {
			continue
		}
		if side(p) == "dst_endpoint" {
			list = append(list, Evidence{DstEndpoint: &e})
		} else {
			list = append(list, Evidence{SrcEndpoint: &e})
		}
	}
	properties := d.Properties
	if properties == nil {
		properties = map[string]any{}
	}
	if _, err := json.Marshal(properties); err != nil {
		properties = map[string]any{} // what no JSON can say
	}
	return append(list, Evidence{Data: properties})
}

func endpoint(p *events.Participant) Endpoint {
	e := Endpoint{
		IP: address(p.Address), Port: int(p.Port), UID: clip(p.Device), InstanceUID: clip(p.Instance), InterfaceUID: clip(p.Interface), VPCUID: clip(p.VPC),
	}
	if isHostname(p.Hostname) {
		e.Hostname = p.Hostname
	} else {
		e.Name = clip(p.Hostname)
	}
	return e
}

// named says whether the endpoint is anything: a port or a network alone is nobody's, and the schema refuses it.
func (e Endpoint) named() bool {
	return e.IP != "" || e.Hostname != "" || e.Name != "" || e.UID != "" || e.InstanceUID != "" || e.InterfaceUID != ""
}

// address is the schema's ip_t: no zone, which would be longer than it takes and means nothing elsewhere.
func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

// isHostname is the pattern of the schema's hostname_t: letters, digits and hyphens inside of labels. What devices call themselves in
// mDNS or NetBIOS may be anything.
func isHostname(s string) bool {
	if s == "" || len(s) > MaxText {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

func resources(d *events.Detection) (list []Resource) {
	for i := range d.Participants {
		p := &d.Participants[i]
		if p.External || len(list) == MaxEvidences {
			continue
		}
		e := endpoint(p)
		e.held(d.Context.WhoIs(p))
		r := Resource{UID: e.InstanceUID, Name: cmp.Or(clip(p.Hostname), e.Name), Type: "AWS::EC2::Instance"}
		if r.UID == "" {
			r.UID, r.Type = e.InterfaceUID, "AWS::EC2::NetworkInterface"
		}
		if r.UID == "" {
			r.UID, r.Type = address(p.Address), "IP Address"
		}
		if r.UID == "" {
			continue // nobody knows what it is
		}
		if p.Role != "" {
			r.Labels = []string{clip("role:" + p.Role)}
		}
		list = append(list, r)
	}
	return list
}

// observables lists addresses and names. The types are the schema's: 1 host name, 2 IP address.
func observables(d *events.Detection) (list []Observable) {
	for i := range d.Participants[:min(len(d.Participants), MaxEvidences)] {
		p := &d.Participants[i]
		if ip := address(p.Address); ip != "" {
			list = append(list, Observable{Name: "evidences." + side(p) + ".ip", TypeID: 2, Type: "IP Address", Value: ip})
		}
		if isHostname(p.Hostname) {
			list = append(list, Observable{Name: "evidences." + side(p) + ".hostname", TypeID: 1, Type: "Hostname", Value: p.Hostname})
		}
	}
	return append(list, callers(d.Context)...)
}

func side(p *events.Participant) string {
	if p.Endpoint == "server" || p.Endpoint == "" && p.Role == "victim" {
		return "dst_endpoint"
	}
	return "src_endpoint"
}
