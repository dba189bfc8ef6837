package main

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/infra/host"
)

// makeService makes sensors as tasks of Fargate. They have less than those on instances: no hook (ECS waits two minutes after it asked, and no
// more), no disk for records that wait while Firehose does not take them, and no larger buffer of sockets, since a task can set nothing of the
// kernel that counts here: bursts are lost sooner.
func (m *fleetmaker) makeService() error {
	image, err := m.p.code.sensorImage(m.s, m.p.Account, m.p.region)
	if err != nil {
		return err
	}
	m.settleRole()
	log := awslogs.NewLogGroup(m.s, jsii.String("Log"), &awslogs.LogGroupProps{
		LogGroupName: jsii.String("/mirrorwatch/" + m.p.Deployment + "/sensors"), Retention: days(m.p.LogDays), EncryptionKey: m.pipe.Key, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	execution := m.makeExecutionRole(log, image.Repository)
	cluster := awsecs.NewCfnCluster(m.s, jsii.String("Cluster"), &awsecs.CfnClusterProps{
		ClusterName: jsii.String(m.p.Name()), ClusterSettings: []any{&awsecs.CfnCluster_ClusterSettingsProperty{Name: jsii.String("containerInsights"), Value: jsii.String("enabled")}}, Tags: named(m.p.Name()),
	})
	task := m.makeTask(image.URI, log, execution)
	service := m.makeTasks(cluster, task)
	service.Node().AddDependency(append(m.before, execution)...)
	m.fleet.Cluster, m.fleet.Group = m.p.Name(), groupName(m.p)
	m.scaleService("service/" + *cluster.Ref() + "/" + *service.AttrName())
	return nil
}

// makeExecutionRole makes the role that Fargate has while it starts a task: it fetches the image and writes the log.
func (m *fleetmaker) makeExecutionRole(log awslogs.LogGroup, repository string) awsiam.Role {
	role := awsiam.NewRole(m.s, jsii.String("ExecutionRole"), &awsiam.RoleProps{
		Description: jsii.String(m.p.Name() + ": fetches the image of sensors and writes their log"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("ecs-tasks.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": m.p.Account}, "ArnLike": map[string]any{"aws:SourceArn": m.p.arn("ecs", "*")},
		}}),
	})
	for _, g := range []grant{
		{actions: []string{"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}, resources: []string{repository}},
		{actions: []string{"ecr:GetAuthorizationToken"}, resources: []string{"*"}, why: "the token is of the account, and no resource"},
		{actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, resources: []string{*log.LogGroupArn()}},
	} {
		role.AddToPrincipalPolicy(g.statement())
	}
	excuse(role, "AwsSolutions-IAM5", "The token for ECR is one of the whole account: the action knows no resource.")
	return role
}

// makeTask says what a task is.
func (m *fleetmaker) makeTask(image string, log awslogs.LogGroup, execution awsiam.Role) awsecs.CfnTaskDefinition {
	var env []any
	values := m.environment().Env()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, &awsecs.CfnTaskDefinition_KeyValuePairProperty{Name: jsii.String(name), Value: jsii.String(values[name])})
	}
	size := m.p.Task()
	task := awsecs.NewCfnTaskDefinition(m.s, jsii.String("Task"), &awsecs.CfnTaskDefinitionProps{
		Family: jsii.String(groupName(m.p)), NetworkMode: jsii.String("awsvpc"), RequiresCompatibilities: jsii.Strings("FARGATE"), Cpu: jsii.String(strconv.Itoa(size.CPU)), Memory: jsii.String(strconv.Itoa(size.Memory)),
		RuntimePlatform:  &awsecs.CfnTaskDefinition_RuntimePlatformProperty{CpuArchitecture: jsii.String("ARM64"), OperatingSystemFamily: jsii.String("LINUX")},
		ExecutionRoleArn: execution.RoleArn(), TaskRoleArn: m.fleet.Role.RoleArn(), Tags: named(groupName(m.p)),
		ContainerDefinitions: []any{&awsecs.CfnTaskDefinition_ContainerDefinitionProperty{
			Name: jsii.String("sensor"), Image: jsii.String(image), Essential: jsii.Bool(true), ReadonlyRootFilesystem: jsii.Bool(true), Environment: env,
			LinuxParameters: &awsecs.CfnTaskDefinition_LinuxParametersProperty{Capabilities: &awsecs.CfnTaskDefinition_KernelCapabilitiesProperty{Drop: jsii.Strings("ALL")}},
			PortMappings: []any{
				&awsecs.CfnTaskDefinition_PortMappingProperty{ContainerPort: jsii.Number(float64(host.PacketPort)), Protocol: jsii.String("udp")},
				&awsecs.CfnTaskDefinition_PortMappingProperty{ContainerPort: jsii.Number(float64(host.SidePort)), Protocol: jsii.String("tcp")},
			},
			StopTimeout: jsii.Number(120.0), // the most that Fargate waits
			Ulimits:     []any{&awsecs.CfnTaskDefinition_UlimitProperty{Name: jsii.String("nofile"), SoftLimit: jsii.Number(65536.0), HardLimit: jsii.Number(65536.0)}},
			LogConfiguration: &awsecs.CfnTaskDefinition_LogConfigurationProperty{LogDriver: jsii.String("awslogs"), Options: &map[string]*string{
				"awslogs-group": log.LogGroupName(), "awslogs-region": jsii.String(m.p.region), "awslogs-stream-prefix": jsii.String("sensor"), "mode": jsii.String("non-blocking"), "max-buffer-size": jsii.String("4m"), // a log that is not taken must stop no sensor
			}},
		}},
	})
	excuse(task, "AwsSolutions-ECS2", "The environment holds names of a table, a stream and a deployment, and nothing secret.")
	return task
}

