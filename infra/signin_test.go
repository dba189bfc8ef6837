package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
)

// TestSignIn holds the pool against docs/asvs.md, and its groups against those that the API gives roles for.
func TestSignIn(t *testing.T) {
	tpl, _ := apiTemplates(t)
	pool := tpl.only(t, "AWS::Cognito::UserPool", "Users")
	for _, c := range []struct {
		path []string
		want any
	}{
		{[]string{"Policies", "PasswordPolicy", "MinimumLength"}, 12.0},
		{[]string{"Policies", "PasswordPolicy", "RequireSymbols"}, false},
		{[]string{"Policies", "PasswordPolicy", "RequireUppercase"}, false},
		{[]string{"Policies", "PasswordPolicy", "PasswordHistorySize"}, nil},
		{[]string{"MfaConfiguration"}, "ON"},
		{[]string{"AdminCreateUserConfig", "AllowAdminCreateUserOnly"}, true},
		{[]string{"UserPoolAddOns", "AdvancedSecurityMode"}, "ENFORCED"},
		{[]string{"UserPoolTier"}, "PLUS"},
		{[]string{"DeletionProtection"}, "ACTIVE"},
		{[]string{"SmsConfiguration"}, nil},
	} {
		if got := dig(pool.Properties, c.path...); got != c.want {
			t.Errorf("%v is %v, want %v", c.path, got, c.want)
		}
	}
	if got := text(pool.Properties["EnabledMfas"]); got != `["SOFTWARE_TOKEN_MFA"]` {
		t.Errorf("second factors %s", got)
	}
	if got := text(dig(pool.Properties, "AccountRecoverySetting", "RecoveryMechanisms")); got != `[{"Name":"verified_email","Priority":1}]` {
		t.Errorf("recovery by %s", got)
	}
	if pool.DeletionPolicy != "Retain" || pool.UpdateReplacePolicy != "Retain" {
		t.Errorf("users go with the stack: %s, %s", pool.DeletionPolicy, pool.UpdateReplacePolicy)
	}
	var groups []string
	for _, g := range tpl.of("AWS::Cognito::UserPoolGroup") {
		groups = append(groups, g.Properties["GroupName"].(string))
	}
	for _, g := range slices.Sorted(maps.Keys(signin.DefaultGroups())) {
		if !slices.Contains(groups, g) {
			t.Errorf("there is no group %s, and the API gives it a role", g)
		}
	}
	if len(groups) != len(signin.DefaultGroups())+1 || !slices.Contains(groups, "mirrorwatch-packets") {
		t.Errorf("groups %q", groups)
	}
	loose, _ := apiTemplates(t, "retain", "off")
	if p := loose.only(t, "AWS::Cognito::UserPool", "Users"); p.DeletionPolicy != "Delete" || p.Properties["DeletionProtection"] != "INACTIVE" {
		t.Errorf("with retain off: %s, %v", p.DeletionPolicy, p.Properties["DeletionProtection"])
	}
}

// TestConsoleIsTheOnlyClient, gets tokens for a code and its proof alone, and leads people back to the console alone.
func TestConsoleIsTheOnlyClient(t *testing.T) {
	tpl, _ := apiTemplates(t)
	own, _ := apiTemplates(t, everySetting()...)
	for _, c := range []struct {
		tpl                             template
		provider, attributes, addresses string
	}{
		{tpl, `["COGNITO"]`, `["email"]`, `[{"Fn::Join":["",["https://",{"Fn::GetAtt":["ConsoleDistribution6D94C987","DomainName"]},"/sign-in"]]}]`},
		{own, `["company"]`, `["email","custom:groups"]`, `["https://mw.example.com/sign-in"]`},
	} {
		client := c.tpl.only(t, "AWS::Cognito::UserPoolClient", "").Properties
		for name, want := range map[string]string{
			"AllowedOAuthFlows": `["code"]`, "AllowedOAuthScopes": `["openid","email"]`, "ExplicitAuthFlows": `["ALLOW_REFRESH_TOKEN_AUTH"]`, "GenerateSecret": `false`,
			"EnableTokenRevocation": `true`, "AccessTokenValidity": `15`, "IdTokenValidity": `15`, "RefreshTokenValidity": `12`, "PreventUserExistenceErrors": `"ENABLED"`,
			"TokenValidityUnits":         `{"AccessToken":"minutes","IdToken":"minutes","RefreshToken":"hours"}`,
			"SupportedIdentityProviders": c.provider, "WriteAttributes": c.attributes, "CallbackURLs": c.addresses, "LogoutURLs": c.addresses,
		} {
			if got := text(client[name]); got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
	}
}

// TestSAML: groups of the provider become the claim that the API reads; without the setting there is no provider.
func TestSAML(t *testing.T) {
	own, _ := apiTemplates(t, everySetting()...)
	p := own.only(t, "AWS::Cognito::UserPoolIdentityProvider", "Users").Properties
	if dig(p, "ProviderDetails", "MetadataURL") != "https://idp.example.com/metadata" || text(p["AttributeMapping"]) != `{"custom:groups":"groups","email":"email"}` {
		t.Errorf("%v", p)
	}
	plain, _ := apiTemplates(t)
	if len(plain.of("AWS::Cognito::UserPoolIdentityProvider")) != 0 {
		t.Error("there is a provider, and no setting asks for one")
	}
	if attributes := text(plain.only(t, "AWS::Cognito::UserPool", "").Properties["Schema"]); !strings.Contains(attributes, `"groups"`) {
		t.Errorf("the attribute must be there from the beginning, since a pool never loses one: %s", attributes)
	}
}
