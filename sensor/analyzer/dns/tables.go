package dns

import "strconv"

// Types that are read (IANA DNS parameters).
const (
	typeA          = 1
	typeNS         = 2
	typeCNAME      = 5
	typeSOA        = 6
	typeWKS        = 11
	typePTR        = 12
	typeHINFO      = 13
	typeMX         = 15
	typeTXT        = 16
	typeSIG        = 24
	typeAAAA       = 28
	typeLOC        = 29
	typeNB         = 32 // on NetBIOS; NIMLOC elsewhere
	typeSRV        = 33
	typeNBSTAT     = 33 // on NetBIOS
	typeNAPTR      = 35
	typeOPT        = 41
	typeDS         = 43
	typeSSHFP      = 44
	typeRRSIG      = 46
	typeNSEC       = 47
	typeDNSKEY     = 48
	typeNSEC3      = 50
	typeNSEC3PARAM = 51
	typeSVCB       = 64
	typeHTTPS      = 65
	typeSPF        = 99
	typeTSIG       = 250
	typeCAA        = 257
	typeBINDS      = 65534 // BIND 9 tells itself here that a zone is being signed
)

// lowTypes names the types from 0 to 109 by their number; an empty name is unassigned.
var lowTypes = [...]string{
	"", "A", "NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR",
	"NULL", "WKS", "PTR", "HINFO", "MINFO", "MX", "TXT", "RP", "AFSDB", "X25",
	"ISDN", "RT", "NSAP", "NSAP-PTR", "SIG", "KEY", "PX", "GPOS", "AAAA", "LOC",
	"NXT", "EID", "NIMLOC", "SRV", "ATMA", "NAPTR", "KX", "CERT", "A6", "DNAME",
	"SINK", "OPT", "APL", "DS", "SSHFP", "IPSECKEY", "RRSIG", "NSEC", "DNSKEY", "DHCID",
	"NSEC3", "NSEC3PARAM", "TLSA", "SMIMEA", "", "HIP", "NINFO", "RKEY", "TALINK", "CDS",
	"CDNSKEY", "OPENPGPKEY", "CSYNC", "ZONEMD", "SVCB", "HTTPS", "", "", "", "",
	"", "", "", "", "", "", "", "", "", "",
	"", "", "", "", "", "", "", "", "", "",
	"", "", "", "", "", "", "", "", "", "SPF",
	"UINFO", "UID", "GID", "UNSPEC", "NID", "L32", "L64", "LP", "EUI48", "EUI64",
}

// knownType names a type, "" where none is assigned.
func knownType(t uint16) string {
	if int(t) < len(lowTypes) {
		return lowTypes[t]
	}
	switch t {
	case 249:
		return "TKEY"
	case 250:
		return "TSIG"
	case 251:
		return "IXFR"
	case 252:
		return "AXFR"
	case 253:
		return "MAILB"
	case 254:
		return "MAILA"
	case 255:
		return "*"
	case 256:
		return "URI"
	case 257:
		return "CAA"
	case 32768:
		return "TA"
	case 32769:
		return "DLV"
	case 65281:
		return "WINS"
	case 65282:
		return "WINS-R"
	case 65422:
		return "XPF"
	case 65521:
		return "INTEGRITY"
	}
	return ""
}

// typeName is the name in qtype_name. NetBIOS used 32 and 33 before DNS gave them away.
func typeName(t uint16, netbios bool) string {
	if netbios && t == typeNB {
		return "NB"
	}
	if netbios && t == typeNBSTAT {
		return "NBSTAT"
	}
	if name := knownType(t); name != "" {
		return name
	}
	return "query-" + strconv.Itoa(int(t))
}

func className(c uint16) string {
	switch c {
	case 1:
		return "C_INTERNET"
	case 2:
		return "C_CSNET"
	case 3:
		return "C_CHAOS"
	case 4:
		return "C_HESIOD"
	case 254:
		return "C_NONE"
	case 255:
		return "C_ANY"
	}
	return "qclass-" + strconv.Itoa(int(c))
}

// rcodes are the header's, four bits; the longer ones of EDNS and TSIG are not in the header.
var rcodes = [16]string{
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSet", "NOTAUTH", "NOTZONE",
	"unassigned-11", "unassigned-12", "unassigned-13", "unassigned-14", "unassigned-15",
}

func rcodeName(rcode uint16) string { return rcodes[rcode&15] }

var opcodes = [16]string{0: "query", 1: "iquery", 2: "server-status", 4: "notify", 5: "dynamic-update", 6: "dso"}

// netbiosOpcodes are RFC 1002 section 4.2.1.1's.
var netbiosOpcodes = [16]string{
	0: "netbios-query", 5: "netbios-registration", 6: "netbios-release", 7: "netbios-wack", 8: "netbios-refresh",
}

func opcodeName(op uint8, netbios bool) string {
	name, prefix := opcodes[op&15], "opcode-"
	if netbios {
		name, prefix = netbiosOpcodes[op&15], "netbios-opcode-"
	}
	if name == "" {
		return prefix + strconv.Itoa(int(op))
	}
	return name
}
