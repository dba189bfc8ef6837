package access

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// TelnetBruteForce finds a host that guesses passwords of Telnet.
var TelnetBruteForce = detect.Spec{
	Type:  "access.telnet_brute_force",
	Title: "Telnet brute force",
	Text: "Counts the failed log-ins of one host over Telnet: twelve at one server, or six where three different users were " +
		"tried, two more for each further server. Worms that live on cameras and routers (Mirai and its children) spread by exactly " +
		"this. What looks the same: a person who forgot a password fails a few times.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindLogin}, Version: 1,
	Background: "Telnet has no lock and no key: whoever knows or guesses a password has a shell. Lists of the factory passwords of " +
		"devices are tried by machine on every address there is.",
	Mitigation: []string{
		"If a log-in worked after the failures: take the device off the network; most likely it already attacks others.",
		"Switch Telnet off, and use SSH with keys.",
		"Change factory passwords before a device is connected.",
	},
	New:    func() detect.Detector { return NewTelnetBruteForce(LoginGuessDefaults()) },
	Tuning: detect.Tuned(LoginGuessDefaults, NewTelnetBruteForce),
}

// TelnetGuesses is the detector.
type TelnetGuesses struct{ *loginGuesses }

// NewTelnetBruteForce makes the detector.
func NewTelnetBruteForce(t LoginGuessTunables) TelnetGuesses {
	return TelnetGuesses{newLoginGuesses(t, "Telnet", "telnet", "rlogin")}
}
