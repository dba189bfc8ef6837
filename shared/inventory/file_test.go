package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func file1(t testing.TB, names ...string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range names {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

func TestInstancesAsTheCLIPrintsThem(t *testing.T) {
	list, err := ReadFile(iotest.OneByteReader(strings.NewReader(file1(t, "instances.json"))), "instances.json")
	if err != nil || len(list) != 2 {
		t.Fatalf("%d holdings, %v", len(list), err)
	}
	since := time.Date(2026, 11, 20, 10, 0, 1, 0, time.UTC)
	want := events.Holding{
		Interface: "eni-0first", Account: "111122223333", Region: "eu-west-1", VPC: "vpc-0a1", Subnet: "subnet-0a1", Instance: "i-0598c7d356eba48d7",
		InstanceType: "m5.large", Name: "web-1", Tags: map[string]string{"Name": "web-1", "aws:autoscaling:groupName": "web"}, Groups: []string{"sg-1"},
		Profile: "arn:aws:iam::111122223333:instance-profile/web", AutoScaling: "web", PublicAddresses: addrs("203.0.113.5", "198.51.100.6"),
		Addresses: addrs("10.0.0.5", "10.0.0.6", "2001:db8::5"), From: &since,
	}
	if a, b := fmt.Sprintf("%+v", told(list[0])), fmt.Sprintf("%+v", told(want)); a != b {
		t.Errorf("read\n%s\nwant\n%s", a, b)
	}
	if second := list[1]; second.Interface != "eni-0second" || second.Instance != want.Instance || second.Name != "web-1" || fmt.Sprint(second.Groups) != "[sg-2]" {
		t.Errorf("the second interface is %+v", second)
	}
}

// told is a holding as JSON, for comparison.
func told(h events.Holding) string {
	b, err := json.Marshal(&h)
	return fmt.Sprint(string(b), err)
}

func TestInterfacesAsTheCLIPrintsThem(t *testing.T) {
	list, err := ReadFile(strings.NewReader(file1(t, "instances.json", "interfaces.json")), "both.json")
	if err != nil || len(list) != 6 {
		t.Fatalf("%d holdings, %v", len(list), err)
	}
	by := map[string]events.Holding{}
	for _, h := range list {
		by[h.Interface] = h
	}
	first := by["eni-0first"]
	if first.Tags["team"] != "shop" || first.InstanceType != "m5.large" || len(first.Addresses) != 3 {
		t.Errorf("of both files it is %+v", first)
	}
	for id, want := range map[string]string{"eni-0nat": RequesterNAT, "eni-0elb": "amazon-elb", "eni-0lambda": "lambda", "eni-0task": "578730000000"} {
		if by[id].Requester != want {
			t.Errorf("%s was made by %q, want %q", id, by[id].Requester, want)
		}
	}
	if by["eni-0task"].Task != by["eni-0task"].Description || by["eni-0elb"].Region != "us-west-2" || by["eni-0elb"].Task != "" {
		t.Errorf("the task is %+v, and the load balancer %+v", by["eni-0task"], by["eni-0elb"])
	}
}

func TestGatewaysAsTheCLIPrintsThem(t *testing.T) {
	list, err := ReadFile(strings.NewReader(`{"NatGateways": [{"CreateTime": "2026-11-20T10:00:00.000Z", "NatGatewayId": "nat-1", "State": "available", "SubnetId": "s", "VpcId": "vpc-1",
		"NatGatewayAddresses": [{"AllocationId": "eipalloc-1", "NetworkInterfaceId": "eni-1", "PrivateIp": "10.0.9.1", "PublicIp": "198.51.100.1"},
		{"NetworkInterfaceId": "eni-1", "PrivateIp": "10.0.9.2", "PublicIp": "198.51.100.2"}]}]}`), "nat")
	if err != nil || len(list) != 1 || list[0].Requester != RequesterNAT || len(list[0].PublicAddresses) != 2 || list[0].Interface != "eni-1" {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestFormsOfAFile: our own JSON in each of its forms, and what --query leaves of AWS's.
func TestFormsOfAFile(t *testing.T) {
	one := `{"interface":"eni-1","vpc":"vpc-1","addresses":["10.0.0.1"],"instance":"i-1","from":"2026-11-25T12:00:00+01:00"}`
	two := `{"addresses":["10.0.0.2"],"tags":{"Name":"box"}}`
	for name, text := range map[string]string{
		"holdings": `{"holdings":[` + one + "," + two + `]}`, "list": "[" + one + "," + two + "]", "lines": one + "\n" + two + "\n", "one after the other": "[" + one + "]" + two,
		"instances by query":    `[{"InstanceId":"i-1","PrivateIpAddress":"10.0.0.1","VpcId":"v"},{"InstanceId":"i-2","PrivateIpAddress":"10.0.0.2"}]`,
		"bare interfaces":       `[{"InstanceId":"i-1","PrivateIpAddress":"10.0.0.1","NetworkInterfaces":[{"NetworkInterfaceId":"eni-1"}]},{"InstanceId":"i-2","PrivateIpAddress":"10.0.0.2"}]`,
		"reservations by query": `[{"Instances":[{"InstanceId":"i-1","PrivateIpAddress":"10.0.0.1"},{"InstanceId":"i-2","PrivateIpAddress":"10.0.0.2"}]}]`,
	} {
		list, err := ReadFile(strings.NewReader(text), name)
		if err != nil || len(list) != 2 || fmt.Sprint(list[0].Addresses, list[1].Addresses) != "[10.0.0.1] [10.0.0.2]" {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
		if strings.HasPrefix(text, "{\"holdings") && (list[1].Name != "box" || !list[0].From.Equal(time.Date(2026, 11, 25, 11, 0, 0, 0, time.UTC))) {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

// TestMistakesInAFile: each is told with its line, member, value and what is allowed, and what is right is used.
func TestMistakesInAFile(t *testing.T) {
	good := `{"interface":"eni-9","addresses":["10.0.0.9"]}`
	for text, says := range map[string][]string{
		"":                       {"x: there is nothing in it", "Reservations"},
		"{}":                     {"x:1: this names nobody"},
		"[\n  7,\n" + good + "]": {`x:2: [0] is "7", and not an object`},
		good + "\n\nnot json":    {"x:3:", "this is not JSON"},
		"[" + good + ",\n\n{\"addresses\":[\"10.0.0\"],\"instance\":\"i-1\"}]":                          {"x:3: [1].addresses", `10.0.0`, "a list of IP addresses"},
		"{\"holdings\":[\n" + good + ",\n{\"adress\":\"10.0.0.1\"}]}":                                   {`x:3: holdings[1].adress: "\"10.0.0.1\"" is not a member of a holding`, "docs/inventory.md"},
		"[{\"instance\":7,\"interface\":\"eni-1\"}]":                                                    {`instance: "number" is not a string`},
		"[{\"interface\":\"eni-1\",\"from\":\"2026-11-25T12:00:00Z\",\"to\":\"2026-11-24T12:00:00Z\"}]": {"to:", "after from, 2026-11-25"},
		"{\"NetworkInterfaces\":7}":                                                                     {"NetworkInterfaces is \"7\", and not a list"},
		"{\"NetworkInterfaces\":[\n{\"NetworkInterfaceId\":\"eni-1\",\"PrivateIpAddress\":\"ten\",\n\"Attachment\":{\"AttachTime\":\"noon\"}}]}": {
			`x:2: NetworkInterfaces[0].PrivateIpAddress: "ten" is not an IP address`, `Attachment.AttachTime: "noon" is not a time as 2026-`},
		"{\"Reservations\":[{\"Instances\":[{\"InstanceId\":\"i-1\",\"NetworkInterfaces\":[{\"NetworkInterfaceId\":\"eni-1\",\"Ipv6Addresses\":[{\"Ipv6Address\":\"zz\"}]}]}]}]}": {
			"Reservations[0].Instances[0].NetworkInterfaces[0].Ipv6Address: \"zz\""},
		"{\"holdings\":[" + good:  {"this is not JSON"},
		`"text"`:                  {"is neither an object nor a list"},
		strings.Repeat("[7]", 30): {"and 10 mistakes more"},
	} {
		list, err := ReadFile(strings.NewReader(text), "x")
		if err == nil {
			t.Errorf("%.60q: no error", text)
			continue
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%.60q: %v; it does not say %q", text, err, s)
			}
		}
		if strings.Contains(text, good) && !slices.ContainsFunc(list, func(h events.Holding) bool { return h.Interface == "eni-9" }) {
			t.Errorf("%.60q: what is right was not used: %+v", text, list)
		}
	}
}

// FuzzReadFile: whatever is in a file, what comes of it can be kept and read again.
func FuzzReadFile(f *testing.F) {
	for _, seed := range []string{file1(f, "instances.json"), file1(f, "interfaces.json"), `{"holdings":[{"interface":"eni-1","addresses":["10.0.0.1"]}]}`, "[[{}]]", "{\"NatGateways\":[{}]}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ReadFile(bytes.NewReader(text), "fuzz")
		if err == nil && len(list) == 0 && !bytes.Contains(text, []byte("[")) {
			t.Error("nothing was read, and nothing was wrong")
		}
		if len(list) > 200 {
			return
		}
		w := newWorld(t)
		w.all(list...)
		w.now = w.now.Add(time.Minute)
		w.docs.none()
		if n := w.all(list...); n != 0 {
			t.Errorf("the same again changed %d documents", n)
		}
	})
}
