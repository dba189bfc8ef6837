package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
)

// TestPolicyIsTheServers: the console may do the same, wherever it comes from.
func TestPolicyIsTheServers(t *testing.T) {
	tpl, _ := apiTemplates(t)
	headers := dig(tpl.only(t, "AWS::CloudFront::ResponseHeadersPolicy", "ConsoleHeaders").Properties, "ResponseHeadersPolicyConfig", "SecurityHeadersConfig")
	if got := dig(headers, "ContentSecurityPolicy", "ContentSecurityPolicy"); got != deploy.ContentPolicy {
		t.Errorf("policy %v", got)
	}
	page := httptest.NewRecorder() // as the server gives it: whoever keeps a text of its own shows here
	signin.Guard(http.NotFoundHandler(), signin.GuardOptions{TLS: true}).ServeHTTP(page, httptest.NewRequest("GET", "/detections", nil))
	there := map[string]any{
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": dig(headers, "ContentSecurityPolicy", "ContentSecurityPolicy"), "X-Frame-Options": dig(headers, "FrameOptions", "FrameOption"),
		"Referrer-Policy":           dig(headers, "ReferrerPolicy", "ReferrerPolicy"),
		"Strict-Transport-Security": fmt.Sprintf("max-age=%v; includeSubDomains", deploy.StrictSeconds),
	}
	for _, h := range dig(tpl.only(t, "AWS::CloudFront::ResponseHeadersPolicy", "ConsoleHeaders").Properties, "ResponseHeadersPolicyConfig", "CustomHeadersConfig", "Items").([]any) {
		there[dig(h, "Header").(string)] = dig(h, "Value")
	}
	delete(page.Header(), "Content-Type") // of the error that the page is here
	for name := range page.Header() {
		if there[name] != page.Header().Get(name) {
			t.Errorf("%s is %q at the server, %v at CloudFront", name, page.Header().Get(name), there[name])
		}
	}
	if len(there) != len(page.Header()) {
		t.Errorf("CloudFront gives %v, the server %v", there, page.Header())
	}
	for _, h := range []string{"ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity"} {
		if dig(headers, h, "Override") != true {
			t.Errorf("%s: %v", h, dig(headers, h))
		}
	}
	if got := dig(headers, "StrictTransportSecurity", "AccessControlMaxAgeSec"); got != 63072000.0 {
		t.Errorf("strict transport for %v seconds", got)
	}
}

// TestPlacesAreOnePage runs the function of CloudFront.
func TestPlacesAreOnePage(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/index.html", "/detections": "/index.html", "/detections/4f0a1ac1": "/index.html", "/devices/10.20.1.15": "/index.html", "/devices/db.example.com/x": "/index.html",
		"/assets": "/index.html", "/assets/index-4f0a.js": "/assets/index-4f0a.js", "/assets/gone": "/assets/gone", "/favicon.ico": "/favicon.ico", "/index.html": "/index.html",
	} {
		script := pagesFunction + "process.stdout.write(handler({request: {uri: process.argv[1]}}).uri)"
		got, err := exec.CommandContext(t.Context(), "node", "-e", script, path).Output()
		if err != nil {
			t.Fatal(err) // the CDK runs on Node: it is there
		}
		if string(got) != want {
			t.Errorf("%s gives %s, want %s", path, got, want)
		}
	}
}

// TestDistribution: everything by TLS, the API and tokens untouched, and no page in place of an error.
func TestDistribution(t *testing.T) {
	plain, _ := apiTemplates(t, "waf", "off")
	own, _ := apiTemplates(t, everySetting()...)
	for _, tpl := range []template{plain, own} {
		config := dig(tpl.only(t, "AWS::CloudFront::Distribution", "").Properties, "DistributionConfig")
		if dig(config, "CustomErrorResponses") != nil {
			t.Error("errors of the API would become pages")
		}
		if dig(config, "HttpVersion") != "http2and3" || dig(config, "DefaultCacheBehavior", "ViewerProtocolPolicy") != "redirect-to-https" {
			t.Errorf("%s", text(config))
		}
		paths := map[string]string{}
		for _, b := range dig(config, "CacheBehaviors").([]any) {
			paths[dig(b, "PathPattern").(string)] = dig(b, "TargetOriginId").(string)
			if methods := text(dig(b, "AllowedMethods")); !strings.Contains(methods, `"POST"`) { // a code is exchanged and a token revoked with it
				t.Errorf("%s takes %s", dig(b, "PathPattern"), methods)
			}
			if dig(b, "CachePolicyId") != "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" || dig(b, "OriginRequestPolicyId") != "b689b0a8-53d0-40ab-baf2-68738e2966ac" ||
				dig(b, "ViewerProtocolPolicy") != "https-only" || dig(b, "FunctionAssociations") != nil {
				t.Errorf("%s", text(b))
			}
		}
		if text(paths) != `{"/oauth2/revoke":"sign-in","/oauth2/token":"sign-in","/v1/*":"api"}` {
			t.Errorf("paths %v", paths)
		}
		for _, o := range dig(config, "Origins").([]any) {
			if c := dig(o, "CustomOriginConfig"); c != nil && (dig(c, "OriginProtocolPolicy") != "https-only" || text(dig(c, "OriginSSLProtocols")) != `["TLSv1.2"]`) {
				t.Errorf("%s", text(o))
			}
			if dig(o, "Id") == "sign-in" && dig(o, "DomainName") != "mirrorwatch-main-111122223333.auth.eu-central-1.amazoncognito.com" {
				t.Errorf("tokens are had from %s", text(dig(o, "DomainName")))
			}
			if dig(o, "Id") == "files" && dig(o, "OriginAccessControlId") == nil {
				t.Errorf("the bucket is read without a signature: %s", text(o))
			}
		}
	}
	config := dig(own.only(t, "AWS::CloudFront::Distribution", "").Properties, "DistributionConfig")
	if dig(config, "ViewerCertificate", "MinimumProtocolVersion") != "TLSv1.2_2021" || text(dig(config, "Aliases")) != `["mw.example.com"]` || dig(config, "WebACLId") == nil {
		t.Errorf("%s", text(config))
	}
	if got := len(own.of("AWS::Route53::RecordSet")); got != 2 {
		t.Errorf("%d names, want two", got)
	}
	if bare := dig(plain.only(t, "AWS::CloudFront::Distribution", "").Properties, "DistributionConfig"); dig(bare, "WebACLId") != nil || dig(bare, "Aliases") != nil {
		t.Errorf("%s", text(bare))
	}
}

