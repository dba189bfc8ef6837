package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// fleetTemplate gives the template of a network and the fleet in it.
func fleetTemplate(t *testing.T, pairs ...string) template {
	t.Helper()
	tpl, _ := fleetOf(t, pairs...)
	return tpl
}

func fleetOf(t *testing.T, pairs ...string) (tpl template, f *fleet) {
	t.Helper()
	tpl = synthesizePart(t, testSettings(t, pairs...), func(s awscdk.Stack, p *place, pipe *pipeline) {
		var err error
		if f, err = newFleet(s, p, pipe, newNetwork(s, p, pipe.Key)); err != nil {
			t.Fatal(err)
		}
	})
	return tpl, f
}

// attributes gives a list of keys and values as a map.
func attributes(v any) map[string]any {
	out := map[string]any{}
	list, _ := v.([]any)
	for _, a := range list {
		out[fmt.Sprint(dig(a, "Key"))] = dig(a, "Value")
	}
	return out
}

// kinds are the fleets that what follows must hold for.
func kinds() map[string][]string {
	return map[string][]string{"arm": nil, "x86": {"instance", "c6in.xlarge"}, "fargate": {"fleet", "fargate"}, "own vpc": ownVPC(), "one": {"sensors", "1-1"}}
}

// TestPacketsComeIn: what mirroring stands on. A change of any of these makes sensors deaf, or has them hear halves, and nothing complains.
func TestPacketsComeIn(t *testing.T) {
	for name, pairs := range kinds() {
		t.Run(name, func(t *testing.T) {
			tpl := fleetTemplate(t, pairs...)
			balancer := tpl.only(t, "AWS::ElasticLoadBalancingV2::LoadBalancer", "")
			if balancer.Properties["Type"] != "network" || balancer.Properties["Scheme"] != "internal" || balancer.Properties["IpAddressType"] != "ipv4" {
				t.Errorf("balancer is %s", text(balancer.Properties))
			}
			if a := attributes(balancer.Properties["LoadBalancerAttributes"]); a["load_balancing.cross_zone.enabled"] != "true" {
				t.Errorf("balancer has %v", a)
			}
			subnets, _ := balancer.Properties["Subnets"].([]any)
			if want := max(len(tpl.of("AWS::EC2::Subnet")), 2); len(subnets) != want {
				t.Errorf("balancer is in %d zones, want %d", len(subnets), want)
			}
			listener := tpl.only(t, "AWS::ElasticLoadBalancingV2::Listener", "")
			if listener.Properties["Protocol"] != "UDP" || listener.Properties["Port"] != 4789.0 || !strings.Contains(text(listener.Properties["DefaultActions"]), `"forward"`) {
				t.Errorf("listener is %s", text(listener.Properties))
			}
			checkTargets(t, tpl, name == "fargate")
		})
	}
}

func checkTargets(t *testing.T, tpl template, fargate bool) {
	t.Helper()
	group := tpl.only(t, "AWS::ElasticLoadBalancingV2::TargetGroup", "")
	want := map[string]any{"Protocol": "UDP", "Port": 4789.0, "HealthCheckProtocol": "TCP", "HealthCheckPort": "9478", "HealthCheckEnabled": true, "TargetType": "instance"}
	if fargate {
		want["TargetType"] = "ip"
	}
	for property, v := range want {
		if group.Properties[property] != v {
			t.Errorf("target group's %s is %v, want %v", property, group.Properties[property], v)
		}
	}
	a := attributes(group.Properties["TargetGroupAttributes"])
	for attribute, v := range map[string]any{
		"stickiness.enabled": "true", "stickiness.type": "source_ip", "deregistration_delay.timeout_seconds": "60", "deregistration_delay.connection_termination.enabled": "true",
	} {
		if a[attribute] != v {
			t.Errorf("target group's %s is %v, want %v", attribute, a[attribute], v)
		}
	}
}

