// Package intel holds what others know to be hostile: addresses, networks, domains, URLs, fingerprints and hashes, each with who says so,
// since when, until when and how surely. What comes in is lists in the forms that people share (CSV, plain lines, Zeek's intel files,
// STIX 2.1 bundles) and things seen in traffic; what goes out is an Index that finds the ones which are listed, and a memory of what
// was seen within a day, for lists that come later. It never opens a file, never asks the network, never reads a clock, and never takes
// an indicator that would match everything.
package intel

import "strings"

// Kind is what an indicator is about.
type Kind uint8

// The kinds.
const (
	Unknown Kind = iota // to be told from the value
	Address             // an address or a network
	Domain
	URL
	JA3
	JA4
	CertSHA1
	CertSHA256
	MD5 // of a file, as SHA1 and SHA256
	SHA1
	SHA256
	Kinds // how many there are
)

// kindNames are how kinds are called in files, flags and JSON.
var kindNames = [Kinds]string{
	"unknown", "address", "domain", "url", "ja3", "ja4", "certificate_sha1", "certificate_sha256", "file_md5", "file_sha1", "file_sha256",
}

// String is the name of the kind.
func (k Kind) String() string { return kindNames[min(k, Kinds-1)] }

// Limits. They hold an index of the largest public lists, and no line of any of them comes near.
const (
	MaxIndicators = 2_000_000
	MaxValue      = 2048 // bytes of a value: RFC 9110 asks for URLs of 8000, lists do not have them
	maxText       = 200  // bytes of a description or of tags that are kept
	maxTexts      = 32 << 20
	maxSources    = 1 << 15
)

// DefaultConfidence is that of an indicator of which nobody said how sure he is.
const DefaultConfidence = 50

// Indicator is one thing that somebody calls hostile.
type Indicator struct {
	Kind       Kind
	Value      string // in the form that Normal gives
	Below      bool   // of a domain: it stands for all names below it, too
	Source     string // who says so
	From       int64  // seconds since 1970: first seen or valid from; 0 where nobody says
	Until      int64  // valid until; 0 for ever
	Confidence uint8  // 0 to 100
	Text       string // tags and description, for a person
}

// joined writes the words of a name as one.
var joined = strings.NewReplacer("-", "_", " ", "_", "|", "_", ".", "_")

// kindOf reads how lists call the kinds. The second result is false where the word is not known at all; kinds that nothing in traffic is
// held against are known, and Unknown.
func kindOf(word string) (k Kind, known bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	word = strings.TrimPrefix(word, "intel::")
	word = joined.Replace(word)
	switch word {
	case "", "auto", "hash", "file_hash", "ioc", "indicator":
		return Unknown, true
	case "address", "addr", "ip", "ipv4", "ipv6", "ip_address", "ip_dst", "ip_src", "ipv4_addr", "ipv6_addr", "ip:port", "ip_port", "ip_dst_port",
		"subnet", "cidr", "network", "net", "ipv4_cidr", "ipv6_cidr", "dst_ip", "src_ip":
		return Address, true
	case "domain", "hostname", "host", "fqdn", "domain_name", "dns":
		return Domain, true
	case "url", "uri", "link":
		return URL, true
	case "ja3", "ja3_fingerprint_md5", "ja3_fingerprint", "ja3_md5":
		return JA3, true
	case "ja4", "ja4_fingerprint":
		return JA4, true
	case "certificate_sha1", "cert_sha1", "x509_fingerprint_sha1", "ssl_sha1", "sha1_certificate", "cert_hash":
		return CertSHA1, true
	case "certificate_sha256", "cert_sha256", "x509_fingerprint_sha256", "ssl_sha256":
		return CertSHA256, true
	case "file_md5", "md5", "md5_hash", "filehash_md5":
		return MD5, true
	case "file_sha1", "sha1", "sha1_hash", "filehash_sha1", "sha_1":
		return SHA1, true
	case "file_sha256", "sha256", "sha256_hash", "filehash_sha256", "sha_256":
		return SHA256, true
	}
	return Unknown, false
}

// unmatched says whether a kind is a proper one that no record of traffic here is held against.
func unmatched(word string) bool {
	switch strings.ToLower(strings.TrimPrefix(strings.TrimSpace(word), "Intel::")) {
	case "email", "software", "user_name", "file_name", "pubkey_hash", "email_src", "filename", "mutex", "regkey", "yara", "sha512", "sha384", "imphash", "ssdeep":
		return true
	}
	return false
}
