package behaviour

import "github.com/mirrorwatch/mirrorwatch/shared/device"

// habit says what a deviation of one metric means, and how it is told.
type habit struct {
	metric     int
	did, does  string // "sent %s to hosts outside", "sends"
	family     family
	general    bool // tells nothing that another metric of the family does not tell better
	novelty    bool // a device that is new itself has much of it
	common     bool // people and programs have such hours now and then: one alone is not of medium risk, whatever its size
	down       bool // less than usual is told, too
	tactics    []string
	techniques []string
}

// family is what moves together: two metrics of one are no two reasons.
type family uint8

const (
	sending family = iota
	receiving
	serving
	contacts
	naming
	failing
)

// allHabits lists what is judged, the more telling of a family first.
func allHabits() []habit {
	exfil, spread, look := []string{"T1048", "T1567"}, []string{"T1021"}, []string{"T1046", "T1018"}
	return []habit{
		{metric: device.BytesOutExternal, did: "sent %s to hosts outside", does: "sends", family: sending, tactics: []string{"TA0010"}, techniques: exfil},
		{metric: device.SMBWritten, did: "wrote %s to file servers", does: "writes", family: sending, tactics: []string{"TA0008"}, techniques: []string{"T1570"}},
		{metric: device.ICMPBytes, did: "sent %s of ICMP", does: "sends", family: sending, tactics: []string{"TA0011"}, techniques: []string{"T1095"}},
		{metric: device.BytesOut, did: "sent %s", does: "sends", family: sending, general: true, down: true, tactics: []string{"TA0010"}, techniques: exfil},
		{metric: device.PacketsOut, did: "sent %s packets", does: "sends", family: sending, general: true, common: true, techniques: exfil},
		{metric: device.SMBRead, did: "read %s from file servers", does: "reads", family: receiving, tactics: []string{"TA0009"}, techniques: []string{"T1039"}},
		{metric: device.BytesInExternal, did: "received %s from hosts outside", does: "receives", family: receiving, common: true, techniques: []string{"T1105"}},
		{metric: device.BytesIn, did: "received %s", does: "receives", family: receiving, general: true, tactics: []string{"TA0009"}, techniques: []string{"T1039", "T1074"}},
		{metric: device.PacketsIn, did: "received %s packets", does: "receives", family: receiving, general: true, common: true},
		{metric: device.ServedBytesOut, did: "sent %s to those who asked it", does: "sends", family: serving, down: true, common: true, techniques: []string{"T1213"}},
		{metric: device.Accepted, did: "was asked in %s conversations", does: "is asked in", family: serving, down: true, common: true},
		{metric: device.HTTPErrors, did: "gave %s HTTP answers of 400 and above", does: "gives", family: serving, common: true, techniques: []string{"T1595.002"}},
		{metric: device.AdminConnections, did: "opened %s conversations with ports of administration", does: "opens", family: contacts, tactics: []string{"TA0008"}, techniques: spread},
		{metric: device.NewPeers, did: "turned to %s devices for the first time", does: "meets", family: contacts, novelty: true, tactics: []string{"TA0007"}, techniques: look},
		{metric: device.NewExternal, did: "turned to %s hosts outside for the first time", does: "meets", family: contacts, novelty: true, common: true, techniques: []string{"T1071"}},
		{metric: device.ExternalPeers, did: "turned to %s hosts outside", does: "turns to", family: contacts, novelty: true, common: true, techniques: []string{"T1071"}},
		{metric: device.Peers, did: "turned to %s devices", does: "turns to", family: contacts, general: true, novelty: true, common: true, techniques: look},
		{metric: device.RareTLS, did: "began %s TLS conversations that are rare at the site", does: "begins", family: contacts, novelty: true, common: true, techniques: []string{"T1573"}},
		{metric: device.FailedConnections, did: "began %s conversations in vain", does: "begins", family: failing, common: true, techniques: look},
		{metric: device.AuthFailures, did: "failed to log in %s times", does: "fails", family: failing, tactics: []string{"TA0006"}, techniques: []string{"T1110"}},
		{metric: device.Connections, did: "began %s conversations", does: "begins", family: contacts, general: true, common: true, down: true, techniques: look},
		{metric: device.NXDomain, did: "asked for %s names that do not exist", does: "asks for", family: naming, techniques: []string{"T1568.002"}},
		{metric: device.Domains, did: "asked for %s different names", does: "asks for", family: naming, techniques: []string{"T1071.004"}},
		{metric: device.DNSQueries, did: "asked for names %s times", does: "asks", family: naming, general: true, techniques: []string{"T1071.004"}},
	}
}