// TestWhoMayComeIn: packets from the networks of the settings, to the balancer alone; to sensors from the balancer alone; to the endpoints
// from sensors alone; and nobody else.
func TestWhoMayComeIn(t *testing.T) {
	tpl := fleetTemplate(t, "sources", "10.0.0.0/16,172.16.0.0/12")
	var open []string
	for id, g := range tpl.of("AWS::EC2::SecurityGroup") {
		rules, _ := g.Properties["SecurityGroupIngress"].([]any)
		for _, r := range rules {
			open = append(open, fmt.Sprintf("%.8s %v %v-%v %v", id, dig(r, "IpProtocol"), dig(r, "FromPort"), dig(r, "ToPort"), dig(r, "CidrIp")))
		}
	}
	for _, r := range tpl.of("AWS::EC2::SecurityGroupIngress") {
		to, from := strings.Trim(text(dig(r.Properties["GroupId"], "Fn::GetAtt")), `["`), strings.Trim(text(dig(r.Properties["SourceSecurityGroupId"], "Fn::GetAtt")), `["`)
		open = append(open, fmt.Sprintf("%.8s %v %v-%v %.8s", to, r.Properties["IpProtocol"], r.Properties["FromPort"], r.Properties["ToPort"], from))
	}
	slices.Sort(open)
	want := []string{
		"Balancer udp 4789-4789 10.0.0.0/16", "Balancer udp 4789-4789 10.231.0.0/20", "Balancer udp 4789-4789 172.16.0.0/12",
		"Endpoint tcp 443-443 SensorGu", "SensorGu tcp 9478-9478 Balancer", "SensorGu udp 4789-4789 Balancer",
	}
	if !slices.Equal(open, want) {
		t.Errorf("open are\n%s\nwant\n%s", strings.Join(open, "\n"), strings.Join(want, "\n"))
	}
	for id, g := range tpl.of("AWS::EC2::SecurityGroup") {
		if out := text(g.Properties["SecurityGroupEgress"]); strings.Contains(out, "0.0.0.0/0") && !strings.Contains(out, `"FromPort":443`) || out == "null" {
			t.Errorf("%s lets out %s", id, out)
		}
	}
}

// TestInstance: what an instance must be.
func TestInstance(t *testing.T) {
	for processor, pairs := range map[string][]string{"arm64": {"size", "medium"}, "x86_64": {"instance", "c6in.xlarge"}} {
		tpl := fleetTemplate(t, pairs...)
		data := tpl.only(t, "AWS::EC2::LaunchTemplate", "").Properties["LaunchTemplateData"]
		for what, ok := range map[string]bool{
			"IMDSv2 alone":        dig(data, "MetadataOptions", "HttpTokens") == "required",
			"one hop":             dig(data, "MetadataOptions", "HttpPutResponseHopLimit") == 1.0,
			"no key pair":         dig(data, "KeyName") == nil,
			"detailed monitoring": dig(data, "Monitoring", "Enabled") == true,
			"a profile":           dig(data, "IamInstanceProfile", "Arn") != nil,
			"the type":            dig(data, "InstanceType") == map[string]string{"arm64": "c7gn.xlarge", "x86_64": "c6in.xlarge"}[processor],
		} {
			if !ok {
				t.Errorf("%s: there must be %s: %s", processor, what, text(data))
			}
		}
		for _, disk := range dig(data, "BlockDeviceMappings").([]any) {
			if dig(disk, "Ebs", "Encrypted") != true || dig(disk, "Ebs", "VolumeType") != "gp3" || !strings.Contains(text(dig(disk, "Ebs", "KmsKeyId")), "TestKey") {
				t.Errorf("disk is %s", text(disk))
			}
		}
		for _, i := range dig(data, "NetworkInterfaces").([]any) {
			if dig(i, "AssociatePublicIpAddress") != false || !strings.Contains(text(dig(i, "Groups")), "SensorGuard") {
				t.Errorf("interface is %s", text(i))
			}
		}
		if got := fmt.Sprint(dig(tpl.Parameters["Image"], "Default")); !strings.HasPrefix(got, "/aws/service/ami-amazon-linux-latest/al2023-") || !strings.HasSuffix(got, processor) {
			t.Errorf("image of %s is %s", processor, got)
		}
	}
}

// TestFirstBoot: the script has the sensor's whole environment and the program with its sum, and tells the group of this template.
func TestFirstBoot(t *testing.T) {
	tpl := fleetTemplate(t)
	script := text(dig(tpl.only(t, "AWS::EC2::LaunchTemplate", "").Properties["LaunchTemplateData"], "UserData", "Fn::Base64"))
	for _, want := range []string{
		deploy.Table + "=mirrorwatch-main", deploy.Records + "=mirrorwatch-main-records", deploy.Deployment + "=main", deploy.Hook + "=mirrorwatch-main-drain", deploy.Group + "=mirrorwatch-main-sensors",
		"s3://" + nowhere + "/sensor", "--stack-name 'mirrorwatch-main-part' --logical-resource-id 'Group'", ":9478/healthz",
	} {
		if !strings.Contains(script, want) {
			t.Errorf("script lacks %q", want)
		}
	}
	if strings.Contains(script, "%!") {
		t.Error("script has a place that nothing was written to")
	}
	if tpl.Resources[groupID].Type != "AWS::AutoScaling::AutoScalingGroup" {
		t.Errorf("%s, which is told, is %q", groupID, tpl.Resources[groupID].Type)
	}
}

