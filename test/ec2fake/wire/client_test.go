package wire_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// client is the Go SDK's own, without waiting between attempts.
func client(endpoint string) *ec2.Client {
	return ec2.New(ec2.Options{
		Region: stage.Region, BaseEndpoint: aws.String(endpoint), Credentials: credentials.NewStaticCredentialsProvider(stage.Key, "not verified", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.NewExponentialJitterBackoff(1)
		}),
	})
}

// make12 makes a filter, a target and twelve sessions by the SDK.
func make12(t *testing.T, s *stage.Stage, c *ec2.Client) (filter string) {
	t.Helper()
	ctx := t.Context()
	made, err := c.CreateTrafficMirrorFilter(ctx, &ec2.CreateTrafficMirrorFilterInput{Description: aws.String("sdk")})
	if err != nil {
		t.Fatal(err)
	}
	target, err := c.CreateTrafficMirrorTarget(ctx, &ec2.CreateTrafficMirrorTargetInput{NetworkLoadBalancerArn: aws.String(s.Fleet.Balancer.ARN)})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range s.Plain {
		session, err := c.CreateTrafficMirrorSession(ctx, &ec2.CreateTrafficMirrorSessionInput{
			NetworkInterfaceId: aws.String(i.Interfaces[0]), SessionNumber: aws.Int32(1), VirtualNetworkId: aws.Int32(7),
			TrafficMirrorFilterId: made.TrafficMirrorFilter.TrafficMirrorFilterId, TrafficMirrorTargetId: target.TrafficMirrorTarget.TrafficMirrorTargetId,
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeTrafficMirrorSession, Tags: []types.Tag{{Key: aws.String("of"), Value: aws.String(i.ID)}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := session.TrafficMirrorSession; aws.ToInt32(got.VirtualNetworkId) != 7 || len(got.Tags) != 1 || aws.ToString(got.Tags[0].Value) != i.ID {
			t.Fatalf("made %+v of %s", got, i.ID)
		}
	}
	return aws.ToString(made.TrafficMirrorFilter.TrafficMirrorFilterId)
}

func TestGoClientReadsPages(t *testing.T) {
	s, endpoint := open(t)
	c := client(endpoint)
	filter := make12(t, s, c)
	pages := ec2.NewDescribeTrafficMirrorSessionsPaginator(c, &ec2.DescribeTrafficMirrorSessionsInput{
		MaxResults: aws.Int32(5), Filters: []types.Filter{{Name: aws.String("traffic-mirror-filter-id"), Values: []string{filter}}},
	})
	of, sizes := map[string]bool{}, []int{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.TrafficMirrorSessions))
		for _, m := range page.TrafficMirrorSessions {
			of[aws.ToString(m.NetworkInterfaceId)] = true
		}
	}
	if len(sizes) != 3 || sizes[0] != 5 || sizes[2] != 2 || len(of) != 12 {
		t.Errorf("pages of %v, %d interfaces", sizes, len(of))
	}
}

func TestGoClientReadsErrors(t *testing.T) {
	s, endpoint := open(t)
	c := client(endpoint)
	filter := make12(t, s, c)
	for _, tc := range []struct {
		code   string
		status int
		call   func(ctx context.Context) error
	}{
		{ec2api.CodeFilterInUse, http.StatusBadRequest, func(ctx context.Context) error {
			_, err := c.DeleteTrafficMirrorFilter(ctx, &ec2.DeleteTrafficMirrorFilterInput{TrafficMirrorFilterId: &filter})
			return err
		}},
		{ec2api.CodeSessionNotFound, http.StatusBadRequest, func(ctx context.Context) error {
			_, err := c.DeleteTrafficMirrorSession(ctx, &ec2.DeleteTrafficMirrorSessionInput{TrafficMirrorSessionId: aws.String("tms-0123456789abcdef0")})
			return err
		}},
		{ec2api.CodeDryRun, http.StatusPreconditionFailed, func(ctx context.Context) error {
			_, err := c.CreateTrafficMirrorFilter(ctx, &ec2.CreateTrafficMirrorFilterInput{DryRun: aws.Bool(true)})
			return err
		}},
		{ec2api.CodeInvalidAction, http.StatusBadRequest, func(ctx context.Context) error {
			_, err := c.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{})
			return err
		}},
		{"UnknownParameter", http.StatusBadRequest, func(ctx context.Context) error {
			_, err := c.RunInstances(ctx, &ec2.RunInstancesInput{
				MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: &s.Subnets[0].ID, KeyName: aws.String("none of the imitation's"),
			})
			return err
		}},
	} {
		err := tc.call(t.Context())
		var api smithy.APIError
		var answer *awshttp.ResponseError
		if !errors.As(err, &api) || api.ErrorCode() != tc.code || api.ErrorMessage() == "" {
			t.Errorf("%s: got %v", tc.code, err)
		}
		if !errors.As(err, &answer) || answer.HTTPStatusCode() != tc.status || answer.ServiceRequestID() == "" {
			t.Errorf("%s: got %v, which has no status %d or no request id", tc.code, err, tc.status)
		}
	}
}

// TestGoClientRepeatsWhatIsThrottled shows that the client takes the imitation's throttling for AWS's.
func TestGoClientRepeatsWhatIsThrottled(t *testing.T) {
	s, endpoint := open(t)
	asked := 0
	s.Cloud.Hooks(func(_ context.Context, _, _, call string) error {
		if call != "DescribeVpcs" {
			return nil
		}
		if asked++; asked < 3 {
			return &ec2api.Error{Call: call, Code: ec2api.CodeRequestLimitExceeded, Message: "Request limit exceeded."}
		}
		return nil
	}, nil)
	out, err := client(endpoint).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil || asked != 3 || len(out.Vpcs) != 2 {
		t.Errorf("%d attempts gave %v, %v", asked, out, err)
	}
}
