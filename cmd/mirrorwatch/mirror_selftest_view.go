package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/selftest"
)

// verdicts is a row a conversation.
func (v *view) verdicts(list []selftest.Verdict) {
	var rows [][]cell
	for i := range list {
		c := &list[i]
		latency := "-"
		if c.Latency > 0 {
			latency = c.Latency.Round(100 * time.Millisecond).String()
		}
		rows = append(rows, []cell{
			plain(fmt.Sprint(c.Number)), plain(c.Proto), plain(ends(c)), {strings.ReplaceAll(string(c.Result), "_", " "), resultColour(c.Result)},
			plain(strings.Join(c.Sensors, ", ")), plain(latency), plain(c.Reason),
		})
	}
	v.table([]string{"#", "PROTO", "CONVERSATION", "RESULT", "SENSOR", "AFTER", "WHY"}, rows)
	v.space()
	v.tell(bold(), "%d of %s came whole.", len(list)-selftest.Failed(list), count(len(list), "conversation", "conversations"))
}

func ends(c *selftest.Verdict) string {
	if c.Proto == selftest.ICMP {
		return c.Client.Addr().String() + " -> " + c.Server.Addr().String()
	}
	return c.Client.String() + " -> " + c.Server.String()
}

func resultColour(r selftest.Result) text.Colors {
	switch r {
	case selftest.Whole:
		return good()
	case selftest.Missing:
		return bad()
	}
	return amend()
}

// permissions is a row a call that was tried.
func (v *view) permissions(list []selftest.Permission) {
	var rows [][]cell
	for _, p := range list {
		colour := amend()
		switch p.Answer {
		case selftest.Allowed:
			colour = good()
		case selftest.Denied:
			colour = bad()
		}
		rows = append(rows, []cell{plain(p.Account), plain(p.Region), plain(p.Call), {string(p.Answer), colour}, plain(p.Reason)})
	}
	v.table([]string{"ACCOUNT", "REGION", "CALL", "ANSWER", "WHY"}, rows)
}
