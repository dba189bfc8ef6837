package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// RedisTakeover finds hosts that make a Redis server write a file, load a program or run a command.
var RedisTakeover = detect.Spec{
	Type:  "access.redis_takeover",
	Title: "Redis takeover",
	Text: "Looks for the commands by which a Redis server is made to run an attacker's program: CONFIG SET of a folder or a file name that the system itself reads (cron, .ssh, " +
		"a web server's folder, a library); folder, file name and SAVE together; a MODULE LOAD after the server was made the replica of another; commands of a module that runs programs; and " +
		"a script that leaves its sandbox (CVE-2022-0543). Commands that the server refused do not count. What looks the same: an administrator who sets folder and file " +
		"name by hand and saves, and a module that is loaded by hand; a replica's set-up alone does not count.",
	Category: "access", Tactics: []string{"TA0008", "TA0001"}, Techniques: []string{"T1210"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindRedis}, Version: 1,
	Background: "A Redis server without a password obeys whoever reaches it. It writes its data into any file that it is told, so that a key with a line for cron, or an SSH key, " +
		"becomes a way in; and as a replica it stores what its master sends as it is, a library too, which it then loads. Worms for mining do so within minutes.",
	Mitigation: []string{
		"Isolate the server, and look at cron, at authorized_keys of the user redis and root, and for new modules; set it up anew if a command had success.",
		"Let only the application reach the port, by security group; bind the server to an inner address.",
		"Set a password (ACL), and forbid CONFIG, MODULE, SLAVEOF, REPLICAOF and DEBUG to the application's user.",
	},
	New:    func() detect.Detector { return NewRedisTakeover(RedisTakeoverDefaults()) },
	Tuning: detect.Tuned(RedisTakeoverDefaults, NewRedisTakeover),
}

// RedisTakeoverTunables are what may be set.
type RedisTakeoverTunables struct {
	Idle  time.Duration `tune:"an offender that rests this long begins anew" min:"1m" max:"720h"`
	Pairs int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// RedisTakeoverDefaults are the tunables that the project stands for.
func RedisTakeoverDefaults() RedisTakeoverTunables {
	return RedisTakeoverTunables{Idle: time.Hour, Pairs: 10_000}
}

// RedisTakeovers is the detector.
type RedisTakeovers struct{ *detect.Cases }

// NewRedisTakeover makes the detector.
func NewRedisTakeover(t RedisTakeoverTunables) RedisTakeovers {
	return RedisTakeovers{detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// What was done, as the flags of a case.
const (
	redisFolder  = 1 << iota // the folder of the file was set
	redisFile                // its name was set
	redisSaved               // it was written
	redisReplica             // the server was made a replica
	redisModule              // a module was loaded
	redisPlace               // folder or name are of a place that the system reads
	redisRan                 // a program was run, or a script left its sandbox
)

// Observe looks at commands that the server did not refuse.
func (d RedisTakeovers) Observe(r events.Record, _ device.View) []detect.Finding {
	m, ok := r.(*events.Redis)
	if !ok || m.Success != nil && !*m.Success || m.OrigH == m.RespH {
		return nil
	}
	act := redisAct(m)
	if act == 0 {
		return nil
	}
	k := detect.CaseKey{VNI: m.VNI, By: m.OrigH, To: m.RespH}
	c := d.Note(k, &m.Head)
	before := c.Flags
	c.Flags |= act
	c.Thing(strings.TrimSpace(m.Name + " " + redisShort(m)))
	if !redisTaken(c.Flags) || redisTaken(before) && (c.Flags == before || !redisSure(act)) {
		return nil
	}
	c.Reached(1, 1)
	c.Told = c.Count
	return []detect.Finding{d.report(k, c)}
}

// redisShort is what a command is about: where a name was set, the name.
func redisShort(m *events.Redis) string {
	text := m.Key
	if m.Name == "CONFIG SET" {
		text += " " + m.Value
	}
	return text[:min(len(text), 48)]
}

// redisAct says what a command does of what a takeover is made of.
func redisAct(m *events.Redis) uint64 {
	switch m.Name {
	case "CONFIG SET":
		return redisSet(strings.ToLower(m.Key), m.Value)
	case "SAVE", "BGSAVE":
		return redisSaved
	case "SLAVEOF", "REPLICAOF":
		if !strings.EqualFold(m.Key, "no") {
			return redisReplica
		}
	case "MODULE LOAD", "MODULE LOADEX":
		return redisModule
	case "EVAL":
		if redisHas(m.Key, "package.loadlib", "io.popen", "os.execute") {
			return redisRan
		}
	default:
		if strings.HasPrefix(m.Name, "SYSTEM.") {
			return redisRan
		}
	}
	return 0
}

func redisSet(what, value string) (act uint64) {
	switch what {
	case "dir":
		act = redisFolder
	case "dbfilename":
		act = redisFile
	default:
		return 0
	}
	if redisHas(strings.ToLower(value), "/cron", "/.ssh", "authorized_keys", "/www", "/html", "/etc/", "htdocs", "wwwroot", "webapps", ".php", ".jsp", ".so", "startup") {
		act |= redisPlace
	}
	return act
}

func redisHas(text string, any ...string) bool {
	for _, one := range any {
		if strings.Contains(text, one) {
			return true
		}
	}
	return false
}

// redisTaken says whether the acts together are a takeover; redisSure, whether nothing innocent does them.
func redisTaken(acts uint64) bool {
	const written = redisFolder | redisFile | redisSaved
	return redisSure(acts) || acts&written == written || acts&(redisReplica|redisModule) == redisReplica|redisModule
}

func redisSure(acts uint64) bool { return acts&(redisPlace|redisRan) != 0 }

func (d RedisTakeovers) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	confidence := 0.7
	if redisSure(c.Flags) || c.Flags&redisModule != 0 && c.Flags&redisReplica != 0 {
		confidence = 0.95
	}
	names := make([]string, 0, len(c.Names))
	for _, n := range c.Names {
		names = append(names, fmt.Sprintf("%q", n))
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s gave the Redis server %s commands by which such servers are taken over: %s.", k.By, k.To, strings.Join(names, ", ")))
	f.Properties = map[string]any{"commands": c.Count, "names": c.Names, "ran_program": c.Flags&redisRan != 0, "loaded_module": c.Flags&redisModule != 0, "telling_place": c.Flags&redisPlace != 0}
	return f
}

// Tick has nothing to do.
func (d RedisTakeovers) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d RedisTakeovers) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
