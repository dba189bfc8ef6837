package judgesim

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// kinds lists the deviations that there are. The first five are always among those that are made.
func kinds() []*kind {
	volume := []string{"exfil.new_destination", "exfil.outbound_volume", "exfil.staged"}
	return []*kind{
		{
			name: "slow_exfil", what: "uploads some megabytes an hour to a new host, night after night", on: []role{postgres, mysql, files, wiki, domain, batch},
			hours: [2]int{21, 23}, takes: 6 * 24 * time.Hour, types: volume, metrics: []string{"bytes_out", "bytes_out_external"}, amount: uploaded, floor: 15e6, play: seep,
		},
		{
			name: "fan_out", what: "turns to some thirty hosts inside that it never spoke with, slowly", on: []role{desk, staging, worker}, awake: true,
			hours: [2]int{8, 22}, takes: 110 * time.Minute, types: []string{"behaviour.new_peers", "lateral.fan_out", "lateral.new_admin_peer", "recon.host_sweep"},
			metrics: []string{"peers", "new_peers", "connections", "admin_connections"}, amount: newInside, floor: 8, play: spread,
		},
		{
			name: "beacon", what: "turns to a new host every ten minutes, with a jitter of 30 % and eight hours of sleep each night",
			on: []role{desk, desk, service, app, wiki}, awake: true, hours: [2]int{7, 18}, takes: 4 * 24 * time.Hour, types: []string{"c2.beacon"}, simple: []string{"connections", "external_peers"},
			amount: contact, floor: 24, play: callHome,
		},
		{
			name: "service_account", what: "opens SSH or SMB at eight others, once each, where it never did", on: []role{runner, worker, batch, app, media},
			hours: [2]int{0, 22}, takes: 2 * time.Hour, types: []string{"lateral.fan_out", "lateral.new_admin_peer", "behaviour.new_peers"},
			metrics: []string{"peers", "new_peers", "admin_connections"}, amount: contact, floor: 4, play: enter,
		},
		{
			name: "role_change", what: "a workstation begins to serve files or pages to others", on: []role{desk}, awake: true, hours: [2]int{9, 12}, working: true,
			takes: 2 * 24 * time.Hour, types: []string{"behaviour.role_change", "behaviour.new_service"}, simple: []string{"accepted", "served_bytes_out", "bytes_out"}, amount: newClient, floor: 3, play: serve,
		},
		{
			name: "staging", what: "collects gigabytes from hosts inside, rests, and sends most of it out", on: []role{runner, staging, worker, app, desk}, awake: true,
			hours: [2]int{0, 20}, takes: 7 * time.Hour, types: volume, metrics: []string{"bytes_out", "bytes_out_external", "bytes_in"}, amount: uploaded, floor: 100e6, robs: true, play: collect,
		},
		{
			name: "dga", what: "asks for names that a program made up", on: []role{desk, desk, staging}, awake: true, hours: [2]int{6, 20}, takes: 10 * time.Hour,
			types: []string{"c2.dga"}, metrics: []string{"nxdomain", "domains", "dns_queries"}, amount: noSuchName, floor: 20, play: guessNames,
		},
		{
			name: "dns_tunnel", what: "carries data in names below one domain", on: []role{desk, app, service}, awake: true, hours: [2]int{0, 20}, takes: 5 * time.Hour,
			types: []string{"c2.dns_tunnel"}, metrics: []string{"domains", "dns_queries"}, amount: ownName, floor: 30, play: tunnel,
		},
		{
			name: "silent", what: "a server that never rests says nothing any more", on: []role{app, cache, postgres, web, service}, hours: [2]int{0, 14},
			takes: 9 * time.Hour, types: []string{"behaviour.silent"},
		},
		{
			name: "rare_tls", what: "speaks TLS as nobody else does with a host that nobody knows", on: []role{desk, service, app, staging}, awake: true,
			hours: [2]int{6, 16}, takes: 8 * time.Hour, types: []string{"c2.rare_tls"}, amount: handshake, floor: 2, play: whisper,
		},
		{
			name: "new_destination", what: "sends hundreds of megabytes to a new host within the hour", on: []role{desk, app, service, staging, wiki}, awake: true,
			hours: [2]int{0, 22}, takes: 80 * time.Minute, types: volume, metrics: []string{"bytes_out", "bytes_out_external"}, amount: uploaded, floor: 100e6, play: upload,
		},
		{
			name: "auth_guessing", what: "fails to log in a few times an hour, at one host after another", on: []role{desk, staging, worker, app}, awake: true,
			hours: [2]int{0, 14}, takes: 9 * time.Hour, types: []string{"access.ssh_brute_force"}, metrics: []string{"auth_failures"}, amount: refused, floor: 12, play: guess,
		},
		{
			name: "bulk_copy", what: "copies the file server", on: []role{desk}, awake: true, hours: [2]int{0, 20}, takes: 4 * time.Hour,
			types: []string{"exfil.bulk_file_copy"}, metrics: []string{"bytes_in", "smb_read"}, amount: fetched, floor: 2e9, robs: true, play: copyAll,
		},
		{
			name: "spam", what: "brings letters to hundreds of hosts outside", on: []role{staging, worker, desk, app}, awake: true, hours: [2]int{0, 20},
			takes: 3 * time.Hour, types: []string{"behaviour.new_peers", "recon.host_sweep"}, metrics: []string{"peers", "new_peers", "connections", "external_peers", "new_external"},
			amount: newOutside, floor: 20, play: spam,
		},
	}
}

