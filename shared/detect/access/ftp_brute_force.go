package access

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// FTPBruteForce finds a host that guesses passwords of FTP.
var FTPBruteForce = detect.Spec{
	Type:  "access.ftp_brute_force",
	Title: "FTP brute force",
	Text: "Counts the failed log-ins of one host over FTP: twelve at one server, or six where three different users were tried, " +
		"two more for each further server. FTP sends passwords readable, and its servers often know the users of the whole system, so " +
		"that a guess that hits opens more than files. What looks the same: a client with an old password, which fails as one user and " +
		"as slowly as it is scheduled; guests (anonymous) count nothing.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindLogin}, Version: 1,
	Background: "An FTP server answers as many guesses as it is asked, and tells for each whether it was right. Lists of common " +
		"names and passwords are tried by machine (hydra, medusa, patator); servers on the internet see it every day, servers inside " +
		"only when somebody is in.",
	Mitigation: []string{
		"If a log-in worked after the failures: change that user's password everywhere it is used, and look at what was fetched " +
			"and stored since.",
		"Block the offender, and let FTP in from known addresses only.",
		"Put SFTP or FTPS with keys in the place of FTP: its passwords can be read on the wire.",
	},
	New:    func() detect.Detector { return NewFTPBruteForce(LoginGuessDefaults()) },
	Tuning: detect.Tuned(LoginGuessDefaults, NewFTPBruteForce),
}

// FTPGuesses is the detector.
type FTPGuesses struct{ *loginGuesses }

// NewFTPBruteForce makes the detector.
func NewFTPBruteForce(t LoginGuessTunables) FTPGuesses {
	return FTPGuesses{newLoginGuesses(t, "FTP", "ftp")}
}
