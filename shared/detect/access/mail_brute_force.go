package access

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// MailBruteForce finds a host that guesses passwords of mail.
var MailBruteForce = detect.Spec{
	Type:  "access.mail_brute_force",
	Title: "Mail log-in brute force",
	Text: "Counts the failed log-ins of one host over SMTP, POP3 and IMAP in the clear: twelve at one server, or six where three " +
		"different users were tried, two more for each further server. A mailbox resets the passwords of everything else, and a mail " +
		"account sends what filters would stop. What looks the same: a mail program with an old password, which fails as one user every " +
		"few minutes.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindLogin}, Version: 1,
	Background: "Mail servers are reachable from everywhere, and the same password mostly opens more than the mailbox. Attackers " +
		"spray a few common passwords over many users, so that no account locks.",
	Mitigation: []string{
		"If a log-in worked after the failures: end the user's sessions, change the password, and look for forwarding rules.",
		"Switch basic authentication off, and ask for a second factor.",
		"Block the offender.",
	},
	New:    func() detect.Detector { return NewMailBruteForce(LoginGuessDefaults()) },
	Tuning: detect.Tuned(LoginGuessDefaults, NewMailBruteForce),
}

// MailGuesses is the detector.
type MailGuesses struct{ *loginGuesses }

// NewMailBruteForce makes the detector.
func NewMailBruteForce(t LoginGuessTunables) MailGuesses {
	return MailGuesses{newLoginGuesses(t, "mail", "smtp", "pop3", "imap")}
}
