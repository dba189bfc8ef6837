package trigger

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

var update = flag.Bool("update", false, "write testdata/keys.txt anew")

// said is a trigger as one line of testdata/keys.txt.
func said(t Trigger) string {
	var words []string
	for _, k := range t.Keys {
		words = append(words, strings.TrimSuffix(strings.Join([]string{k.Account, k.Region, string(k.Kind), k.ID}, "/"), "/"))
	}
	line := strings.Join(words, " ")
	if t.Ignored != "" {
		line += "nothing: " + t.Ignored
	}
	line += " | " + t.Cause
	if t.Resource != "" {
		line += fmt.Sprintf(" | %s %d", t.Resource, t.Version)
	}
	return line
}

// TestSamples holds every sample of AWS's events against the keys that it gives: testdata/keys.txt.
func TestSamples(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) == 0 {
		t.Fatal("no samples")
	}
	var got strings.Builder
	for _, file := range files {
		tr, err := Read(sample(t, file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if (len(tr.Keys) == 0) != (tr.Ignored != "") {
			t.Errorf("%s: keys %v and ignored %q", file, tr.Keys, tr.Ignored)
		}
		fmt.Fprintf(&got, "%s: %s\n", strings.TrimSuffix(filepath.Base(file), ".json"), said(tr))
	}
	const golden = "testdata/keys.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func sample(t testing.TB, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestReadKeepsTheHead(t *testing.T) {
	got, err := Read(sample(t, "testdata/attach_interface.json"))
	if err != nil {
		t.Fatal(err)
	}
	got.ID = "an id"
	want := Trigger{
		ID: "an id", Account: "111122223333", Region: "us-east-1", Time: got.Time, Kind: "AWS API Call via CloudTrail",
		Keys:  []Key{{"111122223333", "us-east-1", Interface, "eni-0abc"}},
		Cause: "AttachNetworkInterface by arn:aws:sts::111122223333:assumed-role/admin/ann", Actor: "arn:aws:sts::111122223333:assumed-role/admin/ann",
	}
	if !reflect.DeepEqual(got, want) || got.Time.Format(time.DateOnly) != "2026-11-23" {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWhatIsNoEvent(t *testing.T) {
	long := strings.Repeat("x", mostID+1)
	for name, raw := range map[string]string{
		"nothing":       "",
		"half":          `{"id":"1","source":"aws.ec2"`,
		"two":           `{"id":"1","source":"s","detail-type":"d"} {}`,
		"list":          `[]`,
		"other JSON":    `{"Records":[]}`,
		"no id":         `{"source":"aws.ec2","detail-type":"d"}`,
		"long id":       `{"id":"` + long + `","source":"aws.ec2","detail-type":"d"}`,
		"number for id": `{"id":1,"source":"aws.ec2","detail-type":"d"}`,
		"too long":      `{"id":"1","source":"s","detail-type":"d"}` + strings.Repeat(" ", mostBytes),
	} {
		if got, err := Read([]byte(raw)); err == nil || !strings.HasPrefix(err.Error(), "read event: ") || !reflect.DeepEqual(got, Trigger{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// tagging is CreateTags of n interfaces.
func tagging(n int) []byte {
	var items []map[string]string
	for i := range n {
		items = append(items, map[string]string{"resourceId": fmt.Sprintf("eni-%x", i)})
	}
	raw, _ := json.Marshal(map[string]any{
		"version": "0", "id": "1", "source": "aws.ec2", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333", "region": "us-east-1",
		"detail": map[string]any{"eventVersion": "1.10", "eventSource": "ec2.amazonaws.com", "eventName": "CreateTags",
			"requestParameters": map[string]any{"resourcesSet": map[string]any{"items": items}}},
	})
	return raw
}

func TestKeysAreBounded(t *testing.T) {
	for n, want := range map[int]int{1: 1, mostKeys: mostKeys, mostKeys + 1: 1, 3 * mostKeys: 1} {
		got, err := Read(tagging(n))
		if err != nil || len(got.Keys) != want || (n > mostKeys) != (got.Keys[0].Kind == Sweep) {
			t.Errorf("%d interfaces gave %d keys, %v", n, len(got.Keys), err)
		}
	}
}

// TestOddDetails: what is known by name and of another shape has no keys and is no error.
func TestOddDetails(t *testing.T) {
	for _, k := range known {
		source := k.source
		if source == "" {
			source = "aws.ec2"
		}
		for _, detail := range []string{`[]`, `"x"`, `{"instance-id":[],"changed-tag-keys":1,"eventName":{},"EC2InstanceId":2,"attachments":{}}`} {
			raw := fmt.Sprintf(`{"version":"0","id":"1","source":%q,"detail-type":%q,"account":"111122223333","region":"us-east-1","detail":%s}`, source, k.detailType, detail)
			if got, err := Read([]byte(raw)); err != nil || got.Keys != nil || got.Ignored != "its detail is of a shape that is not known" {
				t.Errorf("%s: %+v, %v", raw, got, err)
			}
		}
	}
}

func TestDetachedIsLookedAtWhereTheEventSaysWhat(t *testing.T) {
	raw := strings.Replace(string(sample(t, "testdata/detach_interface.json")), `"force": false`, `"networkInterfaceId": "eni-0abc"`, 1)
	if got, err := Read([]byte(raw)); err != nil || len(got.Keys) != 1 || got.Keys[0].ID != "eni-0abc" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTextIsBounded(t *testing.T) {
	raw := strings.Replace(string(sample(t, "testdata/state_running.json")), `"running"`, `"`+strings.Repeat("ä", 5000)+`\n\u001b[2J"`, 1)
	got, err := Read([]byte(raw))
	if err != nil || len([]rune(got.Cause)) > mostText {
		t.Errorf("%d letters, %v", len([]rune(got.Cause)), err)
	}
	if len(got.Keys) != 1 || got.Keys[0].ID != "i-0abc" {
		t.Errorf("a state that nobody knows is as good a hint: %v", got.Keys)
	}
}

func TestOurs(t *testing.T) {
	ours := []string{"mirrorwatch", "arn:aws:iam::111122223333:role/teams/security/mirror", "arn:aws:iam::444455556666:role/only-there"}
	for actor, want := range map[string]bool{
		"arn:aws:sts::111122223333:assumed-role/mirrorwatch/loop":   true,
		"arn:aws:sts::999922223333:assumed-role/mirrorwatch/loop":   true, // a name is of any account
		"arn:aws:sts::111122223333:assumed-role/mirror/loop":        true, // a path is not in an assumed role's ARN
		"arn:aws:sts::111122223333:assumed-role/only-there/loop":    false,
		"arn:aws:sts::444455556666:assumed-role/only-there/loop":    true,
		"arn:aws-cn:sts::444455556666:assumed-role/only-there/loop": true,
		"arn:aws:iam::111122223333:role/x/mirrorwatch":              true,
		"arn:aws:iam::111122223333:user/mirrorwatch":                false,
		"arn:aws:sts::111122223333:assumed-role/admin/mirrorwatch":  false,
		"arn:aws:sts::111122223333:assumed-role/mirrorwatch":        false,
		"ecs.amazonaws.com": false,
		"mirrorwatch":       false,
		"":                  false,
	} {
		if got := (Trigger{Actor: actor}).Ours(ours); got != want {
			t.Errorf("%q: %v", actor, got)
		}
	}
	if (Trigger{}).Ours([]string{""}) {
		t.Error("nobody is not us")
	}
	us, err := Read(sample(t, "testdata/create_tags_by_us.json"))
	if err != nil || !us.Ours(ours) {
		t.Error(us.Actor, err)
	}
}

// TestALook is known as one, with who asked and when to the moment, and has no keys: nothing may be changed for it.
func TestALook(t *testing.T) {
	at := time.Date(2026, 11, 26, 16, 0, 0, 250_000_000, time.UTC)
	raw, err := events.Look{ID: "5f0c6a1e9b7d4c02", Time: at, By: "mo\nna"}.Event()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(raw)
	if err != nil || !got.Look || got.By != "mo?na" || !got.Time.Equal(at) || got.ID != "5f0c6a1e9b7d4c02" || got.Keys != nil || got.Ignored == "" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, change := range [][2]string{{`"mirrorwatch"`, `"aws.ec2"`}, {events.LookWanted, "Coverage Changed"}, {`{"by":`, `{"by":1,"was":`}, {`"version":"0"`, `"version":"1"`}} {
		other := strings.Replace(string(raw), change[0], change[1], 1)
		if got, err := Read([]byte(other)); err != nil || got.Look || got.Keys != nil || other == string(raw) {
			t.Errorf("%s: %+v, %v", other, got, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		f.Add(sample(f, file))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tr, err := Read(raw)
		if err != nil {
			return
		}
		if len(tr.Keys) > mostKeys || (len(tr.Keys) == 0) != (tr.Ignored != "") || len(tr.Cause) > 8*mostText || len(tr.Ignored) > 16*mostText {
			t.Fatalf("%+v", tr)
		}
		if strings.ContainsAny(tr.Cause+tr.Ignored+tr.Kind+tr.Actor, "\n\x1b") {
			t.Fatalf("%q", tr.Cause)
		}
		for _, k := range tr.Keys {
			if k != everything && (!accountID.MatchString(k.Account) || !regionName.MatchString(k.Region)) ||
				(k.Kind == Instance) != instanceID.MatchString(k.ID) || (k.Kind == Interface) != eniID.MatchString(k.ID) {
				t.Fatalf("%+v", k)
			}
		}
		seen := NewSeen()
		if again := Fold([]Trigger{tr, tr}, seen); len(again) > len(tr.Keys) || (len(again) == 0) != (len(tr.Keys) == 0) {
			t.Fatalf("%v folds to %v", tr.Keys, again)
		}
		if len(Fold([]Trigger{tr}, seen)) != 0 {
			t.Fatal("an event is news twice")
		}
	})
}
