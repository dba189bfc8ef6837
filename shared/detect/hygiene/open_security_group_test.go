package hygiene

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const adaARN = "arn:aws:iam::123456789012:user/ada"

func groupCall(at time.Duration, name, parameters string) *events.CloudTrail {
	c := &events.CloudTrail{Name: name, Service: "ec2.amazonaws.com", Account: "123456789012", Principal: adaARN, From: "198.51.100.7", Parameters: parameters}
	c.TS, c.UID, c.OrigH = events.Time(1_772_420_400e9).Add(at), fmt.Sprint(name, at, parameters), netip.MustParseAddr("198.51.100.7")
	return c
}

// permission is a rule as AuthorizeSecurityGroupIngress and its counterpart write it.
func permission(proto string, from, to int, net string) string {
	ranges := `"ipRanges":{"items":[{"cidrIp":"` + net + `"}]},"ipv6Ranges":{}`
	if strings.Contains(net, ":") {
		ranges = `"ipRanges":{},"ipv6Ranges":{"items":[{"cidrIpv6":"` + net + `"}]}`
	}
	return fmt.Sprintf(`{"fromPort":%d,"groups":{},"ipProtocol":%q,%s,"prefixListIds":{},"toPort":%d}`, from, proto, ranges, to)
}

func group(permissions ...string) string {
	return `{"groupId":"sg-1","ipPermissions":{"items":[` + strings.Join(permissions, ",") + `]}}`
}

const (
	opens  = "AuthorizeSecurityGroupIngress"
	closes = "RevokeSecurityGroupIngress"
)

