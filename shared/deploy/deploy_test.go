package deploy

import (
	"reflect"
	"strings"
	"testing"
)

// TestRoundTrip holds what infrastructure writes against what programs read.
func TestRoundTrip(t *testing.T) {
	api := API{
		Table: "mw", Database: "db", Workgroup: "wg", Output: "s3://bucket/results/", UserPool: "eu-central-1_abc", UserPoolClient: "client",
		Domain: "mw.auth.eu-central-1.amazoncognito.com", Address: "https://mw.example.com",
		Callers: "arn:aws:iam::123456789012:role/Analyst* analyst", Topics: "arn:aws:sns:eu-central-1:123456789012:a,arn:aws:sns:eu-central-1:123456789012:b",
		Version: "v1.4.0", MirrorFunction: "mw-mirror",
	}
	if got, err := APIFromEnv(from(api.Env())); err != nil || got != api {
		t.Errorf("api: %+v, %v", got, err)
	}
	publish := Publish{Bus: "mirrorwatch"}
	if got, err := PublishFromEnv(from(publish.Env())); err != nil || got != publish {
		t.Errorf("publish: %+v, %v", got, err)
	}
	for _, fleet := range []Fleet{{Table: "mw", Sensor: "a"}, {Table: "mw", Records: "mw-records", Deployment: "main", Hook: "mw-end", Group: "mw-sensors"}} {
		if got, err := FleetFromEnv(from(fleet.Env())); err != nil || got != fleet {
			t.Errorf("fleet: %+v, %v", got, err)
		}
	}
	archiver := Archiver{Archive: "mw-records"}
	if got, err := ArchiverFromEnv(from(archiver.Env())); err != nil || got != archiver {
		t.Errorf("archiver: %+v, %v", got, err)
	}
	for _, role := range []string{"", "arn:aws:iam::123456789012:role/mirror"} {
		mirror := Mirror{Table: "mw", Policy: "ssm:/mirrorwatch/policy", Role: role, Teardown: role != ""}
		if got, err := MirrorFromEnv(from(mirror.Env())); err != nil || got != mirror {
			t.Errorf("mirror: %+v, %v", got, err)
		}
	}
	for _, topics := range [][]string{nil, {"arn:aws:sns:eu-central-1:123456789012:a", "arn:aws:sns:eu-central-1:123456789012:b"}} {
		notify := Notify{Table: "mw", Topics: topics, Account: "123456789012", Address: "https://mw.example.com"}
		if got, err := NotifyFromEnv(from(notify.Env())); err != nil || !reflect.DeepEqual(got, notify) {
			t.Errorf("notify: %+v, %v", got, err)
		}
	}
}

func from(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// TestWhatIsMissing says all of it in one line.
func TestWhatIsMissing(t *testing.T) {
	_, err := APIFromEnv(from(map[string]string{Table: "mw", Output: "bucket", Address: "http://mw.example.com"}))
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Fatalf("not one line: %v", err)
	}
	for _, want := range []string{Database + " is missing", UserPool + " is missing", Output + ` is "bucket"`, Address + ` is "http://mw.example.com"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if strings.Contains(err.Error(), Table+" ") {
		t.Errorf("%q names what is there", err)
	}
	_, err = APIFromEnv(from(map[string]string{Topics: "arn:aws:sns:eu-central-1:123456789012:a, b"}))
	if err == nil || !strings.Contains(err.Error(), Topics+` has " b", which is no ARN`) {
		t.Errorf("a topic that is no ARN: %v", err)
	}
	_, err = NotifyFromEnv(from(map[string]string{Table: "mw", Account: "12", Address: "https://a", Topics: "arn:aws:sns:a,b"}))
	if err == nil || !strings.Contains(err.Error(), `"12", not twelve digits`) {
		t.Errorf("account of two digits: %v", err)
	}
	_, err = NotifyFromEnv(from(map[string]string{Table: "mw", Account: "123456789012", Address: "https://a", Topics: "arn:aws:sns:a,b"}))
	if err == nil || !strings.Contains(err.Error(), `"b" is not an ARN`) {
		t.Errorf("a topic that is no ARN: %v", err)
	}
	_, err = MirrorFromEnv(from(map[string]string{Table: "mw", Policy: "/mirrorwatch/policy"}))
	if err == nil || !strings.Contains(err.Error(), Policy+` is "/mirrorwatch/policy", which does not begin with ssm:`) {
		t.Errorf("a policy that is in no parameter: %v", err)
	}
}

// TestHookAndGroup: one of them alone can complete nothing.
func TestHookAndGroup(t *testing.T) {
	for _, env := range []map[string]string{{Table: "mw", Hook: "mw-end"}, {Table: "mw", Group: "mw-sensors"}} {
		if _, err := FleetFromEnv(from(env)); err == nil || !strings.Contains(err.Error(), Hook+" is ") || !strings.Contains(err.Error(), "both are needed, or neither") {
			t.Errorf("%v: %v", env, err)
		}
	}
}
