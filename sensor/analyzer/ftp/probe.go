package ftp

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// probe knows either side, from the beginning or from the middle. SMTP greets with the same 220, POP3 has the same USER, and IRC, too: what
// leaves a doubt counts on FTP's own port only.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if len(head) == 0 {
		return analyzer.Maybe
	}
	if head[0] >= '1' && head[0] <= '6' {
		return probeReply(head, hinted)
	}
	return probeCommand(head, hinted)
}

func probeReply(head []byte, hinted bool) analyzer.Verdict {
	text, _, whole := line.Cut(head, len(head)+1)
	if !whole {
		text = head
	}
	if len(text) < 4 && !whole {
		return analyzer.Maybe
	}
	code, _, said := line.Code(text)
	switch {
	case code == 0:
		return analyzer.No
	case code == 220 && contains(said, "FTP") && !contains(said, "SMTP"):
		return analyzer.Yes
	case code == 220 && (contains(said, "SMTP") || contains(said, "MAIL")):
		return analyzer.No
	case hinted && whole:
		return analyzer.Yes
	case code == 220:
		return analyzer.Maybe // the client will tell
	}
	return analyzer.No
}

// contains looks for a word in capitals, whatever the case.
func contains(b []byte, capitals string) bool {
	return bytes.Contains(bytes.ToUpper(b[:min(len(b), 256)]), []byte(capitals))
}

// probeCommand: the first group are commands that nobody else has, the second are FTP's on its port.
func probeCommand(head []byte, hinted bool) analyzer.Verdict {
	yes, maybe := line.Verdict(head, "AUTH TLS\r", "AUTH SSL\r", "PASV\r", "EPSV\r", "EPRT |", "STOR ", "TYPE I\r", "TYPE A\r", "OPTS UTF8", "FEAT\r\n", "SYST\r\n")
	user, couldUser := line.Verdict(head, "USER ")
	own, could := line.Verdict(head, "PASS ", "CWD ", "PWD\r", "LIST", "NLST", "RETR ", "SIZE ", "MDTM ", "PORT ", "MLSD", "NOOP\r", "APPE ", "HOST ", "CLNT ")
	switch {
	case yes || own && hinted:
		return analyzer.Yes
	case user:
		return probeUser(head)
	case maybe || couldUser || could && hinted:
		return analyzer.Maybe
	}
	return analyzer.No
}

// probeUser tells FTP's USER, of one word, from IRC's of four.
func probeUser(head []byte) analyzer.Verdict {
	text, _, whole := line.Cut(head, len(head)+1)
	if !whole {
		return analyzer.Maybe
	}
	_, name := line.Word(text)
	if bytes.Contains(name, []byte(" :")) || bytes.Count(name, []byte{' '}) > 2 {
		return analyzer.No
	}
	return analyzer.Yes
}
