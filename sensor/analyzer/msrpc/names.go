package msrpc

import (
	"strconv"
	"strings"
)

// face is an interface: a set of operations that are called by number.
type face struct {
	uuid  string
	name  string   // as Zeek names it
	ops   []string // by number; empty where a number has no name
	texts int      // texts of a request that are kept; 0: all. What follows them may be a password
}

// operation names an operation, as Zeek does where the tables do not know it.
func (f *face) operation(opnum uint16) string {
	if int(opnum) < len(f.ops) && f.ops[opnum] != "" {
		return f.ops[opnum]
	}
	return unknown(strconv.Itoa(int(opnum)))
}

// listed is a line of the tables: operations are names in the order of their numbers, "-" where a number has none.
type listed struct {
	uuid, name, ops string
	texts           int
}

// faces are the interfaces that have a name, by UUID; pipes are the interface that a pipe of a name usually carries, by its name in small
// letters.
var (
	faces = index()
	pipes = usual(faces)
)

func index() map[string]*face {
	all := map[string]*face{}
	for _, group := range [][]listed{accounts, control, sharing, objects} {
		for _, l := range group {
			f := &face{uuid: l.uuid, name: l.name, texts: l.texts, ops: strings.Fields(l.ops)}
			for i, op := range f.ops {
				if op == "-" {
					f.ops[i] = ""
				}
			}
			all[l.uuid] = f
		}
	}
	return all
}

// usual pairs the pipes of one interface with it. A pipe that several share ("lsass", "ntsvcs") says nothing.
func usual(faces map[string]*face) map[string]*face {
	byName := map[string]*face{}
	for _, f := range faces {
		byName[f.name] = f
	}
	byPipe := map[string]*face{
		"protected_storage": byName["BackupKey"], "fssagentrpc": byName["FileServerVssAgent"], "cert": byName["ICertPassage"],
		"ctx_winstation_api_service": byName["winstation_rpc"],
		"efsrpc":                     faces["df1941c5-fe89-4e79-bf10-463657acf44d"],
	}
	for _, name := range []string{
		"svcctl", "samr", "lsarpc", "netlogon", "srvsvc", "wkssvc", "spoolss", "winreg", "atsvc", "eventlog", "netdfs", "browser", "epmapper",
		"InitShutdown", "W32Time", "dnsserver", "tapsrv", "trkwks", "trksvr", "msgsvc", "winspipe", "HydraLsPipe", "sasec", "nddeapi",
	} {
		byPipe[strings.ToLower(name)] = byName[name]
	}
	return byPipe
}