// firstDay are attacks of the first day, which rules find that need no history.
func firstDay() []kind {
	return []kind{
		{
			name: "port_scan", what: "tries the ports of a server", on: []role{desk}, awake: true, hours: [2]int{9, 12}, takes: 20 * time.Minute,
			types: []string{"recon.port_scan"}, amount: contact, floor: 100, play: knock,
		},
		{
			name: "ssh_brute_force", what: "guesses a password over SSH", on: []role{desk, staging}, awake: true, hours: [2]int{13, 20}, takes: 25 * time.Minute,
			types: []string{"access.ssh_brute_force"}, amount: refused, floor: 30, play: force,
		},
	}
}

// uploaded counts bytes to hosts outside.
func uploaded(v *Deviation, r events.Record, _ bool) float64 {
	c, ok := r.(*events.Conn)
	if !ok || c.LocalResp || c.OrigH != v.Address {
		return 0
	}
	out, _ := v.carried(c)
	return out
}

// fetched counts bytes from anywhere.
func fetched(v *Deviation, r events.Record, _ bool) float64 {
	c, ok := r.(*events.Conn)
	if !ok || c.OrigH != v.Address {
		return 0
	}
	_, in := v.carried(c)
	return in
}

// newInside counts hosts of the site that the device turns to and never did before.
func newInside(v *Deviation, r events.Record, _ bool) float64 {
	if c, ok := r.(*events.Conn); ok && c.LocalResp {
		return v.meet(c)
	}
	return 0
}

// newOutside counts hosts outside that the device turns to and never did before.
func newOutside(v *Deviation, r events.Record, _ bool) float64 {
	if c, ok := r.(*events.Conn); ok && !c.LocalResp {
		return v.meet(c)
	}
	return 0
}

func (v *Deviation) meet(c *events.Conn) float64 {
	if c.OrigH != v.Address || v.met[c.RespH] {
		return 0
	}
	v.met[c.RespH] = true
	return 1
}

// newClient counts hosts that the deviation has turn to the device.
func newClient(v *Deviation, r events.Record, mine bool) float64 {
	c, ok := r.(*events.Conn)
	if !ok || !mine || c.RespH != v.Address || v.met[c.OrigH] {
		return 0
	}
	v.met[c.OrigH] = true
	return 1
}

// contact counts the deviation's own conversations.
func contact(_ *Deviation, r events.Record, mine bool) float64 {
	if c, ok := r.(*events.Conn); ok && mine && !c.Interim && c.Service != "dns" {
		return 1
	}
	return 0
}

func handshake(_ *Deviation, r events.Record, mine bool) float64 {
	if _, ok := r.(*events.SSL); ok && mine {
		return 1
	}
	return 0
}

func noSuchName(v *Deviation, r events.Record, _ bool) float64 {
	if q, ok := r.(*events.DNS); ok && q.OrigH == v.Address && q.RCode != nil && *q.RCode == 3 {
		return 1
	}
	return 0
}

func ownName(_ *Deviation, r events.Record, mine bool) float64 {
	if _, ok := r.(*events.DNS); ok && mine {
		return 1
	}
	return 0
}

func refused(v *Deviation, r events.Record, _ bool) float64 {
	if l, ok := r.(*events.SSH); ok && l.OrigH == v.Address && l.AuthSuccess != nil && !*l.AuthSuccess {
		return float64(l.AuthAttempts)
	}
	return 0
}

// String is the deviation for a person.
func (v *Deviation) String() string {
	return fmt.Sprintf("%s on %s (%s): %s", v.Kind, v.Host, v.Address, v.What)
}
