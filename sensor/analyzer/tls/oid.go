package tls

import "strconv"

// Object identifiers, as encoded.
const (
	oidSubjectAltName   = "\x55\x1d\x11"
	oidBasicConstraints = "\x55\x1d\x13"
	oidNameConstraints  = "\x55\x1d\x1e"
	oidCommonName       = "\x55\x04\x03"
	oidPKCS1            = "\x2a\x86\x48\x86\xf7\x0d\x01\x01" // 1.2.840.113549.1.1
	oidPKCS9            = "\x2a\x86\x48\x86\xf7\x0d\x01\x09" // 1.2.840.113549.1.9
	oidRSA              = oidPKCS1 + "\x01"
	oidMD5WithRSA       = oidPKCS1 + "\x04"
	oidDSA              = "\x2a\x86\x48\xce\x38\x04\x01" // 1.2.840.10040.4.1
	oidX962             = "\x2a\x86\x48\xce\x3d"         // 1.2.840.10045
	oidECPublicKey      = oidX962 + "\x02\x01"
	oidCerticom         = "\x2b\x81\x04\x00"                 // 1.3.132.0
	oidBrainpool        = "\x2b\x24\x03\x03\x02\x08\x01\x01" // 1.3.36.3.3.2.8.1.1
	oidNISTSignature    = "\x60\x86\x48\x01\x65\x03\x04\x03" // 2.16.840.1.101.3.4.3
	oidGOST             = "\x2a\x85\x03\x07\x01\x01"         // 1.2.643.7.1.1
	oidPilot            = "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01"
	oidJurisdiction     = "\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01" // 1.3.6.1.4.1.311.60.2.1
)

// named is an object identifier and its name.
type named struct{ oid, name string }

// nameOf looks an object identifier up; the lists are short and their entries differ in length.
func nameOf(list []named, oid []byte) string {
	for i := range list {
		if list[i].oid == string(oid) {
			return list[i].name
		}
	}
	return ""
}

// algorithmName gives OpenSSL's long name of a key or signature algorithm, which Zeek logs; dotted where it has none.
func algorithmName(oid []byte) string {
	if name := nameOf(algorithms[:], oid); name != "" {
		return name
	}
	return string(appendOID(nil, oid))
}

// algorithms are those of keys and signatures, the common ones first.
var algorithms = [...]named{
	{oidRSA, "rsaEncryption"},
	{oidPKCS1 + "\x0b", "sha256WithRSAEncryption"},
	{oidECPublicKey, "id-ecPublicKey"},
	{oidX962 + "\x04\x03\x02", "ecdsa-with-SHA256"},
	{oidX962 + "\x04\x03\x03", "ecdsa-with-SHA384"},
	{oidPKCS1 + "\x05", "sha1WithRSAEncryption"},
	{oidPKCS1 + "\x0c", "sha384WithRSAEncryption"},
	{oidPKCS1 + "\x02", "md2WithRSAEncryption"},
	{oidPKCS1 + "\x03", "md4WithRSAEncryption"},
	{oidMD5WithRSA, "md5WithRSAEncryption"},
	{oidPKCS1 + "\x07", "rsaesOaep"},
	{oidPKCS1 + "\x0a", "rsassaPss"},
	{oidPKCS1 + "\x0d", "sha512WithRSAEncryption"},
	{oidPKCS1 + "\x0e", "sha224WithRSAEncryption"},
	{"\x2b\x0e\x03\x02\x1d", "sha1WithRSA"},
	{oidDSA, "dsaEncryption"},
	{"\x2a\x86\x48\xce\x38\x04\x03", "dsaWithSHA1"},
	{oidNISTSignature + "\x01", "dsa_with_SHA224"},
	{oidNISTSignature + "\x02", "dsa_with_SHA256"},
	{oidX962 + "\x04\x01", "ecdsa-with-SHA1"},
	{oidX962 + "\x04\x03\x01", "ecdsa-with-SHA224"},
	{oidX962 + "\x04\x03\x04", "ecdsa-with-SHA512"},
	{"\x2b\x65\x6e", "X25519"},
	{"\x2b\x65\x6f", "X448"},
	{"\x2b\x65\x70", "ED25519"},
	{"\x2b\x65\x71", "ED448"},
	{oidNISTSignature + "\x11", "ML-DSA-44"},
	{oidNISTSignature + "\x12", "ML-DSA-65"},
	{oidNISTSignature + "\x13", "ML-DSA-87"},
	{oidGOST + "\x01\x01", "GOST R 34.10-2012 with 256 bit modulus"},
	{oidGOST + "\x01\x02", "GOST R 34.10-2012 with 512 bit modulus"},
	{oidGOST + "\x03\x02", "GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)"},
	{oidGOST + "\x03\x03", "GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)"},
}