// TestNoPublicBucket: nobody but this distribution reads the files, and only by TLS.
func TestNoPublicBucket(t *testing.T) {
	tpl, _ := apiTemplates(t)
	bucket := tpl.only(t, "AWS::S3::Bucket", "").Properties
	if got := text(bucket["PublicAccessBlockConfiguration"]); got != `{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}` {
		t.Errorf("public: %s", got)
	}
	if bucket["BucketEncryption"] == nil {
		t.Error("the files are not encrypted")
	}
	denied := false
	for _, s := range dig(tpl.only(t, "AWS::S3::BucketPolicy", "").Properties, "PolicyDocument", "Statement").([]any) {
		switch {
		case dig(s, "Effect") == "Deny":
			denied = denied || text(dig(s, "Condition")) == `{"Bool":{"aws:SecureTransport":"false"}}` && dig(s, "Action") == "s3:*"
		case dig(s, "Principal", "Service") != "cloudfront.amazonaws.com" || !strings.Contains(text(dig(s, "Condition", "StringEquals")), "ConsoleDistribution"):
			t.Errorf("lets others in: %s", text(s))
		}
	}
	if !denied {
		t.Error("can be read without TLS")
	}
}

// TestConsoleFiles: the console's files are deployed, the named ones for a year and the page for no time; where it was not built, nothing is.
func TestConsoleFiles(t *testing.T) {
	root := t.TempDir()
	dist := filepath.Join(root, "lambdas", "console", "dist")
	if err := os.MkdirAll(dist, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".gitkeep", ".gitignore"} {
		write(t, filepath.Join(dist, name), "*")
	}
	for _, page := range []string{"", " "} { // none, and one that is empty
		if got, err := (code{root: root, out: "build"}).console(); got != "" || !errors.Is(err, errNoConsole) {
			t.Errorf("a console at %q, %v", got, err)
		}
		write(t, filepath.Join(dist, "index.html"), strings.TrimSpace(page))
	}
	if got, err := (code{root: root}).console(); got != "" || err != nil {
		t.Errorf("where nothing is built: %q, %v", got, err)
	}
	write(t, filepath.Join(dist, "index.html"), "<!doctype html>")
	if got, err := (code{root: root, out: "build"}).console(); got != dist || err != nil {
		t.Errorf("a console at %q, %v", got, err)
	}
	out := t.TempDir()
	tpl := synthesizePartInto(t, out, testSettings(t, "waf", "off"), func(s awscdk.Stack, p *place, pipe *pipeline) {
		newConsole(s, p, &edge{}, "api.example.com", "pages.example.com").fill(s, p, dist, pipe.Key)
	})
	staged, err := filepath.Glob(filepath.Join(out, "asset.*", "index.html"))
	if err != nil || len(staged) != 1 {
		t.Fatalf("staged %q, %v", staged, err)
	}
	if hidden, err := filepath.Glob(filepath.Join(filepath.Dir(staged[0]), ".*")); err != nil || len(hidden) > 0 {
		t.Errorf("deployed besides what was built: %q, %v", hidden, err)
	}
	kept := map[string]string{}
	for _, d := range tpl.of("Custom::CDKBucketDeployment") {
		kept[text(d.Properties["Exclude"])+text(d.Properties["Include"])] = text(dig(d.Properties, "SystemMetadata", "cache-control")) + text(d.Properties["RetainOnDelete"]) + text(d.Properties["Prune"])
	}
	const want = `{"[\"*\"][\"assets/*\"]":"\"public, max-age=31536000, immutable\"falsefalse","[\"assets/*\"]null":"\"no-cache\"falsetrue"}`
	if text(kept) != want {
		t.Errorf("%s, want %s", text(kept), want)
	}
	if got := len(tpl.of("AWS::IAM::Role")); got != 1 {
		t.Errorf("%d roles, want ours alone", got)
	}
	f := tpl.only(t, "AWS::Lambda::Function", "CustomCDKBucketDeployment")
	if !strings.Contains(text(f.Properties["Role"]), "ConsoleFilesRole") || !strings.Contains(text(f.Metadata), "AwsSolutions-L1") {
		t.Errorf("%s %s", text(f.Properties["Role"]), text(f.Metadata))
	}
	if bare, _ := apiTemplates(t); len(bare.of("Custom::CDKBucketDeployment")) != 0 {
		t.Error("files are deployed where none are built")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
