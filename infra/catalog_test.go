package main

import (
	"regexp"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/archive"
)

// table is one of Athena's, however it is written down.
type table struct {
	columns    [][3]string // name, type, comment
	properties map[string]string
	location   string
}

// ofDDL reads a statement of archive.DDL.
func ofDDL(t *testing.T, statement string) (name string, made table) {
	t.Helper()
	m := regexp.MustCompile("(?s)EXISTS `[^`]+`.`([^`]+)` \\(\n(.*?)\n\\)\nPARTITIONED BY \\(`date` string, `hour` string\\)\nSTORED AS PARQUET\nLOCATION '([^']+)'\nTBLPROPERTIES \\((.*)\\)$").FindStringSubmatch(statement)
	if m == nil {
		t.Fatalf("cannot be read: %.300s", statement)
	}
	made = table{properties: map[string]string{}, location: m[3]}
	for _, c := range regexp.MustCompile("`([^`]+)` (\\S+) COMMENT '([^']*)'").FindAllStringSubmatch(m[2], -1) {
		made.columns = append(made.columns, [3]string{c[1], c[2], c[3]})
	}
	for _, p := range regexp.MustCompile(`'([^']+)' = '([^']*)'`).FindAllStringSubmatch(m[4], -1) {
		made.properties[p[1]] = p[2]
	}
	return m[1], made
}

// checkCatalog holds the template's tables against the statements that make the same by hand.
func checkCatalog(t *testing.T, most, _ template) {
	const bucket = "mirrorwatch-main-111122223333-eu-central-1"
	statements, err := archive.DDL("mirrorwatch_main", bucket, "records")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]map[string]any{}
	for _, r := range most.of("AWS::Glue::Table") {
		input, _ := r.Properties["TableInput"].(map[string]any)
		name, _ := input["Name"].(string)
		made[name] = input
	}
	if len(made) != len(events.Kinds()) || len(statements) != len(made) {
		t.Errorf("%d tables and %d statements for %d kinds", len(made), len(statements), len(events.Kinds()))
	}
	whole := func(v any) string { // the template joins texts and the bucket's name
		return regexp.MustCompile(`\{"Fn::Join":\["",\["([^"]*)",\{"Ref":"Bucket83908E77"\},"([^"]*)"\]\]\}`).ReplaceAllString(text(v), "${1}"+bucket+"${2}")
	}
	for _, s := range statements {
		name, want := ofDDL(t, s)
		checkKindTable(t, name, made[name], want, whole)
	}
}

func checkKindTable(t *testing.T, name string, got map[string]any, want table, whole func(any) string) {
	t.Helper()
	storage := got["StorageDescriptor"]
	if l := whole(dig(storage, "Location")); l != want.location {
		t.Errorf("%s lies in %s, want %s", name, l, want.location)
	}
	columns, _ := dig(storage, "Columns").([]any)
	if len(columns) == 0 || len(columns) != len(want.columns) {
		t.Fatalf("%s has %d columns, want %d", name, len(columns), len(want.columns))
	}
	for i, c := range want.columns {
		if g := columns[i]; dig(g, "Name") != c[0] || dig(g, "Type") != c[1] || dig(g, "Comment") != c[2] {
			t.Errorf("%s: column %d is %s, want %v", name, i, text(g), c)
		}
	}
	more := map[string]string{"EXTERNAL": "TRUE", "classification": "parquet"} // what Athena adds of itself
	parameters, _ := got["Parameters"].(map[string]any)
	if len(want.properties) < 10 || len(parameters) != len(want.properties)+len(more) {
		t.Errorf("%s has %d properties, want %d and %d", name, len(parameters), len(want.properties), len(more))
	}
	for _, properties := range []map[string]string{want.properties, more} {
		for p, value := range properties {
			if g := whole(parameters[p]); g != value && g != `"`+value+`"` {
				t.Errorf("%s: %s is %s, want %s", name, p, g, value)
			}
		}
	}
	if keys := text(got["PartitionKeys"]); keys != `[{"Name":"date","Type":"string"},{"Name":"hour","Type":"string"}]` {
		t.Errorf("%s is partitioned by %s", name, keys)
	}
}

func checkWorkgroup(t *testing.T, most, _ template) {
	c := dig(most.Resources["Workgroup"].Properties, "WorkGroupConfiguration")
	if dig(c, "EnforceWorkGroupConfiguration") != true || dig(c, "BytesScannedCutoffPerQuery") != 100.0*(1<<30) || dig(c, "EngineVersion", "SelectedEngineVersion") != "Athena engine version 3" ||
		dig(c, "ResultConfiguration", "EncryptionConfiguration", "EncryptionOption") != "SSE_KMS" {
		t.Errorf("workgroup: %s", text(c))
	}
}