// curveName gives OpenSSL's name of a named curve and the bits of its order.
func curveName(oid []byte) (name string, bits uint32) {
	switch string(oid) {
	case oidX962 + "\x03\x01\x01":
		return "prime192v1", 192
	case oidX962 + "\x03\x01\x07":
		return "prime256v1", 256
	case oidCerticom + "\x0a":
		return "secp256k1", 256
	case oidCerticom + "\x21":
		return "secp224r1", 224
	case oidCerticom + "\x22":
		return "secp384r1", 384
	case oidCerticom + "\x23":
		return "secp521r1", 521
	case oidBrainpool + "\x07":
		return "brainpoolP256r1", 256
	case oidBrainpool + "\x0b":
		return "brainpoolP384r1", 384
	case oidBrainpool + "\x0d":
		return "brainpoolP512r1", 512
	}
	return "", 0
}

// attributeName gives OpenSSL's short name of a name's attribute, or "".
func attributeName(oid string) string {
	if len(oid) == 3 && oid[0] == 0x55 && oid[1] == 0x04 && int(oid[2]) < len(x520) {
		return x520[oid[2]]
	}
	switch oid {
	case oidPKCS9 + "\x01":
		return "emailAddress"
	case oidPKCS9 + "\x02":
		return "unstructuredName"
	case oidPKCS9 + "\x08":
		return "unstructuredAddress"
	case oidPilot + "\x01":
		return "UID"
	case oidPilot + "\x19":
		return "DC"
	case oidJurisdiction + "\x01":
		return "jurisdictionL"
	case oidJurisdiction + "\x02":
		return "jurisdictionST"
	case oidJurisdiction + "\x03":
		return "jurisdictionC"
	}
	return ""
}

// x520 are the attributes 2.5.4.n by n (ITU-T X.520).
var x520 = [...]string{
	3: "CN", 4: "SN", 5: "serialNumber", 6: "C", 7: "L", 8: "ST", 9: "street", 10: "O", 11: "OU", 12: "title", 13: "description",
	14: "searchGuide", 15: "businessCategory", 16: "postalAddress", 17: "postalCode", 18: "postOfficeBox",
	19: "physicalDeliveryOfficeName", 20: "telephoneNumber", 41: "name", 42: "GN", 43: "initials", 44: "generationQualifier",
	45: "x500UniqueIdentifier", 46: "dnQualifier", 65: "pseudonym", 72: "role", 97: "organizationIdentifier",
}

// maxOID is how many bytes of an object identifier are written.
const maxOID = 64

// appendOID writes an object identifier in dotted form.
func appendOID(b, oid []byte) []byte {
	oid = oid[:min(len(oid), maxOID)]
	first := true
	var v uint64
	for _, x := range oid {
		v = v<<7 | uint64(x&0x7f)
		if x&0x80 != 0 {
			continue
		}
		if first {
			root := min(v/40, 2)
			b = strconv.AppendUint(b, root, 10)
			v -= 40 * root
			first = false
		}
		b = strconv.AppendUint(append(b, '.'), v, 10)
		v = 0
	}
	return b
}