// Catches: a door that is not seen for the way it is written, an alarm for one that is meant for all, and one that stays after it was shut.
func TestOpenSecurityGroup(t *testing.T) {
	ssh := group(permission("tcp", 22, 22, "0.0.0.0/0"))
	made := groupCall(0, opens, ssh)
	made.Made = "sgr-1"
	failed, foreseen := groupCall(0, opens, ssh), groupCall(0, opens, ssh)
	failed.ErrorCode = "Client.InvalidPermission.Duplicate"
	foreseen.Principal = "arn:aws:iam::123456789012:user/bob"
	own := groupCall(0, opens, ssh)
	own.Role = "arn:aws:iam::123456789012:role/ours"
	for _, c := range []struct {
		name  string
		list  []*events.CloudTrail
		says  string
		score int
	}{
		{"SSH", []*events.CloudTrail{groupCall(0, opens, ssh)}, "user/ada opened tcp 22 of sg-1 to the internet.", 45},
		{"RDP, over IPv6", []*events.CloudTrail{groupCall(0, opens, group(permission("tcp", 3389, 3389, "::/0")))}, "opened tcp 3389 of sg-1", 45},
		{"everything", []*events.CloudTrail{groupCall(0, opens, group(permission("-1", -1, -1, "0.0.0.0/0")))}, "opened all ports of sg-1", 45},
		{"a range with a database in it", []*events.CloudTrail{groupCall(0, opens, group(permission("6", 3000, 4000, "0.0.0.0/0")))}, "opened tcp 3000 to 4000 of sg-1", 45},
		{"in two halves", []*events.CloudTrail{groupCall(0, opens, group(permission("tcp", 22, 22, "128.0.0.0/1")))}, "opened tcp 22", 45},
		{"one of several rules", []*events.CloudTrail{groupCall(0, opens, group(permission("tcp", 443, 443, "0.0.0.0/0"), permission("tcp", 22, 22, "0.0.0.0/0"), permission("tcp", 5432, 5432, "10.0.0.0/8")))},
			"user/ada opened tcp 22 of sg-1 to the internet.", 45},
		{"as calls were written before", []*events.CloudTrail{groupCall(0, opens, `{"groupId":"sg-1","ipProtocol":"tcp","fromPort":22,"toPort":22,"cidrIp":"0.0.0.0/0"}`)}, "opened tcp 22", 45},
		{"a rule that was changed", []*events.CloudTrail{groupCall(0, "ModifySecurityGroupRules",
			`{"ModifySecurityGroupRulesRequest":{"GroupId":"sg-1","SecurityGroupRule":{"SecurityGroupRuleId":"sgr-1","SecurityGroupRule":{"CidrIpv4":"0.0.0.0/0","FromPort":22,"IpProtocol":"tcp","ToPort":22},"tag":1}}}`)}, "opened tcp 22", 45},
		{"closed soon", []*events.CloudTrail{groupCall(0, opens, ssh), groupCall(time.Minute, closes, ssh)}, "opened tcp 22 of sg-1 to the internet, and it was closed again.", 20},
		{"closed by its id", []*events.CloudTrail{made, groupCall(time.Minute, closes, `{"groupId":"sg-1","securityGroupRuleIds":{"items":[{"securityGroupRuleId":"sgr-1"}]}}`)}, "closed again", 20},
		{"the group is gone", []*events.CloudTrail{groupCall(0, opens, ssh), groupCall(time.Minute, "DeleteSecurityGroup", `{"groupId":"sg-1"}`)}, "closed again", 20},
		{"closed late", []*events.CloudTrail{groupCall(0, opens, ssh), groupCall(2*time.Hour, closes, ssh)}, "closed again", 35},
		{"another one closed", []*events.CloudTrail{groupCall(0, opens, ssh), groupCall(time.Minute, closes, group(permission("tcp", 3389, 3389, "0.0.0.0/0")))}, "opened tcp 22 of sg-1 to the internet.", 45},
		{"one of two closed", []*events.CloudTrail{groupCall(0, opens, ssh), groupCall(1, opens, group(permission("tcp", 3389, 3389, "0.0.0.0/0"))), groupCall(time.Minute, closes, ssh)},
			"opened tcp 22, tcp 3389 of sg-1 to the internet, of which tcp 3389 is still open.", 45},
		{"opened again", []*events.CloudTrail{groupCall(0, opens, ssh), groupCall(time.Minute, closes, ssh), groupCall(2*time.Minute, opens, ssh)}, "opened tcp 22 of sg-1 to the internet.", 45},
		{"innocent: a web server", []*events.CloudTrail{groupCall(0, opens, group(permission("tcp", 443, 443, "0.0.0.0/0"), permission("tcp", 80, 80, "::/0")))}, "", 0},
		{"innocent: an office", []*events.CloudTrail{groupCall(0, opens, group(permission("tcp", 22, 22, "203.0.113.0/24")))}, "", 0},
		{"innocent: another group", []*events.CloudTrail{groupCall(0, opens, `{"groupId":"sg-1","ipPermissions":{"items":[{"fromPort":22,"toPort":22,"ipProtocol":"tcp","groups":{"items":[{"groupId":"sg-2"}]}}]}}`)}, "", 0},
		{"innocent: pings", []*events.CloudTrail{groupCall(0, opens, group(permission("icmp", -1, -1, "0.0.0.0/0")))}, "", 0},
		{"innocent: it failed", []*events.CloudTrail{failed}, "", 0},
		{"innocent: a planned change", []*events.CloudTrail{foreseen}, "", 0},
		{"innocent: our own role", []*events.CloudTrail{own}, "", 0},
		{"innocent: closed, whoever opened it", []*events.CloudTrail{groupCall(0, closes, ssh)}, "", 0},
		{"cut off", []*events.CloudTrail{groupCall(0, opens, ssh[:60])}, "", 0},
	} {
		m := device.New(device.Options{})
		at := made.TS.Time()
		m.SetKnown(device.Known{OwnRoles: []string{"role/ours"}, Changes: []device.PlannedChange{{From: at, To: at.Add(time.Hour), Principal: "user/bob"}}})
		j := detect.NewJudge([]detect.Spec{OpenSecurityGroup}, m, detect.Options{})
		for _, one := range c.list {
			j.Observe(one)
			j.Observe(one) // CloudTrail hands events over more than once
		}
		j.Close(made.TS)
		all := j.Detections()
		if len(all) == 0 && c.says == "" {
			continue
		}
		if len(all) != 1 || c.says == "" || !strings.Contains(all[0].Description, c.says) || all[0].Risk.Score != c.score {
			t.Errorf("%s: %d detections, %+v; want %q with %d", c.name, len(all), all, c.says, c.score)
			continue
		}
		if p := all[0].Participants; len(p) != 2 || p[0].User != "user/ada" || p[1].Hostname != "security-group/sg-1" || p[1].Address.IsValid() {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

// Catches: a door that was opened before a restart and closed after it, and tables without an end.
func TestOpenGroupsAreKept(t *testing.T) {
	kept := map[string][]byte{}
	ssh := group(permission("tcp", 22, 22, "0.0.0.0/0"))
	v := device.New(device.Options{}).View()
	for i, c := range []*events.CloudTrail{groupCall(0, opens, ssh), groupCall(time.Minute, closes, ssh)} {
		d := NewOpenSecurityGroup(OpenSecurityGroupDefaults())
		for k, value := range kept {
			if err := d.Load([]byte(k), value); err != nil {
				t.Fatal(err)
			}
		}
		if found := d.Observe(c, v); len(found) != 1 || found[0].Final != (i == 1) || len(d.Observe(c, v)) != 0 {
			t.Errorf("call %d: %+v", i, found)
		}
		d.Save(func(key, value []byte) { kept[string(key)] = slices.Clone(value) })
	}
	tune := OpenSecurityGroupDefaults()
	tune.Groups = 16
	d := NewOpenSecurityGroup(tune)
	for i := range 500 {
		d.Observe(groupCall(time.Duration(i), opens, strings.ReplaceAll(ssh, "sg-1", fmt.Sprint("sg-", i))), v)
		d.Observe(groupCall(time.Duration(i), opens, group(permission("tcp", 22, 22+i, "0.0.0.0/0"))), v)
	}
	if d.open.Len() > 16 || d.Overflow() < 900 || len(d.open.Peek("123456789012|sg-1").list) != maxOpenRules {
		t.Errorf("%d groups, %d forgotten, %d rules", d.open.Len(), d.Overflow(), len(d.open.Peek("123456789012|sg-1").list))
	}
}

// TestOpenGroupEvidence runs records as CloudTrail's reader gives them.
func TestOpenGroupEvidence(t *testing.T) {
	f, err := os.Open("testdata/open_security_group.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	j := detect.NewJudge([]detect.Spec{OpenSecurityGroup}, device.New(device.Options{}), detect.Options{})
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := new(events.CloudTrail)
		if err := json.Unmarshal(lines.Bytes(), c); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		j.Observe(c)
	}
	var said []string
	for _, d := range j.Detections() {
		said = append(said, fmt.Sprintf("%d %s", d.Risk.Score, d.Description))
	}
	if want := []string{
		"45 assumed-role/web/i-0aa11bb22cc33dd44 opened tcp 22 of sg-0a1b2c3d4e5f60718 to the internet.",
		"20 user/ada opened tcp 5432 of sg-0b1b2c3d4e5f60719 to the internet, and it was closed again.",
	}; !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
}
