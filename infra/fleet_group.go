package main

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// Times of a group, in seconds.
const (
	warmup = 180 // from the launch of a sensor until its numbers count
	grace  = 300 // from its launch until it must answer
	wait   = 300 // of the hook without a heartbeat; a sensor sends one each minute
)

// readyWithin is how long a new sensor may take from its launch until it says that it hears.
const readyWithin = "PT15M"

// makeGroup makes sensors on instances.
func (m *fleetmaker) makeGroup() error {
	program, err := m.p.code.sensor(m.s, m.p.ARM())
	if err != nil {
		return err
	}
	m.grants = append(m.grants,
		grant{actions: sensorCalls().group, resources: []string{m.p.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+groupName(m.p))},
			why: "the group has a fixed name, and an id that is not known before it is made"},
		grant{actions: sensorCalls().program, resources: []string{fmt.Sprintf("arn:aws:s3:::%s/%s", program.Bucket, program.Key)}},
		grant{actions: sensorCalls().ready, resources: []string{*awscdk.Aws_STACK_ID()}},
	)
	m.settleRole()
	boot, err := m.userData(program)
	if err != nil {
		return err
	}
	template := m.makeTemplate(boot)
	group := awsautoscaling.NewCfnAutoScalingGroup(m.s, jsii.String(groupID), m.groupProps(template))
	m.update(group)
	group.Node().AddDependency(m.before...)
	excuse(group, "AwsSolutions-AS3", "Launches and ends are events of EventBridge, which the mirror function is told of; people are told by the alarms when sensors are missing or drop packets.")
	m.fleet.Group = groupName(m.p)
	m.scaleGroup(group)
	return nil
}

// makeTemplate says what an instance is.
func (m *fleetmaker) makeTemplate(boot string) awsec2.CfnLaunchTemplate {
	profile := awsiam.NewCfnInstanceProfile(m.s, jsii.String("Profile"), &awsiam.CfnInstanceProfileProps{Roles: &[]*string{m.fleet.Role.RoleName()}})
	tags := &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: jsii.String(groupName(m.p))}, {Key: jsii.String("mirrorwatch:stack"), Value: jsii.String(m.p.Deployment)}}
	tagged := func(kind string) any {
		return &awsec2.CfnLaunchTemplate_TagSpecificationProperty{ResourceType: jsii.String(kind), Tags: tags}
	}
	return awsec2.NewCfnLaunchTemplate(m.s, jsii.String("Template"), &awsec2.CfnLaunchTemplateProps{LaunchTemplateData: &awsec2.CfnLaunchTemplate_LaunchTemplateDataProperty{
		ImageId: m.image(), InstanceType: jsii.String(m.p.Instance), EbsOptimized: jsii.Bool(true),
		IamInstanceProfile: &awsec2.CfnLaunchTemplate_IamInstanceProfileProperty{Arn: profile.AttrArn()},
		MetadataOptions: &awsec2.CfnLaunchTemplate_MetadataOptionsProperty{
			HttpTokens: jsii.String("required"), HttpPutResponseHopLimit: jsii.Number(1.0), HttpEndpoint: jsii.String("enabled"), InstanceMetadataTags: jsii.String("disabled"),
		},
		Monitoring:          &awsec2.CfnLaunchTemplate_MonitoringProperty{Enabled: jsii.Bool(true)},
		BlockDeviceMappings: m.disks(),
		NetworkInterfaces: []any{&awsec2.CfnLaunchTemplate_NetworkInterfaceProperty{
			DeviceIndex: jsii.Number(0.0), AssociatePublicIpAddress: jsii.Bool(false), Groups: &[]*string{m.fleet.SecurityGroup.SecurityGroupId()}, DeleteOnTermination: jsii.Bool(true),
		}},
		InstanceInitiatedShutdownBehavior: jsii.String("terminate"),
		TagSpecifications:                 []any{tagged("instance"), tagged("volume"), tagged("network-interface")},
		UserData:                          awscdk.Fn_Base64(jsii.String(boot)),
	}})
}

// image gives Amazon Linux 2023 of the instance's processor, the newest when the stack is deployed: a deployment is how sensors get a
// patched system, one after the other.
func (m *fleetmaker) image() *string {
	processor := "x86_64"
	if m.p.ARM() {
		processor = "arm64"
	}
	parameter := awscdk.NewCfnParameter(m.s, jsii.String("Image"), &awscdk.CfnParameterProps{
		Type: jsii.String("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"), Default: jsii.String("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-" + processor),
		Description: jsii.String("Public parameter with the image of sensors"),
	})
	return parameter.ValueAsString()
}

