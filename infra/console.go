package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// pagesFunction gives the console's one page for every path that is a place within it. Files are below /assets/, or at the root with a dot
// in their name (a device's page may have one as well, further down). A file that is not there stays a 404: a page in its place would be
// run as a script.
const pagesFunction = `function handler(event) {
  var request = event.request;
  if (!/^\/(assets\/.*|[^\/]*\.[^\/]*)$/.test(request.uri)) request.uri = '/index.html';
  return request;
}
`

// console is where people reach Mirrorwatch.
type console struct {
	Address      string // https://
	Distribution awscloudfront.CfnDistribution
	Bucket       awss3.Bucket
}

// newConsole makes the bucket of the console's files and the distribution that has them, the API, and Cognito's tokens under one host. Tokens
// must be had from that host too: the console may connect to no other.
func newConsole(scope constructs.Construct, p *place, e *edge, apiHost, signInHost string) *console {
	in := constructs.NewConstruct(scope, key("Console"))
	c := &console{Bucket: awss3.NewBucket(in, key("Files"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), MinimumTLSVersion: jsii.Number(1.2), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		Encryption: awss3.BucketEncryption_S3_MANAGED, ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED, // files of the product, the same for everybody: no key of one's own
	})}
	excuse(c.Bucket, "AwsSolutions-S1", "CloudFront alone reads it, and the files are the same for everybody")
	control := awscloudfront.NewCfnOriginAccessControl(in, key("Control"), &awscloudfront.CfnOriginAccessControlProps{OriginAccessControlConfig: map[string]any{
		"name": p.global("console"), "originAccessControlOriginType": "s3", "signingBehavior": "always", "signingProtocol": "sigv4",
	}})
	config := map[string]any{
		"enabled": true, "comment": p.global("console"), "httpVersion": "http2and3", "ipv6Enabled": true, "priceClass": "PriceClass_All",
		"origins": []any{
			map[string]any{
				"id": "files", "domainName": c.Bucket.BucketRegionalDomainName(), "originAccessControlId": control.AttrId(), "s3OriginConfig": map[string]any{"originAccessIdentity": ""},
			},
			elsewhere("api", apiHost), elsewhere("sign-in", signInHost),
		},
		"defaultCacheBehavior": pages(in, p), "cacheBehaviors": passedOn(in, p),
		"viewerCertificate": map[string]any{"cloudFrontDefaultCertificate": true},
	}
	if p.Domain != "" {
		config["aliases"] = []any{p.Domain}
		config["viewerCertificate"] = map[string]any{"acmCertificateArn": e.Certificate, "sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.2_2021"}
	}
	if e.WebACL != "" {
		config["webAclId"] = e.WebACL
	}
	c.Distribution = awscloudfront.NewCfnDistribution(in, key("Distribution"), &awscloudfront.CfnDistributionProps{DistributionConfig: config})
	c.Address = "https://" + *c.Distribution.AttrDomainName()
	if p.Domain != "" {
		c.Address = "https://" + p.Domain
		c.name(in, p)
	}
	c.letRead(p)
	c.excuses(p)
	return c
}

// global gives a name that no other region's system has: CloudFront's names are an account's.
func (p *place) global(name string) string { return p.Name() + "-" + p.region + "-" + name }

// elsewhere is an origin that is reached with TLS only.
func elsewhere(id, host string) any {
	return map[string]any{"id": id, "domainName": host, "customOriginConfig": map[string]any{
		"originProtocolPolicy": "https-only", "originSslProtocols": []any{"TLSv1.2"}, "originReadTimeout": apiTimeout + 1,
	}}
}

// pages is how the console's files are had: index.html is asked for anew each time, since its Cache-Control says so, and what is below
// /assets/ has names of its contents and is kept.
func pages(in constructs.Construct, p *place) any {
	f := awscloudfront.NewCfnFunction(in, key("Pages"), &awscloudfront.CfnFunctionProps{
		Name: key(p.global("pages")), AutoPublish: jsii.Bool(true), FunctionCode: key(pagesFunction),
		FunctionConfig: map[string]any{"comment": "places within the console are one page", "runtime": "cloudfront-js-2.0"},
	})
	headers := newHeaders(in, p, "Headers", "console", map[string]any{
		"contentSecurityPolicy": map[string]any{"contentSecurityPolicy": deploy.ContentPolicy, "override": true},
		"frameOptions":          map[string]any{"frameOption": "DENY", "override": true},
		"referrerPolicy":        map[string]any{"referrerPolicy": "no-referrer", "override": true},
	})
	return map[string]any{
		"targetOriginId": "files", "viewerProtocolPolicy": "redirect-to-https", "compress": true, "allowedMethods": []any{"GET", "HEAD"},
		"cachePolicyId": awscloudfront.CachePolicy_CACHING_OPTIMIZED().CachePolicyId(), "responseHeadersPolicyId": headers,
		"functionAssociations": []any{map[string]any{"eventType": "viewer-request", "functionArn": f.AttrFunctionArn()}},
	}
}

