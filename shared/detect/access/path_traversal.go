package access

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// PathTraversal finds requests that climb out of a web server's folder.
var PathTraversal = detect.Spec{
	Type:  "access.path_traversal",
	Title: "Path traversal",
	Text: "Reads the path and the values of a request, decoded up to three times, for steps up the folders (../, ..\\, ..;/) that lead to a file of the " +
		"system or go three folders up or more, for such a file by its full name (/etc/passwd, /proc/self, win.ini), and for wrappers that read files " +
		"(php://filter, file://). One such request is told of, and whether the answer holds the file. What looks the same: a page that names a picture by one " +
		"or two steps up, which counts only from five on.",
	Category: "access", Tactics: []string{"TA0001", "TA0009"}, Techniques: []string{"T1190", "T1083"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "A server that takes a file's name out of a request, and does not check where it leads, gives away any file that it can read: lists of accounts, " +
		"private keys, configuration with passwords. On some servers the same step leads to a program that is then run.",
	Mitigation: []string{
		"If the answer holds a file, treat every secret that the server's user can read as known, and change it.",
		"Block the offender, and patch the server or plug-in: most such holes are published ones.",
		"Resolve names of files to full paths and refuse what leaves the folder; run the server with rights to its own files only.",
	},
	New:    func() detect.Detector { return NewPathTraversal(PathTraversalDefaults()) },
	Tuning: detect.Tuned(PathTraversalDefaults, NewPathTraversal),
}

// PathTraversalDefaults are the tunables that the project stands for.
func PathTraversalDefaults() WebAttackTunables { return webAttackDefaults() }

// NewPathTraversal makes the detector.
func NewPathTraversal(t WebAttackTunables) *WebAttacks {
	return newWebAttacks(t, webRules{
		what: "a way to files outside the web server's folder", find: traversalFind,
		proofs: []webProof{
			{"passwd_file", "a list of accounts"}, {"windows_file", "a file of Windows"}, {"private_key", "a private key"}, {"source_code", "source code"}, {"env_file", "a file of settings"},
			{"id_output", "the output of the command id"}, {"aws_secret", "keys of AWS"},
		},
	})
}

// traversalFiles are files that no web page is; in small letters, with slashes of one kind.
var traversalFiles = []string{
	"etc/passwd", "etc/shadow", "etc/hosts", "etc/group", "etc/issue", "proc/self", "proc/version", "proc/cmdline", "windows/win.ini", "winnt/win.ini", "boot.ini", "windows/system32", "winnt/system32", "cmd.exe", "windows/system.ini",
	"web-inf/web.xml", "meta-inf/", "/.ssh/", "id_rsa", "/.aws/credentials", "/.bash_history", "var/log/", "bin/sh", "bin/bash", "dev/cmdb/sslvpn", "conf/tomcat-users", "web.config", "etc/nginx", "etc/apache2",
}

// traversalSlashes are the ways to write a slash: also those longer than UTF-8 allows, which some servers decoded all the same.
var traversalSlashes = strings.NewReplacer("\\", "/", "\xc0\xaf", "/", "\xc1\x9c", "/", "\xc1\x1c", "/", "\xe0\x80\xaf", "/", "%5c", "/", "%2f", "/", "\xc0\xae", ".")

// traversalFind is the rule that a value fits.
func traversalFind(_ *events.HTTP, v *webValue) (rule string, sure bool) {
	if v.place == "header" || v.place == "body" && v.name == "" {
		return "", false
	}
	t := traversalSlashes.Replace(v.text)
	if m := webHasAny(t, []string{"php://", "file:///", "expect://", "zip://", "phar://", "data://text"}); m != "" && (v.place != "path") {
		return "wrapper", m != "file:///" || webHasAny(t, traversalFiles) != ""
	}
	ups := strings.Count(t, "../") + strings.Count(t, "..;/") + strings.Count(t, "....//")
	file := webHasAny(t, traversalFiles) != ""
	switch {
	case ups > 0 && (file || ups >= 3):
		return "steps_up", true
	case ups > 0 && v.place == "path" && strings.Contains(t, "..;/"):
		return "steps_up", true
	case ups > 0 || strings.HasSuffix(t, "/.."):
		return "steps_up", false
	case v.place != "path" && file && (strings.HasPrefix(t, "/") || len(t) > 2 && t[1] == ':'):
		return "full_name", webHasAny(t, []string{"/etc/", "/proc/", "windows/", "/.ssh/", "boot.ini"}) != "" && !strings.Contains(t, " ")
	case v.place == "path" && (strings.HasPrefix(t, "/etc/passwd") || strings.HasPrefix(t, "//etc/passwd")):
		return "full_name", true
	}
	return "", false
}
