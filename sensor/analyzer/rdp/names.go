package rdp

import "strconv"

// Names as Zeek writes them; [MS-RDPBCGR] sections 2.2.1.1 to 2.2.1.4.

func protocolName(n uint32) string {
	switch n {
	case 0:
		return "RDP"
	case askSSL:
		return "SSL"
	case askHybrid:
		return "HYBRID"
	case askHybridEx:
		return "HYBRID_EX"
	}
	return numbered("security_protocol-", n)
}

func failureName(n uint32) string {
	names := [...]string{
		1: "SSL_REQUIRED_BY_SERVER", 2: "SSL_NOT_ALLOWED_BY_SERVER", 3: "SSL_CERT_NOT_ON_SERVER", 4: "INCONSISTENT_FLAGS",
		5: "HYBRID_REQUIRED_BY_SERVER", 6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
	}
	if n > 0 && n < uint32(len(names)) {
		return names[n]
	}
	return numbered("failure_code-", n)
}

func resultName(n byte) string {
	names := [...]string{"Success", "User rejected", "Resources not available", "Rejected for symmetry breaking", "Locked conference"}
	if int(n) < len(names) {
		return names[n]
	}
	return numbered("result-", uint32(n))
}

func buildName(n uint32) string {
	switch n {
	case 419:
		return "RDP 4.0"
	case 2195, 2221:
		return "RDP 5.0"
	case 2600:
		return "RDP 5.1"
	case 3790:
		return "RDP 5.2"
	case 6000:
		return "RDP 6.0"
	case 6001:
		return "RDP 6.1"
	case 6002:
		return "RDP 6.2"
	case 7600:
		return "RDP 7.0"
	case 7601:
		return "RDP 7.1"
	case 9200:
		return "RDP 8.0"
	case 9600:
		return "RDP 8.1"
	case 25189, 25282:
		return "RDP 8.0 (Mac)"
	}
	return numbered("client_build-", n)
}

func methodName(n uint32) string {
	switch n {
	case 0:
		return "None"
	case 1:
		return "40bit"
	case 2:
		return "128bit"
	case 8:
		return "56bit"
	case 16:
		return "FIPS"
	}
	return numbered("encryption_method-", n)
}

func levelName(n uint32) string {
	names := [...]string{"None", "Low", "Client compatible", "High", "FIPS"}
	if n < uint32(len(names)) {
		return names[n]
	}
	return numbered("encryption_level-", n)
}

// depthName is the colour depth; a client's early capabilities may ask for 32 bits.
func depthName(high, early uint16) string {
	const want32 = 2
	if early&want32 != 0 {
		return "32bit"
	}
	switch high {
	case 4, 8, 15, 16, 24:
		return strconv.Itoa(int(high)) + "bit"
	}
	return numbered("high_color_depth-", uint32(high))
}

func numbered(prefix string, n uint32) string { return prefix + strconv.FormatUint(uint64(n), 10) }

// layoutName is a keyboard layout's language (Windows' language codes), for those that are common; others are written as numbers.
func layoutName(n uint32) string {
	for _, l := range layouts {
		if l.code == n {
			return l.name
		}
	}
	return numbered("keyboard-", n)
}

var layouts = [...]struct {
	code uint32
	name string
}{
	{1025, "Arabic - Saudi Arabia"}, {1026, "Bulgarian"}, {1028, "Chinese - Taiwan"}, {1029, "Czech"}, {1030, "Danish"}, {1031, "German - Germany"}, {1032, "Greek"},
	{1033, "English - United States"}, {1034, "Spanish - Spain (Traditional Sort)"}, {1035, "Finnish"}, {1036, "French - France"}, {1037, "Hebrew"}, {1038, "Hungarian"},
	{1040, "Italian - Italy"}, {1041, "Japanese"}, {1042, "Korean"}, {1043, "Dutch - Netherlands"}, {1044, "Norwegian (Bokmal)"}, {1045, "Polish"},
	{1046, "Portuguese - Brazil"}, {1048, "Romanian"}, {1049, "Russian"}, {1050, "Croatian"}, {1051, "Slovak"}, {1053, "Swedish"}, {1054, "Thai"}, {1055, "Turkish"},
	{1057, "Indonesian"}, {1058, "Ukrainian"}, {1060, "Slovenian"}, {1061, "Estonian"}, {1062, "Latvian"}, {1065, "Farsi"}, {1066, "Vietnamese"}, {1081, "Hindi"},
	{2052, "Chinese - People's Republic of China"}, {2055, "German - Switzerland"}, {2057, "English - United Kingdom"}, {2058, "Spanish - Mexico"},
	{2060, "French - Belgium"}, {2067, "Dutch - Belgium"}, {2070, "Portuguese - Portugal"}, {3076, "Chinese - Hong Kong SAR"}, {3079, "German - Austria"},
	{3081, "English - Australia"}, {3082, "Spanish - Spain (Modern Sort)"}, {3084, "French - Canada"}, {4100, "Chinese - Singapore"}, {4103, "German - Luxembourg"},
	{4105, "English - Canada"}, {4108, "French - Switzerland"}, {6153, "English - Ireland"}, {7177, "English - South Africa"}, {16393, "English - India"},
}
