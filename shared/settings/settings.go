// Package settings reads what people set of the judge: parameters, which say what the site is, and the tunables of detectors. What comes
// in is a YAML text and the detectors there are; what goes out is what is set, and complaints with line and value about the rest. It never
// refuses the good part for the bad one, never guesses, and never opens a file.
package settings

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Settings is what is set.
type Settings struct {
	Known     device.Known
	Detectors map[string]map[string]string // by type and tunable, as detect.Options wants them
}

// Complaint is one thing that was not taken.
type Complaint struct {
	Line int // from 1; 0 where it is about the whole
	Text string
}

// MaxText bounds a file of settings, in bytes.
const MaxText = 1 << 20

// maxListed bounds a list of a parameter.
const maxListed = 1000

// Parse reads a text. Whatever made no sense is left out and complained of.
func Parse(text []byte, specs []detect.Spec) (Settings, []Complaint) {
	r := reader{specs: specs, out: Settings{Detectors: map[string]map[string]string{}}}
	if len(text) > MaxText {
		r.say(0, "the file has %d bytes; at most %d are read", len(text), MaxText)
		return r.out, r.complaints
	}
	var root yaml.Node
	err := yaml.Unmarshal(text, &root)
	switch {
	case errors.Is(err, io.EOF) || err == nil && root.Kind == 0:
		return r.out, nil
	case err != nil:
		r.syntax(err)
		return r.out, r.complaints
	}
	r.each(root.Content[0], "", func(key, value *yaml.Node) {
		switch key.Value {
		case "parameters":
			r.each(value, "parameters.", r.parameter)
		case "detectors":
			r.each(value, "detectors.", r.detector)
		default:
			r.say(key.Line, "unknown key %q; there are parameters and detectors", key.Value)
		}
	})
	return r.out, r.complaints
}

type reader struct {
	specs      []detect.Spec
	out        Settings
	complaints []Complaint
}

// maxComplaints bounds what one file is told of.
const maxComplaints = 100

func (r *reader) say(line int, format string, args ...any) {
	switch len(r.complaints) {
	case maxComplaints:
		return
	case maxComplaints - 1:
		format, args = "there is more; mend these first", nil
	}
	r.complaints = append(r.complaints, Complaint{line, fmt.Sprintf(format, args...)})
}

func (r *reader) syntax(err error) {
	var load *yaml.LoadError
	if errors.As(err, &load) {
		r.say(max(load.Mark.Line, 1), "not YAML: %s", load.Message)
		return
	}
	r.say(1, "not YAML: %v", err)
}

// each walks a mapping. A key that stands there twice holds once: the first time.
func (r *reader) each(n *yaml.Node, path string, do func(key, value *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.say(n.Line, "%s is not a mapping of keys to values", strings.TrimSuffix(path, "."))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case seen[key.Value]:
			r.say(key.Line, "%s%s stands there twice", path, key.Value)
			continue
		case value.Kind == yaml.AliasNode:
			r.say(value.Line, "%s%s: aliases are not read; write the value out", path, key.Value)
			continue
		}
		seen[key.Value] = true
		do(key, value)
	}
}

// The parameters there are, as the store calls them.
const (
	TrustedDomains = "trusted_domains"
	KnownScanners  = "known_scanners"
	Gateways       = "gateways"
	DNSServers     = "dns_servers"
	OwnRoles       = "own_roles"
	PlannedChanges = "planned_changes"
)

func (r *reader) parameter(key, value *yaml.Node) {
	known := &r.out.Known
	networks := map[string]*[]netip.Prefix{KnownScanners: &known.Scanners, Gateways: &known.Gateways, DNSServers: &known.DNSServers}
	list, isNetworks := networks[key.Value]
	words := map[string]func(*yaml.Node){TrustedDomains: r.domain, OwnRoles: r.ownRole, PlannedChanges: r.planned}
	word := words[key.Value]
	if word == nil && !isNetworks {
		r.say(key.Line, "parameters.%s: unknown parameter; there are %s, %s, %s, %s, %s and %s", key.Value,
			TrustedDomains, KnownScanners, Gateways, DNSServers, OwnRoles, PlannedChanges)
		return
	}
	for _, item := range r.items(key, value) {
		if word != nil {
			word(item)
			continue
		}
		p, ok := Network(item.Value)
		if !ok {
			r.say(item.Line, "parameters.%s: %q is not an address or a network such as 10.0.0.8 or 10.0.0.0/24", key.Value, item.Value)
			continue
		}
		*list = append(*list, p)
	}
}

func (r *reader) domain(item *yaml.Node) {
	d, ok := Domain(item.Value)
	if !ok {
		r.say(item.Line, "parameters.%s: %q is not a domain such as example.com", TrustedDomains, item.Value)
		return
	}
	r.out.Known.TrustedDomains = append(r.out.Known.TrustedDomains, d)
}

func (r *reader) ownRole(item *yaml.Node) {
	p, ok := Principal(item.Value)
	if !ok {
		r.say(item.Line, "parameters.%s: %q is not a pattern of a role such as role/mirrorwatch-mirror or arn:aws:iam::*:role/mirrorwatch-*", OwnRoles, item.Value)
		return
	}
	r.out.Known.OwnRoles = append(r.out.Known.OwnRoles, p)
}

