package policy

import (
	"reflect"
	"regexp"
	"testing"
	"time"
)

func TestTheExampleIsAPolicy(t *testing.T) {
	p, err := Parse("example.yaml", Example())
	if err != nil {
		t.Fatal(err)
	}
	web := p.Profiles["web"]
	switch {
	case p.Switch != On, len(p.Accounts) != 2, p.Accounts[1].Calls != Calls{15, 4}, p.Fleet.Share.Name != "mirrorwatch-main":
		t.Errorf("%+v", p)
	case web.PacketLength != 1500, !web.DNS, web.SessionNumber != Number{Before, 1}, len(web.Expand()) != 6:
		t.Errorf("%+v", web)
	case p.Limits.RetryVerdict != 24*time.Hour, p.Limits.SessionsPerENI != 3, p.VNI != VNIRange{1, 1000000}:
		t.Errorf("%+v %+v", p.Limits, p.VNI)
	case !reflect.DeepEqual(p.Select.Rules[0].Match.Tags, map[string][]string{"tier": {"web", "proxy"}}):
		t.Errorf("%+v", p.Select.Rules[0])
	}
}

// TestTheExampleNamesEveryKey: whoever begins from the example finds all there is. A key that is only mentioned counts.
func TestTheExampleNamesEveryKey(t *testing.T) {
	var walk func(typ reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Struct:
			if typ.PkgPath() == "net/netip" || typ == reflect.TypeFor[Ports]() {
				return
			}
			for f := range typ.Fields() {
				key, _ := keyOf(f)
				if key == "" {
					continue
				}
				if !regexp.MustCompile(`\b` + key + `\b`).Match(Example()) {
					t.Errorf("example.yaml does not name %s of %s", key, typ.Name())
				}
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[Policy]())
}

func TestTheExampleIsACopy(t *testing.T) {
	Example()[0] = 'x'
	if Example()[0] != '#' {
		t.Error("a caller changed the example")
	}
}
