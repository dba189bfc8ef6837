package sdk

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ram/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func share(s types.ResourceShare) ec2api.ResourceShare {
	var tags map[string]string
	for _, t := range s.Tags {
		if tags == nil {
			tags = make(map[string]string, len(s.Tags))
		}
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return ec2api.ResourceShare{
		ARN: aws.ToString(s.ResourceShareArn), Name: aws.ToString(s.Name), Owner: aws.ToString(s.OwningAccountId),
		Status: string(s.Status), External: aws.ToBool(s.AllowExternalPrincipals), Tags: tags,
	}
}

// living gives the ARNs of shares that are not deleted. AWS lists the others for some hours, and knows nothing more of them.
func living(shares []ec2api.ResourceShare) []string {
	var arns []string
	for _, s := range shares {
		if s.Status != string(types.ResourceShareStatusDeleted) && s.Status != string(types.ResourceShareStatusDeleting) {
			arns = append(arns, s.ARN)
		}
	}
	return arns
}

func associated(list []types.ResourceShareAssociation) map[string][]string {
	out := map[string][]string{}
	for _, a := range list {
		if a.Status == types.ResourceShareAssociationStatusAssociated || a.Status == types.ResourceShareAssociationStatusAssociating {
			arn := aws.ToString(a.ResourceShareArn)
			out[arn] = append(out[arn], aws.ToString(a.AssociatedEntity))
		}
	}
	for _, entities := range out {
		slices.Sort(entities)
	}
	return out
}

func invitations(list []types.ResourceShareInvitation) []ec2api.Invitation {
	var out []ec2api.Invitation
	for _, i := range list {
		if i.Status == types.ResourceShareInvitationStatusPending {
			out = append(out, ec2api.Invitation{
				ARN: aws.ToString(i.ResourceShareInvitationArn), Share: aws.ToString(i.ResourceShareArn),
				ShareName: aws.ToString(i.ResourceShareName), Sender: aws.ToString(i.SenderAccountId),
			})
		}
	}
	return out
}
