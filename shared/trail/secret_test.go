package trail

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// planted are secrets of every form that is known, none of them anybody's. needle is the part that must never come out.
func planted(random *rand.Rand) map[string]struct{ text, needle string } {
	lot := func(n int, letters string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[random.IntN(len(letters))]
		}
		return string(b)
	}
	const small, capital, digit = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	const all = small + capital + digit
	word := lot(14, all)
	long := lot(39, all+"/+") + "k"
	url := lot(30, all+"-_")
	token := lot(400, all+"+/")
	key := "AKIA" + lot(16, capital+"234567")
	list := map[string]struct{ text, needle string }{
		"access key":      {key, key[4:16]},
		"session key":     {"ASIA" + key[4:], key[4:16]},
		"secret key":      {long, long[3:30]},
		"in a path":       {"/home/" + long, long[3:30]},
		"session token":   {token + "==", token[50:80]},
		"both":            {key + ":" + long, long[3:30]},
		"jwt":             {"eyJhbGciOiJIUzI1NiJ9.eyJ" + url + "." + url, url[2:20]},
		"pem":             {"-----BEGIN RSA PRIVATE KEY-----\nMII" + url + "\n-----END RSA PRIVATE KEY-----", url[2:20]},
		"pem cut off":     {"-----BEGIN EC PRIVATE KEY----- MII" + url, url[2:20]},
		"log-on in url":   {"postgres://app:" + word + "@db.internal:5432/shop", word},
		"github":          {"ghp_" + lot(36, all), ""},
		"slack":           {"xoxb-1234567890-" + word, word},
		"gitlab":          {"glpat-" + word + "abcdef", word},
		"stripe":          {"sk_live_" + word + "00", word},
		"named":           {"password=" + word, word},
		"named, spaces":   {"DB_PASSWORD = " + word + " next", word},
		"colon":           {"password:" + word, word},
		"json in text":    {`{"password":"` + word + ` and more"}`, word},
		"json in json":    {`{\"Secret\": \"` + word + `\"}`, word},
		"command line":    {"mysql --password " + word + " shop", word},
		"bearer":          {"Authorization: Bearer " + word + word, word},
		"basic":           {"authorization: Basic " + word, word},
		"presigned":       {"https://b.s3.amazonaws.com/x?X-Amz-Credential=AKIA&X-Amz-Signature=" + word + word, word},
		"security token":  {"https://b.s3.amazonaws.com/x?X-Amz-Security-Token=" + word + "%2F", word},
		"yaml":            {"client_secret: " + word, word},
		"shell":           {"export API_KEY='" + word + " x'", word},
		"quoted by hand":  {"token = '" + word + "'", word},
		"base64 of words": {"IyEvYmluL2Jhc2gKZWNobyBoZWxsbyA+IC90bXAvaGVsbG8K" + lot(20, all), ""},
	}
	for name, s := range list {
		if s.needle == "" {
			s.needle = s.text[10:30]
			list[name] = s
		}
	}
	return list
}

// places are records with a hole for a secret in every place that a record has.
func places(t testing.TB) map[string]func(secret string) []byte {
	raw := elements(t)[0]
	base := func() (m map[string]any) {
		if err := json.Unmarshal(raw, &m); err != nil {
			panic(err) // elements has read it
		}
		return m
	}
	set := func(path ...string) func(string) []byte {
		return func(secret string) []byte {
			m := base()
			at := m
			for _, p := range path[:len(path)-1] {
				next, ok := at[p].(map[string]any)
				if !ok {
					next = map[string]any{}
					at[p] = next
				}
				at = next
			}
			at[path[len(path)-1]] = secret
			b, _ := json.Marshal(m)
			return b
		}
	}
	list := map[string]func(string) []byte{}
	for _, path := range []string{
		"eventName", "eventSource", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage", "eventID", "eventType", "recipientAccountId", "vpcEndpointId",
		"userIdentity.type", "userIdentity.principalId", "userIdentity.arn", "userIdentity.accountId", "userIdentity.userName", "userIdentity.invokedBy", "userIdentity.accessKeyId",
		"userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.sessionContext.sessionIssuer.userName", "userIdentity.credentialId", "eventTime", "eventVersion",
		"requestParameters.description", "requestParameters.a.b.c", "requestParameters.secretId", "requestParameters.accessKeyId", "requestParameters.policyDocument",
		"responseElements.instanceId", "responseElements.instancesSet.items", "responseElements.credentials.sessionToken", "responseElements.credentials.accessKeyId",
		"additionalEventData.x", "requestID", "tlsDetails.tlsVersion", "unknown",
	} {
		list[path] = set(strings.Split(path, ".")...)
	}
	list["a name of a parameter"] = func(secret string) []byte { return set("requestParameters", secret)("value") }
	list["a name in the answer"] = func(secret string) []byte { return set("responseElements", secret)("i-0abc1234def567890") }
	list["an element"] = func(secret string) []byte {
		m := base()
		m["requestParameters"] = map[string]any{"list": []any{"a", secret, []any{secret}}}
		b, _ := json.Marshal(m)
		return b
	}
	list["a resource"] = func(secret string) []byte {
		m := base()
		m["resources"] = []any{map[string]any{"ARN": "arn:aws:s3:::bucket/" + secret}}
		b, _ := json.Marshal(m)
		return b
	}
	list["behind much else"] = func(secret string) []byte {
		m := base()
		for _, field := range []string{"userAgent", "errorMessage"} {
			m[field] = strings.Repeat("x ", 120) + secret // at the edge of what is kept
		}
		m["requestParameters"] = map[string]any{"text": strings.Repeat("word ", 99) + secret, "long": strings.Repeat("y ", 4000) + secret}
		b, _ := json.Marshal(m)
		return b
	}
	return list
}

