package sdk

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// sharingExchange is one of RAM, which speaks JSON and needs several calls to say what is in a share.
type sharingExchange struct {
	name    string
	ask     func(ctx context.Context, a ec2api.Account) (any, error)
	targets []string
	bodies  []string
	answers []string
	want    any
}

const (
	shareARN  = "arn:aws:ram:eu-west-1:111122223333:resource-share/1"
	targetARN = "arn:aws:ec2:eu-west-1:111122223333:traffic-mirror-target/tmt-1"
	inviteARN = "arn:aws:ram:eu-west-1:111122223333:resource-share-invitation/1"
)

func TestShares(t *testing.T) {
	for _, x := range shares() {
		t.Run(x.name, func(t *testing.T) {
			var answers []answer
			for _, a := range x.answers {
				answers = append(answers, answer{body: a})
			}
			w := newWire(t, answers...)
			got, err := x.ask(t.Context(), w.open(t, Options{}).Account())
			if err != nil || !reflect.DeepEqual(got, x.want) {
				t.Errorf("got\n%#v\nwant\n%#v\n%v", got, x.want, err)
			}
			if len(w.asked) != len(x.targets) {
				t.Fatalf("%d calls, want %d", len(w.asked), len(x.targets))
			}
			for i, asked := range w.asked {
				if asked.target != x.targets[i] || !sameJSON(t, asked.body, x.bodies[i]) {
					t.Errorf("call %d is %s %s, want %s %s", i, asked.target, asked.body, x.targets[i], x.bodies[i])
				}
			}
		})
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	if a == b {
		return true
	}
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Errorf("%q: %v", a, err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Errorf("%q: %v", b, err)
	}
	return reflect.DeepEqual(x, y)
}

func shares() []sharingExchange {
	return []sharingExchange{
		{
			name: "GetResourceShares/of our own, with what is in them",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.Sharing.GetResourceShares(ctx, "SELF", "mirrorwatch")
			},
			targets: []string{"POST /getresourceshares", "POST /getresourceshares", "POST /getresourceshareassociations", "POST /getresourceshareassociations"},
			bodies: []string{
				`{"resourceOwner":"SELF","name":"mirrorwatch"}`, `{"resourceOwner":"SELF","name":"mirrorwatch","nextToken":"n"}`,
				`{"associationType":"RESOURCE","resourceShareArns":["` + shareARN + `"]}`, `{"associationType":"PRINCIPAL","resourceShareArns":["` + shareARN + `"]}`,
			},
			answers: []string{
				`{"resourceShares":[],"nextToken":"n"}`,
				`{"resourceShares":[{"resourceShareArn":"` + shareARN + `","name":"mirrorwatch","owningAccountId":"111122223333","allowExternalPrincipals":true,
					"status":"ACTIVE","creationTime":1600000000.5,"tags":[{"key":"whose","value":"ours"}]},{"resourceShareArn":"arn:gone","name":"mirrorwatch","status":"DELETED"}]}`,
				`{"resourceShareAssociations":[{"resourceShareArn":"` + shareARN + `","associatedEntity":"` + targetARN + `","associationType":"RESOURCE","status":"ASSOCIATED"},
					{"resourceShareArn":"` + shareARN + `","associatedEntity":"arn:a","associationType":"RESOURCE","status":"ASSOCIATING"},
					{"resourceShareArn":"` + shareARN + `","associatedEntity":"arn:old","associationType":"RESOURCE","status":"DISASSOCIATED"}]}`,
				`{"resourceShareAssociations":[{"resourceShareArn":"` + shareARN + `","associatedEntity":"444455556666","associationType":"PRINCIPAL","status":"ASSOCIATED"}]}`,
			},
			want: []ec2api.ResourceShare{
				{ARN: shareARN, Name: "mirrorwatch", Owner: self, Status: "ACTIVE", External: true, Resources: []string{"arn:a", targetARN}, Principals: []string{"444455556666"},
					Tags: map[string]string{"whose": "ours"}},
				{ARN: "arn:gone", Name: "mirrorwatch", Status: "DELETED"},
			},
		},
		{
			name: "GetResourceShares/of others",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.Sharing.GetResourceShares(ctx, "OTHER-ACCOUNTS", "")
			},
			targets: []string{"POST /getresourceshares"}, bodies: []string{`{"resourceOwner":"OTHER-ACCOUNTS"}`},
			answers: []string{`{"resourceShares":[{"resourceShareArn":"` + shareARN + `","status":"ACTIVE"}]}`},
			want:    []ec2api.ResourceShare{{ARN: shareARN, Status: "ACTIVE"}},
		},
		{
			name: "GetResourceShares/none",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.Sharing.GetResourceShares(ctx, "SELF", "mirrorwatch")
			},
			targets: []string{"POST /getresourceshares"}, bodies: []string{`{"resourceOwner":"SELF","name":"mirrorwatch"}`}, answers: []string{`{}`},
			want: []ec2api.ResourceShare(nil),
		},
		{
			name: "CreateResourceShare",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.Sharing.CreateResourceShare(ctx, ec2api.CreateResourceShare{Name: "mirrorwatch", Resources: []string{targetARN}, Principals: []string{"444455556666"},
					External: true, Tags: map[string]string{"b": "2", "a": "1"}, ClientToken: "token"})
			},
			targets: []string{"POST /createresourceshare"},
			bodies: []string{`{"name":"mirrorwatch","resourceArns":["` + targetARN + `"],"principals":["444455556666"],"allowExternalPrincipals":true,
				"tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}],"clientToken":"token"}`},
			answers: []string{`{"resourceShare":{"resourceShareArn":"` + shareARN + `","name":"mirrorwatch","owningAccountId":"111122223333","allowExternalPrincipals":true,"status":"ACTIVE"},"clientToken":"token"}`},
			want: ec2api.ResourceShare{ARN: shareARN, Name: "mirrorwatch", Owner: self, Status: "ACTIVE", External: true,
				Resources: []string{targetARN}, Principals: []string{"444455556666"}},
		},
		{
			name: "CreateResourceShare/inside the organization", // AWS's own default is that others are allowed: it must be said
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.Sharing.CreateResourceShare(ctx, ec2api.CreateResourceShare{Name: "mirrorwatch"})
			},
			targets: []string{"POST /createresourceshare"}, bodies: []string{`{"name":"mirrorwatch","allowExternalPrincipals":false}`},
			answers: []string{`{"resourceShare":{"resourceShareArn":"` + shareARN + `"}}`},
			want:    ec2api.ResourceShare{ARN: shareARN},
		},
		{
			name: "AssociateResourceShare",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.Sharing.AssociateResourceShare(ctx, shareARN, []string{targetARN}, []string{"444455556666"}))
			},
			targets: []string{"POST /associateresourceshare"},
			bodies:  []string{`{"resourceShareArn":"` + shareARN + `","resourceArns":["` + targetARN + `"],"principals":["444455556666"]}`},
			answers: []string{`{"resourceShareAssociations":[]}`},
		},
		{
			name: "DisassociateResourceShare",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.Sharing.DisassociateResourceShare(ctx, shareARN, nil, []string{"444455556666"}))
			},
			targets: []string{"POST /disassociateresourceshare"},
			bodies:  []string{`{"resourceShareArn":"` + shareARN + `","principals":["444455556666"]}`},
			answers: []string{`{"resourceShareAssociations":[]}`},
		},
		{
			name: "DeleteResourceShare",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.Sharing.DeleteResourceShare(ctx, shareARN))
			},
			targets: []string{"DELETE /deleteresourceshare?resourceShareArn=arn%3Aaws%3Aram%3Aeu-west-1%3A111122223333%3Aresource-share%2F1"},
			bodies:  []string{``}, answers: []string{`{"returnValue":true}`},
		},
		{
			name: "GetResourceShareInvitations/only those that wait",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return a.Sharing.GetResourceShareInvitations(ctx)
			},
			targets: []string{"POST /getresourceshareinvitations", "POST /getresourceshareinvitations"}, bodies: []string{`{}`, `{"nextToken":"n"}`},
			answers: []string{
				`{"resourceShareInvitations":[{"resourceShareInvitationArn":"arn:old","status":"ACCEPTED"}],"nextToken":"n"}`,
				`{"resourceShareInvitations":[{"resourceShareInvitationArn":"` + inviteARN + `","resourceShareName":"mirrorwatch","resourceShareArn":"` + shareARN + `",
					"senderAccountId":"444455556666","receiverAccountId":"111122223333","status":"PENDING"}]}`,
			},
			want: []ec2api.Invitation{{ARN: inviteARN, Share: shareARN, ShareName: "mirrorwatch", Sender: "444455556666"}},
		},
		{
			name: "AcceptResourceShareInvitation",
			ask: func(ctx context.Context, a ec2api.Account) (any, error) {
				return nothing(a.Sharing.AcceptResourceShareInvitation(ctx, inviteARN))
			},
			targets: []string{"POST /acceptresourceshareinvitation"}, bodies: []string{`{"resourceShareInvitationArn":"` + inviteARN + `"}`},
			answers: []string{`{"resourceShareInvitation":{"resourceShareInvitationArn":"` + inviteARN + `","status":"ACCEPTED"}}`},
		},
	}
}