// disks gives the one of a sensor: system, program, what it learned, and records that wait while Firehose does not take them. A sensor that
// ends has stored all of it elsewhere.
func (m *fleetmaker) disks() []any {
	return []any{&awsec2.CfnLaunchTemplate_BlockDeviceMappingProperty{
		DeviceName: jsii.String("/dev/xvda"),
		Ebs: &awsec2.CfnLaunchTemplate_EbsProperty{
			Encrypted: jsii.Bool(true), KmsKeyId: m.pipe.Key.KeyArn(), VolumeType: jsii.String("gp3"), VolumeSize: jsii.Number(30.0), DeleteOnTermination: jsii.Bool(true),
		},
	}}
}

// groupProps says how many there are, when one is well, and how one ends.
func (m *fleetmaker) groupProps(template awsec2.CfnLaunchTemplate) *awsautoscaling.CfnAutoScalingGroupProps {
	return &awsautoscaling.CfnAutoScalingGroupProps{
		AutoScalingGroupName: jsii.String(groupName(m.p)), MinSize: jsii.String(strconv.Itoa(m.p.Min)), MaxSize: jsii.String(strconv.Itoa(m.p.Max)), // no DesiredCapacity: an update would undo what load asked for
		VpcZoneIdentifier: &m.n.SubnetIDs, TargetGroupArns: &[]*string{m.targets.AttrTargetGroupArn()},
		LaunchTemplate: &awsautoscaling.CfnAutoScalingGroup_LaunchTemplateSpecificationProperty{
			LaunchTemplateId: template.AttrLaunchTemplateId(), Version: template.AttrLatestVersionNumber(), // a number, not $Latest: a new one is what CloudFormation updates by
		},
		HealthCheckType: jsii.String("ELB"), HealthCheckGracePeriod: jsii.Number(float64(grace)), DefaultInstanceWarmup: jsii.Number(float64(warmup)),
		// A sensor that is ill, or in a zone with too many, goes when another is there.
		InstanceMaintenancePolicy: &awsautoscaling.CfnAutoScalingGroup_InstanceMaintenancePolicyProperty{MinHealthyPercentage: jsii.Number(100.0), MaxHealthyPercentage: jsii.Number(200.0)},
		// The hook is part of the group, so that no instance lives without it. Where nobody answers the group goes on: nothing that still runs
		// could be saved by waiting for longer.
		LifecycleHookSpecificationList: []any{&awsautoscaling.CfnAutoScalingGroup_LifecycleHookSpecificationProperty{
			LifecycleHookName: jsii.String(hookName(m.p)), LifecycleTransition: jsii.String("autoscaling:EC2_INSTANCE_TERMINATING"), HeartbeatTimeout: jsii.Number(float64(wait)), DefaultResult: jsii.String("CONTINUE"),
		}},
		MetricsCollection: []any{&awsautoscaling.CfnAutoScalingGroup_MetricsCollectionProperty{Granularity: jsii.String("1Minute")}},
		Tags: &[]*awsautoscaling.CfnAutoScalingGroup_TagPropertyProperty{
			{Key: jsii.String("Name"), Value: jsii.String(groupName(m.p)), PropagateAtLaunch: jsii.Bool(true)},
		},
	}
}

// update replaces sensors one after the other, each by one that has said that it hears. The old one ends by the hook, as when the group
// shrinks. The first sensors must say so too: a deployment that succeeded has sensors that work.
func (m *fleetmaker) update(group awsautoscaling.CfnAutoScalingGroup) {
	group.CfnOptions().SetCreationPolicy(&awscdk.CfnCreationPolicy{ResourceSignal: &awscdk.CfnResourceSignal{Count: jsii.Number(float64(m.p.Min)), Timeout: jsii.String(readyWithin)}})
	group.CfnOptions().SetUpdatePolicy(&awscdk.CfnUpdatePolicy{AutoScalingRollingUpdate: &awscdk.CfnAutoScalingRollingUpdate{
		MaxBatchSize: jsii.Number(1.0), MinInstancesInService: jsii.Number(float64(min(m.p.Min, m.p.Max-1))), // CloudFormation refuses the maximum itself
		WaitOnResourceSignals: jsii.Bool(true), PauseTime: jsii.String(readyWithin), MinSuccessfulInstancesPercent: jsii.Number(100.0),
		// Nothing else may launch or end instances meanwhile: their signals would be missing.
		SuspendProcesses: jsii.Strings("HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"),
	}})
}
