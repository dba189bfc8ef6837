package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// saml is what the identity provider is called in Cognito.
const saml = "company"

// users is who may sign in, and how the console has them do it.
type users struct {
	Pool, Client string // ids
	PoolArn      string
	Issuer       string // of tokens
	Domain       string // host name of the sign-in pages
}

// signInDomain gives the host name of the sign-in pages. The first part is one for all customers of a region, so that the account is in it.
func (p *place) signInDomain() (prefix, host string) {
	prefix = p.Name() + "-" + p.Account
	return prefix, fmt.Sprintf("%s.auth.%s.amazoncognito.com", prefix, p.region)
}

// newUsers makes the user pool, its groups, and the console as its only client. The address is where the console is.
func newUsers(scope constructs.Construct, p *place, address string) *users {
	in := constructs.NewConstruct(scope, key("Users"))
	pool := newPool(in, p)
	for i, g := range []struct{ name, may string }{
		{"admin", "Sets and sees everything"}, {"analyst", "Triages, tunes and names devices"}, {"viewer", "Looks"}, {"packets", "Reads packets, beside a role"},
	} {
		awscognito.NewCfnUserPoolGroup(in, key(g.name), &awscognito.CfnUserPoolGroupProps{
			UserPoolId: pool.Ref(), GroupName: key("mirrorwatch-" + g.name), Description: key(g.may), Precedence: jsii.Number(float64(i)),
		})
	}
	prefix, host := p.signInDomain()
	awscognito.NewCfnUserPoolDomain(in, key("Pages"), &awscognito.CfnUserPoolDomainProps{UserPoolId: pool.Ref(), Domain: &prefix, ManagedLoginVersion: jsii.Number(2)})
	client := newClient(in, p, pool, address)
	awscognito.NewCfnManagedLoginBranding(in, key("Look"), &awscognito.CfnManagedLoginBrandingProps{ // without one the pages of version 2 are not there
		UserPoolId: pool.Ref(), ClientId: client.Ref(), UseCognitoProvidedValues: jsii.Bool(true),
	})
	return &users{
		Pool: *pool.Ref(), Client: *client.Ref(), PoolArn: *pool.AttrArn(), Domain: host,
		Issuer: fmt.Sprintf("https://cognito-idp.%s.amazonaws.com/%s", p.region, *pool.Ref()),
	}
}

// newPool makes the pool. Nobody adds themselves. Passwords are long and need no sorts of letters (docs/asvs.md, 2.1.1 and 2.1.9), and a
// second factor is asked of everybody whom the pool itself signs in; whom a SAML provider signs in, that has to ask.
func newPool(in constructs.Construct, p *place) awscognito.CfnUserPool {
	protection := "INACTIVE"
	if p.Retain {
		protection = "ACTIVE"
	}
	pool := awscognito.NewCfnUserPool(in, key("Pool"), &awscognito.CfnUserPoolProps{
		UserPoolName: key(p.Name()), UserPoolTier: key("PLUS"), DeletionProtection: &protection, // threat protection is in no smaller tier
		UserPoolAddOns:        map[string]any{"advancedSecurityMode": "ENFORCED"},
		MfaConfiguration:      key("ON"),
		EnabledMfas:           jsii.Strings("SOFTWARE_TOKEN_MFA"), // no texts, no mail: docs/asvs.md, 2.2.2
		AdminCreateUserConfig: map[string]any{"allowAdminCreateUserOnly": true},
		Policies: map[string]any{"passwordPolicy": map[string]any{
			"minimumLength": 12, "requireLowercase": false, "requireUppercase": false, "requireNumbers": false, "requireSymbols": false, "temporaryPasswordValidityDays": 3,
		}},
		AccountRecoverySetting: map[string]any{"recoveryMechanisms": []any{map[string]any{"name": "verified_email", "priority": 1}}},
		AutoVerifiedAttributes: jsii.Strings("email"), AliasAttributes: jsii.Strings("email"), // a name of their own, which the audit log shows, or the address
		UsernameConfiguration:       map[string]any{"caseSensitive": false},
		UserAttributeUpdateSettings: map[string]any{"attributesRequireVerificationBeforeUpdate": []any{"email"}},
		Schema: []any{
			map[string]any{"name": "email", "attributeDataType": "String", "required": true, "mutable": true},
			// A pool never loses an attribute: the one that a SAML provider fills is there from the beginning.
			map[string]any{"name": "groups", "attributeDataType": "String", "mutable": true, "stringAttributeConstraints": map[string]any{"minLength": "0", "maxLength": "2048"}},
		},
	})
	pool.ApplyRemovalPolicy(p.removal(), nil)
	excuse(pool, "AwsSolutions-COG1", "twelve characters and no rules of composition, as OWASP ASVS 2.1.1 and 2.1.9 ask; a second factor is required besides")
	return pool
}

// newClient makes the console a client: it has no secret, since a page can keep none, and gets tokens for a code and its proof (PKCE) only.
// No token of its has the scope aws.cognito.signin.user.admin, and no other way in is open: with it people could write their own
// attributes, the groups of a SAML provider among them.
func newClient(in constructs.Construct, p *place, pool awscognito.CfnUserPool, address string) awscognito.CfnUserPoolClient {
	provider, attributes := "COGNITO", []string{"email"}
	var by awscognito.CfnUserPoolIdentityProvider
	if p.SAML != "" {
		provider, attributes = saml, append(attributes, "custom:groups") // what is mapped must be writable by the client, or nobody gets in
		by = awscognito.NewCfnUserPoolIdentityProvider(in, key("SAML"), &awscognito.CfnUserPoolIdentityProviderProps{
			UserPoolId: pool.Ref(), ProviderName: key(saml), ProviderType: key("SAML"),
			ProviderDetails:  map[string]any{"MetadataURL": p.SAML, "IDPSignout": "false", "EncryptedResponses": "false", "RequestSigningAlgorithm": "rsa-sha256"},
			AttributeMapping: map[string]any{"email": "email", "custom:groups": "groups"},
		})
	}
	back := jsii.Strings(address + deploy.SignInPath) // the one page that takes a code; after signing out too
	client := awscognito.NewCfnUserPoolClient(in, key("Console"), &awscognito.CfnUserPoolClientProps{
		UserPoolId: pool.Ref(), ClientName: key("console"), GenerateSecret: jsii.Bool(false), PreventUserExistenceErrors: key("ENABLED"),
		AllowedOAuthFlowsUserPoolClient: jsii.Bool(true), AllowedOAuthFlows: jsii.Strings("code"), AllowedOAuthScopes: jsii.Strings(deploy.SignInScopes()...),
		CallbackUrLs: back, LogoutUrLs: back, SupportedIdentityProviders: jsii.Strings(provider),
		ExplicitAuthFlows: jsii.Strings("ALLOW_REFRESH_TOKEN_AUTH"), EnableTokenRevocation: jsii.Bool(true), // without a list passwords could be sent past the sign-in pages
		AccessTokenValidity: jsii.Number(15), IdTokenValidity: jsii.Number(15), RefreshTokenValidity: jsii.Number(12), AuthSessionValidity: jsii.Number(5),
		TokenValidityUnits: map[string]any{"accessToken": "minutes", "idToken": "minutes", "refreshToken": "hours"}, // again after 12 hours: docs/asvs.md, 3.3.2
		ReadAttributes:     jsii.Strings("email", "email_verified", "custom:groups"), WriteAttributes: jsii.Strings(attributes...),
	})
	if by != nil {
		client.AddDependency(by)
	}
	return client
}
