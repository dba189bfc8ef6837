package notify

import (
	"net/url"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// links gives each event the address of its page in the console. What is sent has it, what is stored has not: a console may move.
type links string

// put writes the addresses into a message.
func (l links) put(m *Message) {
	if l == "" {
		return
	}
	at := strings.TrimRight(string(l), "/") + "/detections"
	for i := range m.Events {
		d := m.Events[i].Detail.Detection
		switch {
		case d == nil:
		case m.Reason == ReasonTest:
			m.Events[i].URL = at // its detection is nowhere; the page is there, and shows that the link is right
		default:
			m.Events[i].URL = at + "/" + url.PathEscape(d.ID)
		}
	}
}

// slackLink is a link in Slack's words; "" for none.
func slackLink(e *events.Event) string {
	if e.URL == "" {
		return ""
	}
	return "<" + strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C").Replace(e.URL) + "|Open in Mirrorwatch>"
}
