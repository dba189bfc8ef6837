package store

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestAddressesMayStandForNetworks(t *testing.T) {
	var f DetectionFilter
	text := `{"types":["a"],"offender":{"devices":["d"],"addresses":["10.1.2.3","10.20.1.9/16","2001:db8::1","::ffff:10.0.0.1"],"ports":[22]}}`
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"types":["a"],"offender":{"devices":["d"],"addresses":["10.1.2.3/32","10.20.0.0/16","2001:db8::1/128","10.0.0.1/32"],"ports":[22]}}`
	if string(b) != want {
		t.Errorf("got %s", b)
	}
}

func TestBadAddressOfAFilterIsNamed(t *testing.T) {
	var f DetectionFilter
	err := json.Unmarshal([]byte(`{"victim":{"addresses":["10.1.2"]}}`), &f)
	var bad *Invalid
	if !errors.As(err, &bad) || bad.Field != "addresses" || bad.Value != "10.1.2" {
		t.Errorf("got %v", err)
	}
}
