package http

import "bytes"

// strong are beginnings that stand in no honest value, or hardly ever; small letters.
var strong = [...]string{
	"../", "..\\", "..;/", "..%", "..\xc0", "<script", "<svg", "<img", "<iframe", "<body", "<!entity", "<!doctype", "<?php", "<%", "javascript:", "onerror=", "onload=",
	"$(", "${", "%{", "#{", "{{", "#_memberaccess", "() {", "`", "&&", "||", "/etc/", "/bin/", "/proc/", "c:\\", "c:/", "cmd.exe", "powershell", "/dev/tcp",
	"php://", "file:/", "data:text", "expect://", "gopher://", "dict://", "169.254.169.254", "metadata.google", "100.100.100.200", "169.254.170.2", "::ffff:a9fe", "instance-data", "2852039166", "0xa9",
	"union", "select", "sleep(", "waitfor", "benchmark(", "extractvalue(", "updatexml(", "order by", "having ", "xp_cmdshell", "information_schema",
	"classloader", "runtime", "processbuilder", "eval(", "system(", "exec(", "assert(", "base64_decode", "invokefunction", "executeshellcommand", "executescript",
	"/*", "--", "and ", "or ", "/.", "\x00", "script>", "::$data", "%0", "fd00:ec2::254",
}

// strongBy are the strong beginnings by their first byte, in both cases, so that most bytes cost one look.
var strongBy = byFirst()

func byFirst() (lists [256][]string) {
	for _, s := range strong {
		c := s[0]
		lists[c] = append(lists[c], s)
		if c >= 'a' && c <= 'z' {
			lists[c-0x20] = append(lists[c-0x20], s)
		}
	}
	return lists
}

// telling says where in a decoded value something stands that an injection needs; -1 for nowhere.
func telling(v []byte, where string) int {
	for i, c := range v {
		switch {
		case startsStrong(v, i, where):
			return i
		case c == '\'' || c == '"':
			if quoteTells(v[i+1:], len(v)) {
				return i
			}
		case (c == ';' || c == '|' || c == '\n' || c == '\r' || c == '&') && len(v) <= maxWeak && where != inHeader && where != inPath:
			if separates(v[i+1:]) {
				return i
			}
		case c == '<':
			if i+2 < len(v) && (isLetter(v[i+1]) || v[i+1] == '/' && isLetter(v[i+2])) && where != inText {
				return i
			}
		}
	}
	return -1
}

// startsStrong says whether one of the strong beginnings stands at i, in a place where it means something.
func startsStrong(v []byte, i int, where string) bool {
	for _, s := range strongBy[v[i]] {
		if hasPrefixFold(v[i:], s) && fits(v, i, s, where) {
			return true
		}
	}
	return false
}

// fits narrows the beginnings that honest values may hold, too.
func fits(v []byte, i int, s, where string) bool {
	switch s {
	case "/.":
		return where == inPath && !hasPrefixFold(v[i:], "/.well-known")
	case "and ", "or ":
		return i > 0 && !isLetter(v[i-1]) && len(v) <= maxWeak && bytes.IndexAny(v[i:], "=<>'\"") > 0
	case "union", "select", "runtime", "order by", "having ":
		return (i == 0 || !isLetter(v[i-1])) && where != inPath && len(v) <= 4*maxWeak
	case "--":
		return len(v) <= maxWeak && i > 0 && where != inPath && where != inText && (i+2 == len(v) || v[i+2] == ' ' || v[i+2] == '+')
	case "&&", "||", "{{", "`", "/*", "#{":
		return len(v) <= 4*maxWeak && where != inHeader
	case "%0", "<!doctype":
		return where != inText || s != "%0"
	}
	return true
}

// quoteTells says whether a quote is followed by what goes on with a statement or a tag, or ends a short value.
func quoteTells(rest []byte, length int) bool {
	t := bytes.TrimLeft(rest, " \t)\"'`%/*")
	if len(t) == 0 {
		return length <= 64 && len(rest) == 0
	}
	for _, s := range [...]string{"or ", "or'", "or\"", "or(", "or/", "and ", "and'", "and(", "and/", "union", "select", ";", "--", "#", "||", "&&", "order ", "group ", "having ", "like ", "waitfor", "=", ">", "on", "+", "!=", "<>"} {
		if hasPrefixFold(t, s) {
			return s != "=" && s != ">" && s != "on" && s != "+" && s != "#" || len(rest) > 0 && length <= 2*maxWeak && (s != "on" || rest[0] == ' ')
		}
	}
	return false
}

// commands are what a shell is asked for first by who got into it.
var commands = [...]string{
	"id", "ls", "cat", "whoami", "uname", "pwd", "ps", "dir", "type", "echo", "ping", "nslookup", "dig", "curl", "wget", "nc", "ncat", "netcat", "bash", "sh", "zsh", "ksh", "csh",
	"python", "python2", "python3", "perl", "ruby", "php", "powershell", "cmd", "certutil", "bitsadmin", "ipconfig", "ifconfig", "ip", "net", "netstat", "ss", "systeminfo", "tasklist",
	"sleep", "timeout", "touch", "rm", "cp", "mv", "mkdir", "chmod", "chown", "head", "tail", "grep", "find", "env", "printenv", "set", "hostname", "w", "who", "last", "history",
	"tftp", "ftp", "telnet", "busybox", "base64", "awk", "sed", "xxd", "socat", "openssl", "mkfifo", "nohup", "sudo", "su", "exec", "eval", "rundll32", "regsvr32", "mshta", "reboot",
	"shutdown", "killall", "kill", "cd", "ver", "route", "arp", "ssh", "scp", "gcc", "useradd", "passwd", "crontab", "test", "sort", "more", "less", "nl", "tac", "od", "strings", "reg",
}

// separates says whether a command, or the path of one, follows a separator.
func separates(rest []byte) bool {
	t := bytes.TrimLeft(rest, " \t|&;\n\r")
	if len(t) > 1 && t[0] == '/' && isLetter(t[1]) {
		return bytes.HasPrefix(t, []byte("/bin")) || bytes.HasPrefix(t, []byte("/usr")) || bytes.HasPrefix(t, []byte("/tmp")) || bytes.HasPrefix(t, []byte("/etc"))
	}
	n := 0
	for n < len(t) && (isLetter(t[n]) || isDigit(t[n])) {
		n++
	}
	if n == 0 || n < len(t) && bytes.IndexByte([]byte(" \t;|&><#$'\"`\r\n-)./{"), t[n]) < 0 {
		return false
	}
	for _, c := range commands {
		if is(t[:n], c) {
			return true
		}
	}
	return false
}

// tellsOfSecret is telling for what must not be kept: only an expression that no password looks like is, from its beginning on.
func tellsOfSecret(v []byte) int {
	for i, c := range v {
		rest := v[i+1:]
		switch c {
		case '\'', '"':
			t := bytes.TrimLeft(rest, " )")
			for _, s := range [...]string{"or ", "or'", "or(", "and ", "union ", "|| ", "; drop", ";drop", "waitfor "} {
				if hasPrefixFold(t, s) {
					return i
				}
			}
		case '<':
			if hasPrefixFold(rest, "script") || hasPrefixFold(rest, "img ") || hasPrefixFold(rest, "svg") {
				return i
			}
		case '.':
			if hasPrefixFold(rest, "./../") {
				return i
			}
		case '(':
			if hasPrefixFold(rest, ") {") {
				return i
			}
		}
	}
	return -1
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
