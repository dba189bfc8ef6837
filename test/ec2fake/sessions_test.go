package ec2fake

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestSessionParameters(t *testing.T) {
	st := newStage(t, Settings{})
	eni := st.eni()
	type in = ec2api.CreateTrafficMirrorSession
	cases := []struct {
		name   string
		change func(in *in)
		code   string
	}{
		{"nothing wrong", func(*in) {}, ""},
		{"no interface", func(in *in) { in.NetworkInterface = "" }, ec2api.CodeMissingParameter},
		{"no target", func(in *in) { in.Target = "" }, ec2api.CodeMissingParameter},
		{"no filter", func(in *in) { in.Filter = "" }, ec2api.CodeMissingParameter},
		{"no number", func(in *in) { in.SessionNumber = 0 }, ec2api.CodeMissingParameter},
		{"a malformed interface", func(in *in) { in.NetworkInterface = "eni-12" }, "InvalidNetworkInterfaceID.Malformed"},
		{"a malformed target", func(in *in) { in.Target = "tmf-0123456789abcdef0" }, "InvalidTrafficMirrorTargetId.Malformed"},
		{"a malformed filter", func(in *in) { in.Filter = "tmf-0123456789ABCDEF0" }, "InvalidTrafficMirrorFilterId.Malformed"},
		{"an unknown interface", func(in *in) { in.NetworkInterface = "eni-0123456789abcdef0" }, ec2api.CodeInterfaceNotFound},
		{"an unknown target", func(in *in) { in.Target = "tmt-0123456789abcdef0" }, ec2api.CodeTargetNotFound},
		{"an unknown filter", func(in *in) { in.Filter = "tmf-12345678" }, ec2api.CodeFilterNotFound},
		{"number below", func(in *in) { in.SessionNumber = -1 }, ec2api.CodeInvalidParameterValue},
		{"number above", func(in *in) { in.SessionNumber = 32767 }, ec2api.CodeInvalidParameterValue},
		{"highest number", func(in *in) { in.SessionNumber = 32766 }, ""},
		{"VNI above", func(in *in) { in.VirtualNetworkID = 16777216 }, ec2api.CodeInvalidParameterValue},
		{"highest VNI", func(in *in) { in.VirtualNetworkID = 16777215 }, ""},
		{"packet length above", func(in *in) { in.PacketLength = 8501 }, ec2api.CodeInvalidParameterValue},
		{"longest packet", func(in *in) { in.PacketLength = 8500 }, ""},
		{"a tag of AWS", func(in *in) { in.Tags = map[string]string{"aws:x": "y"} }, ec2api.CodeInvalidParameterValue},
		{"a long tag", func(in *in) { in.Tags = map[string]string{strings.Repeat("k", 129): "y"} }, ec2api.CodeInvalidParameterValue},
		{"a long value", func(in *in) { in.Tags = map[string]string{"k": strings.Repeat("v", 257)} }, ec2api.CodeInvalidParameterValue},
		{"a long description", func(in *in) { in.Description = strings.Repeat("d", 256) }, ec2api.CodeInvalidParameterValue},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ask := st.ask(eni, 5)
			c.change(&ask)
			s, err := st.ec2.CreateTrafficMirrorSession(context.Background(), ask)
			if ec2api.CodeOf(err) != c.code || err != nil && c.code == "" {
				t.Fatalf("got %v, want code %q", err, c.code)
			}
			if c.code == "" {
				if s.VirtualNetworkID == 0 || !isID(s.ID, "tms-") || s.Owner != here {
					t.Errorf("made %+v", s)
				}
				st.ok(st.ec2.DeleteTrafficMirrorSession(context.Background(), ec2api.Delete{ID: s.ID}))
			}
		})
	}
}

// script is a source of chance that is known.
type script []uint64

func (s *script) Uint64() uint64 {
	v := (*s)[0]
	*s = (*s)[1:]
	return v
}

// TestFreeVNI holds that AWS picks a VNI that no session of the account has, and that those of other accounts do not matter.
func TestFreeVNI(t *testing.T) {
	st := newStage(t, Settings{})
	b, ask := st.neighbour(there)
	ask.Target = must(b.EC2.CreateTrafficMirrorTarget(context.Background(), ec2api.CreateTrafficMirrorTarget{GatewayLoadBalancerEndpoint: st.c.MakeEndpoint(there, region1)}))(t).ID
	one, two := st.eni(), st.eni()
	const first, second = 0x11 << 56, 0x22 << 56
	st.c.names = rand.New(&script{1, first, 2, first, second, 3, first})
	x, y := st.session(one, 1), st.session(two, 1)
	if z := must(b.EC2.CreateTrafficMirrorSession(context.Background(), ask))(t); x.VirtualNetworkID == y.VirtualNetworkID || x.VirtualNetworkID != z.VirtualNetworkID {
		t.Errorf("VNIs are %d, %d and of another account %d", x.VirtualNetworkID, y.VirtualNetworkID, z.VirtualNetworkID)
	}
}

func TestSessionSlots(t *testing.T) {
	st := newStage(t, Settings{})
	ctx, eni := context.Background(), st.eni()
	first := st.session(eni, 1)
	_, err := st.ec2.CreateTrafficMirrorSession(ctx, st.ask(eni, 1))
	st.refused(err, ec2api.CodeInvalidParameterValue)
	st.session(eni, 2)
	must(st.c.ForeignSession(eni, ForeignSpec{}))(t)
	_, err = st.ec2.CreateTrafficMirrorSession(ctx, st.ask(eni, 9))
	st.refused(err, ec2api.CodeSessionsPerInterface)
	st.ok(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: first.ID}))
	st.session(eni, 1)
	st.refused(st.ec2.DeleteTrafficMirrorSession(ctx, ec2api.Delete{ID: first.ID}), ec2api.CodeSessionNotFound)
}
