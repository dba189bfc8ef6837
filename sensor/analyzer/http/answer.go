package http

import (
	"bytes"
	"compress/gzip"
	"io"
)

// Whether an attack worked shows in the answer: in a page that holds the list of accounts, or what a command printed. Only the answers to
// suspicious requests are read that far, and only the words for what they show are kept.

const (
	maxRead     = 1000     // answers of one conversation that are read that far
	peekSuspect = 16 << 10 // first bytes of the answer to a suspicious request
	maxInflated = 32 << 10 // bytes that such an answer may become when it came in gzip
	maxEcho     = 64       // bytes of a tag that are looked for in the answer
)

// shows are what stands in an answer and the word for it.
var shows = [...]struct{ text, word string }{
	{"root:x:0:0:", "passwd_file"}, {"root:*:0:0:", "passwd_file"}, {"daemon:x:1:1:", "passwd_file"},
	{"[fonts]", "windows_file"}, {"; for 16-bit app support", "windows_file"}, {"[boot loader]", "windows_file"},
	{" Directory of ", "directory_listing"}, {"Volume Serial Number", "directory_listing"}, {"\ndrwx", "directory_listing"}, {"\n-rw-r--r--", "directory_listing"}, {"\n-rwx", "directory_listing"},
	{"Microsoft Windows [Version", "command_output"}, {"nt authority\\system", "command_output"}, {"iis apppool\\", "command_output"},
	{"SMP PREEMPT", "command_output"}, {" GNU/Linux", "command_output"}, {" bytes of data.", "command_output"}, {"www-data", "command_output"},
	{"You have an error in your SQL syntax", "sql_error"}, {"Unclosed quotation mark", "sql_error"}, {"ORA-0", "sql_error"}, {"SQLSTATE[", "sql_error"},
	{"supplied argument is not a valid MySQL", "sql_error"}, {"mysql_fetch", "sql_error"}, {"syntax error at or near", "sql_error"}, {"SQLite3::", "sql_error"},
	{"Microsoft OLE DB Provider", "sql_error"}, {"XPATH syntax error", "sql_error"}, {"quoted string not properly terminated", "sql_error"},
	{"PRIVATE KEY-----", "private_key"}, {"DB_PASSWORD", "env_file"}, {"APP_KEY=", "env_file"}, {"AWS_SECRET", "env_file"},
	{"repositoryformatversion", "git_config"}, {"<?php", "source_code"}, {"SecretAccessKey", "aws_secret"}, {"instance-id", "instance_metadata"}, {"ami-launch-index", "instance_metadata"},
}

// showsOf reads the first bytes of an answer to a suspicious request.
func (x *exchange) showsOf(b []byte) {
	if len(b) > 2 && b[0] == 0x1f && b[1] == 0x8b {
		b = inflated(b)
	}
	for i := range shows {
		if bytes.Contains(b, []byte(shows[i].text)) {
			x.answerMark(shows[i].word)
		}
	}
	if printsID(b) {
		x.answerMark("id_output")
	}
	if len(x.echo) > 0 && bytes.Contains(b, x.echo) {
		x.answerMark("echo")
	}
}

func (x *exchange) answerMark(word string) { x.rec.AnswerMarks = addMark(x.rec.AnswerMarks, word) }

// printsID says whether b holds what the command id prints: "uid=33(www-data) gid=33(...".
func printsID(b []byte) bool {
	for {
		i := bytes.Index(b, []byte("uid="))
		if i < 0 {
			return false
		}
		b = b[i+len("uid="):]
		n := 0
		for n < len(b) && isDigit(b[n]) {
			n++
		}
		if n > 0 && n < len(b) && b[n] == '(' && bytes.Contains(b[:min(len(b), 80)], []byte(") gid=")) {
			return true
		}
	}
}

// inflated is what the first bytes of a body in gzip hold; what cannot be read ends it.
func inflated(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out := make([]byte, maxInflated)
	n, _ := io.ReadFull(z, out) // a body that was cut ends in an error, and what came before it is good
	return out[:n]
}
