package intel

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// Networks shorter than these are half the Internet, and no indicator.
const (
	shortest4 = 8
	shortest6 = 19 // the largest that a registry ever gave to one holder
)

// Normal brings a value into the form in which it is looked up, tells its kind where that is Unknown, and refuses what makes no sense
// and what would match everything. Private says that addresses which mean another host at every site are taken.
func Normal(k Kind, text string, private bool) (Indicator, error) {
	text = refang(strings.TrimSpace(text))
	if text == "" || len(text) > MaxValue {
		return Indicator{}, fmt.Errorf("a value has 1 to %d bytes", MaxValue)
	}
	if k == Unknown {
		k, text = guess(text)
	}
	in := Indicator{Kind: k, Confidence: DefaultConfidence}
	var err error
	switch k {
	case Address:
		in.Value, err = normalAddress(text, private)
	case Domain:
		in.Value, in.Below, err = normalDomain(text)
	case URL:
		in.Value, err = normalURL(text, private)
	case JA4:
		in.Value, err = normalJA4(text)
	default:
		in.Value, err = normalHash(k, text)
	}
	return in, err
}

// fanged are the ways to keep a value from being clicked on, and what they stand for.
var fanged = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "[:]", ":", "[://]", "://", "[/]", "/", "\\.", ".", "[@]", "@")

// refang undoes what keeps a value from being clicked on: hxxp://, [.], (dot), [:].
func refang(s string) string {
	if !strings.ContainsAny(s, "[({xX\\") {
		return s
	}
	s = fanged.Replace(s)
	for _, scheme := range [...][2]string{{"hxxps", "https"}, {"hxxp", "http"}, {"fxp", "ftp"}} {
		if len(s) > len(scheme[0]) && strings.EqualFold(s[:len(scheme[0])], scheme[0]) && s[len(scheme[0])] == ':' {
			return scheme[1] + s[len(scheme[0]):]
		}
	}
	return s
}

// guess tells the kind from the value. 32 hexadecimal digits are a file's MD5 unless ja3: stands before them.
func guess(text string) (Kind, string) {
	if word, rest, ok := strings.Cut(text, ":"); ok && !strings.HasPrefix(rest, "//") {
		if k, known := kindOf(word); known && k != Unknown {
			return k, rest
		}
	}
	switch {
	case strings.Contains(text, "://"):
		return URL, text
	case looksAddress(text):
		return Address, text
	case ja4Shape(strings.ToLower(text)):
		return JA4, text
	case strings.ContainsRune(text, '/'):
		return URL, text
	}
	if hexadecimal(text) {
		switch len(text) {
		case 32:
			return MD5, text
		case 40:
			return SHA1, text
		case 64:
			return SHA256, text
		}
	}
	if i := strings.LastIndexByte(text, ':'); i > 0 && strings.Trim(text[i+1:], "0123456789") == "" {
		text = text[:i]
	}
	return Domain, text
}

func looksAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if _, err := netip.ParseAddrPort(s); err == nil {
		return true
	}
	head, _, slash := strings.Cut(s, "/")
	if !slash {
		return false
	}
	_, err := netip.ParseAddr(head)
	return err == nil
}

func normalAddress(text string, private bool) (string, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		if err != nil {
			ap, err := netip.ParseAddrPort(text)
			if err != nil {
				return "", errors.New("an address is like 203.0.113.9 or 2001:db8::9, a network like 203.0.113.0/24")
			}
			a = ap.Addr()
		}
		if a.Zone() != "" {
			return "", errors.New("an address with a zone means another host on every network")
		}
		p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
	}
	p = p.Masked()
	if p.Addr().Is4() && p.Bits() < shortest4 || p.Addr().Is6() && p.Bits() < shortest6 {
		return "", fmt.Errorf("it would match nearly everything: networks of /%d (IPv6 /%d) and longer are taken", shortest4, shortest6)
	}
	if err := outside(p, private); err != nil {
		return "", err
	}
	if p.IsSingleIP() {
		return p.Addr().String(), nil
	}
	return p.String(), nil
}

