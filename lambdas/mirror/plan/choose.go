package plan

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

// tagGroup is the tag by which EC2 says which Auto Scaling group an instance belongs to.
const tagGroup = "aws:autoscaling:groupName"

// choice is whether an interface is to be mirrored, how, and what said so.
type choice struct {
	level   string // interface, instance, group, subnet, vpc, rule, default
	by      string // for sentences: "the tag mirrorwatch=on of instance i-1"
	value   string
	profile string // empty: it is not to be mirrored
	unknown bool   // the value names no profile
	missing string // what would have to be read first
	call    string // by which call
}

// level is one of the places where the tag may be.
type level struct {
	kind, id string
	tags     map[string]string
	call     string // that would have told; empty where it told, or where there is nothing to tell
}

// levels are where the tag is looked for, nearest first.
func (src *source) levels() [5]level {
	list := [5]level{{kind: "interface", id: src.eni.ID, tags: src.eni.Tags}}
	list[1] = level{kind: "instance", id: src.instanceID()}
	list[2] = level{kind: "group"}
	if src.instance != nil {
		list[1].tags = src.instance.Tags
		list[2].id = src.instance.Tags[tagGroup]
		group, ok := src.site.Groups[list[2].id]
		list[2].tags, list[2].call = group.Tags, src.site.untold(ok || list[2].id == "", callGroups)
	} else if src.showsInstance() {
		list[1].call = callInstances
	}
	subnet, ok := src.site.Subnets[src.eni.Subnet]
	list[3] = level{"subnet", src.eni.Subnet, subnet.Tags, src.site.untold(ok, callSubnets)}
	vpc, ok := src.site.Vpcs[src.eni.VPC]
	list[4] = level{"vpc", src.eni.VPC, vpc.Tags, src.site.untold(ok, callVpcs)}
	return list
}

func (t *site) untold(known bool, call string) string {
	if known || t.read(call) {
		return ""
	}
	return call
}

// choose says whether an interface is to be mirrored: the nearest tag, else the rule of highest priority, else the default.
func (s *survey) choose(src *source) choice {
	for _, l := range src.levels() {
		if value, ok := l.tags[s.want.Select.Tag]; ok {
			return s.understand(choice{level: l.kind, value: value, by: fmt.Sprintf("the tag %s=%s of %s %s", s.want.Select.Tag, printable(value), spoken(l.kind), l.id)})
		}
		if l.call != "" {
			return choice{missing: spoken(l.kind) + " " + l.id, call: l.call}
		}
	}
	if len(s.rules) > 0 {
		subject := src.subject()
		for _, r := range s.rules {
			if r.Match.Fits(subject) {
				return s.understand(choice{level: "rule", value: r.Profile, by: ruleBy(r)})
			}
		}
	}
	return s.understand(choice{level: "default", value: s.want.Select.Default, by: "the policy's default"})
}

// printable quotes what would not show on a terminal as it is: a tag's value is anybody's text.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

func ruleBy(r *policy.SelectRule) string { return "the rule " + r.Name }

func spoken(kind string) string {
	switch kind {
	case "group":
		return "Auto Scaling group"
	case "vpc":
		return "VPC"
	}
	return kind
}

// understand reads the value: on, off or a profile's name, without regard to case and surrounding spaces.
func (s *survey) understand(c choice) choice {
	switch value := strings.ToLower(strings.TrimSpace(c.value)); {
	case value == "off" || value == "" && c.level == "default":
	case value == "on":
		c.profile = "default"
	case s.profiles[value] != "":
		c.profile = s.profiles[value]
	default:
		c.unknown = true
	}
	return c
}

func (src *source) subject() policy.Subject {
	x := policy.Subject{Account: src.site.ID, Region: src.site.Region, VPC: src.eni.VPC, Subnet: src.eni.Subnet, Tags: src.tags}
	if src.instance != nil {
		x.InstanceType = src.instance.Type
	}
	return x
}
