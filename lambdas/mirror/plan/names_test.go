package plan

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// A name may be as long as AWS lets a tag be: what is put before it must not make the session's tag longer than that.
func TestLongNamesAreCut(t *testing.T) {
	for _, name := range []string{strings.Repeat("n", 256), strings.Repeat("ä", 256), strings.Repeat("n", 244)} {
		s := newScene(t, "").host("a", func(_ *ec2api.NetworkInterface, i *ec2api.Instance) { i.Tags["Name"] = name })
		p := s.plan()
		if len(p.Steps) != 1 || p.Steps[0].Input.CreateSession == nil {
			t.Fatalf("steps are %v", actions(p.Steps))
		}
		in := p.Steps[0].Input.CreateSession
		if got := in.Tags[TagName]; utf8.RuneCountInString(got) > 256 || !strings.HasPrefix(got, "mirrorwatch ") || !utf8.ValidString(got) {
			t.Errorf("a name of %d characters makes a tag of %d", utf8.RuneCountInString(name), utf8.RuneCountInString(got))
		}
		s.session("a", 7, func(x *ec2api.TrafficMirrorSession) { x.Tags = in.Tags })
		for _, step := range s.plan().Steps {
			if step.Action == Tag {
				t.Errorf("the tag that was cut is drift: %s", step.Reason)
			}
		}
	}
}
