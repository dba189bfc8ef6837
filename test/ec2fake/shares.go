package ec2fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// Codes of AWS RAM.
const (
	codeShareUnknown    = "UnknownResourceException"
	codeShareMalformed  = "MalformedArnException"
	codeShareNotAllowed = "OperationNotPermittedException"
	codeShareInvalid    = "InvalidParameterException"
	codeInviteAccepted  = "ResourceShareInvitationAlreadyAcceptedException"
	codeInviteExpired   = "ResourceShareInvitationExpiredException"
)

// shareShown is how long a deleted share is still listed, with the status DELETED.
const shareShown = time.Hour

// share is a resource share.
type share struct {
	ec2api.ResourceShare
	region   string
	tags     map[string]string
	accepted map[string]bool // accounts outside the organization
	deleted  time.Time
}

type invitation struct {
	ec2api.Invitation
	account  string
	accepted bool
	at       time.Time
}

// Organize makes accounts one organization, inside which shares need no invitation. It gives the organization's ARN, which may be a
// principal.
func (c *Cloud) Organize(accounts ...string) (organization string) {
	c.locked(func() {
		for _, a := range accounts {
			c.org[a] = true
		}
		if c.orgARN == "" && len(accounts) > 0 {
			c.orgARN = "arn:aws:organizations::" + accounts[0] + ":organization/o-" + fmt.Sprintf("%010x", c.names.Uint64()>>24)
		}
		organization = c.orgARN
	})
	return organization
}

// sharedWith says whether an account may use a resource that is not its own.
func (c *Cloud) sharedWith(resource, account string) bool {
	for _, s := range c.shares {
		if s.Status == "ACTIVE" && slices.Contains(s.Resources, resource) && c.reaches(s, account) {
			return true
		}
	}
	return false
}

// reaches says whether a share has an account among its principals, and the account accepted where it must.
func (c *Cloud) reaches(s *share, account string) bool {
	inside := c.org[account] && c.org[s.Owner]
	if slices.Contains(s.Principals, account) {
		return inside || s.accepted[account]
	}
	return inside && slices.Contains(s.Principals, c.orgARN)
}

// GetResourceShares gives the account's own shares, or those of others that reach it, by name.
func (h *handle) GetResourceShares(ctx context.Context, owner, name string) ([]ec2api.ResourceShare, error) {
	return do(ctx, h, request{name: "GetResourceShares"}, func() ([]ec2api.ResourceShare, error) {
		if owner != "SELF" && owner != "OTHER-ACCOUNTS" {
			return nil, refuse(codeShareInvalid, "resourceOwner '%s' must be SELF or OTHER-ACCOUNTS", owner)
		}
		var out []ec2api.ResourceShare
		for _, arn := range slices.Sorted(maps.Keys(h.c.shares)) {
			s := h.c.shares[arn]
			if s.Status == "DELETED" && h.c.now().Sub(s.deleted) >= shareShown {
				delete(h.c.shares, arn)
				continue
			}
			mine := s.Owner == h.account
			if s.region == h.region.name && (name == "" || s.Name == name) && mine == (owner == "SELF") && (mine || h.c.reaches(s, h.account)) {
				out = append(out, seenShare(s.ResourceShare, mine, h.account))
			}
		}
		return out, nil
	})
}

// seenShare hides the other principals from one of them.
func seenShare(s ec2api.ResourceShare, mine bool, account string) ec2api.ResourceShare {
	s.Resources, s.Principals, s.Tags = slices.Clone(s.Resources), slices.Clone(s.Principals), maps.Clone(s.Tags)
	if !mine {
		s.Principals, s.Tags = []string{account}, nil
	}
	return s
}

// CreateResourceShare makes a share.
func (h *handle) CreateResourceShare(ctx context.Context, in ec2api.CreateResourceShare) (ec2api.ResourceShare, error) {
	r := request{name: "CreateResourceShare", write: true}
	return do(ctx, h, r, func() (ec2api.ResourceShare, error) {
		if in.Name == "" {
			return ec2api.ResourceShare{}, refuse(codeShareInvalid, "name is required")
		}
		return once(h, r.name, in.ClientToken, in, func() (ec2api.ResourceShare, error) {
			s := &share{region: h.region.name, tags: maps.Clone(in.Tags), accepted: map[string]bool{}}
			s.ResourceShare = ec2api.ResourceShare{
				ARN: "arn:aws:ram:" + h.region.name + ":" + h.account + ":resource-share/" + h.c.uuid(), Name: in.Name, Owner: h.account,
				Status: "ACTIVE", External: in.External, Tags: maps.Clone(in.Tags),
			}
			if err := h.mayShare(s, in.Resources, in.Principals); err != nil {
				return ec2api.ResourceShare{}, err
			}
			h.c.shares[s.ARN] = s
			h.join(s, in.Resources, in.Principals)
			return seenShare(s.ResourceShare, true, h.account), nil
		})
	})
}

// mayShare holds that resources are targets of the account and principals ones that the share may have.
func (h *handle) mayShare(s *share, resources, principals []string) error {
	for _, arn := range resources {
		prefix := "arn:aws:ec2:" + h.region.name + ":" + h.account + ":traffic-mirror-target/"
		id, ok := strings.CutPrefix(arn, prefix)
		if !ok {
			return refuse(codeShareMalformed, "The specified resource ARN %s is not valid", arn)
		}
		if !h.ownsTarget(id) {
			return refuse(codeShareUnknown, "The resource %s could not be found", arn)
		}
	}
	for _, p := range principals {
		switch {
		case p == h.c.orgARN && p != "":
			if !h.c.org[h.account] {
				return refuse(codeShareNotAllowed, "The account %s is not in the organization %s", h.account, p)
			}
		case len(p) != 12 || strings.Trim(p, "0123456789") != "":
			return refuse(codeShareMalformed, "The principal %s is not valid", p)
		case !s.External && !(h.c.org[p] && h.c.org[h.account]):
			return refuse(codeShareNotAllowed, "The resource share does not allow the external principal %s", p)
		}
	}
	return nil
}

