package mysql

import (
	"bytes"
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/sqltext"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// names of the commands, by their number.
var names = [...]string{
	"sleep", "quit", "init_db", "query", "field_list", "create_db", "drop_db", "refresh", "shutdown", "statistics", "process_info", "connect",
	"process_kill", "debug", "ping", "time", "delayed_insert", "change_user", "binlog_dump", "table_dump", "connect_out", "register_slave",
	"stmt_prepare", "stmt_execute", "stmt_send_long_data", "stmt_close", "stmt_reset", "set_option", "stmt_fetch", "daemon", "binlog_dump_gtid", "reset_connection",
}

const (
	comQuit   = 1
	comInitDB = 2
	comQuery  = 3
)

// handshake reads the client's answer to the greeting.
func (r *reader) handshake(b []byte, size int, at events.Time) error {
	if len(b) < 5 {
		return analyzer.ErrNotMine
	}
	caps := uint32(binary.LittleEndian.Uint16(b))
	if caps&capProto41 != 0 {
		caps = binary.LittleEndian.Uint32(b)
	}
	fixed := 5 // capabilities and the longest packet, of clients before 4.1
	if caps&capProto41 != 0 {
		fixed = 32
	}
	if caps&capSSL != 0 && size <= fixed {
		return analyzer.ErrHandOver
	}
	r.compress = caps&capCompress != 0
	r.phase, r.began, r.mechanism = proving, at, "mysql_native_password"
	if len(b) > fixed {
		name, rest, _ := bytes.Cut(b[fixed:], []byte{0})
		r.user = kept(name, maxUser)
		r.mechanism = method(rest, r.mechanism)
	}
	return nil
}

// method finds the name of the authentication method among what follows the user's name: the one text that a server has to know.
func method(b []byte, usual string) string {
	for _, m := range [...]string{"mysql_clear_password", "caching_sha2_password", "sha256_password", "client_ed25519", "dialog", "auth_gssapi_client"} {
		if bytes.Contains(b, []byte(m)) {
			return m
		}
	}
	return usual
}

// command begins one; the one before is told.
func (r *reader) command(seq byte, b []byte, at events.Time) error {
	if len(b) == 0 {
		return nil // the end of a file that LOAD DATA sends
	}
	if seq != 0 {
		return nil // what goes on: a file, or an answer to a challenge
	}
	if int(b[0]) >= len(names) {
		if !r.confirmed {
			return analyzer.ErrNotMine
		}
		r.conv.Weird("mysql_unknown_command", "")
		return nil
	}
	r.flush()
	r.confirm()
	m := &events.MySQL{Cmd: names[b[0]]}
	m.TS = at
	switch b[0] {
	case comQuery, 22: // and stmt_prepare
		m.Arg = kept(sqltext.Discreet(b[1:]), maxText)
	case comInitDB, 5, 6:
		m.Arg = kept(b[1:], maxText)
	}
	r.waits, r.answered = m, false
	if b[0] == comQuit {
		r.flush()
	}
	return nil
}

// greeting reads the version out of a server's first packet (protocol 10, or 9 of old).
func greeting(b []byte) (version string, ok bool) {
	if len(b) < 8 || b[0] != 10 && b[0] != 9 {
		return "", false
	}
	end := bytes.IndexByte(b[1:min(len(b), 65)], 0)
	if end < 3 || b[1] < '0' || b[1] > '9' || !analyzer.IsPlain(b[1:1+end]) {
		return "", false
	}
	return string(b[1 : 1+end]), true
}

// probe knows a server's greeting anywhere. In the middle of a conversation a query, and on its own port any command.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if len(head) < headerLen+2 {
		return analyzer.Maybe
	}
	size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	b := head[headerLen:]
	if size == 0 || head[3] != 0 {
		return analyzer.No
	}
	if b[0] == 10 || b[0] == 9 {
		if len(b) < min(size, 65) && len(b) < 65 {
			return analyzer.Maybe
		}
		if _, ok := greeting(b); ok && size < 300 {
			return analyzer.Yes
		}
	}
	switch {
	case b[0] == comQuery && len(b) < min(size, 13):
		return analyzer.Maybe
	case b[0] == comQuery && size > 5 && sqltext.Begins(b[1:]):
		return analyzer.Yes
	case hinted && b[0] == 0xff && size < 600:
		return analyzer.Yes
	case hinted && size == 1 && (b[0] == comQuit || b[0] == 14):
		return analyzer.Yes
	}
	return analyzer.No
}
