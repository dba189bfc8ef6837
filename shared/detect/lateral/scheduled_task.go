package lateral

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ScheduledTask finds a host that makes another one run programs by its task scheduler.
var ScheduledTask = detect.Spec{
	Type:  "lateral.scheduled_task",
	Title: "Remote scheduled task",
	Text: "Counts the tasks that one host registers at the task scheduler of another (SchRpcRegisterTask, or NetrJobAdd of the old " +
		"scheduler), and whether they are run at once and deleted again. A task runs as whomever its maker names, also as SYSTEM; " +
		"one that is registered, run and deleted within minutes is no schedule but a remote command. What looks the same: an " +
		"administrator's console, and software deployment, which does it again on other days and is then quiet. Looking at tasks " +
		"counts nothing.",
	Category: "lateral", Tactics: []string{"TA0002", "TA0003", "TA0008"}, Techniques: []string{"T1053.005"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "The task scheduler of Windows takes tasks from other hosts, if they come with an administrator's account. An " +
		"intruder who has one registers a task that runs a program, starts it, and deletes it again (schtasks /s, atexec), or leaves " +
		"it there, so that it comes back after each restart. The aim is to run code on the next host, or to stay.",
	Mitigation: []string{
		"Look at the tasks of the hosts that are named here, and at the log Microsoft-Windows-TaskScheduler/Operational (events 106, " +
			"129, 141).",
		"Isolate the host if nobody knows the task, and keep the program that it runs.",
		"Reset the password of the account that was used, and find out where else it was used.",
		"Let only management hosts reach SMB and RPC (ports 445, 135 and above 49151) of other hosts.",
	},
	New:    func() detect.Detector { return NewScheduledTask(ScheduledTaskDefaults()) },
	Tuning: detect.Tuned(ScheduledTaskDefaults, NewScheduledTask),
}

// ScheduledTaskTunables are what may be set.
type ScheduledTaskTunables struct {
	Tasks   int           `tune:"tasks registered or run by one host that are told" min:"1" max:"100000"`
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"10m" max:"168h"`
	Clients int           `tune:"hosts watched that work on others" min:"100" max:"1000000"`
}

// ScheduledTaskDefaults are the tunables that the project stands for. A client takes about 1 KiB.
func ScheduledTaskDefaults() ScheduledTaskTunables {
	return ScheduledTaskTunables{Tasks: 1, Idle: 12 * time.Hour, Clients: 5_000}
}

// What may be done with tasks.
const (
	taskMade remoteStep = iota
	taskRun
	taskDeleted
	taskCommand // its command is a command interpreter's
)

func taskSteps() []string {
	return []string{"registered", "run", "deleted", "command_interpreter"}
}

// ScheduledTasks remembers who made what.
type ScheduledTasks struct {
	tune ScheduledTaskTunables
	*remoteCases
}

// NewScheduledTask makes the detector.
func NewScheduledTask(t ScheduledTaskTunables) *ScheduledTasks {
	return &ScheduledTasks{t, newRemoteCases(t.Clients, t.Idle)}
}

// Observe counts the tasks that are made, run and deleted.
func (d *ScheduledTasks) Observe(r events.Record, v device.View) []detect.Finding {
	call, ok := r.(*events.DCERPC)
	if !ok || rpcRefused(call) {
		return nil
	}
	step, ok := taskStep(call)
	if !ok {
		return nil
	}
	usual := d.habit(v, call.TS, false)
	if usual == usualHere {
		return nil
	}
	c := d.onAny(&call.Head, step)
	c.Flags |= usual
	if call.Args != "" && step == taskMade {
		c.Thing(call.Args)
		c.mark(taskCommand, holdsAny(call.Args, commandInterpreters()))
	}
	if timesDid(c.Case, taskMade)+timesDid(c.Case, taskRun) < d.tune.Tasks {
		return nil
	}
	return c.findings(d.report)
}

// taskStep says what a call does to a task, [MS-TSCH] 3.2.5.
func taskStep(r *events.DCERPC) (step remoteStep, acts bool) {
	switch face := interfaceOf(r); {
	case face == taskScheduler && r.Opnum == 1 || face == jobScheduler && r.Opnum == 0:
		return taskMade, true
	case face == taskScheduler && r.Opnum == 12:
		return taskRun, true
	case face == taskScheduler && r.Opnum == 13 || face == jobScheduler && r.Opnum == 1:
		return taskDeleted, true
	}
	return 0, false
}

// Tick has nothing to do: a task is told at once.
func (d *ScheduledTasks) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *ScheduledTasks) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *ScheduledTasks) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	for s, word := range [...]string{taskMade: "registered", taskRun: "ran", taskDeleted: "deleted"} {
		if n := timesDid(c, remoteStep(s)); n > 0 {
			done = append(done, word+" "+counted(n, "task"))
		}
	}
	text := fmt.Sprintf("%s %s at the task scheduler of %s", k.By, listed(done), counted(c.Hosts.Count(), "host"))
	if len(c.Names) > 0 {
		text += " (" + quoted(c.Names, 1, 160) + ")"
	}
	f := c.Finding(k, 0.8, text+".")
	f.Properties = remoteProperties(c, taskSteps())
	f.Properties["hosts"] = c.Hosts.Count()
	f.Terms = append(taskTerms(c), habitTerms(c)...)
	return f
}

func taskTerms(c *detect.Case) (list []events.Term) {
	switch {
	case did(c, taskMade) && did(c, taskRun) && did(c, taskDeleted):
		list = append(list, events.Term{Name: "made_run_deleted", Points: 20, Reason: "what is registered, run and deleted is a command, no schedule"})
	case did(c, taskMade) && did(c, taskRun):
		list = append(list, events.Term{Name: "made_and_run", Points: 10, Reason: "it did not wait for its time"})
	case !did(c, taskMade):
		list = append(list, events.Term{Name: "existing_task", Points: -20, Reason: "the task was there before"})
	}
	if did(c, taskCommand) {
		list = append(list, events.Term{Name: "command_interpreter", Points: 10, Reason: "the task runs a command line"})
	}
	return list
}
