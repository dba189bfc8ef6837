package main

import (
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapplicationautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsautoscaling"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/settings"
)

// sensorNamespace is that of what sensors tell of themselves.
const sensorNamespace = "Mirrorwatch/Sensor"

// packetsPerProcessor is how many a second a sensor is to have for each of its processors: less than half of the lowest figure that was measured
// (docs/operations.md), so that half of a fleet can have all of it for as long as the other half is being made.
const packetsPerProcessor = 50_000

// mostPackets is where more processors of one sensor are not known to help: the detectors are one after the other.
const mostPackets = 400_000

// packetsPerSensor gives the packets a second that the fleet is kept at, for each sensor on average. Never the processor's load: a sensor
// that waits for its disk or for DynamoDB drops packets at little load, and one that reads records in bursts has much and drops none.
func packetsPerSensor(p *place) float64 {
	n := p.Task().CPU / 1024
	if p.Fleet == settings.EC2 {
		n = processors(p.Instance)
	}
	return float64(min(n*packetsPerProcessor, mostPackets))
}

// processors gives the virtual processors of a type of instance, which its size says.
func processors(instance string) int {
	_, size, _ := strings.Cut(instance, ".")
	switch size {
	case "medium":
		return 1
	case "large":
		return 2
	}
	times, err := strconv.Atoi(strings.TrimSuffix(size, "xlarge"))
	if err != nil { // xlarge itself
		times = 1
	}
	return 4 * times
}

// dropsThatCount gives how many drops a minute of the whole fleet ask for more sensors: one in ten thousand of the packets that one sensor is
// to have. People are told of fewer; but a sensor more costs money and has interfaces change places, and helps against load alone.
func dropsThatCount(p *place) float64 { return packetsPerSensor(p) * 60 / 10_000 }

// steps is how many sensors more are made: drops a minute above those that count from, up to, sensors. Where one packet in a hundred is lost, two
// at once. The last has no end.
func steps(p *place) [][3]float64 {
	much := 99 * dropsThatCount(p)
	return [][3]float64{{0, much, 1}, {much, 0, 2}}
}

// dropsAlarm looks for drops in two of three minutes: one minute is what a burst does, which no sensor more would have caught.
func (m *fleetmaker) dropsAlarm(policy *string) {
	awscloudwatch.NewCfnAlarm(m.s, jsii.String("DropsAlarm"), &awscloudwatch.CfnAlarmProps{
		AlarmDescription: jsii.String(m.p.Name() + ": sensors drop packets, and more are made. People are told by the alarm of the watch stack."),
		Namespace:        jsii.String(sensorNamespace), MetricName: jsii.String("Drops"), Statistic: jsii.String("Sum"), Period: jsii.Number(60.0),
		Dimensions:         []any{&awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String("Deployment"), Value: jsii.String(m.p.Deployment)}},
		ComparisonOperator: jsii.String("GreaterThanOrEqualToThreshold"), Threshold: jsii.Number(dropsThatCount(m.p)), EvaluationPeriods: jsii.Number(3.0), DatapointsToAlarm: jsii.Number(2.0),
		TreatMissingData: jsii.String("notBreaching"), AlarmActions: &[]*string{policy},
	})
}

