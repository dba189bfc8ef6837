package evasion

import (
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// trailOf is the trail that a call names. What the settings of it are is another matter than whether it logs.
func trailOf(p detect.Parameters, parameter, means string) thing {
	t := thingNamed("trail", p.Text(parameter))
	t.means = means
	return t
}

// trailMade remembers where a trail writes. It does not log before it is told to.
func trailMade(_ *Stopped, _ *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	t := trailOf(p, "name", "trail")
	t.id, t.detail = t.name, p.Text("s3BucketName")
	return nothing, []thing{t}
}

func trailDoes(does effect, parameter string) func(*Stopped, *events.CloudTrail, detect.Parameters) (effect, []thing) {
	return func(_ *Stopped, _ *events.CloudTrail, p detect.Parameters) (effect, []thing) {
		return does, []thing{trailOf(p, parameter, "trail")}
	}
}

// trailUpdated: a trail that leaves out regions or global services shows less, and one that writes elsewhere nothing here.
func trailUpdated(s *Stopped, _ *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	t := trailOf(p, "name", "settings of a trail")
	bucket := p.Text("s3BucketName")
	was := ""
	if k := s.known.Peek(t.name); k != nil {
		was = k.detail
	}
	if bucket != "" {
		t.id, t.detail = t.name, bucket
	}
	list := []thing{t}
	for _, name := range []string{"isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation"} {
		if p.Text(name) == "false" {
			return narrows, list
		}
	}
	switch {
	case bucket != "" && was != "" && was != bucket:
		return ends, list
	case bucket != "" && was == "":
		return narrows, list // where it wrote before is not known
	case p.Text("isMultiRegionTrail") == "true" || p.Text("includeGlobalServiceEvents") == "true":
		return restores, list
	}
	return nothing, list
}

// selectorsPut: selectors replace those of before, so that what they leave out is not logged any more.
func selectorsPut(_ *Stopped, _ *events.CloudTrail, p detect.Parameters) (effect, []thing) {
	list := []thing{trailOf(p, "trailName", "selectors")}
	advanced := p.All("advancedEventSelectors")
	basic := p.All("eventSelectors")
	switch {
	case len(advanced) > 0:
		return advancedSelectors(advanced), list
	case len(basic) > 0:
		return basicSelectors(basic), list
	}
	return nothing, nil
}

// dull are services whose many calls people leave out for their price.
func dull(service string) bool {
	return service == "kms.amazonaws.com" || service == "rdsdata.amazonaws.com"
}

// basicSelectors: one that takes all calls of management is enough. What it does not say is as AWS has it: all of them.
func basicSelectors(list []detect.Parameters) effect {
	for _, one := range list {
		kinds := one.Text("readWriteType")
		whole := one.Text("includeManagementEvents") != "false" && (kinds == "" || kinds == "All")
		if whole && !slices.ContainsFunc(one.Texts("excludeManagementEventSources"), func(s string) bool { return !dull(s) }) {
			return restores
		}
	}
	return narrows
}

// advancedSelectors: one that asks for management and for nothing less is enough.
func advancedSelectors(list []detect.Parameters) effect {
	for _, one := range list {
		management, whole := false, true
		for _, f := range one.All("fieldSelectors") {
			switch field := f.Text("field"); field {
			case "eventCategory":
				management = slices.Contains(f.Texts("equals"), "Management")
			case "eventSource":
				whole = whole && len(f.Texts("equals")) == 0 && !slices.ContainsFunc(f.Texts("notEquals"), func(s string) bool { return !dull(s) })
			default:
				whole = false
			}
		}
		if management && whole {
			return restores
		}
	}
	return narrows
}
