package exfil

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// CloudStorage finds uploads to file-sharing services that are not the house's own.
var CloudStorage = detect.Spec{
	Type:  "exfil.cloud_storage",
	Title: "Upload to foreign cloud storage",
	Text: "Knows about forty services that keep or pass on files, by the names in TLS, HTTP and DNS, and adds up what each local host sends to each of them. " +
		"2 MB within 6 hours, and twice what came back, are told, and again at each order of magnitude. Services that 5 or more local devices use are left out as the house's own, and so are " +
		"trusted domains. Thieves use such services because nobody blocks them and nothing stands out. What looks the same: a person who saves a file, once; a sanctioned service that is new at the site.",
	Category: "exfil", Tactics: []string{"TA0010"}, Techniques: []string{"T1567.002"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.High},
	Wants: []events.Kind{events.KindSSL, events.KindHTTP, events.KindConn}, Version: 1,
	Background: "Before ransomware encrypts it steals, and tools such as rclone and MEGA's client carry gigabytes to an account of the attacker's. The service is well known " +
		"and the traffic is encrypted, so that only who sends how much where can tell.",
	Mitigation: []string{
		"Ask whose upload it is; on a server, stop it first.",
		"Keep the host, and find which files were read before: shares, databases, archives with passwords.",
		"Ask the service to lock the account, and block what the house does not use.",
	},
	New:    func() detect.Detector { return NewCloudStorage(CloudStorageDefaults()) },
	Tuning: detect.Tuned(CloudStorageDefaults, NewCloudStorage),
}

// CloudStorageTunables are what may be set.
type CloudStorageTunables struct {
	Bytes    uint64        `tune:"bytes sent to one service" min:"1000" max:"1000000000000"`
	Ratio    float64       `tune:"how many times what came back" min:"0" max:"1000"`
	Popular  int           `tune:"local devices that use a service which is then the house's own" min:"2" max:"8"`
	Services []string      `tune:"domains of services that keep or pass on files"`
	Allowed  []string      `tune:"domains of them that the house uses"`
	Idle     time.Duration `tune:"a host and a service that rest this long begin anew" min:"1m" max:"168h"`
	Hosts    int           `tune:"hosts and services watched" min:"16" max:"100000"`
	Talks    int           `tune:"conversations with such services told apart" min:"16" max:"100000"`
}

// CloudStorageDefaults are the tunables that the project stands for. AWS's own storage is not among the services: it is what the house is built on, and
// whose bucket it is does not show.
func CloudStorageDefaults() CloudStorageTunables {
	return CloudStorageTunables{
		Bytes: 2_000_000, Ratio: 2, Popular: 5, Idle: 6 * time.Hour, Hosts: 2_000, Talks: 4_000,
		Services: []string{
			"mega.nz", "mega.co.nz", "mega.io", "dropbox.com", "dropboxapi.com", "dropboxusercontent.com", "onedrive.live.com", "1drv.com", "storage.live.com",
			"sharepoint.com", "drive.google.com", "content.googleapis.com", "storage.googleapis.com", "box.com", "boxcloud.com", "pcloud.com", "mediafire.com", "wetransfer.com",
			"transfer.sh", "file.io", "gofile.io", "anonfiles.com", "bayfiles.com", "sendspace.com", "ufile.io", "filemail.com", "put.io", "uploadfiles.io",
			"sync.com", "idrive.com", "backblazeb2.com", "wasabisys.com", "digitaloceanspaces.com", "icloud-content.com", "disk.yandex.net", "cloud.mail.ru", "4shared.com",
			"catbox.moe", "0x0.st", "temp.sh", "pixeldrain.com", "krakenfiles.com", "pastebin.com",
		},
	}
}

// CloudUploads adds up what goes to such services.
type CloudUploads struct {
	tune  CloudStorageTunables
	talks *bounded.Table[string, cloudTalk] // by uid; it does not outlive a restart
	*detect.Cases
}

// cloudTalk is a conversation with a service, and how much of it is in the sums.
type cloudTalk struct {
	service string
	out, in uint64
}

// NewCloudStorage makes the detector.
func NewCloudStorage(t CloudStorageTunables) *CloudUploads {
	return &CloudUploads{
		tune: t, talks: bounded.New[string, cloudTalk](t.Talks), Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle}),
	}
}

// Observe learns from handshakes and requests which conversation is with which service, and adds what went over it.
func (u *CloudUploads) Observe(rec events.Record, v device.View) []detect.Finding {
	if !v.Orig.IsLocal() || !v.Resp.IsExternal() {
		return nil
	}
	switch r := rec.(type) {
	case *events.SSL:
		u.name(r.UID, r.ServerName, v)
	case *events.HTTP:
		u.name(r.UID, r.Host, v)
	case *events.Conn:
		return u.add(r, v)
	}
	return nil
}

// name notes that a conversation is with a service.
func (u *CloudUploads) name(uid, name string, v device.View) {
	service := u.service(name, v)
	if service == "" || uid == "" {
		return
	}
	t, fresh := u.talks.Put(uid)
	if fresh {
		*t = cloudTalk{service: service}
	}
}

// service gives the domain of a service that a name is under; "" where it is none, or the house's own.
func (u *CloudUploads) service(name string, v device.View) string {
	if name == "" || v.Known().Trusted(name) {
		return ""
	}
	for _, d := range u.tune.Allowed {
		if domain.Under(name, d) {
			return ""
		}
	}
	for _, d := range u.tune.Services {
		if domain.Under(name, d) {
			if devices, _ := v.RareDomain(name); devices >= u.tune.Popular {
				return ""
			}
			return d
		}
	}
	return ""
}

// add takes what a conversation carried since it was told of last.
func (u *CloudUploads) add(r *events.Conn, v device.View) []detect.Finding {
	t := u.talks.Get(r.UID)
	if t == nil {
		if r.RespP != 443 || r.OrigBytes < u.tune.Bytes/100 {
			return nil
		}
		u.name(r.UID, v.Resp.Hostname(), v) // its handshake was not seen, but its name was asked for
		if t = u.talks.Get(r.UID); t == nil {
			return nil
		}
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, What: t.service}
	c := u.Note(k, &r.Head)
	c.Against(detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server})
	c.Last = max(c.Last, r.TS.Add(r.Duration.Duration()))
	c.Sum += r.OrigBytes - min(t.out, r.OrigBytes)
	c.Flags += r.RespBytes - min(t.in, r.RespBytes) // what came back
	t.out, t.in = max(t.out, r.OrigBytes), max(t.in, r.RespBytes)
	if !r.Interim {
		u.talks.Delete(r.UID)
	}
	if float64(c.Sum) < u.tune.Ratio*float64(c.Flags) || !c.Reached(int(c.Sum), int(u.tune.Bytes)) {
		return nil
	}
	return []detect.Finding{u.report(k, c)}
}

// Tick has nothing to do: what goes out is added when it is told.
func (u *CloudUploads) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the sums up to date.
func (u *CloudUploads) Close(device.View) []detect.Finding { return u.LastWords(u.report) }

func (u *CloudUploads) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.7, fmt.Sprintf("%s sent %s to %s within %s and received %s from there.", k.By, megabytes(c.Sum), k.What, detect.Lasted(c.Last.Sub(c.Start)), megabytes(c.Flags)))
	f.Offenders, f.Victims = append(f.Offenders, c.Victims...), nil // whose data it was is not on the wire
	f.Properties = map[string]any{"service": k.What, "bytes_out": c.Sum, "bytes_in": c.Flags}
	return f
}
