package access

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// DatabaseBruteForce finds a host that guesses passwords of a database.
var DatabaseBruteForce = detect.Spec{
	Type:  "access.database_brute_force",
	Title: "Database brute force",
	Text: "Counts the failed log-ins of one host at database servers (MySQL, PostgreSQL, SQL Server, Redis): twelve at one " +
		"server, or six where three different users were tried, two more for each further server. Databases hold what an intruder is " +
		"after, and their accounts seldom lock. What looks the same: a program with an old password, which fails as one user, again and " +
		"again.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1110.001"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindLogin}, Version: 1,
	Background: "Database servers rarely lock accounts, and default users (root, sa, postgres) are known. Who guesses a password " +
		"reads everything, and on many servers can run programs of the system, too.",
	Mitigation: []string{
		"If a log-in worked after the failures: isolate the database, change the password, and look at what was asked since.",
		"Let only the application's security group reach the database.",
		"Use IAM database authentication or Secrets Manager rotation in the place of passwords that people choose.",
	},
	New:    func() detect.Detector { return NewDatabaseBruteForce(LoginGuessDefaults()) },
	Tuning: detect.Tuned(LoginGuessDefaults, NewDatabaseBruteForce),
}

// DatabaseGuesses is the detector.
type DatabaseGuesses struct{ *loginGuesses }

// NewDatabaseBruteForce makes the detector.
func NewDatabaseBruteForce(t LoginGuessTunables) DatabaseGuesses {
	return DatabaseGuesses{newLoginGuesses(t, "a database", "mysql", "postgresql", "tds", "redis", "mongodb", "oracle")}
}
