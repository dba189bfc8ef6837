package smtp

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// probe knows either side. FTP greets with 220, too: where the greeting leaves a doubt the client's first word tells.
func probe(_ flow.Dir, head []byte, hinted bool) analyzer.Verdict {
	yes, maybe := line.Verdict(head, "EHLO ", "HELO ", "LHLO ", "MAIL FROM:", "RCPT TO:")
	switch {
	case yes:
		return analyzer.Yes
	case maybe:
		return analyzer.Maybe
	case len(head) > 0 && head[0] >= '2' && head[0] <= '5':
		return probeReply(head, hinted)
	}
	return analyzer.No
}

func probeReply(head []byte, hinted bool) analyzer.Verdict {
	text, _, whole := line.Cut(head, len(head)+1)
	if !whole {
		text = head
	}
	if len(text) < 4 && !whole {
		return analyzer.Maybe
	}
	code, _, said := line.Code(text)
	greets := bytes.ToUpper(said[:min(len(said), 256)])
	switch {
	case code == 0:
		return analyzer.No
	case code == 220 && bytes.Contains(greets, []byte("SMTP")):
		return analyzer.Yes
	case code == 220 && bytes.Contains(greets, []byte("FTP")):
		return analyzer.No
	case hinted && whole:
		return analyzer.Yes
	case code == 220:
		return analyzer.Maybe
	}
	return analyzer.No
}
