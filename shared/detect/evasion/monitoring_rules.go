package evasion

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// effect is what a call does to what watches.
type effect int

const (
	nothing  effect = iota
	ends            // it is not watched any more
	narrows         // less of it is, or somebody else watches in its place
	restores        // it is watched, or watched again
)

// rule judges the calls of one name.
type rule struct {
	service string
	act     string
	judge   func(s *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing)
}

// The kinds of monitoring.
const (
	mirroring = "traffic mirroring"
	balancing = "the load balancer of the mirror"
	flowLogs  = "flow logs"
	trails    = "CloudTrail"
	guardDuty = "GuardDuty"
	config    = "AWS Config"
	alarms    = "alarms"
)

func acts() []string {
	return []string{mirroring, balancing, flowLogs, trails, guardDuty, config, alarms}
}

// The services.
const (
	ec2          = "ec2.amazonaws.com"
	elb          = "elasticloadbalancing.amazonaws.com"
	cloudTrail   = "cloudtrail.amazonaws.com"
	guardDutyAPI = "guardduty.amazonaws.com"
	configAPI    = "config.amazonaws.com"
	cloudWatch   = "monitoring.amazonaws.com"
)

// rules gives the calls that are looked at. Names and parameters: the API references of the services.
func rules() map[string]rule {
	all := map[string]rule{
		"CreateTrafficMirrorSession":               {ec2, mirroring, sessionMade},
		"DeleteTrafficMirrorSession":               {ec2, mirroring, sessionDeleted},
		"ModifyTrafficMirrorSession":               {ec2, mirroring, sessionModified},
		"CreateTrafficMirrorTarget":                {ec2, mirroring, targetMade},
		"DeleteTrafficMirrorTarget":                {ec2, mirroring, targetDeleted},
		"DeleteTrafficMirrorFilter":                {ec2, mirroring, filterDeleted},
		"CreateTrafficMirrorFilterRule":            {ec2, mirroring, filterRuleMade},
		"DeleteTrafficMirrorFilterRule":            {ec2, mirroring, filterRuleDeleted},
		"ModifyTrafficMirrorFilterRule":            {ec2, mirroring, filterRuleModified},
		"ModifyTrafficMirrorFilterNetworkServices": {ec2, mirroring, filterServices},
		"CreateFlowLogs":                           {ec2, flowLogs, flowLogsMade},
		"DeleteFlowLogs":                           {ec2, flowLogs, flowLogsDeleted},

		"CreateTrail":                 {cloudTrail, trails, trailMade},
		"StartLogging":                {cloudTrail, trails, trailDoes(restores, "name")},
		"StopLogging":                 {cloudTrail, trails, trailDoes(ends, "name")},
		"DeleteTrail":                 {cloudTrail, trails, trailDoes(ends, "name")},
		"UpdateTrail":                 {cloudTrail, trails, trailUpdated},
		"PutEventSelectors":           {cloudTrail, trails, selectorsPut},
		"DeleteEventDataStore":        {cloudTrail, trails, trailDoes(ends, "eventDataStore")},
		"StopEventDataStoreIngestion": {cloudTrail, trails, trailDoes(ends, "eventDataStore")},

		"DeregisterTargets":  {elb, balancing, targetsDo(ends)},
		"RegisterTargets":    {elb, balancing, targetsDo(restores)},
		"DeleteTargetGroup":  {elb, balancing, targetsDo(ends)},
		"CreateListener":     {elb, balancing, balancerDoes(restores)},
		"DeleteListener":     {elb, balancing, balancerDoes(ends)},
		"DeleteLoadBalancer": {elb, balancing, balancerDoes(ends)},

		"UpdateDetector":            {guardDutyAPI, guardDuty, detectorUpdated},
		"DeleteAlarms":              {cloudWatch, alarms, alarmsDo(ends, "alarmNames")},
		"DisableAlarmActions":       {cloudWatch, alarms, alarmsDo(ends, "alarmNames")},
		"EnableAlarmActions":        {cloudWatch, alarms, alarmsDo(restores, "alarmNames")},
		"PutMetricAlarm":            {cloudWatch, alarms, alarmsDo(restores, "alarmName")},
		"DeleteDeliveryChannel":     {configAPI, config, plain(ends, "delivery-channel", "deliveryChannelName")},
		"PutDeliveryChannel":        {configAPI, config, plain(restores, "delivery-channel", "name")},
		"StopConfigurationRecorder": {configAPI, config, plain(ends, "config-recorder", "configurationRecorderName")},

		"DeleteConfigurationRecorder": {configAPI, config, plain(ends, "config-recorder", "configurationRecorderName")},
		"StartConfigurationRecorder":  {configAPI, config, plain(restores, "config-recorder", "configurationRecorderName")},
	}
	for name, does := range map[string]effect{
		"DeleteDetector": ends, "StopMonitoringMembers": ends, "StartMonitoringMembers": restores, "DisassociateMembers": ends, "DeleteMembers": ends,
		"DisassociateFromMasterAccount": narrows, "DisassociateFromAdministratorAccount": narrows, "DeletePublishingDestination": narrows,
	} {
		all[name] = rule{guardDutyAPI, guardDuty, plain(does, "detector", "detectorId")}
	}
	return all
}

