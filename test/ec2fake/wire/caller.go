package wire

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// maxHeader bounds what is read of a header that names the caller.
const maxHeader = 4 << 10

// caller is who asks.
type caller struct {
	Account string    `json:"account"`
	Role    string    `json:"role,omitempty"`    // name of the role, where one was taken
	Session string    `json:"session,omitempty"` // name that the taker gave
	Until   time.Time `json:"until,omitzero"`
	key     string
}

// ARN is the caller's name, as GetCallerIdentity gives it.
func (c caller) ARN() string {
	if c.Role == "" {
		return "arn:aws:iam::" + c.Account + ":user/" + c.key
	}
	return "arn:aws:sts::" + c.Account + ":assumed-role/" + c.Role + "/" + c.Session
}

// scope is what the signature says that it is for.
type scope struct{ key, region, service, token string }

// scopeOf reads the credential of the Authorization header or, of an address signed beforehand, of its query.
func scopeOf(r *http.Request) (scope, error) {
	credential, token := r.URL.Query().Get("X-Amz-Credential"), r.URL.Query().Get("X-Amz-Security-Token")
	if header := r.Header.Get("Authorization"); header != "" {
		rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
		if !ok {
			return scope{}, refused("IncompleteSignature", "Authorization header requires the algorithm AWS4-HMAC-SHA256.")
		}
		credential, token = credentialIn(rest), r.Header.Get("X-Amz-Security-Token")
	}
	if credential == "" {
		return scope{}, refused("MissingAuthenticationToken", "Request is missing Authentication Token.")
	}
	part := strings.Split(credential, "/")
	if len(credential)+len(token) > maxHeader || len(part) != 5 || part[4] != "aws4_request" {
		return scope{}, refused("IncompleteSignature", "Credential must have the form KEY/DATE/REGION/SERVICE/aws4_request.")
	}
	return scope{key: part[0], region: part[2], service: part[3], token: token}, nil
}

func credentialIn(header string) string {
	for field := range strings.SplitSeq(header, ",") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(field), "Credential="); ok {
			return value
		}
	}
	return ""
}

// withoutSignature leaves out what signs an address, since it is no parameter of the call.
func withoutSignature(values url.Values) url.Values {
	for name := range values {
		if strings.HasPrefix(name, "X-Amz-") {
			delete(values, name)
		}
	}
	return values
}

// callerOf finds who has this key. The keys that AssumeRole gives carry all there is to know in their token, so nothing is kept of them.
func (s *Server) callerOf(sc scope) (caller, error) {
	if strings.HasPrefix(sc.key, roleKeyPrefix) {
		return s.callerOfRole(sc)
	}
	s.mu.Lock()
	account, ok := s.keys[sc.key]
	s.mu.Unlock()
	if !ok {
		return caller{}, unknownKey(sc.service)
	}
	return caller{Account: account, key: sc.key}, nil
}

func (s *Server) callerOfRole(sc scope) (caller, error) {
	var who caller
	text, err := base64.RawURLEncoding.DecodeString(sc.token)
	if err == nil {
		err = json.Unmarshal(text, &who)
	}
	if err != nil || !isAccount(who.Account) || !strings.HasPrefix(sc.key, roleKeyPrefix+who.Account) {
		return caller{}, unknownKey(sc.service)
	}
	if !s.o.Now().Before(who.Until) {
		if sc.service == "ec2" {
			return caller{}, fault("RequestExpired", "Request has expired.")
		}
		return caller{}, refused("ExpiredToken", "The security token included in the request is expired.")
	}
	who.key = sc.key
	return who, nil
}

// unknownKey is what a service says to a key that there is not: EC2 has a code of its own.
func unknownKey(service string) error {
	if service == "ec2" {
		return &ec2api.Error{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: http.StatusUnauthorized}
	}
	return refused("InvalidClientTokenId", "The security token included in the request is invalid.")
}

// roleKeyPrefix begins the ids of temporary keys, as in AWS. The account's number follows.
const roleKeyPrefix = "ASIA"

// keyOfRole makes a key's id, its secret and the token that says who has it.
func keyOfRole(who caller) (key, secret, token string, err error) {
	noise := make([]byte, 30)
	_, _ = rand.Read(noise) // never fails, as crypto/rand says
	text, err := json.Marshal(who)
	if err != nil {
		return "", "", "", err
	}
	tail := base32.StdEncoding.EncodeToString(noise[:5])[:4]
	return roleKeyPrefix + who.Account + tail, base64.StdEncoding.EncodeToString(noise), base64.RawURLEncoding.EncodeToString(text), nil
}

func isAccount(text string) bool {
	if len(text) != 12 {
		return false
	}
	return strings.Trim(text, "0123456789") == ""
}

// roleParts gives account and name of a role's ARN.
func roleParts(arn string) (account, name string, ok bool) {
	m := regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/(?:[\x21-\x7e]{1,510}/)?([\w+=,.@-]{1,64})$`).FindStringSubmatch(arn)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}