func (r *reader) items(key, value *yaml.Node) []*yaml.Node {
	if value.Kind == yaml.ScalarNode && value.Tag != "!!null" {
		return []*yaml.Node{value}
	}
	if value.Kind != yaml.SequenceNode && value.Tag != "!!null" {
		r.say(value.Line, "parameters.%s is not a list", key.Value)
		return nil
	}
	if len(value.Content) > maxListed {
		r.say(value.Content[maxListed].Line, "parameters.%s has %d values; at most %d are taken", key.Value, len(value.Content), maxListed)
		return value.Content[:maxListed]
	}
	return value.Content
}

// Network reads an address or a network, which is masked. All addresses at once are none in particular, and refused.
func Network(text string) (netip.Prefix, bool) {
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err == nil && p.Bits() > 0
}

// Domain reads a domain of two labels at the least: a top-level domain would trust half the world.
func Domain(text string) (string, bool) {
	text = strings.ToLower(strings.Trim(strings.TrimSpace(text), "."))
	if len(text) > 253 || !strings.Contains(text, ".") {
		return "", false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	_, isAddress := netip.ParseAddr(text)
	return text, isAddress != nil
}

func (r *reader) detector(key, value *yaml.Node) {
	at := slices.IndexFunc(r.specs, func(s detect.Spec) bool { return s.Type == key.Value })
	if at < 0 {
		r.say(key.Line, "detectors.%s: unknown detector; `mirrorwatch detections list` names those there are", key.Value)
		return
	}
	set := map[string]string{}
	r.each(value, "detectors."+key.Value+".", func(name, v *yaml.Node) {
		text, ok := scalar(v)
		if !ok {
			r.say(v.Line, "detectors.%s.%s is neither a value nor a list of values", key.Value, name.Value)
			return
		}
		if err := r.specs[at].CheckSetting(name.Value, text); err != nil {
			r.say(name.Line, "detectors.%s: %v", key.Value, err)
			return
		}
		set[name.Value] = text
	})
	if len(set) > 0 {
		r.out.Detectors[key.Value] = set
	}
}

// scalar gives a value as text, a list with commas between.
func scalar(v *yaml.Node) (string, bool) {
	if v.Kind == yaml.ScalarNode {
		return v.Value, true
	}
	if v.Kind != yaml.SequenceNode {
		return "", false
	}
	var parts []string
	for _, item := range v.Content {
		if item.Kind != yaml.ScalarNode || strings.Contains(item.Value, ",") {
			return "", false
		}
		parts = append(parts, item.Value)
	}
	return strings.Join(parts, ","), true
}

// ParseOne reads "recon.port_scan.ports=30", as a store keeps a setting.
func ParseOne(text string, specs []detect.Spec) (kind, name, value string, err error) {
	path, value, ok := strings.Cut(text, "=")
	dot := strings.LastIndexByte(path, '.')
	if !ok || dot < 0 {
		return "", "", "", fmt.Errorf("%q is not TYPE.TUNABLE=VALUE, such as recon.port_scan.ports=30", text)
	}
	kind, name = strings.TrimSpace(path[:dot]), strings.TrimSpace(path[dot+1:])
	for i := range specs {
		if specs[i].Type != kind {
			continue
		}
		if err := specs[i].CheckSetting(name, value); err != nil {
			return "", "", "", fmt.Errorf("%s: %w", kind, err)
		}
		return kind, name, strings.TrimSpace(value), nil
	}
	return "", "", "", fmt.Errorf("%q: unknown detector %q", text, kind)
}

// ParseList reads settings as a store keeps them, by type and tunable. Those that make no sense are left out, each with an error.
func ParseList(list []string, specs []detect.Spec) (set map[string]map[string]string, bad []error) {
	set = map[string]map[string]string{}
	for _, text := range list {
		kind, name, value, err := ParseOne(text, specs)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		if set[kind] == nil {
			set[kind] = map[string]string{}
		}
		set[kind][name] = value
	}
	return set, bad
}

// Add takes what others set where nothing is set here: detectors' tunables one by one, parameters together.
func (s *Settings) Add(others Settings) {
	s.Known.TrustedDomains = append(slices.Clip(s.Known.TrustedDomains), others.Known.TrustedDomains...)
	s.Known.Scanners = append(slices.Clip(s.Known.Scanners), others.Known.Scanners...)
	s.Known.Gateways = append(slices.Clip(s.Known.Gateways), others.Known.Gateways...)
	s.Known.DNSServers = append(slices.Clip(s.Known.DNSServers), others.Known.DNSServers...)
	s.Known.OwnRoles = append(slices.Clip(s.Known.OwnRoles), others.Known.OwnRoles...)
	s.Known.Changes = append(slices.Clip(s.Known.Changes), others.Known.Changes...)
	for kind, set := range others.Detectors {
		if s.Detectors == nil {
			s.Detectors = map[string]map[string]string{}
		}
		have := s.Detectors[kind]
		if have == nil {
			have = map[string]string{}
			s.Detectors[kind] = have
		}
		for name, value := range set {
			if _, there := have[name]; !there {
				have[name] = value
			}
		}
	}
}
