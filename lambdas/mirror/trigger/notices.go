package trigger

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
)

func (t *Trigger) stateChange(e envelope) error {
	var d struct {
		Instance string `json:"instance-id"`
		State    string `json:"state"`
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return err
	}
	t.Cause = plain("instance " + d.Instance + " is " + d.State)
	t.lookAll([]string{d.Instance}, mostKeys)
	return nil
}

func (t *Trigger) tagChange(e envelope) error {
	var d struct {
		Changed []string          `json:"changed-tag-keys"`
		Service string            `json:"service"`
		Type    string            `json:"resource-type"`
		Version json.Number       `json:"version"`
		Tags    map[string]string `json:"tags"`
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return err
	}
	resource := ""
	if len(e.Resources) > 0 {
		resource = e.Resources[0]
	}
	t.versioned(resource, d.Version)
	id := resource[strings.LastIndexByte(resource, '/')+1:]
	t.Cause = plain(fmt.Sprintf("tags of %s %s changed: %s", d.Type, id, strings.Join(d.Changed, ", ")))
	_, deployed := d.Tags[policy.TagDeployment]
	switch {
	case d.Service == "ec2" && (d.Type == "instance" || d.Type == "network-interface"):
		t.lookAll([]string{id}, mostKeys)
	case d.Service == "ec2" && strings.HasPrefix(d.Type, "traffic-mirror-") && deployed && slices.Contains(d.Changed, policy.TagDeployment):
		t.ignore("a deployment has marked what it made, and this event does not say who: a sweep for each would follow every session")
	case d.Service == "ec2" && (d.Type == "subnet" || d.Type == "vpc" || strings.HasPrefix(d.Type, "traffic-mirror-")), d.Service == "autoscaling":
		t.sweep()
	default:
		t.ignore("tags of %s %s select nothing", d.Service, d.Type)
	}
	return nil
}

// versioned notes the version that AWS counts up with each event about a resource.
func (t *Trigger) versioned(resource string, version json.Number) {
	if v, err := version.Int64(); err == nil && v > 0 && resource != "" && len(resource) <= mostID {
		t.Resource, t.Version = resource, v
	}
}

func (t *Trigger) scaling(e envelope) error {
	var d struct {
		Instance string `json:"EC2InstanceId"`
		Group    string `json:"AutoScalingGroupName"`
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return err
	}
	t.Cause = plain(fmt.Sprintf("%s: instance %s of group %s", e.DetailType, d.Instance, d.Group))
	t.lookAll([]string{d.Instance}, mostKeys)
	return nil
}

// task looks at the interfaces of an ECS task. One that runs on its host's interface has none.
func (t *Trigger) task(e envelope) error {
	var d struct {
		Task        string      `json:"taskArn"`
		Status      string      `json:"lastStatus"`
		Version     json.Number `json:"version"`
		Attachments []struct {
			Type    string `json:"type"`
			Details []struct{ Name, Value string }
		} `json:"attachments"`
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return err
	}
	t.versioned(d.Task, d.Version)
	t.Cause = plain("task " + d.Task + " is " + d.Status)
	for _, a := range d.Attachments {
		for _, pair := range a.Details {
			if pair.Name == "networkInterfaceId" {
				t.look(pair.Value)
			}
		}
	}
	switch {
	case len(t.Keys) == 0:
		t.ignore("the task has no network interface of its own")
	case len(t.Keys) > mostKeys:
		t.sweep()
	}
	return nil
}
