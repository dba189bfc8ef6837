package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// flatNames are the query parameters that make a filter.
var flatNames = []string{
	"from", "to", "updated_from", "updated_to", "modified_from", "ongoing", "status", "resolution", "band", "min_score", "max_score", "type",
	"category", "technique", "tactic", "participant", "offender", "victim", "account", "vpc", "tag", "assignee", "sensor", "vni", "text", "hidden",
}

// flatFilter makes a filter of query parameters that the contract has been held against already; me is who "me" means.
func flatFilter(v url.Values, me string) (store.DetectionFilter, error) {
	if text := v.Get("filter"); text != "" {
		return jsonFilter(v, text)
	}
	f := store.DetectionFilter{
		From: timeOf(v, "from"), To: timeOf(v, "to"), UpdatedFrom: timeOf(v, "updated_from"), UpdatedTo: timeOf(v, "updated_to"),
		ModifiedFrom: timeOf(v, "modified_from"), Ongoing: boolOf(v, "ongoing"), Types: v["type"], Categories: v["category"],
		Techniques: v["technique"], Tactics: v["tactic"], Bands: namesOf[events.Band](v["band"]), Statuses: namesOf[events.Status](v["status"]),
		Resolutions: namesOf[events.Resolution](v["resolution"]), MinScore: intOf(v, "min_score"), MaxScore: intOf(v, "max_score"),
		Sensors: v["sensor"], Text: v.Get("text"), Hidden: hiddenOf(v.Get("hidden")),
	}
	for _, name := range v["assignee"] {
		if name == "me" {
			name = me
		}
		f.Assignees = append(f.Assignees, name)
	}
	for _, text := range v["vni"] {
		n, _ := strconv.ParseUint(text, 10, 32)
		f.VNIs = append(f.VNIs, uint32(n))
	}
	return f, flatParticipants(&f, v)
}

// jsonFilter reads a whole filter from one parameter; the flat ones may not stand beside it.
func jsonFilter(v url.Values, text string) (store.DetectionFilter, error) {
	for _, name := range flatNames {
		if v.Has(name) {
			return store.DetectionFilter{}, invalidField(name, v.Get(name), "given beside filter: put it into the filter")
		}
	}
	var f store.DetectionFilter
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, invalidField("filter", text, "a DetectionFilter as JSON: "+err.Error())
	}
	return f, f.Validate()
}

func flatParticipants(f *store.DetectionFilter, v url.Values) error {
	for name, to := range map[string]**store.ParticipantFilter{"participant": &f.Participant, "offender": &f.Offender, "victim": &f.Victim} {
		if len(v[name]) == 0 {
			continue
		}
		p, err := participants(name, v[name])
		if err != nil {
			return err
		}
		*to = p
	}
	if len(v["account"])+len(v["vpc"])+len(v["tag"]) == 0 {
		return nil
	}
	if f.Participant == nil {
		f.Participant = &store.ParticipantFilter{}
	}
	p := f.Participant
	p.Accounts, p.VPCs = append(p.Accounts, v["account"]...), append(p.VPCs, v["vpc"]...)
	for _, tag := range v["tag"] {
		key, value, _ := strings.Cut(tag, "=")
		if p.Tags == nil {
			p.Tags = map[string]string{}
		}
		if have, twice := p.Tags[key]; twice && have != value {
			return invalidField("tag", tag, "a tag whose key stands once: all of them must hold")
		}
		p.Tags[key] = value
	}
	return nil
}

// sorts are what a participant's value may be, by its look. The first that fits is meant.
var sorts = []struct {
	name, prefix string
	look         *regexp.Regexp
}{
	{"instance", "instance:", regexp.MustCompile(`^i-[0-9a-f]{8,17}$`)},
	{"interface", "interface:", regexp.MustCompile(`^eni-[0-9a-f]{8,17}$`)},
	{"vpc", "vpc:", regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)},
	{"account", "account:", regexp.MustCompile(`^[0-9]{12}$`)},
	{"address", "address:", regexp.MustCompile(`^[0-9.]+(/[0-9]+)?$|^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/[0-9]+)?$`)},
	{"device", "device:", nil},
	{"user", "user:", nil},
	{"port", "port:", nil},
	{"host name", "host:", regexp.MustCompile(`^[A-Za-z0-9_*]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$`)},
}

// participants makes a filter of values that are all of one sort: of different sorts one participant would have to be all at once.
func participants(field string, values []string) (*store.ParticipantFilter, error) {
	p := &store.ParticipantFilter{}
	first := ""
	for _, v := range values {
		kind, text := sortOf(v)
		if first == "" {
			first = kind
		}
		if kind != first {
			return nil, invalidField(field, v, fmt.Sprintf("a value of the sort of the one before it (%s); use POST /v1/detections/search to combine sorts", first))
		}
		if err := addParticipant(p, field, kind, text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func sortOf(v string) (kind, text string) {
	for _, s := range sorts {
		if rest, ok := strings.CutPrefix(v, s.prefix); ok {
			return s.name, rest
		}
	}
	for _, s := range sorts {
		if s.look != nil && s.look.MatchString(v) {
			return s.name, v
		}
	}
	return "", v
}

func addParticipant(p *store.ParticipantFilter, field, kind, text string) error {
	if text == "" {
		return invalidField(field, text, "a value after the colon")
	}
	switch kind {
	case "instance":
		p.Instances = append(p.Instances, text)
	case "interface":
		p.Interfaces = append(p.Interfaces, text)
	case "vpc":
		p.VPCs = append(p.VPCs, text)
	case "account":
		p.Accounts = append(p.Accounts, text)
	case "device":
		p.Devices = append(p.Devices, text)
	case "user":
		p.Users = append(p.Users, text)
	case "host name":
		p.Hostnames = append(p.Hostnames, strings.TrimPrefix(text, "*."))
	case "port":
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return invalidField(field, text, "a port from 0 to 65535")
		}
		p.Ports = append(p.Ports, uint16(n))
	case "address":
		n, ok := store.Network(text)
		if !ok {
			return invalidField(field, text, "an address, or a network in CIDR form")
		}
		p.Addresses = append(p.Addresses, n)
	default:
		return invalidField(field, text, "an address, a network, i-..., eni-..., vpc-..., an account of twelve digits, a host name, or device:, user: or port: and a value")
	}
	return nil
}

func timeOf(v url.Values, name string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.Get(name))
	if err != nil {
		return nil
	}
	return &t
}

func boolOf(v url.Values, name string) *bool {
	b, err := strconv.ParseBool(v.Get(name))
	if err != nil {
		return nil
	}
	return &b
}

func intOf(v url.Values, name string) int {
	n, _ := strconv.Atoi(v.Get(name))
	return n
}

func namesOf[T ~string](list []string) []T {
	var names []T
	for _, s := range list {
		names = append(names, T(s))
	}
	return slices.Clip(names)
}

// hiddenOf reads the parameter, whose "exclude" is the filter's empty text.
func hiddenOf(s string) store.Hidden {
	if s == "exclude" {
		return store.HiddenExclude
	}
	return store.Hidden(s)
}
