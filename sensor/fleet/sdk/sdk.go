// Package sdk is the group and its metrics by AWS's clients: CloudWatch takes the load, Auto Scaling waits for the end, and the instance's
// metadata say what the group wants. What comes in are the calls of package fleet; what goes out is one request each, beside the client's
// own retries. It never decides anything, and never says that a call worked which did not.
package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"

	"github.com/mirrorwatch/mirrorwatch/sensor/fleet"
)

const (
	// Namespace holds the metrics of sensors.
	Namespace = "Mirrorwatch/Sensor"
	// Dimension is the one they have: numbers of all sensors of a deployment meet in it, and each costs but one metric.
	Dimension = "Deployment"
)

// CloudWatch is what is needed of that client.
type CloudWatch interface {
	PutMetricData(ctx context.Context, in *cloudwatch.PutMetricDataInput, opts ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricDataOutput, error)
}

// Metrics is a fleet.Sink.
type Metrics struct {
	client     CloudWatch
	deployment string
}

// NewMetrics makes one that tells of a deployment.
func NewMetrics(client CloudWatch, deployment string) *Metrics { return &Metrics{client, deployment} }

// Put is one call of PutMetricData.
func (m *Metrics) Put(ctx context.Context, at time.Time, list []fleet.Metric) error {
	in := &cloudwatch.PutMetricDataInput{Namespace: aws.String(Namespace)}
	for _, one := range list {
		in.MetricData = append(in.MetricData, types.MetricDatum{
			MetricName: aws.String(one.Name), Unit: types.StandardUnit(one.Unit), Value: aws.Float64(one.Value), Timestamp: aws.Time(at),
			Dimensions: []types.Dimension{{Name: aws.String(Dimension), Value: aws.String(m.deployment)}},
		})
	}
	if _, err := m.client.PutMetricData(ctx, in); err != nil {
		return fmt.Errorf("put metric data: %w", brief(err))
	}
	return nil
}

// AutoScaling is what is needed of that client.
type AutoScaling interface {
	CompleteLifecycleAction(ctx context.Context, in *autoscaling.CompleteLifecycleActionInput, opts ...func(*autoscaling.Options)) (*autoscaling.CompleteLifecycleActionOutput, error)
	RecordLifecycleActionHeartbeat(ctx context.Context, in *autoscaling.RecordLifecycleActionHeartbeatInput, opts ...func(*autoscaling.Options)) (*autoscaling.RecordLifecycleActionHeartbeatOutput, error)
}

// Group is a fleet.Group.
type Group struct {
	client     AutoScaling
	name, hook string
}

// NewGroup makes one for a group and its hook, by their names.
func NewGroup(client AutoScaling, name, hook string) *Group { return &Group{client, name, hook} }

// Heartbeat is one call of RecordLifecycleActionHeartbeat.
func (g *Group) Heartbeat(ctx context.Context, instance string) error {
	_, err := g.client.RecordLifecycleActionHeartbeat(ctx, &autoscaling.RecordLifecycleActionHeartbeatInput{
		AutoScalingGroupName: aws.String(g.name), LifecycleHookName: aws.String(g.hook), InstanceId: aws.String(instance),
	})
	return lifecycle("record lifecycle action heartbeat", err)
}

// Complete is one call of CompleteLifecycleAction. At an end there is nothing but to go on: the other result ends the instance as well.
func (g *Group) Complete(ctx context.Context, instance string) error {
	_, err := g.client.CompleteLifecycleAction(ctx, &autoscaling.CompleteLifecycleActionInput{
		AutoScalingGroupName: aws.String(g.name), LifecycleHookName: aws.String(g.hook), InstanceId: aws.String(instance),
		LifecycleActionResult: aws.String("CONTINUE"),
	})
	return lifecycle("complete lifecycle action", err)
}

// lifecycle tells apart that the group does not wait. AWS has no code of its own for that.
func lifecycle(what string, err error) error {
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api) && api.ErrorCode() == "ValidationError" && strings.Contains(strings.ToLower(api.ErrorMessage()), "no active lifecycle action"):
		return fmt.Errorf("%s: %w", what, fleet.ErrNoAction)
	}
	return fmt.Errorf("%s: %w", what, brief(err))
}

// IMDS is what is needed of the client of instance metadata.
type IMDS interface {
	GetMetadata(ctx context.Context, in *imds.GetMetadataInput, opts ...func(*imds.Options)) (*imds.GetMetadataOutput, error)
}

// Metadata is a fleet.Metadata. It belongs to whoever made it, but may be asked by several goroutines.
type Metadata struct{ client IMDS }

// NewMetadata makes one.
func NewMetadata(client IMDS) *Metadata { return &Metadata{client} }

// Target asks for autoscaling/target-lifecycle-state.
func (m *Metadata) Target(ctx context.Context) (string, error) {
	return m.get(ctx, "autoscaling/target-lifecycle-state")
}

// Instance asks for instance-id.
func (m *Metadata) Instance(ctx context.Context) (string, error) { return m.get(ctx, "instance-id") }

// mostMetadata bounds an answer: both are a word.
const mostMetadata = 256

func (m *Metadata) get(ctx context.Context, path string) (string, error) {
	out, err := m.client.GetMetadata(ctx, &imds.GetMetadataInput{Path: path})
	if err != nil {
		return "", fmt.Errorf("read instance metadata %s: %w", path, brief(err))
	}
	defer out.Content.Close()
	b, err := io.ReadAll(io.LimitReader(out.Content, mostMetadata+1))
	if err != nil {
		return "", fmt.Errorf("read instance metadata %s: %w", path, err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" || len(b) > mostMetadata || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("read instance metadata %s: %.40q is not one word", path, text)
	}
	return text, nil
}

// brief leaves out what the client says of itself before the reason: operation, status and request.
func brief(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" {
		return &told{err, strings.Join(strings.Fields(fmt.Sprintf("%s: %.300s", api.ErrorCode(), api.ErrorMessage())), " ")}
	}
	var op *smithy.OperationError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// told is an error in fewer words.
type told struct {
	error
	text string
}

func (t *told) Error() string { return t.text }

// Unwrap gives it whole.
func (t *told) Unwrap() error { return t.error }
