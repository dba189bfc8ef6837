package raw

import (
	"bytes"
)

// marks are what a conversation showed.
type marks uint32

// The marks. Those of tools follow the facts that others published about them.
const (
	promptWindows marks = 1 << iota
	promptUnix
	bannerWindows
	identity   // the answer to id(1)
	noTerminal // a shell's complaint that nobody sits before it
	listing    // what ls, dir, uname and the list of users look like
	toolGh0st
	toolNjRAT
	toolRemcos
	toolDarkComet
	toolXtreme
	toolRevenge
	toolStage // a program behind its length, as Metasploit's and Cobalt Strike's first stages fetch it
)

// ofShell are the marks that tell of a shell.
const ofShell = promptWindows | promptUnix | bannerWindows | identity | noTerminal | listing

// markNames are in the order of the bits.
var markNames = [...]string{
	"prompt_windows", "prompt_unix", "banner_windows", "identity", "no_terminal", "listing",
	"gh0st", "njrat", "remcos", "darkcomet", "xtremerat", "revengerat", "staged_program",
}

func (m marks) names() (list []string) {
	for i, name := range markNames {
		if m&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// windowsPrompt gives the length of a prompt of cmd.exe or PowerShell at the head of a line: C:\path> or PS C:\path>; 0 where there is none.
func windowsPrompt(line []byte) int {
	at := 0
	if bytes.HasPrefix(line, []byte("PS ")) {
		at = 3
	}
	b := line[at:]
	if len(b) < 4 || (b[0]|0x20) < 'a' || (b[0]|0x20) > 'z' || b[1] != ':' || b[2] != '\\' {
		return 0
	}
	end := bytes.IndexByte(b, '>')
	if end < 0 || bytes.ContainsAny(b[3:end], `<|"*?:`) {
		return 0
	}
	return at + end + 1
}

// waitingPrompt says whether a line without an end is a prompt that waits, of which kind, and which part of it.
func waitingPrompt(line []byte) (marks, []byte) {
	if n := windowsPrompt(line); n > 0 && len(bytes.TrimRight(line[n:], " ")) == 0 {
		return promptWindows, line[:n]
	}
	line = plain(line)
	n := len(line)
	if n < 2 || n > 128 || line[n-1] != ' ' || line[n-2] != '$' && line[n-2] != '#' {
		return 0, nil
	}
	if before := line[:n-2]; n == 2 || namesShell(before) || namesPlace(before) {
		return promptUnix, line
	}
	return 0, nil
}

// plain leaves out a title that a terminal is told in front of the prompt (ESC ] ... BEL), and a colour.
func plain(line []byte) []byte {
	if at := bytes.LastIndexByte(line, 7); at >= 0 {
		line = line[at+1:]
	}
	for len(line) > 2 && line[0] == 27 && line[1] == '[' {
		end := bytes.IndexAny(line, "mhlJK")
		if end < 0 {
			break
		}
		line = line[end+1:]
	}
	return line
}

// namesShell: "sh-4.2", "bash-5.1".
func namesShell(b []byte) bool {
	name, version, ok := bytes.Cut(b, []byte{'-'})
	if !ok || len(version) == 0 || version[0] < '0' || version[0] > '9' {
		return false
	}
	return bytes.HasSuffix(name, []byte("sh")) && len(name) <= 5
}

// namesPlace: "root@host:/tmp", "[user@host ~]".
func namesPlace(b []byte) bool {
	b = bytes.TrimLeft(b, "[(")
	user, rest, ok := bytes.Cut(b, []byte{'@'})
	if !ok || len(user) == 0 || len(user) > 32 || bytes.ContainsAny(user, " \t<>/:") {
		return false
	}
	return bytes.HasSuffix(rest, []byte{']'}) || bytes.Contains(rest, []byte(":/")) || bytes.Contains(rest, []byte(":~"))
}

// lineMarks looks for lines that only a shell, or a program run in one, writes.
func lineMarks(line []byte) (m marks) {
	line = bytes.TrimRight(plain(line), "\r")
	switch {
	case bytes.HasPrefix(line, []byte("Microsoft Windows [Version ")), bytes.HasPrefix(line, []byte("Windows PowerShell running as user ")):
		m |= bannerWindows
	case isIdentity(line):
		m |= identity
	case bytes.HasSuffix(line, []byte("no job control in this shell")), bytes.HasSuffix(line, []byte("can't access tty; job control turned off")):
		m |= noTerminal
	case isListing(line):
		m |= listing
	}
	return m
}

// isListing: a line of ls -l, the head of dir, the answer to uname -a, the first line of the list of users.
func isListing(line []byte) bool {
	switch {
	case bytes.HasPrefix(line, []byte(" Directory of ")), bytes.HasPrefix(line, []byte(" Volume in drive ")), bytes.HasPrefix(line, []byte("root:x:0:0:")):
		return true
	case bytes.HasPrefix(line, []byte("Linux ")):
		return bytes.HasSuffix(line, []byte("GNU/Linux"))
	}
	const mode = 10
	if len(line) < mode+20 || line[0] != 'd' && line[0] != '-' {
		return false
	}
	for i, c := range line[1:mode] {
		if c != '-' && c != "rwx"[i%3] && c != 's' && c != 't' {
			return false
		}
	}
	return line[mode] == ' ' || line[mode] == '.' || line[mode] == '+'
}

// isIdentity: "uid=0(root) gid=0(root) ...".
func isIdentity(line []byte) bool {
	if !bytes.HasPrefix(line, []byte("uid=")) || !bytes.Contains(line, []byte(" gid=")) {
		return false
	}
	digits := bytes.TrimLeft(line[4:], "0123456789")
	return len(digits) < len(line)-4 && len(digits) > 0 && digits[0] == '('
}