// outside refuses addresses that no host outside has.
func outside(p netip.Prefix, private bool) error {
	a := p.Addr()
	switch {
	case a.IsUnspecified(), a.IsLoopback(), a.IsMulticast(), a.IsLinkLocalUnicast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return errors.New("unspecified, loopback, link-local, multicast and broadcast addresses mean every host")
	case !private && (a.IsPrivate() || netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10).Contains(a)):
		return errors.New("private addresses mean another host at every site, and are taken only with --intel-private")
	}
	return nil
}

// normalDomain reads a name. A leading dot or *. means all names below it, too.
func normalDomain(text string) (name string, below bool, err error) {
	name = strings.ToLower(strings.TrimSuffix(text, "."))
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		name, below = rest, true
	} else if rest, ok := strings.CutPrefix(name, "."); ok {
		name, below = rest, true
	}
	if err := checkName(name); err != nil {
		return "", false, err
	}
	return name, below, nil
}

func checkName(name string) error {
	if len(name) > 253 {
		return errors.New("a domain has at most 253 bytes")
	}
	labels := 0
	for label := range strings.SplitSeq(name, ".") {
		labels++
		if len(label) < 1 || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || !plain(label) {
			return errors.New("a domain is like bad.example.com, with labels of letters, digits and hyphens; other letters in their xn-- form")
		}
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if labels == 1 || strings.Trim(last, "0123456789") == "" {
		return errors.New("a domain has two labels or more: a top-level domain or local name would match everything below it")
	}
	switch last {
	case "localhost", "local", "localdomain", "arpa", "internal", "lan":
		return errors.New("a local name or a reverse one is no indicator")
	}
	if before, _ := domain.Split("x." + name); before == "" {
		return errors.New("names below it belong to many: it would match everything below it")
	}
	return nil
}

// plain says whether a label has only what labels have.
func plain(label string) bool {
	for i := range len(label) {
		c := label[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// normalURL leaves out the scheme, which traffic shows by its port only, the usual ports and the fragment, which never travels.
func normalURL(text string, private bool) (string, error) {
	if i := strings.Index(text, "://"); i >= 0 {
		text = text[i+3:]
	}
	if i := strings.IndexByte(text, '#'); i >= 0 {
		text = text[:i]
	}
	at := strings.IndexAny(text, "/?")
	if at < 0 {
		at = len(text)
	}
	host, path := strings.ToLower(text[:at]), text[at:]
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	host = strings.TrimSuffix(strings.TrimSuffix(host, ":80"), ":443")
	name := host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.Trim(host[i+1:], "0123456789") == "" && !strings.HasSuffix(host[:i], ":") {
		name = host[:i]
	}
	name = strings.Trim(name, "[]")
	if a, err := netip.ParseAddr(name); err == nil {
		if _, err := normalAddress(a.String(), private); err != nil {
			return "", err
		}
	} else if err := checkName(name); err != nil {
		return "", fmt.Errorf("a URL is like http://bad.example.com/path: %w", err)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return host + path, nil
}

func normalJA4(text string) (string, error) {
	text = strings.ToLower(text)
	if !ja4Shape(text) {
		return "", errors.New("a JA4 is like t13d1516h2_8daaf6152771_02713d6af862")
	}
	return text, nil
}

// ja4Shape: protocol, version, SNI, counts and ALPN in ten characters, then two shortened hashes.
func ja4Shape(s string) bool {
	if len(s) != 36 || s[10] != '_' || s[23] != '_' {
		return false
	}
	return strings.IndexByte("tqd", s[0]) >= 0 && hexadecimal(s[11:23]) && hexadecimal(s[24:])
}

func normalHash(k Kind, text string) (string, error) {
	text = strings.ToLower(strings.ReplaceAll(text, ":", ""))
	digits := map[Kind]int{JA3: 32, MD5: 32, SHA1: 40, CertSHA1: 40, SHA256: 64, CertSHA256: 64}[k]
	if k == CertSHA1 && len(text) == 64 {
		return "", errors.New("64 digits are the SHA-256 of a certificate, not its SHA-1")
	}
	if len(text) != digits || !hexadecimal(text) {
		return "", fmt.Errorf("a %s has %d hexadecimal digits", strings.ReplaceAll(k.String(), "_", " "), digits)
	}
	return text, nil
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