// makeTasks keeps so many tasks running, and goes back to the last that worked where new ones do not.
func (m *fleetmaker) makeTasks(cluster awsecs.CfnCluster, task awsecs.CfnTaskDefinition) awsecs.CfnService {
	return awsecs.NewCfnService(m.s, jsii.String("Service"), &awsecs.CfnServiceProps{
		ServiceName: jsii.String(groupName(m.p)), Cluster: cluster.AttrArn(), TaskDefinition: task.Ref(), LaunchType: jsii.String("FARGATE"), PlatformVersion: jsii.String("1.4.0"),
		DesiredCount:         m.desired(),
		EnableExecuteCommand: jsii.Bool(false), PropagateTags: jsii.String("SERVICE"), Tags: named(groupName(m.p)), HealthCheckGracePeriodSeconds: jsii.Number(float64(grace)),
		DeploymentConfiguration: &awsecs.CfnService_DeploymentConfigurationProperty{
			MinimumHealthyPercent: jsii.Number(100.0), MaximumPercent: jsii.Number(200.0),
			DeploymentCircuitBreaker: &awsecs.CfnService_DeploymentCircuitBreakerProperty{Enable: jsii.Bool(true), Rollback: jsii.Bool(true)},
		},
		NetworkConfiguration: &awsecs.CfnService_NetworkConfigurationProperty{AwsvpcConfiguration: &awsecs.CfnService_AwsVpcConfigurationProperty{
			Subnets: &m.n.SubnetIDs, SecurityGroups: &[]*string{m.fleet.SecurityGroup.SecurityGroupId()}, AssignPublicIp: jsii.String("DISABLED"),
		}},
		LoadBalancers: []any{&awsecs.CfnService_LoadBalancerProperty{
			ContainerName: jsii.String("sensor"), ContainerPort: jsii.Number(float64(host.PacketPort)), TargetGroupArn: m.targets.AttrTargetGroupArn(),
		}},
	})
}

// desired is how many tasks a service that cannot change has; of another the scaling says it, and an update must not undo that.
func (m *fleetmaker) desired() *float64 {
	if m.p.Min < m.p.Max {
		return nil
	}
	return jsii.Number(float64(m.p.Min))
}
