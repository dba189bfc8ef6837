package plan

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// TestRuleIsHashedAsEver: a filter that was made by an older build is known by the hash of this text.
func TestRuleIsHashedAsEver(t *testing.T) {
	full := ec2api.RuleSpec{}
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(fmt.Sprintf("text %d {}: ü", i))
		case reflect.Int32:
			f.SetInt(int64(-1000 * i))
		case reflect.Struct:
			f.Set(reflect.ValueOf(ec2api.PortRange{From: int32(i), To: 65535}))
		default:
			t.Fatalf("a rule has a field %s, and nobody says how it is written", v.Type().Field(i).Name)
		}
	}
	for _, r := range []ec2api.RuleSpec{{}, full} {
		if got, want := string(appendRule(nil, &r)), fmt.Sprintf("%+v\n", r); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
	p := fabricPolicy()
	profile := p.Profiles["default"]
	if spec := FilterSpec(&profile); spec != newFilterSpecs(p).of("default") || spec == "" || newFilterSpecs(p).of("none") != "" {
		t.Errorf("the spec is %q", spec)
	}
}
