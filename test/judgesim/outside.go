package judgesim

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// service outside: a name that somebody at the site asks for.
type place struct {
	name    string
	kind    placeKind
	content string // the name its pictures and scripts come from
}

type placeKind uint8

const (
	small  placeKind = iota // one address for weeks
	large                   // several addresses, others every week
	cloudy                  // an address of a great cloud, another one nearly every time
)

// wordList is what names of sites are made of.
func wordList() []string {
	return strings.Fields(`able acorn alpine amber anchor apple arc aspen atlas autumn badge bamboo beacon bird bloom blue board bold book
		border bridge bright broad brook bureau calm camp canvas care cargo castle cedar center chart city clear cliff cloud coast code comet
		copper coral corner craft crown crystal dairy dawn deal deep delta desk direct dock dove dream drive eagle early earth east echo
		edge elm ember engine epic even ever expert fair falcon farm fast field finance fine fire first flat fleet flint flow forest forge
		fresh front garden gate gem giant glass global gold grand granite green grid grove guide gulf hall hand harbor hawk health heart
		high hill home honey horizon house hub humble idea iron island ivy jade jet journal junction keen key kind king lake lamp land
		lantern large laurel lead leaf level light lime line link lion live local logic long lotus loyal lunar magic main maple market
		meadow media merit metro mill mind mint mirror modern moon motion mount music native nest net news next noble north nova oak ocean
		office olive open orbit orchid origin owl pace pacific page panel paper park path peak pearl people phoenix pilot pine pixel plan
		planet plaza point polar pond port post power prairie press prime pure quartz quick quiet rain rapid raven ready red reef ridge
		ring river road robin rock root rose royal sage sail salt sand school scout sea shape share sharp shop shore signal silver simple
		sky smart snow solar solid sound south spark spring spruce star state steel stone storm stream studio summit sun swift table tall
		team tech temple tide tiger timber today top tower town trade trail travel tree true trust union unity urban valley vast velvet
		venture view village vine vision vista vital wave way well west white wild wind wing winter wise wolf wonder wood work world yard
		young zen zone`)
}

// famous are names that nearly every site knows.
func famous() []string {
	return strings.Fields(`google.com www.google.com office.com outlook.office365.com teams.microsoft.com github.com slack.com zoom.us
		linkedin.com wikipedia.org youtube.com bing.com stackoverflow.com atlassian.net dropbox.com docs.google.com mail.google.com
		salesforce.com amazon.com aws.amazon.com npmjs.org pypi.org docker.io cloudflare.com facebook.com twitter.com reddit.com
		nytimes.com bbc.co.uk spiegel.de heise.de paypal.com stripe.com hubspot.com notion.so figma.com miro.com trello.com
		medium.com adobe.com apple.com booking.com zalando.de spotify.com netflix.com`)
}

// world is what lies outside.
type world struct {
	places []place
}

func newWorld(d *dice) world {
	var w world
	for _, name := range famous() {
		w.places = append(w.places, place{name: name, kind: large, content: "static." + name})
	}
	list, ends := wordList(), []string{"com", "com", "com", "com", "net", "org", "io", "de", "de", "co.uk", "eu", "fr", "app", "info"}
	for range 2600 {
		name := one(d, list) + one(d, list)
		switch d.IntN(6) {
		case 0:
			name = one(d, list) + "-" + one(d, list)
		case 1:
			name = "www." + name
		case 2:
			name = one(d, []string{"api", "blog", "shop", "portal", "docs", "app", "my"}) + "." + name
		}
		p := place{name: name + "." + one(d, ends), kind: placeKind(min(d.IntN(5), 2))}
		if p.kind == 1 || p.kind == 2 {
			p.content = fmt.Sprintf("d%013x.cloudfront.net", d.Uint64()>>12)
		}
		w.places = append(w.places, p)
	}
	return w
}