// TestEndOfASensor: each ends by the hook, updates go one by one and only after one that is well, and an update never replaces the group.
func TestEndOfASensor(t *testing.T) {
	for sensors, inService := range map[string]float64{"2-4": 2, "3-3": 2, "1-1": 0} {
		g := fleetTemplate(t, "sensors", sensors).Resources[groupID]
		hook := dig(g.Properties["LifecycleHookSpecificationList"].([]any)[0])
		if dig(hook, "LifecycleTransition") != "autoscaling:EC2_INSTANCE_TERMINATING" || dig(hook, "DefaultResult") != "CONTINUE" || dig(hook, "LifecycleHookName") != "mirrorwatch-main-drain" {
			t.Errorf("hook is %s", text(hook))
		}
		u := g.UpdatePolicy["AutoScalingRollingUpdate"]
		if dig(u, "MaxBatchSize") != 1.0 || dig(u, "WaitOnResourceSignals") != true || dig(u, "MinSuccessfulInstancesPercent") != 100.0 || dig(u, "MinInstancesInService") != inService {
			t.Errorf("%s sensors are updated by %s", sensors, text(g.UpdatePolicy))
		}
		if !strings.Contains(text(dig(u, "SuspendProcesses")), "AlarmNotification") || strings.Contains(text(dig(u, "SuspendProcesses")), "Launch") {
			t.Errorf("an update suspends %s", text(dig(u, "SuspendProcesses")))
		}
		if g.UpdatePolicy["AutoScalingReplacingUpdate"] != nil || g.Properties["DesiredCapacity"] != nil {
			t.Error("an update replaces the group, or undoes what load asked for")
		}
		if g.Properties["HealthCheckType"] != "ELB" || g.Properties["AutoScalingGroupName"] != "mirrorwatch-main-sensors" || !strings.Contains(text(g.Properties["TargetGroupARNs"]), "Targets") {
			t.Errorf("group is %s", text(g.Properties))
		}
		if !strings.Contains(text(dig(g.Properties["LaunchTemplate"], "Version")), "LatestVersionNumber") {
			t.Errorf("version %s: CloudFormation would not see a new one", text(dig(g.Properties["LaunchTemplate"], "Version")))
		}
		for _, first := range []string{"SensorRoleDefaultPolicy", "ToEndpoints", "Listener"} {
			if !strings.Contains(text(g.DependsOn), first) {
				t.Errorf("sensors start before %s is there: %s", first, text(g.DependsOn))
			}
		}
	}
}

// TestScaling: a fleet follows packets and drops, and never the processor.
func TestScaling(t *testing.T) {
	for name, pairs := range map[string][]string{"ec2": {"size", "medium"}, "fargate": {"size", "medium", "fleet", "fargate"}} {
		tpl := fleetTemplate(t, pairs...)
		policies := tpl.of("AWS::AutoScaling::ScalingPolicy")
		if name == "fargate" {
			policies = tpl.of("AWS::ApplicationAutoScaling::ScalingPolicy")
		}
		all := text(policies)
		for _, want := range []string{
			`"TargetValue":200000`, `"MetricName":"PacketsPerSecond"`, `"Namespace":"Mirrorwatch/Sensor"`, `"Statistic":"Average"`, `"Name":"Deployment","Value":"main"`, `"PolicyType":"StepScaling"`,
		} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: policies lack %s: %s", name, want, all)
			}
		}
		if len(policies) != 2 || strings.Contains(all, "CPU") || strings.Contains(all, "Predefined") {
			t.Errorf("%s: %d policies: %s", name, len(policies), all)
		}
		alarm := tpl.only(t, "AWS::CloudWatch::Alarm", "Drops")
		if alarm.Properties["MetricName"] != "Drops" || alarm.Properties["Namespace"] != "Mirrorwatch/Sensor" || alarm.Properties["Threshold"] != 1200.0 || !strings.Contains(text(alarm.Properties["AlarmActions"]), "ByDrops") {
			t.Errorf("%s: alarm is %s", name, text(alarm.Properties))
		}
	}
}

// TestFixedNumber: where the number of sensors cannot change nothing tries to change it: AWS refuses that.
func TestFixedNumber(t *testing.T) {
	for kind, scaling := range map[string]string{"ec2": "AWS::AutoScaling::ScalingPolicy", "fargate": "AWS::ApplicationAutoScaling::ScalingPolicy"} {
		tpl := fleetTemplate(t, "fleet", kind, "sensors", "3-3")
		if n := len(tpl.of(scaling)) + len(tpl.of("AWS::CloudWatch::Alarm")); n > 0 {
			t.Errorf("%s: %d policies and alarms", kind, n)
		}
		if kind == "fargate" && tpl.only(t, "AWS::ECS::Service", "").Properties["DesiredCount"] != 3.0 {
			t.Errorf("service has %v tasks", tpl.only(t, "AWS::ECS::Service", "").Properties["DesiredCount"])
		}
	}
}

