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
		recon.WebScan,
		access.SSHBruteForce,
		access.Log4Shell,
		access.SQLInjection,
		access.CommandInjection,
		access.PathTraversal,
		access.CrossSiteScripting,
		access.Shellshock,
		access.SSRFMetadata,
		access.WebShell,
		access.HTTPSmuggling,
		access.RemoteManagementExploit,
		access.HTTPBruteForce,
		access.SessionHijack,
		access.DriveBy,
		access.MasqueradedDownload,
		lateral.NewAdminPeer,
		lateral.FanOut,
		c2.DNSTunnel,
		c2.Beacon,
		c2.RareTLS,
		c2.DGA,
		c2.TunnelInWeb,
		exfil.OutboundVolume,
		exfil.NewDestination,
		exfil.Staged,
		exfil.HTTPPost,
		exfil.AWSKeysInClear,
		impact.HTTPFlood,
		behaviour.NewPeers,
		behaviour.Deviation,
		behaviour.RoleChanged,
		behaviour.Silent,
		intel.IndicatorMatch,
		hygiene.WeakTLS,
	}
}