// idsOf gives the ids that a parameter names, or else the resources of the call that look like it.
func idsOf(c *events.CloudTrail, p detect.Parameters, name, prefix string) []string {
	list := p.Texts(name)
	if len(list) > 0 || prefix == "" {
		return list
	}
	for _, r := range c.Resources {
		if hasPrefix(r, prefix) {
			list = append(list, r)
		}
	}
	return list
}

func hasPrefix(s, prefix string) bool { return strings.HasPrefix(s, prefix) }

// maxThingsOfCall bounds how many things one call may name; AWS takes no more than a thousand.
const maxThingsOfCall = 1000

// plain makes things of the names that a parameter holds; a call that names none is about the one thing of its kind.
func plain(does effect, kind, parameter string) func(*Stopped, *events.CloudTrail, detect.Parameters) (effect, []thing) {
	return func(_ *Stopped, c *events.CloudTrail, p detect.Parameters) (effect, []thing) {
		names := p.Texts(parameter)
		if len(names) == 0 {
			names = []string{"default"}
		}
		var list []thing
		for _, name := range names[:min(len(names), maxThingsOfCall)] {
			list = append(list, thingNamed(kind, name))
		}
		return does, list
	}
}

// thingNamed is a thing that is its own scope: what puts it back names it the same.
func thingNamed(kind, name string) thing {
	name = device.ShortARN(name)
	if !hasPrefix(name, kind+"/") {
		name = kind + "/" + name
	}
	return thing{means: kind, scope: name, name: name}
}

func alarmsDo(does effect, parameter string) func(*Stopped, *events.CloudTrail, detect.Parameters) (effect, []thing) {
	return func(s *Stopped, _ *events.CloudTrail, p detect.Parameters) (effect, []thing) {
		var list []thing
		for _, name := range p.Texts(parameter) {
			if device.NamedBy(s.tune.Alarms, name) && len(list) < maxThingsOfCall {
				list = append(list, thingNamed("alarm", name))
			}
		}
		if len(list) == 0 {
			return nothing, nil
		}
		return does, list
	}
}

// detectorUpdated: features that are switched off one by one leave the rest.
func detectorUpdated(_ *Stopped, _ *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	one := []thing{thingNamed("detector", p.Text("detectorId"))}
	switch p.Text("enable") {
	case "false":
		return ends, one
	case "true":
		return restores, one
	}
	for _, name := range []string{"status", "enable"} { // features, and the data sources of before
		for _, said := range p.Texts(name) {
			if said == "DISABLED" || said == "false" {
				return narrows, one
			}
		}
	}
	return nothing, nil
}
