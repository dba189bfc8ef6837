package access

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// CommandInjection finds commands of a shell, and code, in the values of web requests.
var CommandInjection = detect.Spec{
	Type:  "access.command_injection",
	Title: "Command injection",
	Text: "Reads the values of a request, decoded, for a separator of the shell with a command behind it (; cat /etc/passwd, | id, $(curl ...), " +
		"a line feed and wget), for expressions that reach the run-time (${...Runtime...}, %{...}, T(java.lang...)), for code of PHP, and for a field that " +
		"is named like a command and holds one. One such request is told of, and whether the answer holds what a command prints. What looks the same: " +
		"prose with a semicolon, in which no command with arguments follows, and consoles that are there to run commands, which are worth knowing too.",
	Category: "access", Tactics: []string{"TA0001", "TA0002"}, Techniques: []string{"T1190", "T1059"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "An application that hands a visitor's input to a shell, a template or an interpreter can be made to run the visitor's own commands. " +
		"Whoever succeeds works with the rights of the web server: the next steps are a program fetched from elsewhere, a shell that calls back, and the keys of the instance's role.",
	Mitigation: []string{
		"If the answer shows that it worked, take the server off the network, keep its memory and disk, and revoke the credentials of its role.",
		"Look for conversations that the server began after the request: a download or a shell that calls back.",
		"Block the offender, and patch the application or appliance; most such holes are published ones.",
		"Never hand input to a shell: call programs with a list of arguments, and let outbound traffic of servers pass only where it must.",
	},
	Yields: []string{"access.remote_management_exploit", "access.web_shell", "access.shellshock", "access.log4shell"},
	New:    func() detect.Detector { return NewCommandInjection(CommandInjectionDefaults()) },
	Tuning: detect.Tuned(CommandInjectionDefaults, NewCommandInjection),
}

// CommandInjectionDefaults are the tunables that the project stands for.
func CommandInjectionDefaults() WebAttackTunables { return webAttackDefaults() }

// NewCommandInjection makes the detector.
func NewCommandInjection(t WebAttackTunables) *WebAttacks {
	return newWebAttacks(t, webRules{what: "a command or code to run", find: commandFind, proofs: commandProofs()})
}

func commandProofs() []webProof {
	return []webProof{
		{"id_output", "the output of the command id"}, {"passwd_file", "a list of accounts"}, {"command_output", "the output of a command"},
		{"directory_listing", "a listing of files"}, {"windows_file", "a file of Windows"},
	}
}

// commandSure are texts of code that stand in no honest value.
var commandSure = []string{
	"/dev/tcp/", "bash -i", "bash+-i", "nc -e", "ncat -e", "/bin/sh -", "/bin/bash -", "cmd.exe /c", "cmd /c", "powershell -e", "powershell.exe -", "powershell -nop", "powershell -c", "mkfifo /tmp",
	"java.lang.runtime", "getruntime(", "processbuilder", "t(java.lang", "#_memberaccess", "@ognl.", "ognlcontext", "class.module.classloader", "freemarker.template.utility",
	"invokefunction&", "call_user_func_array", "allow_url_include", "auto_prepend_file", "<?php", "<?=", "system('", "system(\"", "passthru(", "shell_exec(", "popen(", "proc_open(",
	"exec('", "exec(\"", "phpinfo(", "eval(base64", "base64_decode(", "__import__(", "os.popen", "os.system", "subprocess.", "child_process", "chmod 777", "chmod +x", "{{7*7}}", "${7*7}", "#{7*7}",
	"$(id)", "`id`", "$(whoami)", "`whoami`", "wget http", "curl http", "wget+http", "tftp -g", "busybox wget", "$ifs", "${ifs",
}

// commandNames are commands that no word of a language is, or that no sentence goes on from with an argument of the shell's.
var commandNames = []string{
	"id", "ls", "cat", "whoami", "uname", "pwd", "ps", "dir", "ping", "nslookup", "dig", "curl", "wget", "nc", "ncat", "netcat", "bash", "sh", "zsh", "ksh",
	"python", "python3", "perl", "php", "powershell", "cmd", "certutil", "bitsadmin", "ipconfig", "ifconfig", "netstat", "systeminfo", "tasklist", "sleep",
	"chmod", "chown", "rm", "cp", "mv", "mkdir", "printenv", "tftp", "telnet", "busybox", "base64", "awk", "sed", "socat", "openssl", "mkfifo", "nohup", "sudo",
	"rundll32", "regsvr32", "mshta", "useradd", "crontab", "hostname", "echo", "touch", "grep", "find", "head", "tail", "env", "type", "ver", "net", "ip", "w", "who", "reboot", "kill", "killall", "timeout", "cd", "more", "less", "nl", "tac", "passwd", "ss", "arp", "route",
}

// commandWords are those among them that stand in sentences, too: they need an argument of the shell's.
var commandWords = []string{"find", "head", "tail", "type", "more", "less", "net", "who", "kill", "timeout", "touch", "route", "w", "ip", "env", "sleep", "python", "perl", "host", "echo", "ping", "sudo"}

// commandFind is the rule that a value fits.
func commandFind(r *events.HTTP, v *webValue) (rule string, sure bool) {
	t := v.text
	if strings.Contains(t, "jndi:") || strings.Contains(t, "() {") {
		return "", false // others know these better
	}
	if m := webHasAny(t, commandSure); m != "" && (v.place != "path" || strings.Contains(t, "{")) {
		return "code", true
	}
	if commandNamed(v) && commandBegins(strings.TrimLeft(t, " \"'")) {
		return "command_field", true
	}
	if v.place == "header" || v.place == "path" {
		return "", false
	}
	for i := 0; i < len(t); i++ {
		switch t[i] {
		case ';', '|', '\n', '&', '`', '\r':
			if commandFollows(t[i+1:]) {
				return "separator", true
			}
		case '$':
			if i+1 < len(t) && t[i+1] == '(' && commandFollows(t[i+2:]) {
				return "substitution", true
			}
		}
	}
	return "", false
}

// commandNamed says whether a field is named like one whose value is run.
func commandNamed(v *webValue) bool {
	for _, end := range [...]string{"cmd", "command", "exec", "execute", "shell", "system"} {
		if strings.HasSuffix(v.name, end) {
			return true
		}
	}
	return false
}

// commandFollows says whether a command stands behind a separator.
func commandFollows(t string) bool {
	return commandBegins(strings.TrimLeft(t, " \t|&;\"'(\\\n\r"))
}

// commandBegins says whether a text begins with a command, and goes on as one does.
func commandBegins(t string) bool {
	for _, path := range [...]string{"/bin/", "/usr/bin/", "/usr/sbin/", "/sbin/", "/tmp/", "./"} {
		if len(t) > len(path) && strings.HasPrefix(t, path) && webLetter(t[len(path)]) {
			return path != "./" || strings.ContainsAny(t, ";|&")
		}
	}
	n := 0
	for n < len(t) && webWordByte(t[n]) {
		n++
	}
	word, rest := t[:n], t[n:]
	known := false
	for _, c := range commandNames {
		known = known || c == word
	}
	if !known || rest != "" && !strings.ContainsAny(rest[:1], " \t;|&><$'\"`\n\r)+%{\\/") {
		return false
	}
	args := strings.TrimLeft(rest, " \t+")
	for _, c := range commandWords {
		if c == word {
			return strings.HasPrefix(args, "-") || strings.HasPrefix(args, "/") || len(args) > 0 && args[0] >= '0' && args[0] <= '9' || strings.ContainsAny(rest, ">|`$") || word == "env" && args == ""
		}
	}
	return args == "" || len(rest) > 0 && (strings.ContainsAny(args[:1], "/-;|&><$'\"`.0123456789*~)\\#") || !strings.Contains(args, " ") || webHasAny(args, []string{"/", "$", "http", ">", "\\"}) != "")
}
