package events

import "time"

// directorySamples are of how hosts of a domain prove who they are, and what they ask its directory.
func directorySamples() []Record {
	kdc := between("C1kQe0bX92tL", "10.20.1.15", 50311, "10.20.2.4", 88)
	directory := between("C7pWm20cYs8R", "10.20.1.15", 50312, "10.20.2.4", 389)
	return []Record{
		&LDAP{
			Head: directory, MessageID: 3, Version: 3, Opcode: "bind SASL", Result: "success", Argument: "GSS-SPNEGO", Attributes: []string{"description"}, RTT: Interval(2100 * time.Microsecond),
		},
		&LDAPSearch{
			Head: directory, MessageID: 4, Scope: "tree", Deref: "never", BaseObject: "DC=example,DC=com", ResultCount: 38, Result: "success",
			Filter: "(&(objectCategory=person)(servicePrincipalName=*))", Attributes: []string{"sAMAccountName", "servicePrincipalName"},
			ResultBytes: 15360, RTT: Interval(9 * time.Millisecond),
		},
		&RDP{
			Head: between("C5tNv83mQz1d", "10.20.1.15", 50313, "10.20.2.9", 3389), Cookie: "alice", Result: "Success", SecurityProtocol: "RDP",
			ClientChannels: []string{"rdpdr", "cliprdr"}, KeyboardLayout: "English - United States", ClientBuild: "RDP 8.1", ClientName: "WS-15",
			ClientProductID: "3c571ed0-3415-474b-ae94-74e151b", DesktopWidth: 1920, DesktopHeight: 1080, ColorDepth: "16bit", CertType: "X.509", CertCount: 2,
			CertPermanent: ptr(false), EncryptionLevel: "Client compatible", EncryptionMethod: "128bit", Requested: []string{"RDP", "SSL", "HYBRID"}, RestrictedAdmin: true,
		},
		&Kerberos{
			Head: kdc, RequestType: "TGS", Client: "alice/EXAMPLE.COM", Service: "MSSQLSvc/db-3.example.com:1433", Success: ptr(true),
			Till: TimeOf(time.Date(2037, 9, 13, 2, 48, 5, 0, time.UTC)), Cipher: "rc4-hmac", Forwardable: ptr(true), Renewable: ptr(true),
			Etypes: []string{"aes256-cts-hmac-sha1-96", "rc4-hmac"}, ReplyCipher: "aes256-cts-hmac-sha1-96", TGTCipher: "aes256-cts-hmac-sha1-96", KDCEtypes: []string{"aes256-cts-hmac-sha1-96"},
			KDCOptions: 0x40810000, ServiceType: 2, RTT: Interval(1600 * time.Microsecond),
		},
	}
}