func TestPacketsPerSensor(t *testing.T) {
	for pairs, want := range map[string]float64{
		"size=small": 100_000, "size=medium": 200_000, "size=large": 400_000, "instance=c7g.medium": 50_000, "instance=m7g.2xlarge": 400_000, "fleet=fargate": 100_000,
	} {
		name, value, _ := strings.Cut(pairs, "=")
		if got := packetsPerSensor(&place{Settings: testSettings(t, name, value)}); got != want {
			t.Errorf("%s: %v packets a second, want %v", pairs, got, want)
		}
	}
}

// TestSensorMay: the role has what the program and the first boot call, and nothing else.
func TestSensorMay(t *testing.T) {
	every := []string{
		"cloudwatch:PutMetricData", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
		"firehose:PutRecordBatch", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*",
	}
	instance := append(slices.Clone(every), "autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat", "cloudformation:SignalResource", "s3:GetObject")
	slices.Sort(instance)
	for kind, want := range map[string][]string{"ec2": instance, "fargate": every} {
		tpl, f := fleetOf(t, "fleet", kind)
		if got := actionsOf(tpl.only(t, "AWS::IAM::Policy", "SensorRole")); !slices.Equal(got, want) {
			t.Errorf("sensors on %s may\n%v, want\n%v", kind, got, want)
		}
		role := tpl.only(t, "AWS::IAM::Role", "SensorRole")
		if role.Properties["ManagedPolicyArns"] != nil || f.Role == nil {
			t.Errorf("sensors on %s have %s besides", kind, text(role.Properties["ManagedPolicyArns"]))
		}
		if (f.scalingGroup() == "mirrorwatch-main-sensors") != (kind == "ec2") {
			t.Errorf("scaling group of %s is %q", kind, f.scalingGroup())
		}
	}
}

// TestService: what a task must be.
func TestService(t *testing.T) {
	tpl := fleetTemplate(t, "fleet", "fargate", "size", "large")
	task := tpl.only(t, "AWS::ECS::TaskDefinition", "").Properties
	if task["Cpu"] != "16384" || task["Memory"] != "65536" || dig(task["RuntimePlatform"], "CpuArchitecture") != "ARM64" || task["NetworkMode"] != "awsvpc" {
		t.Errorf("task is %s", text(task))
	}
	c := task["ContainerDefinitions"].([]any)[0]
	for what, ok := range map[string]bool{
		"a root that cannot be written":   dig(c, "ReadonlyRootFilesystem") == true,
		"no privilege":                    dig(c, "Privileged") == nil && strings.Contains(text(dig(c, "LinuxParameters", "Capabilities", "Drop")), "ALL"),
		"two minutes to end":              dig(c, "StopTimeout") == 120.0,
		"both ports":                      strings.Contains(text(dig(c, "PortMappings")), `{"ContainerPort":4789,"Protocol":"udp"},{"ContainerPort":9478,"Protocol":"tcp"}`),
		"its table":                       strings.Contains(text(dig(c, "Environment")), `{"Name":"`+deploy.Table+`","Value":"mirrorwatch-main"}`),
		"no hook, which nobody would set": !strings.Contains(text(dig(c, "Environment")), deploy.Hook),
		"a log":                           dig(c, "LogConfiguration", "LogDriver") == "awslogs" && dig(c, "LogConfiguration", "Options", "awslogs-region") == "eu-central-1",
	} {
		if !ok {
			t.Errorf("there must be %s: %s", what, text(c))
		}
	}
	service := tpl.only(t, "AWS::ECS::Service", "").Properties
	deployment := service["DeploymentConfiguration"]
	if dig(service["NetworkConfiguration"], "AwsvpcConfiguration", "AssignPublicIp") != "DISABLED" || dig(deployment, "MinimumHealthyPercent") != 100.0 || dig(deployment, "DeploymentCircuitBreaker", "Rollback") != true || service["EnableExecuteCommand"] != false {
		t.Errorf("service is %s", text(service))
	}
	if got := text(tpl.only(t, "AWS::ECS::Cluster", "").Properties["ClusterSettings"]); !strings.Contains(got, `"enabled"`) {
		t.Errorf("cluster has %s", got)
	}
	if tpl.only(t, "AWS::Logs::LogGroup", "Log").Properties["KmsKeyId"] == nil {
		t.Error("the log is not encrypted")
	}
	execution := []string{"ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer", "logs:CreateLogStream", "logs:PutLogEvents"}
	if got := actionsOf(tpl.only(t, "AWS::IAM::Policy", "ExecutionRole")); !slices.Equal(got, execution) {
		t.Errorf("Fargate may %v, want %v", got, execution)
	}
	for _, kind := range []string{"AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::LaunchTemplate"} {
		if len(tpl.of(kind)) > 0 {
			t.Errorf("there is a %s too", kind)
		}
	}
}
