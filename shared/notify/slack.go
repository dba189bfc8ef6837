package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Limits of Slack's blocks: a header has 150 characters, a text 3,000, a message 50 blocks.
const (
	slackHeader = 140
	slackText   = 2900
	maxLink     = 500
	slackEvents = 20 // of a digest; two blocks each at the most, and the head
)

// slack posts Slack's blocks to an incoming webhook; Mattermost and others take the same.
type slack struct{ post *poster }

// Send posts the message.
func (s *slack) Send(ctx context.Context, to store.Channel, m Message) error {
	body, err := json.Marshal(slackBody(m))
	if err != nil {
		return permanent(fmt.Errorf("encode blocks: %w", err))
	}
	return s.post.send(ctx, to.URL, to.Private, http.Header{"Content-Type": {"application/json"}}, body)
}

type block struct {
	Type     string   `json:"type"`
	Text     *words   `json:"text,omitempty"`
	Elements []*words `json:"elements,omitempty"`
}

type words struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// slackBody is the message as blocks. "text" is what notifications and old clients show.
func slackBody(m Message) any {
	blocks := []block{{Type: "header", Text: &words{"plain_text", bus.Clip(m.Subject(), slackHeader)}}}
	for i := range m.Events[:min(len(m.Events), slackEvents)] {
		blocks = append(blocks, block{Type: "section", Text: &words{"mrkdwn", slackEvent(&m.Events[i], m.Reason)}})
	}
	foot := "Rule " + mrkdwn(m.Rule, 200)
	if m.Held != "" {
		foot += fmt.Sprintf(" · %d events held back: %s", m.Count, m.Held)
	}
	if more := m.Count - min(len(m.Events), slackEvents); more > 0 {
		foot += fmt.Sprintf(" · %d more are not shown", more)
	}
	blocks = append(blocks, block{Type: "context", Elements: []*words{{"mrkdwn", foot}}})
	return map[string]any{"text": mrkdwn(m.Subject(), slackText), "blocks": blocks}
}

func slackEvent(e *events.Event, reason string) string {
	rows := []string{"*" + mrkdwn(subject(e, reason), 300) + "*", mrkdwn(sentence(e), 1000)}
	if d := e.Detail.Detection; d != nil {
		if known := contextOf(d); known != "" {
			rows = append(rows, "AWS: "+mrkdwn(known, contextLine))
		}
		rows = append(rows, "Offender: "+mrkdwn(orUnknown(who(d, "offender")), 500), "Victim: "+mrkdwn(orUnknown(who(d, "victim")), 500),
			fmt.Sprintf("Since %s · `%s` · `%s`", d.Start.UTC().Format(time.RFC3339), code(d.Type), code(d.ID)))
	}
	text, link := bus.Clip(strings.Join(rows, "\n"), slackText-maxLink), slackLink(e)
	if link == "" || len(link) > maxLink { // half a link would be none
		return text
	}
	return text + "\n" + link
}

// mrkdwn makes text that Slack shows as it is: the three characters that begin mentions, links and entities are escaped, so that a
// host name cannot call a channel.
func mrkdwn(s string, limit int) string {
	s = line(s, limit)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "'").Replace(s)
}

func code(s string) string { return mrkdwn(s, 100) }