// address is where a name points today.
func (p *place) address(t events.Time, d *dice) netip.Addr {
	h := hashOf(p.name)
	week := uint64(t) / uint64(7*24*time.Hour)
	switch p.kind {
	case large:
		return cloudAddress(mix(h ^ week<<3 ^ uint64(d.IntN(3))))
	case cloudy:
		return cloudAddress(mix(h^week<<3)&^63 | uint64(d.IntN(48)))
	}
	return publicAddress(h)
}

// publicAddress is any address that is neither private nor set apart (RFC 6890).
func publicAddress(h uint64) netip.Addr {
	first := [...]byte{23, 31, 37, 45, 51, 62, 77, 78, 79, 80, 81, 82, 85, 87, 89, 91, 93, 94, 95, 109, 138, 141, 144, 146, 151, 159, 176, 178, 185, 188, 193, 194, 195, 212, 213, 217}
	return netip.AddrFrom4([4]byte{first[h%uint64(len(first))], byte(h >> 8), byte(h >> 16), byte(1 + (h>>24)%254)})
}

// cloudAddress lies in the ranges of a few great clouds, in which hardly any two names share one for long.
func cloudAddress(h uint64) netip.Addr {
	first := [...][2]byte{{3, 120}, {18, 184}, {35, 156}, {52, 28}, {54, 93}, {104, 16}, {142, 250}, {151, 101}, {13, 107}, {20, 190}}
	f := first[(h>>32)%uint64(len(first))]
	return netip.AddrFrom4([4]byte{f[0], f[1] + byte(h>>20&3), byte(h >> 8), byte(1 + h%254)})
}

// tls is the handshake of a client with a place.
func (p *place) tls(h *host, t events.Time) *hello {
	id := hashOf(p.name)
	m := &hello{name: p.name, ja4: h.ja4, ja3: h.ja3}
	if id%5 == 0 { // one in five servers does not speak TLS 1.3 yet
		m.version = "TLSv12"
		m.chain = []string{fmt.Sprintf("%016x%048x", id, uint64(t)/uint64(60*24*time.Hour)), fmt.Sprintf("%064x", id%7)}
		m.subject = "CN=" + p.name
		m.issuer = fmt.Sprintf("CN=R%d,O=Let's Encrypt,C=US", 3+id%5)
		m.until = t - t%events.Time(60*24*time.Hour) + events.Time(85*24*time.Hour)
	}
	return m
}

// browsers are the programs of people, by family; the version changes the fingerprint and the agent of all who have it.
func browser(family, version int) (ja4, ja3, agent string) {
	id := mix(uint64(family)<<8 ^ uint64(version))
	ja4 = fmt.Sprintf("t13d%02d%02dh2_%012x_%012x", 15+family, 16+version%3, mix(uint64(family))>>16, id>>16)
	ja3 = fmt.Sprintf("%016x%016x", id, mix(id))
	names := [...]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%[1]d.0) Gecko/20100101 Firefox/%[1]d.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%[1]d.0.0.0 Safari/537.36 Edg/%[1]d.0.0.0",
	}
	return ja4, ja3, fmt.Sprintf(names[family%len(names)], 140+version)
}

// software gives a host its programs.
func (s *Site) software(h *host) {
	if h.role == desk {
		h.ja4, h.ja3, h.agent = browser(int(mix(uint64(h.id))%3), 1)
		h.hassh = fmt.Sprintf("%032x", hashOf("OpenSSH_for_Windows_9.5"))
		return
	}
	// Programs of one group are of one make: Go, Java, Python, Node.
	make := [...]string{"Go-http-client/1.1", "Java/21.0.4", "python-requests/2.32", "node-fetch/3.3"}
	id := mix(uint64(h.role) ^ 0xABC)
	h.ja4 = fmt.Sprintf("t13d%02d11h1_%012x_%012x", 19+id%4, mix(id%4)>>16, mix(id%4+9)>>16)
	h.ja3 = fmt.Sprintf("%016x%016x", mix(id%4), mix(id%4+5))
	h.agent = make[id%4]
	h.hassh = fmt.Sprintf("%032x", hashOf("OpenSSH_9.6"))
}
