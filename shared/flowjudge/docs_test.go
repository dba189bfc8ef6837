package flowjudge

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/settings"
)

const docsHead = `# What flow logs alone can show

Made from ` + "`shared/flowjudge`" + `: ` + "`go test ./shared/flowjudge -run Document -update`" + `.

A sensor sees the packets of the interfaces that are mirrored. VPC Flow Logs tell of all interfaces, and of what a security group or network ACL
rejected, which is never mirrored. The detectors below are run over them, too: over everything that was logged at interfaces that no sensor
watches, and over what was rejected anywhere. Of each conversation flow logs know addresses, ports, the protocol, counts of packets and bytes,
a beginning and an end in seconds, whether it was let through, and in some formats TCP flags. So:

- A detection that rests on flow logs alone says so: its sensor is ` + "`flowlog`" + `, its property ` + "`source`" + ` is ` + "`flowlog`" + `, its sentence begins with
  "Seen in VPC Flow Logs alone", its confidence is multiplied by what stands below, and the term ` + "`flow_logs_only`" + ` takes points from its risk.
- What was blocked is said to have been blocked. Where everything from outside was rejected, ` + "`all_rejected`" + ` takes 20 points more, since every
  public address meets scanners all day; a sweep from outside of which nothing got through is not told below 200 hosts. A host inside that
  tries what is closed to it gets 5 points more (` + "`rejected_inside`" + `).
- What a sensor has raised is not raised again: the same type, or one that it yields to, of the same offenders, within an hour. When a sensor
  raises it later, both are there.
- A connection is told window by window. The windows are put together where no more than 15 minutes (TCP) or 3 minutes (others) lie between them.
- Logs come five to ten minutes after the packets, and so do these detections.
- Services of AWS itself (by its published ranges, where they are given) are no news for new_destination, beacon, long_connection and
  cryptomining: without names nobody can tell whose bucket or queue it was.
- The address of a private host means one host in each VPC where the inventory knows the VPC of an interface; otherwise it means one everywhere.

What is learned is kept as one snapshot. Where that is lost, detectors begin anew: what goes on may be told again or later, the day of learning
begins again, and which objects were read is forgotten. At most %d devices of the local networks and twice as many outside are
remembered, %d flows, %d pairs that tried in vain, and %d objects.
`

// TestDocument keeps docs/flow-detections.md in step with Types, and Types with the detectors there are.
func TestDocument(t *testing.T) {
	const path = "../../docs/flow-detections.md"
	specs := all.Specs()
	var b bytes.Buffer
	fmt.Fprintf(&b, docsHead, DefaultDevices, maxFlows, maxTries, maxObjects)
	b.WriteString("\n| detection | what flow logs show of it | what only packets show | confidence | risk |\n|---|---|---|---|---|\n")
	for _, one := range Types() {
		if !slices.ContainsFunc(specs, func(s detect.Spec) bool { return s.Type == one.Name }) {
			t.Errorf("there is no detector of type %s", one.Name)
		}
		fmt.Fprintf(&b, "| [`%s`](detections.md) | %s | %s | × %.2f | %d |\n", one.Name, one.Shows, one.Lacks, one.Trust, one.Points)
	}
	b.WriteString("\nDetectors that read calls of AWS APIs (`cloudtrail` in `detections.md`) run beside them, as they are; their sensor is `cloudtrail`.\n")
	b.WriteString("\n`detections.md` says of each detector what it looks for and what may be set of it; the same settings hold here, but for smaller tables.\n")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is out of step with Types; run go test ./shared/flowjudge -run Document -update", path)
	}
}

// Catches: a smaller limit that no detector takes, and one that people set and is passed over.
func TestSettings(t *testing.T) {
	specs := all.Specs()
	for kind, values := range smaller() {
		at := slices.IndexFunc(specs, func(s detect.Spec) bool { return s.Type == kind })
		for name, value := range values {
			if at < 0 || specs[at].CheckSetting(name, value) != nil {
				t.Errorf("%s.%s=%s: nobody takes that", kind, name, value)
			}
		}
	}
	list := attacks()[1].file(t)
	for _, set := range []map[string]string{{"enabled": "false"}, {"ports": "2000"}} {
		j, last := judgeOf(t, Options{Settings: settings.Settings{Detectors: map[string]map[string]string{"recon.port_scan": set}}})
		for _, c := range list {
			j.Conn(c)
		}
		if j.Close(t.Context()); len(last) != 0 {
			t.Errorf("%v: %d told", set, len(last))
		}
	}
}