func TestNoSecretPasses(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	where := places(t)
	for range 4 {
		for form, s := range planted(random) {
			for place, record := range where {
				if why := passes(record(s.text), s.needle); why != "" {
					t.Errorf("%s in %s: %s", form, place, why)
				}
			}
		}
	}
}

// passes says where a secret comes out of a record; empty where it does not.
func passes(record []byte, needle string) string {
	var c events.CloudTrail
	if err := FromEvent(record, &c); err != nil {
		if strings.Contains(err.Error(), needle) {
			return "the error tells it: " + err.Error()
		}
		return ""
	}
	if line := string(c.AppendJSON(nil)); strings.Contains(line, needle) {
		return line
	}
	return ""
}

// TestSecretsByName takes out what no form gives away.
func TestSecretsByName(t *testing.T) {
	for name, parameters := range map[string]string{
		"password":           `{"userName":"u","password":"hunter2"}`,
		"in capitals":        `{"MasterUserPassword":"hunter2"}`,
		"with separators":    `{"secret_string":"hunter2","x-api-key":"hunter2"}`,
		"user data":          `{"userData":{"value":"hunter2"}}`,
		"as an attribute":    `{"attribute":"userData","value":"hunter2"}`,
		"environment":        `{"environment":{"variables":{"A":"hunter2"}}}`,
		"a tag":              `{"tagSet":{"items":[{"key":"DbPassword","value":"hunter2"}]}}`,
		"a variable":         `{"containerDefinitions":[{"environment":[{"name":"X","value":"hunter2"}]}]}`,
		"a stack parameter":  `{"parameters":[{"parameterKey":"AdminPassword","parameterValue":"hunter2"}]}`,
		"a list":             `{"passwords":["hunter2"]}`,
		"a number":           `{"pin":48151623}`,
		"commands":           `{"parameters":{"commands":["echo hunter2"]}}`,
		"key material":       `{"encryptedKeyMaterial":"hunter2"}`,
		"a hook":             `{"webhookUrl":"https://x.example/hunter2"}`,
		"name with escapes":  `{"pass\u0077ord":"hunter2"}`,
		"twice, the same":    `{"a":"b","password":"hunter2","password":"hunter2"}`,
		"below another list": `{"a":[{"b":[{"authToken":"hunter2"}]}]}`,
	} {
		record := strings.Replace(string(elements(t)[0]), `"requestParameters":{`, `"requestParameters":`+parameters+`,"x":{`, 1)
		var c events.CloudTrail
		if err := FromEvent([]byte(record), &c); err != nil {
			t.Fatal(name, err)
		}
		if strings.Contains(c.Parameters, "hunter2") || strings.Contains(c.Parameters, "48151623") || !strings.Contains(c.Parameters, hidden) {
			t.Errorf("%s: %s", name, c.Parameters)
		}
	}
}

func TestStoredParametersAreSecret(t *testing.T) {
	record := strings.NewReplacer("RunInstances", "PutParameter", "ec2.amazonaws.com", "ssm.amazonaws.com").Replace(string(elements(t)[0]))
	record = strings.Replace(record, `"requestParameters":{`, `"requestParameters":{"name":"/db","value":"hunter2"},"x":{`, 1)
	var c events.CloudTrail
	if err := FromEvent([]byte(record), &c); err != nil || c.Parameters != `{"name":"/db","value":"***"}` {
		t.Errorf("%v, %s", err, c.Parameters)
	}
}

