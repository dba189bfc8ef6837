package msrpc

// accounts are the interfaces about accounts, domains and trust.
var accounts = []listed{
	{uuid: "12345778-1234-abcd-ef00-0123456789ab", name: "lsarpc", ops: "LsarClose"},
	{uuid: "12345778-1234-abcd-ef00-0123456789ac", name: "samr", ops: "SamrConnect"},
	{uuid: "12345678-1234-abcd-ef00-01234567cffb", name: "netlogon", ops: "NetrLogonUasLogon"},
}
