package wire

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

type shareChange struct {
	ARN        string   `json:"resourceShareArn"`
	Resources  []string `json:"resourceArns"`
	Principals []string `json:"principals"`
	Token      string   `json:"clientToken"`
}

// changeShare makes the call that adds to a share, or takes away.
func changeShare(status string, do func(ec2api.Sharing, context.Context, string, []string, []string) error) func(*call, shareChange) (any, error) {
	return func(c *call, in shareChange) (any, error) {
		if in.ARN == "" {
			return nil, fault("InvalidParameterException", "resourceShareArn is missing")
		}
		if err := do(c.account.Sharing, c.ctx, in.ARN, in.Resources, in.Principals); err != nil {
			return nil, err
		}
		out := []associationShape{}
		for _, r := range in.Resources {
			out = append(out, associationShape{Share: in.ARN, Entity: r, Type: "RESOURCE", Status: status})
		}
		for _, p := range in.Principals {
			out = append(out, associationShape{Share: in.ARN, Entity: p, Type: "PRINCIPAL", Status: status})
		}
		return map[string]any{"resourceShareAssociations": out, "clientToken": in.Token}, nil
	}
}

func deleteShare(c *call, arn string) (any, error) {
	if arn == "" {
		return nil, fault("InvalidParameterException", "resourceShareArn is missing")
	}
	if err := c.account.Sharing.DeleteResourceShare(c.ctx, arn); err != nil {
		return nil, err
	}
	return map[string]any{"returnValue": true}, nil
}

// invitationShape is an offer that waits for an answer.
type invitationShape struct {
	ARN      string `json:"resourceShareInvitationArn"`
	Share    string `json:"resourceShareArn"`
	Name     string `json:"resourceShareName"`
	Sender   string `json:"senderAccountId"`
	Receiver string `json:"receiverAccountId"`
	Status   string `json:"status"`
}

func showInvitation(c *call, i ec2api.Invitation, status string) invitationShape {
	return invitationShape{ARN: i.ARN, Share: i.Share, Name: i.ShareName, Sender: i.Sender, Receiver: c.account.ID, Status: status}
}

type invitationQuery struct {
	Next string `json:"nextToken"`
	Most int    `json:"maxResults"`
}

func getInvitations(c *call, in invitationQuery) (any, error) {
	all, err := c.account.Sharing.GetResourceShareInvitations(c.ctx)
	if err != nil {
		return nil, err
	}
	shapes := []invitationShape{}
	for _, i := range all {
		shapes = append(shapes, showInvitation(c, i, "PENDING"))
	}
	return pageJSON("resourceShareInvitations", shapes, in.Next, in.Most)
}

type acceptance struct {
	ARN   string `json:"resourceShareInvitationArn"`
	Token string `json:"clientToken"`
}

// acceptInvitation takes an offer. What the offer was is read first, since the answer tells it.
func acceptInvitation(c *call, in acceptance) (any, error) {
	if in.ARN == "" {
		return nil, fault("InvalidParameterException", "resourceShareInvitationArn is missing")
	}
	waiting, err := c.account.Sharing.GetResourceShareInvitations(c.ctx)
	if err != nil {
		return nil, err
	}
	if err := c.account.Sharing.AcceptResourceShareInvitation(c.ctx, in.ARN); err != nil {
		return nil, err
	}
	shape := invitationShape{ARN: in.ARN, Receiver: c.account.ID, Status: "ACCEPTED"}
	for _, i := range waiting {
		if i.ARN == in.ARN {
			shape = showInvitation(c, i, "ACCEPTED")
		}
	}
	return map[string]any{"resourceShareInvitation": shape, "clientToken": in.Token}, nil
}
