package ec2fake

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestClientToken(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	ask := st.ask(eni, 1)
	ask.ClientToken, ask.Tags = "token-1", map[string]string{"a": "1", "b": "2"}
	first := must(st.ec2.CreateTrafficMirrorSession(ctx, ask))(t)
	again := must(st.ec2.CreateTrafficMirrorSession(ctx, ask))(t)
	if !reflect.DeepEqual(first, again) || len(st.sessions(ec2api.Query{})) != 1 {
		t.Fatalf("a replay gave %+v after %+v, of %d", again, first, len(st.sessions(ec2api.Query{})))
	}
	changed := ask
	changed.SessionNumber = 2
	_, err := st.ec2.CreateTrafficMirrorSession(ctx, changed)
	st.refused(err, ec2api.CodeIdempotentParameter)
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: first.ID}))
	if got := must(st.ec2.CreateTrafficMirrorSession(ctx, ask))(t); got.ID != first.ID || len(st.sessions(ec2api.Query{})) != 0 {
		t.Errorf("after its end the token gave %s, want %s as it was, and nothing new", got.ID, first.ID)
	}
	st.now = st.now.Add(24 * time.Hour)
	if got := must(st.ec2.CreateTrafficMirrorSession(ctx, ask))(t); got.ID == first.ID {
		t.Error("a token is remembered for more than a day")
	}
	// What failed is not remembered: the same token may be tried again when there is room.
	other := st.ask(eni, 1)
	other.ClientToken = "token-2"
	_, err = st.ec2.CreateTrafficMirrorSession(ctx, other)
	st.refused(err, ec2api.CodeInvalidParameterValue)
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: st.sessions(ec2api.Query{})[0].ID}))
	if got := must(st.ec2.CreateTrafficMirrorSession(ctx, other))(t); len(st.sessions(ec2api.Query{IDs: []string{got.ID}})) != 1 {
		t.Errorf("a token whose call failed made %+v", got)
	}
	// Another account's token is another token.
	vpc := must(st.c.MakeVpc(there, region1, []string{"10.9.0.0/16"}, nil))(t)
	must(st.c.MakeSubnet(SubnetSpec{VPC: vpc.ID, CIDR: "10.9.0.0/24"}))(t)
	b := st.c.Account(there, region1).EC2
	f := must(b.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{ClientToken: "f"}))(t)
	g := must(st.ec2.CreateTrafficMirrorFilter(ctx, ec2api.CreateTrafficMirrorFilter{ClientToken: "f"}))(t)
	if f.ID == g.ID {
		t.Error("two accounts share a token")
	}
}

func TestDryRun(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	ask := st.ask(eni, 1)
	ask.DryRun = true
	_, err := st.ec2.CreateTrafficMirrorSession(ctx, ask)
	st.refused(err, ec2api.CodeDryRun)
	if len(st.sessions(ec2api.Query{})) != 0 {
		t.Error("a dry run made a session")
	}
	st.c.Deny(here, "CreateTrafficMirrorSession")
	for _, ask.DryRun = range []bool{true, false} {
		_, err = st.ec2.CreateTrafficMirrorSession(ctx, ask)
		st.refused(err, ec2api.CodeUnauthorized)
	}
	st.c.Allow(here, "CreateTrafficMirrorSession")
	s := st.session(eni, 1)
	st.refused(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: s.ID, DryRun: true}), ec2api.CodeDryRun)
	st.refused(st.ec2.DeleteTrafficMirrorFilter(ctx, ec2api.Delete{ID: st.filter.ID, DryRun: true}), ec2api.CodeDryRun)
	st.refused(st.ec2.DeleteTrafficMirrorTarget(ctx, ec2api.Delete{ID: st.target.ID, DryRun: true}), ec2api.CodeDryRun)
	if len(st.sessions(ec2api.Query{})) != 1 {
		t.Error("a dry run deleted a session")
	}
}