// join adds resources and principals; who is outside the organization is invited.
func (h *handle) join(s *share, resources, principals []string) {
	s.Resources = union(s.Resources, resources)
	for _, p := range principals {
		if slices.Contains(s.Principals, p) {
			continue
		}
		s.Principals = append(s.Principals, p)
		if p == h.c.orgARN || h.c.org[p] && h.c.org[h.account] {
			continue
		}
		arn := "arn:aws:ram:" + h.region.name + ":" + h.account + ":resource-share-invitation/" + h.c.uuid()
		h.c.invites[arn] = &invitation{
			Invitation: ec2api.Invitation{ARN: arn, Share: s.ARN, ShareName: s.Name, Sender: h.account}, account: p, at: h.c.now(),
		}
	}
}

func union(have, add []string) []string {
	out := slices.Clone(have)
	for _, a := range add {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func (h *handle) ownShare(arn string) (*share, error) {
	if s := h.c.shares[arn]; s != nil && s.Owner == h.account && s.Status == "ACTIVE" {
		return s, nil
	}
	return nil, refuse(codeShareUnknown, "ResourceShare %s could not be found.", arn)
}

// AssociateResourceShare adds to a share.
func (h *handle) AssociateResourceShare(ctx context.Context, arn string, resources, principals []string) error {
	return gone(do(ctx, h, request{name: "AssociateResourceShare", write: true}, func() (struct{}, error) {
		s, err := h.ownShare(arn)
		if err != nil {
			return struct{}{}, err
		}
		if err := h.mayShare(s, resources, principals); err != nil {
			return struct{}{}, err
		}
		h.c.touch(h, "AssociateResourceShare", arn, s.tags)
		h.join(s, resources, principals)
		return struct{}{}, nil
	}))
}

// DisassociateResourceShare takes off a share. Sessions that used what was shared stay, and do nothing.
func (h *handle) DisassociateResourceShare(ctx context.Context, arn string, resources, principals []string) error {
	return gone(do(ctx, h, request{name: "DisassociateResourceShare", write: true}, func() (struct{}, error) {
		s, err := h.ownShare(arn)
		if err != nil {
			return struct{}{}, err
		}
		h.c.touch(h, "DisassociateResourceShare", arn, s.tags)
		s.Resources = slices.DeleteFunc(slices.Clone(s.Resources), func(r string) bool { return slices.Contains(resources, r) })
		s.Principals = slices.DeleteFunc(slices.Clone(s.Principals), func(p string) bool { return slices.Contains(principals, p) })
		for _, p := range principals {
			h.c.uninvite(s, p)
		}
		return struct{}{}, nil
	}))
}

func (c *Cloud) uninvite(s *share, account string) {
	delete(s.accepted, account)
	maps.DeleteFunc(c.invites, func(_ string, i *invitation) bool { return i.Share == s.ARN && i.account == account })
}

// DeleteResourceShare removes a share; it is listed as DELETED for a while.
func (h *handle) DeleteResourceShare(ctx context.Context, arn string) error {
	return gone(do(ctx, h, request{name: "DeleteResourceShare", write: true}, func() (struct{}, error) {
		s, err := h.ownShare(arn)
		if err != nil {
			return struct{}{}, err
		}
		h.c.touch(h, "DeleteResourceShare", arn, s.tags)
		for _, p := range s.Principals {
			h.c.uninvite(s, p)
		}
		s.Status, s.deleted = "DELETED", h.c.now()
		return struct{}{}, nil
	}))
}

// GetResourceShareInvitations gives those that wait for the account's answer.
func (h *handle) GetResourceShareInvitations(ctx context.Context) ([]ec2api.Invitation, error) {
	return do(ctx, h, request{name: "GetResourceShareInvitations"}, func() ([]ec2api.Invitation, error) {
		var out []ec2api.Invitation
		for _, arn := range slices.Sorted(maps.Keys(h.c.invites)) {
			i := h.c.invites[arn]
			if i.account == h.account && h.c.shares[i.Share].region == h.region.name && !i.accepted && !h.c.expired(i) {
				out = append(out, i.Invitation)
			}
		}
		return out, nil
	})
}

func (c *Cloud) expired(i *invitation) bool { return c.now().Sub(i.at) >= c.set.InvitationLasts }

// AcceptResourceShareInvitation accepts one.
func (h *handle) AcceptResourceShareInvitation(ctx context.Context, arn string) error {
	return gone(do(ctx, h, request{name: "AcceptResourceShareInvitation", write: true}, func() (struct{}, error) {
		i := h.c.invites[arn]
		switch {
		case i == nil || i.account != h.account:
			return struct{}{}, refuse(ec2api.CodeShareInvitationNotFound, "The resource share invitation %s could not be found.", arn)
		case i.accepted:
			return struct{}{}, refuse(codeInviteAccepted, "The resource share invitation %s was accepted already", arn)
		case h.c.expired(i):
			return struct{}{}, refuse(codeInviteExpired, "The resource share invitation %s is expired", arn)
		}
		i.accepted = true
		h.c.shares[i.Share].accepted[h.account] = true
		return struct{}{}, nil
	}))
}
