package ec2fake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// outgoing is an event on its way to the listeners.
type outgoing struct {
	account, region string
	body            json.RawMessage
	listeners       []func(account, region string, event json.RawMessage)
}

func (o outgoing) deliver() {
	for _, tell := range o.listeners {
		tell(o.account, o.region, o.body)
	}
}

// tell puts an event into EventBridge's envelope and on its way. Where nobody listens nothing is made.
func (c *Cloud) tell(account, regionName, source, detailType string, resources []string, detail any) {
	if len(c.listeners) == 0 {
		return
	}
	if resources == nil {
		resources = []string{}
	}
	body, err := json.Marshal(map[string]any{
		"version": "0", "id": c.uuid(), "detail-type": detailType, "source": source, "account": account, "region": regionName,
		"time": c.now().UTC().Format(time.RFC3339), "resources": resources, "detail": detail,
	})
	if err != nil {
		panic("ec2fake: an event cannot be written: " + err.Error())
	}
	c.outbox = append(c.outbox, outgoing{account, regionName, body, c.listeners})
}

func (c *Cloud) uuid() string {
	a, b := c.names.Uint64(), c.names.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

func arn(account, regionName, kind, id string) string {
	return "arn:aws:ec2:" + regionName + ":" + account + ":" + kind + "/" + id
}

// stateChanged tells an instance's state.
func (h *handle) stateChanged(instance, state string) {
	h.c.tell(h.account, h.region.name, "aws.ec2", "EC2 Instance State-change Notification",
		[]string{arn(h.account, h.region.name, "instance", instance)}, map[string]any{"instance-id": instance, "state": state})
}

// created tells the tags that an object was made with.
func (h *handle) created(id string, tags map[string]string) {
	if len(tags) > 0 {
		h.tagChanged(id, slices.Sorted(maps.Keys(tags)))
	}
}

// tagChanged tells that tags changed, with all tags as they are after it and a version that grows by one.
func (h *handle) tagChanged(id string, keys []string) {
	h.c.tagged[id]++
	if len(h.c.listeners) == 0 {
		return
	}
	o, err := h.object(id)
	tags := o.tags
	if err != nil {
		return
	}
	if tags == nil {
		tags = map[string]string{}
	}
	h.c.tell(h.account, h.region.name, "aws.tag", "Tag Change on Resource", []string{arn(h.account, h.region.name, o.noun.tag, id)}, map[string]any{
		"changed-tag-keys": keys, "service": "ec2", "resource-type": o.noun.tag, "version": h.c.tagged[id],
		"version-timestamp": strconv.FormatInt(h.c.now().UnixMilli(), 10), "tag-policy-compliant": "true", "tags": tags,
	})
}

// scaled tells what an Auto Scaling group did to an instance: "Launch" or "Terminate".
func (h *handle) scaled(group, instance, what string) {
	h.c.tell(h.account, h.region.name, "aws.autoscaling", "EC2 Instance "+what+" Successful",
		[]string{"arn:aws:autoscaling:" + h.region.name + ":" + h.account + ":autoScalingGroup:" + h.c.uuid() + ":autoScalingGroupName/" + group,
			arn(h.account, h.region.name, "instance", instance)},
		map[string]any{
			"AutoScalingGroupName": group, "EC2InstanceId": instance, "StatusCode": "InProgress", "ActivityId": h.c.uuid(),
			"StartTime": h.c.now().UTC().Format(time.RFC3339), "EndTime": h.c.now().UTC().Format(time.RFC3339), "Origin": "EC2", "Destination": "AutoScalingGroup",
		})
}

// taskChanged tells the state of an ECS task with its interface.
func (h *handle) taskChanged(t task, status string, version int) {
	cluster := "arn:aws:ecs:" + h.region.name + ":" + h.account + ":cluster/" + t.cluster
	pair := func(name, value string) map[string]string { return map[string]string{"name": name, "value": value} }
	attached := "ATTACHED"
	if status == "STOPPED" {
		attached = "DELETED"
	}
	h.c.tell(h.account, h.region.name, "aws.ecs", "ECS Task State Change", []string{t.arn}, map[string]any{
		"taskArn": t.arn, "clusterArn": cluster, "launchType": "FARGATE", "lastStatus": status, "desiredStatus": status, "version": version,
		"attachments": []any{map[string]any{"id": t.attachment, "type": "eni", "status": attached, "details": []any{
			pair("subnetId", t.eni.Subnet), pair("networkInterfaceId", t.eni.ID), pair("macAddress", t.eni.MAC),
			pair("privateIPv4Address", t.eni.PrimaryAddress.String()),
		}}},
	})
}
