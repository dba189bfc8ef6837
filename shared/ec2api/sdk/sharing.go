package sdk

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ram"
	"github.com/aws/aws-sdk-go-v2/service/ram/types"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// sharing is AWS Resource Access Manager. Its lists are read to their end, as it may give an empty page that is not the last.
type sharing struct {
	client *ram.Client
	within time.Duration
}

var _ ec2api.Sharing = sharing{}

// ownerSelf asks for what this account shares.
const ownerSelf = string(types.ResourceOwnerSelf)

// GetResourceShares gives what is in a share, and with whom, only of those that this account owns, by two more calls where there are any:
// AWS does not say it with the share, and to others not at all.
func (s sharing) GetResourceShares(ctx context.Context, owner, name string) ([]ec2api.ResourceShare, error) {
	shares, err := whole("GetResourceShares", func(token *string) ([]ec2api.ResourceShare, *string, error) {
		out, err := ask(ctx, s.within, s.client.GetResourceShares, &ram.GetResourceSharesInput{
			ResourceOwner: types.ResourceOwner(owner), Name: optional(name), NextToken: token,
		})
		if err != nil {
			return nil, nil, err
		}
		return each(out.ResourceShares, share), out.NextToken, nil
	})
	if err != nil || owner != ownerSelf {
		return shares, err
	}
	arns := living(shares)
	if len(arns) == 0 {
		return shares, nil
	}
	resources, err := s.associations(ctx, types.ResourceShareAssociationTypeResource, arns)
	if err != nil {
		return nil, err
	}
	principals, err := s.associations(ctx, types.ResourceShareAssociationTypePrincipal, arns)
	if err != nil {
		return nil, err
	}
	for i := range shares {
		shares[i].Resources, shares[i].Principals = resources[shares[i].ARN], principals[shares[i].ARN]
	}
	return shares, nil
}

// associations gives what is associated, or on its way, by share and in order.
func (s sharing) associations(ctx context.Context, kind types.ResourceShareAssociationType, arns []string) (map[string][]string, error) {
	list, err := whole("GetResourceShareAssociations", func(token *string) ([]types.ResourceShareAssociation, *string, error) {
		out, err := ask(ctx, s.within, s.client.GetResourceShareAssociations, &ram.GetResourceShareAssociationsInput{
			AssociationType: kind, ResourceShareArns: arns, NextToken: token,
		})
		if err != nil {
			return nil, nil, err
		}
		return out.ResourceShareAssociations, out.NextToken, nil
	})
	return associated(list), err
}

func (s sharing) CreateResourceShare(ctx context.Context, in ec2api.CreateResourceShare) (ec2api.ResourceShare, error) {
	req := &ram.CreateResourceShareInput{
		Name: aws.String(in.Name), ResourceArns: in.Resources, Principals: in.Principals, AllowExternalPrincipals: aws.Bool(in.External),
		ClientToken: optional(in.ClientToken),
	}
	for _, k := range slices.Sorted(maps.Keys(in.Tags)) {
		req.Tags = append(req.Tags, types.Tag{Key: aws.String(k), Value: aws.String(in.Tags[k])})
	}
	out, err := ask(ctx, s.within, s.client.CreateResourceShare, req)
	if err != nil {
		return ec2api.ResourceShare{}, err
	}
	sh := share(value(out.ResourceShare))
	sh.Resources, sh.Principals = in.Resources, in.Principals // taken on; AWS does not repeat them
	return made("CreateResourceShare", sh.ARN, sh)
}

func (s sharing) AssociateResourceShare(ctx context.Context, share string, resources, principals []string) error {
	_, err := ask(ctx, s.within, s.client.AssociateResourceShare, &ram.AssociateResourceShareInput{
		ResourceShareArn: aws.String(share), ResourceArns: resources, Principals: principals,
	})
	return err
}

func (s sharing) DisassociateResourceShare(ctx context.Context, share string, resources, principals []string) error {
	_, err := ask(ctx, s.within, s.client.DisassociateResourceShare, &ram.DisassociateResourceShareInput{
		ResourceShareArn: aws.String(share), ResourceArns: resources, Principals: principals,
	})
	return err
}

func (s sharing) DeleteResourceShare(ctx context.Context, share string) error {
	_, err := ask(ctx, s.within, s.client.DeleteResourceShare, &ram.DeleteResourceShareInput{ResourceShareArn: aws.String(share)})
	return err
}

// GetResourceShareInvitations leaves out those that were answered or are too old: AWS goes on listing them.
func (s sharing) GetResourceShareInvitations(ctx context.Context) ([]ec2api.Invitation, error) {
	return whole("GetResourceShareInvitations", func(token *string) ([]ec2api.Invitation, *string, error) {
		out, err := ask(ctx, s.within, s.client.GetResourceShareInvitations, &ram.GetResourceShareInvitationsInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return invitations(out.ResourceShareInvitations), out.NextToken, nil
	})
}

func (s sharing) AcceptResourceShareInvitation(ctx context.Context, invitation string) error {
	_, err := ask(ctx, s.within, s.client.AcceptResourceShareInvitation, &ram.AcceptResourceShareInvitationInput{
		ResourceShareInvitationArn: aws.String(invitation),
	})
	return err
}
