package eventpattern

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Rule is a rule as a page of the documentation has it: with a pattern, or with a schedule.
type Rule struct {
	Schedule string // "rate(5 minutes)"; empty where the rule has a pattern
	Pattern  Pattern
}

// Rules reads the JSON blocks of a page in Markdown. What a rule with a schedule sends is always the same: its pattern is that of it.
func Rules(page string) (list []Rule, err error) {
	for _, rest := range strings.Split(page, "```json\n")[1:] {
		block, _, ended := strings.Cut(rest, "```")
		if !ended {
			return nil, fmt.Errorf("read rules: a block does not end:\n%s", block)
		}
		var head struct {
			ScheduleExpression string
			Source             []any `json:"source"`
			Kind               []any `json:"detail-type"`
		}
		if err := json.Unmarshal([]byte(block), &head); err != nil {
			return nil, fmt.Errorf("read rules: %w:\n%s", err, block)
		}
		switch {
		case head.ScheduleExpression != "":
			block = `{"source": ["aws.events"], "detail-type": ["Scheduled Event"]}`
		case len(head.Source) == 0 || len(head.Kind) == 0:
			return nil, fmt.Errorf("read rules: a block is no pattern of events:\n%s", block)
		}
		p, err := Parse([]byte(block))
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		list = append(list, Rule{head.ScheduleExpression, p})
	}
	return list, nil
}
