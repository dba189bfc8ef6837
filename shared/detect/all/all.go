// Package all is the ordered list of detectors. What goes out is the list; nothing comes in. It never judges: a detector is added
// by one line here.
package all

import (
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/access"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/behaviour"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/c2"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/exfil"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/hygiene"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/impact"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/intel"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/lateral"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/recon"
)

// Specs lists every detector there is, in the order in which they see a record.
func Specs() []detect.Spec {
	return []detect.Spec{
		recon.PortScan,
		recon.HostSweep,
		access.SSHBruteForce,
		access.FTPBruteForce,
		access.DatabaseBruteForce,
		access.MailBruteForce,
		access.TelnetBruteForce,
		access.Log4Shell,
		access.SMBBruteForce,
		access.EternalBlue,
		access.SMBGhost,
		access.Heartbleed,
		access.MalformedCertificate,
		lateral.NewAdminPeer,
		lateral.FanOut,
		lateral.RemoteService,
		lateral.WMIExec,
		lateral.ScheduledTask,
		lateral.DCOMExec,
		lateral.DCSync,
		lateral.DCShadow,
		lateral.DPAPIBackupKey,
		lateral.ADFSTheft,
		lateral.SuspiciousRPC,
		lateral.EventLogTampering,
		lateral.AdminShareWrite,
		lateral.PassTheHash,
		c2.DNSTunnel,
		c2.Beacon,
		c2.RareTLS,
		c2.DGA,
		c2.ICMPTunnel,
		c2.Tor,
		c2.Anonymiser,
		c2.ReverseShell,
		c2.KnownTool,
		c2.ProtocolMismatch,
		c2.LongConnection,
		c2.ExternalRemoteAccess,
		c2.UnsanctionedDoH,
		c2.DomainFronting,
		exfil.OutboundVolume,
		exfil.NewDestination,
		exfil.Staged,
		exfil.CloudStorage,
		behaviour.NewPeers,
		behaviour.Deviation,
		behaviour.RoleChanged,
		behaviour.Silent,
		intel.IndicatorMatch,
		impact.SYNFlood,
		impact.UDPAmplification,
		impact.TCPReflection,
		impact.FragmentAttack,
		impact.DHCPStarvation,
		impact.ARPStorm,
		hygiene.WeakTLS,
		hygiene.ExpiredCertificate,
		access.KerberosPasswordSpray,
		recon.KerberosUserEnum,
		recon.LDAPEnum,
		lateral.Kerberoasting,
		lateral.ASREPRoasting,
		lateral.KerberosDowngrade,
	}
}
