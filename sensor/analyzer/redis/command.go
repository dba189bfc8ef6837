package redis

import (
	"bytes"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// command takes one that is whole.
func (r *reader) command(at events.Time) error {
	if len(r.args) == 0 {
		return nil
	}
	name := strings.ToUpper(kept(r.args[0]))
	w := waiting{before: r.trailing}
	switch name {
	case "AUTH":
		w.login = r.login(r.args[1:])
	case "HELLO":
		if len(r.args) > 3 && bytes.EqualFold(r.args[2], []byte("AUTH")) {
			w.login = r.login(r.args[3:])
		}
	default:
		w.record = r.record(name)
	}
	switch name {
	case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "SYNC", "PSYNC": // what follows are no replies
		r.over = true
	}
	switch {
	case w.record == nil && w.login == nil:
		r.trailing++
	case len(r.queue) >= maxWaiting:
		r.stamp(&w, at)
		r.tell(&w)
		r.trailing++
	default:
		r.stamp(&w, at)
		r.queue, r.trailing = append(r.queue, w), 0
	}
	if r.over && len(r.queue) == 0 {
		return analyzer.ErrDone
	}
	return nil
}

func (r *reader) stamp(w *waiting, at events.Time) {
	if w.record != nil {
		w.record.TS = at
	}
	if w.login != nil {
		w.login.TS = at
	}
}

// login reads who logs in: a name and a password, or of old the password alone.
func (r *reader) login(args [][]byte) *events.Login {
	l := &events.Login{Service: "redis", User: "default", Mechanism: "AUTH", Clear: true}
	if len(args) > 1 {
		l.User = kept(args[0][:min(len(args[0]), 128)])
	}
	return l
}

// record makes that of a command that rules the server; nil for others.
func (r *reader) record(name string) *events.Redis {
	args := r.args[1:]
	switch name {
	case "CONFIG", "MODULE", "SCRIPT", "FUNCTION", "ACL", "CLUSTER", "DEBUG":
		if len(args) > 0 {
			name, args = name+" "+strings.ToUpper(kept(args[0])), args[1:]
		}
	case "SLAVEOF", "REPLICAOF", "EVAL", "SAVE", "BGSAVE", "BGREWRITEAOF", "FLUSHALL", "FLUSHDB", "SHUTDOWN", "MIGRATE", "MONITOR", "KEYS", "INFO", "PSYNC":
	default:
		if !strings.HasPrefix(name, "SYSTEM.") { // of a module that runs programs
			return nil
		}
	}
	m := &events.Redis{Name: name}
	if name == "MIGRATE" {
		args = args[:min(len(args), 2)] // a password may follow
	}
	if len(args) > 0 {
		m.Key = kept(args[0])
	}
	if len(args) > 1 && !secret(name, m.Key) {
		m.Value = kept(args[1])
	}
	return m
}

// secret says whether what follows the key is a password.
func secret(name, key string) bool {
	if strings.HasPrefix(name, "ACL") {
		return true
	}
	key = strings.ToLower(key)
	return strings.HasPrefix(name, "CONFIG") && (strings.Contains(key, "pass") || strings.Contains(key, "auth") || strings.Contains(key, "user"))
}

// answered gives a reply to the command that it belongs to: replies come in the order of the commands.
func (r *reader) answered() {
	switch {
	case len(r.queue) == 0:
		if r.trailing > 0 {
			r.trailing--
			r.confirm()
		}
	case r.queue[0].before > 0:
		r.queue[0].before--
	default:
		r.confirm()
		w := r.queue[0]
		r.queue = r.queue[:copy(r.queue, r.queue[1:])]
		r.outcome(&w)
		r.tell(&w)
	}
}

// outcome reads how a command ended. A log-in that the server did not look at, since it has no password, did not fail.
func (r *reader) outcome(w *waiting) {
	yes := r.first != '-' && r.first != '!'
	if w.record != nil {
		w.record.Success, w.record.Reply = &yes, r.text
	}
	if w.login != nil {
		w.login.Reply = r.text[:min(len(r.text), 128)]
		if yes || strings.HasPrefix(r.text, "-WRONGPASS") || strings.HasPrefix(r.text, "-ERR invalid password") {
			w.login.Success = &yes
		}
	}
}

func (r *reader) tell(w *waiting) {
	if !r.confirmed {
		return
	}
	if w.record != nil {
		r.conv.Emit(w.record)
	}
	if w.login != nil {
		r.conv.Emit(w.login)
	}
}

// probe knows a command in an array anywhere; on its own port also one as people type it, and a reply.
func probe(d flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	if len(head) == 0 {
		return analyzer.Maybe
	}
	if d == flow.Orig && head[0] == '*' {
		return array(head)
	}
	if !hinted || head[0] < ' ' || head[0] > '~' {
		return analyzer.No
	}
	line, used := cutLine(head)
	if used == 0 {
		return analyzer.Maybe
	}
	if d == flow.Orig {
		return typed(line)
	}
	switch {
	case bytes.HasPrefix(line, []byte("+OK")), bytes.HasPrefix(line, []byte("+PONG")), bytes.HasPrefix(line, []byte("-ERR ")), bytes.HasPrefix(line, []byte("-NOAUTH ")):
		return analyzer.Yes
	case line[0] == '$' || line[0] == '*' || line[0] == ':':
		if _, ok := number(line[1:]); ok {
			return analyzer.Yes
		}
	}
	return analyzer.No
}

// array wants *n, $n and a letter.
func array(b []byte) analyzer.Verdict {
	for _, first := range [...]byte{'*', '$'} {
		if len(b) == 0 {
			return analyzer.Maybe
		}
		if b[0] != first {
			return analyzer.No
		}
		line, used := cutLine(b)
		if used == 0 {
			if len(b) > 12 {
				return analyzer.No
			}
			return analyzer.Maybe
		}
		if n, ok := number(line[1:]); !ok || n < 1 {
			return analyzer.No
		}
		b = b[used:]
	}
	if len(b) == 0 {
		return analyzer.Maybe
	}
	if c := b[0] | 0x20; c >= 'a' && c <= 'z' {
		return analyzer.Yes
	}
	return analyzer.No
}

// typed wants a command that people and scripts type; GET is left out, for HTTP has it too.
func typed(line []byte) analyzer.Verdict {
	word, _, _ := bytes.Cut(line[:min(len(line), 16)], []byte{' '})
	switch string(bytes.ToUpper(word)) {
	case "PING", "AUTH", "INFO", "CONFIG", "SLAVEOF", "REPLICAOF", "MODULE", "SET", "KEYS", "SAVE", "BGSAVE", "FLUSHALL", "SELECT", "HELLO", "ECHO", "QUIT":
		return analyzer.Yes
	}
	return analyzer.No
}
