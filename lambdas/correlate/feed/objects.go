package feed

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Content says what an object holds.
type Content string

// The contents that are read.
const (
	FlowLogs Content = "flow_logs" // VPC Flow Logs, text or Parquet
	Trail    Content = "trail"     // a log file of CloudTrail
)

// UnknownSize is the size of an object of which nobody said it.
const UnknownSize = -1

// Object is one that was made in S3.
type Object struct {
	Bucket, Key string
	Version     string // empty where the bucket keeps none
	ETag        string
	Region      string // of the bucket; may be empty
	Size        int64  // bytes, or UnknownSize
	Time        time.Time
	Content     Content
	Account     string // whose logs they are, as the key says; may be empty
	LogRegion   string // of what was logged, as the key says; may be empty
}

// ID names the object and its version: what was read under one id need not be read again.
func (o Object) ID() string {
	id := "s3://" + o.Bucket + "/" + o.Key
	switch {
	case o.Version != "" && o.Version != "null":
		return id + "?versionId=" + o.Version
	case o.ETag != "":
		return id + "#" + strings.Trim(o.ETag, `"`)
	}
	return id
}

// Limits of S3's own.
const (
	mostBucket = 63
	mostKey    = 1024
)

// object keeps an object that is to be read, and says why another is not.
func (r *Reader) object(p *Part, o Object) error {
	switch {
	case o.Bucket == "" || o.Key == "":
		return fmt.Errorf("read object: there is no bucket or no key")
	case len(o.Bucket) > mostBucket || len(o.Key) > mostKey || !utf8.ValidString(o.Key) || strings.Trim(o.Bucket, bucketRunes) != "":
		return fmt.Errorf("read object: %q of bucket %q cannot be in S3", clip(o.Key), clip(o.Bucket))
	case o.Size == 0:
		p.ignore(clip(o.Key) + " is empty")
		return nil
	case len(p.Objects) == MostObjects:
		return fmt.Errorf("read objects: more than %d in one message", MostObjects)
	}
	why := ""
	if o.Content, why = r.contentOf(o.Bucket, o.Key); o.Content == "" {
		p.ignore(clip(o.Key) + ": " + why)
		return nil
	}
	o.Account, o.LogRegion = whose(o.Key)
	p.Objects = append(p.Objects, o)
	return nil
}

const bucketRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

// contentOf says what an object holds by its key, or why it is not read. AWS puts the name of the service into the name of each file,
//
//	111122223333_vpcflowlogs_eu-central-1_fl-1234abcd_20261124T1400Z_0a1b2c3d.log.gz
//	111122223333_CloudTrail_eu-central-1_20261124T1400Z_Mu0KsOhtH1ar15ZZ.json.gz
//
// and into the folders above, between AWSLogs/ and the date, whatever prefix stands before that: AWSLogs/111122223333/vpcflowlogs/...,
// with Hive's folders AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/..., and in the trail of an organization
// AWSLogs/o-exampleorgid/111122223333/CloudTrail/.... Files that were copied elsewhere are known by their names alone.
func (r *Reader) contentOf(bucket, key string) (Content, string) {
	file := key[strings.LastIndexByte(key, '/')+1:]
	service := serviceOf(key)
	if _, rest, ok := strings.Cut(file, "_"); ok && isAccount(file[:len(file)-len(rest)-1]) {
		if named, _, ok := strings.Cut(rest, "_"); ok {
			service = named
		}
	}
	switch {
	case file == "":
		return "", "a folder"
	case service == "vpcflowlogs" && ends(file, ".log", ".log.gz", ".log.parquet", ".parquet", ".gz.parquet"):
		return FlowLogs, ""
	case service == "CloudTrail" && ends(file, ".json", ".json.gz"):
		return Trail, ""
	case strings.HasPrefix(service, "CloudTrail-"):
		return "", "digests and insights are no logs of calls"
	case under(bucket+"/"+key, r.o.Flows):
		return FlowLogs, ""
	case under(bucket+"/"+key, r.o.Trails):
		return Trail, ""
	}
	return "", "neither flow logs nor a trail by its name"
}

// serviceOf gives the service that the folders of a key name.
func serviceOf(key string) string {
	folders := below(key)
	if len(folders) > 0 && strings.HasPrefix(folders[0], "o-") {
		folders = folders[1:]
	}
	if len(folders) < 2 {
		return ""
	}
	return strings.TrimPrefix(folders[1], "aws-service=")
}

// below gives the folders between AWSLogs/ and the file.
func below(key string) []string {
	_, rest, ok := strings.Cut("/"+key, "/AWSLogs/")
	if !ok {
		return nil
	}
	all := strings.Split(rest, "/")
	return all[:len(all)-1]
}

// whose gives account and region of what an object logs, of its name or the folders above.
func whose(key string) (account, region string) {
	file := key[strings.LastIndexByte(key, '/')+1:]
	if parts := strings.Split(file, "_"); len(parts) >= 4 && isAccount(parts[0]) {
		return parts[0], parts[2]
	}
	for _, f := range below(key) {
		name, value, hive := strings.Cut(f, "=")
		switch {
		case isAccount(f):
			account = f
		case hive && name == "aws-account-id" && isAccount(value):
			account = value
		case hive && name == "aws-region":
			region = value
		}
	}
	return account, region
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

func ends(file string, with ...string) bool {
	for _, w := range with {
		if strings.HasSuffix(file, w) {
			return true
		}
	}
	return false
}

func under(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
