package lateral

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

func (d *RemoteServices) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, serviceConfidence(c), serviceSentence(k, c))
	f.Properties = remoteProperties(c, serviceSteps())
	f.Terms = append(serviceTerms(c), habitTerms(c)...)
	return f
}

func serviceConfidence(c *detect.Case) float64 {
	if did(c, serviceCommand) || did(c, serviceTool) || did(c, serviceProgram) && did(c, serviceStarted) {
		return 0.9
	}
	return 0.75
}

func serviceSentence(k detect.CaseKey, c *detect.Case) string {
	var done []string
	for _, s := range [...]struct {
		step remoteStep
		text string
	}{{serviceCreated, "created"}, {serviceChanged, "changed"}, {serviceStarted, "started"}} {
		if did(c, s.step) {
			done = append(done, s.text+" "+counted(timesDid(c, s.step), "service"))
		}
	}
	for _, s := range [...]struct {
		step remoteStep
		text string
	}{{serviceStopped, "controlled (as by stopping) a service"}, {serviceDeleted, "deleted a service"}, {serviceFailed, "failed at least once"}} {
		if did(c, s.step) {
			done = append(done, s.text)
		}
	}
	text := fmt.Sprintf("%s %s through the service control manager of %s", k.By, listed(done), k.To)
	if c.Flags&serviceCalls == 0 {
		text = fmt.Sprintf("%s uses a service of %s that runs commands", k.By, k.To)
	}
	if did(c, serviceProgram) {
		text += fmt.Sprintf(", and put %s on its administrative share", counted(timesDid(c, serviceProgram), "program"))
	}
	if did(c, servicePipes) {
		text += "; it opened pipes that carry a program's input and output"
	}
	if did(c, serviceCommand) {
		text += "; a service's command is a command interpreter's"
	}
	if len(c.Names) > 0 {
		text += " (" + quoted(c.Names, 1, 160) + ")"
	}
	return text + "."
}

func serviceTerms(c *detect.Case) (list []events.Term) {
	created, started := did(c, serviceCreated) || did(c, serviceChanged), did(c, serviceStarted)
	switch {
	case created && started:
		list = append(list, events.Term{Name: "made_and_started", Points: 10, Reason: "what it made, or changed, it also started"})
	case !created && !started && did(c, serviceFailed):
		list = append(list, events.Term{Name: "failed", Points: -15, Reason: "nothing of it worked"})
	case !created && !did(c, serviceProgram) && !did(c, servicePipes):
		list = append(list, events.Term{Name: "existing_service", Points: -10, Reason: "the service was there before"})
	}
	if did(c, serviceProgram) {
		list = append(list, events.Term{Name: "program_written", Points: 10, Reason: "a program was put on the administrative share"})
	}
	if did(c, servicePipes) {
		list = append(list, events.Term{Name: "standard_pipes", Points: 5, Reason: "it typed commands and read what they wrote"})
	}
	if did(c, serviceTool) && !did(c, serviceProgram) {
		list = append(list, events.Term{Name: "tool", Points: 15, Reason: "the service is that of a tool which runs commands from afar"})
	}
	if did(c, serviceCommand) {
		list = append(list, events.Term{Name: "command_interpreter", Points: 15, Reason: "a service that runs a command line is no service"})
	}
	if created && did(c, serviceDeleted) {
		list = append(list, events.Term{Name: "deleted_again", Points: 5, Reason: "a service was deleted, too"})
	}
	return list
}

func (d *RemoteServices) reportLook(k detect.CaseKey, c *detect.Case) detect.Finding {
	hosts := c.Hosts.Count()
	text := fmt.Sprintf("%s looked at the services of %s in %s", k.By, counted(hosts, "host"), counted(c.Count, "call"))
	f := c.Finding(k, 0.6, text+".")
	f.Properties = map[string]any{"hosts": hosts, "calls": c.Count, "refused": did(c, serviceFailed)}
	if hosts < d.tune.Hosts {
		f.Terms = []events.Term{{Name: "only_looked", Points: -25, Reason: "looking is what consoles and monitoring do"}}
	} else {
		f.Terms = []events.Term{{Name: "hunt", Points: -10, Reason: fmt.Sprintf("%d hosts asked, one after the other: where would it be let in?", hosts)}}
	}
	return f
}
