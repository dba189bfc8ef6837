package access

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// SQLInjection finds statements of a database in the values of web requests.
var SQLInjection = detect.Spec{
	Type:  "access.sql_injection",
	Title: "SQL injection",
	Text: "Reads the values of a request's query, form, JSON, path, cookies and headers, decoded and rid of comments, for what only a statement needs: " +
		"UNION SELECT, a quote that is closed and followed by OR and a comparison, a comment that cuts off the rest, stacked statements, waiting " +
		"functions, and functions that read files or names of tables. One such request is told of; a lone quote or a bare comparison counts only from five on, " +
		"unless the answer holds an error of the database. What looks the same: a query console that sends whole statements, which is left alone, and " +
		"names with an apostrophe, which nothing follows.",
	Category: "access", Tactics: []string{"TA0001"}, Techniques: []string{"T1190"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "A web application that builds its database queries out of what visitors send can be made to run a query of the visitor's own. " +
		"The aim is to get past a log-in, to copy whole tables out, or to write a file that the web server then runs. Tools such as sqlmap try hundreds of forms within minutes.",
	Mitigation: []string{
		"Look in the application's and the database's logs for the requests of this offender that were answered with more than usual.",
		"Block the offender at the load balancer or with AWS WAF's SQL rule group.",
		"Make the application pass values as parameters of prepared statements.",
		"Let the application's database user read and write only what it needs, and change its password if the attack worked.",
	},
	New:    func() detect.Detector { return NewSQLInjection(SQLInjectionDefaults()) },
	Tuning: detect.Tuned(SQLInjectionDefaults, NewSQLInjection),
}

// SQLInjectionDefaults are the tunables that the project stands for.
func SQLInjectionDefaults() WebAttackTunables { return webAttackDefaults() }

// NewSQLInjection makes the detector.
func NewSQLInjection(t WebAttackTunables) *WebAttacks {
	return newWebAttacks(t, webRules{
		what: "an SQL injection", find: sqlFind,
		proofs: []webProof{
			{"sql_error", "an error of the database"}, {"passwd_file", "a list of accounts"}, {"windows_file", "a file of Windows"}, {"command_output", "the output of a command"},
			{"id_output", "the output of the command id"},
		},
	})
}

// sqlSure are texts that stand in no honest value.
var sqlSure = []string{
	"information_schema.", "xp_cmdshell", "sp_executesql", "sys.objects", "sysobjects", "pg_sleep(", "waitfor delay", "benchmark(", "load_file(", "into outfile", "into dumpfile",
	"extractvalue(", "updatexml(", "group_concat(", "concat(0x", "@@version", "dbms_pipe.", "utl_http.", "utl_inaddr.", "randomblob(", "sqlite_master", "pg_catalog.", "procedure analyse(",
	"having 1=1", "sleep(5", "sleep(10", "sleep(1)", "sleep(2", "sleep(3",
}

// sqlFind is the rule that a value fits.
func sqlFind(_ *events.HTTP, v *webValue) (rule string, sure bool) {
	if v.place == "header" && v.name == "content-type" {
		return "", false
	}
	t := sqlPlain(v.text)
	if strings.HasPrefix(t, "select ") || strings.HasPrefix(t, "insert into ") || strings.HasPrefix(t, "with ") {
		return "", false // a console for queries
	}
	switch {
	case sqlUnion(t):
		return "union", true
	case webHasAny(t, sqlSure) != "":
		return "function", true
	case sqlStacked(t):
		return "stacked", true
	case sqlSubquery(t):
		return "subquery", true
	}
	if sure, found := sqlComparison(t); found {
		return "comparison", sure
	}
	if sure, found := sqlCutOff(t); found {
		return "cut_off", sure
	}
	if n := len(t); n > 1 && n <= 64 && (t[n-1] == '\'' || t[n-1] == '"') && strings.Count(t, t[n-1:])%2 == 1 && v.place != "header" {
		return "lone_quote", false
	}
	return "", false
}

// sqlPlain undoes the disguises of a statement: comments and white space of any kind become one space.
func sqlPlain(t string) string {
	out := make([]byte, 0, len(t))
	for i := 0; i < len(t); i++ {
		c := t[i]
		if strings.HasPrefix(t[i:], "/*") {
			if strings.HasPrefix(t[i:], "/*!") { // MySQL runs what stands in it
				i += 2
				for i+1 < len(t) && t[i+1] >= '0' && t[i+1] <= '9' {
					i++
				}
				c = ' '
			} else if end := strings.Index(t[i+2:], "*/"); end >= 0 {
				i += end + 3
				c = ' '
			}
		} else if strings.HasPrefix(t[i:], "*/") {
			i++
			c = ' '
		}
		if c <= ' ' || c == 0xa0 {
			c = ' '
			if len(out) > 0 && out[len(out)-1] == ' ' {
				continue
			}
		}
		out = append(out, c)
	}
	return strings.TrimSpace(string(out))
}

// sqlUnion: UNION [ALL] SELECT, with parentheses or without.
func sqlUnion(t string) bool {
	for at := webWord(t, "union", 0); at >= 0; at = webWord(t, "union", at+1) {
		rest := strings.TrimLeft(t[at+len("union"):], " (")
		rest = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(rest, "all"), "distinct"), " (")
		if strings.HasPrefix(rest, "select") {
			return true
		}
	}
	return false
}

// sqlStacked: a second statement behind the end of the first.
func sqlStacked(t string) bool {
	for i := strings.IndexByte(t, ';'); i >= 0 && i < len(t); {
		rest := strings.TrimLeft(t[i+1:], " ")
		for _, s := range [...]string{"drop table", "drop database", "insert into", "update ", "delete from", "exec ", "exec(", "execute ", "declare @", "shutdown", "create table", "alter table", "waitfor ", "select ", "copy "} {
			if strings.HasPrefix(rest, s) && (s != "update " && s != "select " && s != "copy " && s != "exec " && s != "shutdown" && s != "execute " || strings.ContainsAny(t[:i], "'\")")) {
				return true
			}
		}
		next := strings.IndexByte(t[i+1:], ';')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return false
}

// sqlSubquery: a SELECT ... in parentheses, or behind a quote that was closed.
func sqlSubquery(t string) bool {
	for at := webWord(t, "select", 0); at >= 0; at = webWord(t, "select", at+1) {
		before := strings.TrimRight(t[:at], " ")
		if before == "" {
			continue
		}
		last := before[len(before)-1]
		opens := last == '(' || last == '\'' || last == '"' || strings.HasSuffix(before, "and") || strings.HasSuffix(before, "or") || strings.HasSuffix(before, "||")
		rest := t[at+len("select"):]
		if opens && len(rest) > 1 && (strings.Contains(rest, " from ") || strings.Contains(rest, "(") || strings.ContainsAny(rest[:2], " *@'\"0123456789")) && last != '"' {
			return true
		}
	}
	return false
}