// newHeaders makes a policy of what is added to answers, and gives its id.
func newHeaders(in constructs.Construct, p *place, id, name string, more map[string]any) *string {
	more["contentTypeOptions"] = map[string]any{"override": true}
	more["strictTransportSecurity"] = map[string]any{"accessControlMaxAgeSec": deploy.StrictSeconds, "includeSubdomains": true, "override": true}
	return awscloudfront.NewCfnResponseHeadersPolicy(in, key(id), &awscloudfront.CfnResponseHeadersPolicyProps{ResponseHeadersPolicyConfig: map[string]any{
		"name": p.global(name), "securityHeadersConfig": more, "customHeadersConfig": map[string]any{"items": []any{
			map[string]any{"header": "Permissions-Policy", "value": deploy.Permissions, "override": true},
			map[string]any{"header": "Cross-Origin-Opener-Policy", "value": "same-origin", "override": true},
			map[string]any{"header": "Cross-Origin-Resource-Policy", "value": "same-origin", "override": true},
			map[string]any{"header": "Cross-Origin-Embedder-Policy", "value": "require-corp", "override": true},
		}},
	}}).AttrId()
}

// passedOn is what CloudFront keeps nothing of and changes nothing in, but for the Host that API Gateway and Cognito know themselves by. The
// API's own Content-Security-Policy, which allows nothing, stays. Of Cognito there is only what a page calls: signing in is its own pages'.
func passedOn(in constructs.Construct, p *place) []any {
	headers := newHeaders(in, p, "APIHeaders", "api", map[string]any{})
	var list []any
	for _, path := range [][2]string{{"/v1/*", "api"}, {"/oauth2/token", "sign-in"}, {"/oauth2/revoke", "sign-in"}} {
		list = append(list, map[string]any{
			"pathPattern": path[0], "targetOriginId": path[1], "viewerProtocolPolicy": "https-only", "compress": false,
			"allowedMethods": []any{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}, // CloudFront takes these, the first three or the first two
			"cachePolicyId":  awscloudfront.CachePolicy_CACHING_DISABLED().CachePolicyId(), "responseHeadersPolicyId": headers,
			"originRequestPolicyId": awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER().OriginRequestPolicyId(),
		})
	}
	return list
}

// letRead lets this distribution read the files. It may list them too: else S3 answers 403 for a file that is not there, and not 404. No
// viewer can have a list, since no path leads to the bucket itself.
func (c *console) letRead(p *place) {
	this := map[string]any{"StringEquals": map[string]any{"AWS:SourceArn": c.arn(p)}}
	c.Bucket.AddToResourcePolicy(fromService("cloudfront.amazonaws.com", "s3:GetObject", *c.Bucket.BucketArn()+"/*", this))
	c.Bucket.AddToResourcePolicy(fromService("cloudfront.amazonaws.com", "s3:ListBucket", *c.Bucket.BucketArn(), this))
}

func (c *console) arn(p *place) string {
	return fmt.Sprintf("arn:aws:cloudfront::%s:distribution/%s", p.Account, *c.Distribution.Ref())
}

// name makes the names of the domain, for both sorts of address.
func (c *console) name(in constructs.Construct, p *place) {
	for _, sort := range []string{"A", "AAAA"} {
		awsroute53.NewCfnRecordSet(in, key(sort), &awsroute53.CfnRecordSetProps{
			Name: &p.Domain, Type: key(sort), HostedZoneId: &p.Zone,
			AliasTarget: map[string]any{"dnsName": c.Distribution.AttrDomainName(), "hostedZoneId": "Z2FDTNDATAQYW2"}, // CloudFront's own zone, the same for everybody
		})
	}
}

func (c *console) excuses(p *place) {
	excuse(c.Distribution, "AwsSolutions-CFR1", "analysts travel; who may come in is a matter of signing in")
	excuse(c.Distribution, "AwsSolutions-CFR3", "requests to the API are in its access log, and all of them in WAF's; a log of CloudFront's needs a bucket with ACLs, and has the codes of sign-ins")
	if p.Domain == "" {
		excuse(c.Distribution, "AwsSolutions-CFR4", "with CloudFront's own certificate the least version is CloudFront's; the setting domain brings TLS 1.2")
	}
	if !p.WAF {
		excuse(c.Distribution, "AwsSolutions-CFR2", "the setting waf is off")
	}
}

// errNoConsole is why nothing is deployed: people would find an error of S3's at the address.
var errNoConsole = errors.New("the console was not built: make console")

// console gives the folder of the console's files; "" where nothing is built at all, and templates alone are wanted.
func (c code) console() (string, error) {
	if c.out == "" {
		return "", nil
	}
	folder := filepath.Join(c.root, "lambdas", "console", "dist")
	if page, err := os.Stat(filepath.Join(folder, "index.html")); err != nil || page.Size() == 0 {
		return "", errNoConsole
	}
	return folder, nil
}
