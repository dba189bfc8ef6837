package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// world is an account in which machines, people and services call, as it is in a log: nine calls of ten only read.
type world struct {
	random *rand.Rand
	at     time.Time
	n      int
}

// shape is a kind of call with how often it is among a thousand.
type shape struct {
	often   int
	service string
	name    string
	read    bool
	request func(w *world) string
	answer  func(w *world) string
}

func none(*world) string { return "null" }

func shapes() []shape {
	return []shape{
		{250, "sts", "AssumeRole", true, roleTaken, credentials},
		{120, "ec2", "DescribeInstances", true, filter, none},
		{80, "ec2", "DescribeNetworkInterfaces", true, filter, none},
		{80, "kms", "Decrypt", true, encryption, none},
		{70, "ssm", "UpdateInstanceInformation", false, agent, none},
		{60, "s3", "GetBucketAcl", true, bucket, none},
		{60, "logs", "CreateLogStream", false, stream, none},
		{50, "secretsmanager", "GetSecretValue", true, secret, none},
		{50, "ecr", "GetAuthorizationToken", true, none, none},
		{40, "elasticloadbalancing", "DescribeTargetHealth", true, targets, none},
		{40, "sts", "GetCallerIdentity", true, none, none},
		{30, "ec2", "CreateNetworkInterface", false, newInterface, madeInterface},
		{20, "ec2", "RunInstances", false, launch, ran},
		{15, "ec2", "AuthorizeSecurityGroupIngress", false, ingress, ruleMade},
		{10, "iam", "CreateAccessKey", false, user, keyMade},
		{10, "iam", "PutRolePolicy", false, policy, none},
		{10, "signin", "ConsoleLogin", false, none, signedIn},
		{5, "ec2", "DeleteFlowLogs", false, flowLogs, none},
	}
}

// generate writes a log of so many bytes, unpacked, and says how many records it has. The same seed gives the same bytes.
func generate(to io.Writer, size int, seed uint64, pack bool) (records int, err error) {
	out := to
	if pack {
		z, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
		if err != nil {
			return 0, err
		}
		defer func() {
			if e := z.Close(); err == nil {
				err = e
			}
		}()
		out = z
	}
	b := bufio.NewWriterSize(out, 1<<16)
	w := &world{random: rand.New(rand.NewPCG(seed, 1)), at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	all := shapes()
	written, err := b.WriteString(`{"Records":[`)
	for err == nil && written < size {
		if w.n > 0 {
			b.WriteByte(',')
		}
		var n int
		n, err = b.WriteString(w.record(all))
		written += n + 1
		w.n++
	}
	if err == nil {
		_, err = b.WriteString("]}")
	}
	if err == nil {
		err = b.Flush()
	}
	return w.n, err
}

func (w *world) record(all []shape) string {
	pick := w.random.IntN(1000)
	s := &all[0]
	for i := range all {
		if s = &all[i]; pick < s.often {
			break
		}
		pick -= s.often
	}
	if w.n%20 == 19 {
		w.at = w.at.Add(time.Second)
	}
	host := s.service + ".eu-central-1.amazonaws.com"
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":%s,"eventTime":"%s","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"eu-central-1",`+
		`"sourceIPAddress":"%s","userAgent":"aws-cli/2.17.0 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.%d md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython cfg/retry-mode#standard",`+
		`"requestParameters":%s,"responseElements":%s,"requestID":"%s","eventID":"%s","readOnly":%t,"eventType":"AwsApiCall","managementEvent":true,`+
		`"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s"}}`,
		w.caller(), w.at.Format(time.RFC3339), s.service, s.name, w.address(), w.random.IntN(90), s.request(w), s.answer(w), w.uuid(), w.uuid(), s.read, host)
}

func (w *world) hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[w.random.IntN(16)]
	}
	return string(b)
}

func (w *world) lot(n int, letters string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[w.random.IntN(len(letters))]
	}
	return string(b)
}

const (
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base64   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)

func (w *world) uuid() string {
	return w.hex(8) + "-" + w.hex(4) + "-" + w.hex(4) + "-" + w.hex(4) + "-" + w.hex(12)
}

func (w *world) address() string {
	return fmt.Sprintf("203.0.113.%d", w.random.IntN(254)+1)
}

// instance is one of two hundred machines.
func (w *world) instance() string { return fmt.Sprintf("i-%017x", 0xabc0000+w.random.IntN(200)) }

func (w *world) caller() string {
	switch w.random.IntN(4) {
	case 0:
		return fmt.Sprintf(`{"type":"IAMUser","principalId":"AIDAEXAMPLE%s","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIA%s","userName":"alice"}`,
			w.lot(9, capitals), w.lot(16, capitals))
	case 1:
		return `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`
	}
	i := w.instance()
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROAEXAMPLEWEBROLE123:%s","arn":"arn:aws:sts::111122223333:assumed-role/web/%s","accountId":"111122223333",`+
		`"accessKeyId":"ASIA%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEWEBROLE123","arn":"arn:aws:iam::111122223333:role/web",`+
		`"accountId":"111122223333","userName":"web"},"attributes":{"creationDate":"2026-03-02T08:00:00Z","mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}}`,
		i, i, w.lot(16, capitals))
}