// TestWhatIsNoSecretStays holds that names, ids and sentences of AWS come through as they are.
func TestWhatIsNoSecretStays(t *testing.T) {
	for _, s := range []string{
		"arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/MyLoadBalancer1/50dc6c495c0c9188/f2f7dc8efc522ab2",
		"arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/Targets12345/73e2d6bc24d8a067",
		"arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db-AbCdEf",
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/alice@example.com",
		"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnlyForSomeServicesV2",
		"arn:aws:iam::111122223333:role/aws-service-role/AmazonElasticKubernetesServiceNodegroupRole",
		"AROAEXAMPLEWEBROLE123:i-0abc1234def567890",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"b67fadb162959f42b67fadb162959f42b67fadb162959f42b67fadb162959f42",
		"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db-AbCdEf",
		"aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython cfg/retry-mode#standard",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/106.0.0.0 Safari/537.36",
		"7f200508-e547-4c27-982d-4da0e0a1b2c3", "s3://bucket/2026/03/02/10/part-00000.parquet", "i-0abc1234def567890", "0.0.0.0/0", "2001:db8::/32",
		"/aws/containerinsights/production/application", "allow ssh from the office", "the key is rotated",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}]}`,
	} {
		if got := string(redact([]byte(s))); got != s {
			t.Errorf("%s became %s", s, got)
		}
	}
}

// FuzzNoSecret plants secrets behind and before whatever the fuzzer thinks of.
func FuzzNoSecret(f *testing.F) {
	f.Add(uint64(1), "", "")
	f.Add(uint64(2), "password: ", " and more")
	f.Add(uint64(3), `"`, `\`)
	f.Add(uint64(4), "arn:aws:s3:::", "/x")
	where := places(f)
	names := []string{"requestParameters.a.b.c", "userAgent", "errorMessage", "an element", "a resource", "userIdentity.arn", "responseElements.instanceId", "behind much else", "a name of a parameter"}
	f.Fuzz(func(t *testing.T, seed uint64, before, behind string) {
		random := rand.New(rand.NewPCG(seed, 1))
		for form, s := range planted(random) {
			// What stands right beside a secret may make another word of it: then it is not that secret any more.
			text := before + " " + s.text + " " + behind
			place := names[random.IntN(len(names))]
			if strings.Contains(before+behind, s.needle) || swallows(before) {
				continue
			}
			if why := passes(where[place](text), s.needle); why != "" {
				t.Errorf("%s in %s: %s", form, place, why)
			}
		}
	})
}

// swallows says whether a text begins something that goes on into what follows, in which a secret is no value: an open quotation.
func swallows(before string) bool { return strings.ContainsAny(before, "\"'\\") }

func TestRedactionIsStable(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	for form, s := range planted(random) {
		once := string(redact([]byte(s.text)))
		if twice := string(redact([]byte(once))); twice != once {
			t.Errorf("%s: %s, then %s", form, once, twice)
		}
	}
}

func TestKeysAreTold(t *testing.T) {
	shown, hash := shownKey([]byte("AKIAEXAMPLEALICE0001"))
	if shown != "****************0001" || len(hash) != 16 {
		t.Errorf("%s, %s", shown, hash)
	}
	if _, other := shownKey([]byte("AKIAEXAMPLEALICE0002")); other == hash {
		t.Error("two keys have one hash")
	}
	if shown, _ := shownKey([]byte("a b")); shown != "***" {
		t.Errorf("what is no id is shown as %s", shown)
	}
}

// TestSecretsAmongFragments puts secrets among pieces of what redaction itself looks for, which is where one form may hide another's beginning.
func TestSecretsAmongFragments(t *testing.T) {
	fragments := []string{
		"token ", "token: ", "--token ", "secret=", "password:", "password: ", "Bearer ", "key ", "api_key ", "://", "user@host ", "eyJ", "-----", "-----END X-----", "AKIA", "SG.",
		"=", ":", " ", "&", ",", ";", "}", "{", "/", "***", "a", "Authorization ", "x=y ", "-p ", "\n", "\t", "é", "\x00", "arn:aws:s3:::", "0123456789abcdef/", "/0123456789abcdef",
	}
	random := rand.New(rand.NewPCG(5, 5))
	some := func() (s string) {
		for range random.IntN(5) {
			s += fragments[random.IntN(len(fragments))]
		}
		return s
	}
	for range 300 {
		for form, s := range planted(random) {
			text := some() + " " + s.text + " " + some()
			if got := string(redact(printable([]byte(text)))); strings.Contains(got, s.needle) {
				t.Errorf("%s: %q gave %q", form, text, got)
			}
		}
	}
}

// TestDrawnByLot holds how many secret access keys would pass for names: fewer than one in two thousand.
func TestDrawnByLot(t *testing.T) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"
	random := rand.New(rand.NewPCG(6, 6))
	passed := 0
	const n = 40_000
	for range n {
		key := make([]byte, 40)
		for i := range key {
			key[i] = letters[random.IntN(len(letters))]
		}
		if !drawnByLot(key) {
			passed++
		}
	}
	if passed > n/2000 {
		t.Errorf("%d of %d pass", passed, n)
	}
}