// scaleGroup makes the group follow the packets. AWS refuses a target for a group that cannot change.
func (m *fleetmaker) scaleGroup(group awsautoscaling.CfnAutoScalingGroup) {
	if m.p.Min == m.p.Max {
		return
	}
	awsautoscaling.NewCfnScalingPolicy(m.s, jsii.String("ByPackets"), &awsautoscaling.CfnScalingPolicyProps{
		AutoScalingGroupName: group.Ref(), PolicyType: jsii.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: &awsautoscaling.CfnScalingPolicy_TargetTrackingConfigurationProperty{
			TargetValue: jsii.Number(packetsPerSensor(m.p)),
			CustomizedMetricSpecification: &awsautoscaling.CfnScalingPolicy_CustomizedMetricSpecificationProperty{
				Namespace: jsii.String(sensorNamespace), MetricName: jsii.String("PacketsPerSecond"), Statistic: jsii.String("Average"), // of the sensors, each of which tells once a minute
				Dimensions: []any{&awsautoscaling.CfnScalingPolicy_MetricDimensionProperty{Name: jsii.String("Deployment"), Value: jsii.String(m.p.Deployment)}},
			},
		},
	})
	var adjust []any
	for _, s := range steps(m.p) {
		step := &awsautoscaling.CfnScalingPolicy_StepAdjustmentProperty{MetricIntervalLowerBound: jsii.Number(s[0]), ScalingAdjustment: jsii.Number(s[2])}
		if s[1] > 0 {
			step.MetricIntervalUpperBound = jsii.Number(s[1])
		}
		adjust = append(adjust, step)
	}
	drops := awsautoscaling.NewCfnScalingPolicy(m.s, jsii.String("ByDrops"), &awsautoscaling.CfnScalingPolicyProps{
		AutoScalingGroupName: group.Ref(), PolicyType: jsii.String("StepScaling"), AdjustmentType: jsii.String("ChangeInCapacity"), MetricAggregationType: jsii.String("Maximum"),
		EstimatedInstanceWarmup: jsii.Number(float64(warmup)), StepAdjustments: adjust,
	})
	m.dropsAlarm(drops.Ref())
}

// scaleService makes the service follow the packets.
func (m *fleetmaker) scaleService(resource string) {
	if m.p.Min == m.p.Max {
		return // the count of the service is what stays
	}
	target := awsapplicationautoscaling.NewCfnScalableTarget(m.s, jsii.String("Scalable"), &awsapplicationautoscaling.CfnScalableTargetProps{
		ServiceNamespace: jsii.String("ecs"), ScalableDimension: jsii.String("ecs:service:DesiredCount"), ResourceId: jsii.String(resource),
		MinCapacity: jsii.Number(float64(m.p.Min)), MaxCapacity: jsii.Number(float64(m.p.Max)),
	})
	awsapplicationautoscaling.NewCfnScalingPolicy(m.s, jsii.String("ByPackets"), &awsapplicationautoscaling.CfnScalingPolicyProps{
		PolicyName: jsii.String(groupName(m.p) + "-packets"), PolicyType: jsii.String("TargetTrackingScaling"), ScalingTargetId: target.Ref(),
		TargetTrackingScalingPolicyConfiguration: &awsapplicationautoscaling.CfnScalingPolicy_TargetTrackingScalingPolicyConfigurationProperty{
			TargetValue: jsii.Number(packetsPerSensor(m.p)), ScaleInCooldown: jsii.Number(600.0), ScaleOutCooldown: jsii.Number(float64(warmup)),
			CustomizedMetricSpecification: &awsapplicationautoscaling.CfnScalingPolicy_CustomizedMetricSpecificationProperty{
				Namespace: jsii.String(sensorNamespace), MetricName: jsii.String("PacketsPerSecond"), Statistic: jsii.String("Average"),
				Dimensions: []any{&awsapplicationautoscaling.CfnScalingPolicy_MetricDimensionProperty{Name: jsii.String("Deployment"), Value: jsii.String(m.p.Deployment)}},
			},
		},
	})
	var adjust []any
	for _, s := range steps(m.p) {
		step := &awsapplicationautoscaling.CfnScalingPolicy_StepAdjustmentProperty{MetricIntervalLowerBound: jsii.Number(s[0]), ScalingAdjustment: jsii.Number(s[2])}
		if s[1] > 0 {
			step.MetricIntervalUpperBound = jsii.Number(s[1])
		}
		adjust = append(adjust, step)
	}
	drops := awsapplicationautoscaling.NewCfnScalingPolicy(m.s, jsii.String("ByDrops"), &awsapplicationautoscaling.CfnScalingPolicyProps{
		PolicyName: jsii.String(groupName(m.p) + "-drops"), PolicyType: jsii.String("StepScaling"), ScalingTargetId: target.Ref(),
		StepScalingPolicyConfiguration: &awsapplicationautoscaling.CfnScalingPolicy_StepScalingPolicyConfigurationProperty{
			AdjustmentType: jsii.String("ChangeInCapacity"), MetricAggregationType: jsii.String("Maximum"), Cooldown: jsii.Number(float64(warmup)), StepAdjustments: adjust,
		},
	})
	m.dropsAlarm(drops.Ref())
}
