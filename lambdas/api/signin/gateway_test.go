package signin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// through asks with the authorizer part of a request context, as API Gateway writes it.
func through(t *testing.T, g *Gateway, authorizer string) (Principal, error) {
	t.Helper()
	var rc events.APIGatewayV2HTTPRequestContext
	if err := json.Unmarshal([]byte(`{"authorizer":`+authorizer+`,"http":{"sourceIp":"203.0.113.9"}}`), &rc); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/v1/x", nil)
	r = r.WithContext(WithGateway(r.Context(), rc))
	if got := g.Address(r); got != "203.0.113.9" {
		t.Errorf("address %q", got)
	}
	return g.Authenticate(r)
}

func TestClaimsBecomeRoles(t *testing.T) {
	g := must(NewGateway(GatewayOptions{}))
	saml := must(NewGateway(GatewayOptions{
		GroupClaims: []string{"custom:roles", "cognito:groups"}, NameClaims: []string{"email"},
		Groups: map[string]store.Role{"SOC": store.RoleAnalyst, "SOC-Lead": store.RoleAdmin}, PacketGroups: []string{"Forensics"},
	}))
	cases := []struct {
		name   string
		g      *Gateway
		claims string
		want   Principal
		err    error
	}{
		{"one group", g, `{"sub":"1","username":"anna","cognito:groups":"[mirrorwatch-viewer]"}`, Principal{Name: "anna", Role: "viewer"}, nil},
		{"the highest counts", g, `{"cognito:username":"anna","sub":"1","cognito:groups":"[mirrorwatch-viewer other mirrorwatch-admin mirrorwatch-analyst]"}`, Principal{Name: "anna", Role: "admin"}, nil},
		{"packets are a right of their own", g, `{"username":"anna","cognito:groups":"[mirrorwatch-packets mirrorwatch-analyst]"}`, Principal{Name: "anna", Role: "analyst", Packets: true}, nil},
		{"packets alone are no role", g, `{"username":"anna","cognito:groups":"[mirrorwatch-packets]"}`, Principal{}, ErrForbidden},
		{"other groups", g, `{"username":"anna","cognito:groups":"[admins mirrorwatch-admins Mirrorwatch-Admin]"}`, Principal{}, ErrForbidden},
		{"no groups", g, `{"username":"anna"}`, Principal{}, ErrForbidden},
		{"a broken list", g, `{"username":"anna","cognito:groups":"[mirrorwatch-admin"}`, Principal{}, ErrForbidden},
		{"another claim", g, `{"username":"anna","groups":"[mirrorwatch-admin]","custom:roles":"mirrorwatch-admin"}`, Principal{}, ErrForbidden},
		{"nobody", g, `{"cognito:groups":"[mirrorwatch-admin]"}`, Principal{}, ErrUnauthenticated},
		{"no claims", g, `{}`, Principal{}, ErrUnauthenticated},
		{"saml, one", saml, `{"email":"anna@example.com","custom:roles":"SOC"}`, Principal{Name: "anna@example.com", Role: "analyst"}, nil},
		{"saml, several", saml, `{"email":"anna@example.com","custom:roles":"[SOC, SOC-Lead, Forensics]"}`, Principal{Name: "anna@example.com", Role: "admin", Packets: true}, nil},
		{"saml, JSON", saml, `{"email":"anna@example.com","custom:roles":"[\"SOC\",\"Forensics\"]"}`, Principal{Name: "anna@example.com", Role: "analyst", Packets: true}, nil},
		{"saml, our own names mean nothing", saml, `{"email":"anna@example.com","cognito:groups":"[mirrorwatch-admin]"}`, Principal{}, ErrForbidden},
		{"a name like a key's", g, `{"username":"key:abc","cognito:groups":"[mirrorwatch-viewer]"}`, Principal{Name: "jwt:key:abc", Role: "viewer"}, nil},
		{"a name like the system's", g, `{"username":"system","cognito:groups":"[mirrorwatch-viewer]"}`, Principal{Name: "jwt:system", Role: "viewer"}, nil},
		{"a name with a line feed", g, `{"username":"anna\nroot","cognito:groups":"[mirrorwatch-viewer]"}`, Principal{Name: "annaroot", Role: "viewer"}, nil},
	}
	for _, c := range cases {
		got, err := through(t, c.g, `{"jwt":{"claims":`+c.claims+`,"scopes":null}}`)
		wantErr(t, c.name, err, c.err)
		if c.err == nil {
			c.want.Kind = "jwt"
		}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestCallersBecomeRoles(t *testing.T) {
	g := must(NewGateway(GatewayOptions{Callers: []Caller{
		{ARN: "arn:aws:iam::111122223333:role/Analyst*", Role: store.RoleAnalyst},
		{ARN: "arn:aws:iam::111122223333:role/team/AnalystLead", Role: store.RoleAdmin, Packets: true},
		{ARN: "arn:aws:iam::111122223333:user/ops/*", Role: store.RoleViewer},
		{ARN: "arn:aws-us-gov:iam::444455556666:root", Role: store.RoleAdmin},
		{ARN: "arn:aws:iam::111122223333:role/Dot.Name", Role: store.RoleViewer},
	}}))
	cases := []struct {
		arn, account, name string
		role               store.Role
		packets            bool
		err                error
	}{
		{"arn:aws:sts::111122223333:assumed-role/AnalystEU/anna", "111122223333", "iam:111122223333:role/AnalystEU/anna", "analyst", false, nil},
		{"arn:aws:sts::111122223333:assumed-role/AnalystLead/anna@example.com", "111122223333", "iam:111122223333:role/AnalystLead/anna@example.com", "admin", true, nil},
		{"arn:aws:iam::111122223333:role/any/path/Analyst", "111122223333", "iam:111122223333:role/Analyst", "analyst", false, nil},
		{"arn:aws:iam::111122223333:user/ops/bob", "111122223333", "iam:111122223333:user/ops/bob", "viewer", false, nil},
		{"arn:aws-us-gov:iam::444455556666:root", "444455556666", "iam:444455556666:root", "admin", false, nil},
		{"arn:aws:iam::111122223333:user/ops/deep/bob", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:iam::111122223333:user/bob", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:sts::111122223333:assumed-role/Dev/Analyst", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:sts::111122223333:assumed-role/MyAnalyst/x", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:sts::111122223333:assumed-role/DotXName/x", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:sts::999999999999:assumed-role/AnalystEU/anna", "999999999999", "", "", false, ErrForbidden},
		{"arn:aws-cn:sts::111122223333:assumed-role/AnalystEU/anna", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:iam::111122223333:root", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:sts::111122223333:federated-user/AnalystEU", "111122223333", "", "", false, ErrForbidden},
		{"arn:aws:sts::111122223333:assumed-role/AnalystEU/anna", "999999999999", "", "", false, ErrUnauthenticated},
		{"arn:aws:sts::111122223333:assumed-role/AnalystEU", "111122223333", "", "", false, ErrUnauthenticated},
		{"arn:aws:sts::111122223333:assumed-role/AnalystEU/a/b", "111122223333", "", "", false, ErrUnauthenticated},
		{"arn:aws:iam::111122223333:role/Analyst*", "111122223333", "", "", false, ErrUnauthenticated},
		{"arn:aws:ec2::111122223333:role/AnalystEU", "111122223333", "", "", false, ErrUnauthenticated},
		{"", "", "", "", false, ErrUnauthenticated},
		{"AnalystEU", "111122223333", "", "", false, ErrUnauthenticated},
		{strings.Repeat("arn:", 1000), "111122223333", "", "", false, ErrUnauthenticated},
	}
	for _, c := range cases {
		a := string(must(json.Marshal(map[string]any{"iam": map[string]string{"userArn": c.arn, "accountId": c.account, "callerId": "AROAEXAMPLE:x"}})))
		p, err := through(t, g, a)
		wantErr(t, c.arn, err, c.err)
		if c.err == nil && (p.Name != c.name || p.Kind != "iam" || p.Role != c.role || p.Packets != c.packets) {
			t.Errorf("%s: %+v", c.arn, p)
		}
		if c.err != nil && p != (Principal{}) {
			t.Errorf("%s: refused, and yet %+v", c.arn, p)
		}
	}
}

func TestGatewayBelievesNoHeaders(t *testing.T) {
	g := must(NewGateway(GatewayOptions{}))
	for _, a := range []string{`null`, `{}`, `{"lambda":{"role":"admin"}}`, `{"jwt":{"claims":{"username":"a","cognito:groups":"[mirrorwatch-admin]"}},"iam":{"userArn":"arn:aws:iam::111122223333:root"}}`} {
		p, err := through(t, g, a)
		wantErr(t, a, err, ErrUnauthenticated)
		if p != (Principal{}) {
			t.Errorf("%s: %+v", a, p)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header = http.Header{"Authorization": {"Bearer x"}, "X-Amzn-Request-Context": {`{"authorizer":{"jwt":{}}}`}}
	_, err := g.Authenticate(r)
	wantErr(t, "outside of API Gateway", err, ErrUnauthenticated)
}

func TestGatewayOptions(t *testing.T) {
	for _, arn := range []string{
		"", "*", "arn:aws:iam::*:role/Admin", "arn:*:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:*", "arn:aws:iam::111122223333:role*/x",
		"arn:aws:iam::1111:role/Admin", "arn:aws:sts::111122223333:assumed-role/Admin/me", "arn:aws:iam::111122223333:role/", "arn:aws:s3:::bucket",
	} {
		_, err := NewGateway(GatewayOptions{Callers: []Caller{{ARN: arn, Role: store.RoleAdmin}}})
		invalid(t, arn, err, "callers.arn")
	}
	_, err := NewGateway(GatewayOptions{Callers: []Caller{{ARN: "arn:aws:iam::111122223333:role/Admin"}}})
	invalid(t, "no role", err, "callers.role")
	_, err = NewGateway(GatewayOptions{Groups: map[string]store.Role{"x": "king"}})
	invalid(t, "group's role", err, "groups.x")
}

func TestClaimList(t *testing.T) {
	for in, want := range map[string][]string{
		"": nil, "a": {"a"}, "[a]": {"a"}, "[a b c]": {"a", "b", "c"}, "[a, b]": {"a", "b"}, "a,b": {"a", "b"}, "a b": {"a", "b"}, " [a] ": {"a"},
		`["a b","c"]`: {"a b", "c"}, `[]`: nil, "[a": nil, "a]": nil, "[1 2]": {"1", "2"}, strings.Repeat("a ", 20000): nil,
	} {
		if got := claimList(in); !slices.Equal(got, want) {
			t.Errorf("%.40q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzClaims(f *testing.F) {
	g := must(NewGateway(GatewayOptions{Callers: []Caller{{ARN: "arn:aws:iam::111122223333:role/Analyst*", Role: store.RoleAnalyst}}}))
	f.Add("[mirrorwatch-admin x]", "anna", "arn:aws:sts::111122223333:assumed-role/AnalystEU/anna")
	f.Add(`["mirrorwatch-viewer"]`, "key:x", "arn:aws:iam::111122223333:root")
	f.Add("[", "", "arn:aws:iam::111122223333:role/a/b/Analyst")
	f.Fuzz(func(t *testing.T, groups, name, arn string) {
		p, err := g.byClaims(map[string]string{"cognito:groups": groups, "username": name})
		if err == nil && (!strings.Contains(groups, "mirrorwatch-"+string(p.Role)) || p.Name == "" || strings.HasPrefix(p.Name, "key:") || p.Name == "system") {
			t.Errorf("%q %q gave %+v", groups, name, p)
		}
		if err != nil && p != (Principal{}) {
			t.Errorf("refused, and yet %+v", p)
		}
		q, err := g.byCaller(events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: arn, AccountID: "111122223333"})
		if err == nil && (q.Role != store.RoleAnalyst || !strings.HasPrefix(arn, "arn:aws:") || !strings.Contains(arn, "::111122223333:") || !strings.Contains(arn, "/Analyst")) {
			t.Errorf("%q gave %+v", arn, q)
		}
	})
}

func TestParseCallers(t *testing.T) {
	got, err := ParseCallers(" arn:aws:iam::123456789012:role/Analyst* analyst packets; arn:aws:iam::123456789012:user/anna admin;")
	want := []Caller{
		{ARN: "arn:aws:iam::123456789012:role/Analyst*", Role: store.RoleAnalyst, Packets: true},
		{ARN: "arn:aws:iam::123456789012:user/anna", Role: store.RoleAdmin},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ParseCallers(""); err != nil || len(got) != 0 {
		t.Errorf("nobody: %+v, %v", got, err)
	}
	for _, bad := range []string{"arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root admin pictures"} {
		if _, err := ParseCallers(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
