package main

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/store/dynamo"
)

// checkTable holds the template's table against the schema that the store and its tests use, field by field.
func checkTable(t *testing.T, most, least template) {
	raw, err := json.Marshal(dynamo.Schema("mirrorwatch-main"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	got := most.Resources["Table"].Properties
	for _, name := range []string{"TableName", "BillingMode", "KeySchema", "AttributeDefinitions"} {
		if want[name] == nil || !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s is %s, want %s", name, text(got[name]), text(want[name]))
		}
	}
	if g, w := dig(got, "StreamSpecification", "StreamViewType"), dig(want, "StreamSpecification", "StreamViewType"); w == nil || g != w {
		t.Errorf("the stream has %v, want %v", g, w)
	}
	checkIndexes(t, got["GlobalSecondaryIndexes"], want["GlobalSecondaryIndexes"])
	if ttl := got["TimeToLiveSpecification"]; dig(ttl, "AttributeName") != dynamo.TTLAttribute || dig(ttl, "Enabled") != true {
		t.Errorf("time to live: %s", text(ttl))
	}
	if dig(got, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true || dig(got, "SSESpecification", "SSEType") != "KMS" {
		t.Errorf("no recovery, or no key: %s", text(got))
	}
	if got["DeletionProtectionEnabled"] != true || least.Resources["Table"].Properties["DeletionProtectionEnabled"] != false {
		t.Error("protection against deletion does not follow the setting")
	}
}

func checkIndexes(t *testing.T, got, want any) {
	has, _ := got.([]any)
	wants, _ := want.([]any)
	if len(wants) == 0 || len(has) != len(wants) {
		t.Fatalf("%d indexes, want %d", len(has), len(wants))
	}
	for i := range wants {
		for _, name := range []string{"IndexName", "KeySchema", "Projection"} {
			if g, w := dig(has[i], name), dig(wants[i], name); w == nil || !reflect.DeepEqual(g, w) {
				t.Errorf("index %d: %s is %s, want %s", i, name, text(g), text(w))
			}
		}
	}
}
