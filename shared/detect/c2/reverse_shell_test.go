package c2

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestReverseShell(t *testing.T) {
	cases := []struct {
		name string
		raw  events.Raw
		port uint16
		by   string // who types; "": nothing is found
	}{
		{"banner, prompt and a line", events.Raw{Marks: []string{"prompt_windows", "banner_windows"}, Prompts: 1, Commands: 1, ShellBy: "orig"}, 443, outside},
		{"two prompts and a line", events.Raw{Marks: []string{"prompt_unix"}, Prompts: 2, Commands: 1, ShellBy: "orig"}, 443, outside},
		{"identity", events.Raw{Marks: []string{"identity"}, Commands: 1, ShellBy: "orig"}, 4444, outside},
		{"a list of files", events.Raw{Marks: []string{"listing"}, Commands: 1, ShellBy: "orig"}, 4444, outside},
		{"a list that nobody asked for", events.Raw{Marks: []string{"listing"}, ShellBy: "orig"}, 4444, ""},
		{"bound", events.Raw{Marks: []string{"prompt_unix"}, Prompts: 3, Commands: 2, ShellBy: "resp"}, 4444, client},
		{"one prompt and a line", events.Raw{Marks: []string{"prompt_unix"}, Prompts: 1, Commands: 1, ShellBy: "orig"}, 443, ""},
		{"nothing was typed", events.Raw{Marks: []string{"prompt_unix", "banner_windows"}, Prompts: 3, ShellBy: "orig"}, 443, ""},
		{"no shell", events.Raw{Marks: []string{"gh0st"}, Commands: 9, ToolFrom: "orig"}, 443, ""},
		{"a log-in in the clear", events.Raw{Marks: []string{"prompt_unix", "identity"}, Prompts: 3, Commands: 9, ShellBy: "resp"}, 23, ""},
	}
	for _, c := range cases {
		c.raw.Head = head(0, client, outside, c.port)
		found := judge(NewReverseShell(ReverseShellDefaults()), []events.Record{&c.raw})
		if len(found) == 1 != (c.by != "") || len(found) == 1 && found[0].Offenders[0].Addr.String() != c.by {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// Catches: a detection a conversation.
func TestReverseShellOnce(t *testing.T) {
	found := judge(NewReverseShell(ReverseShellDefaults()), many(9, func(i int) events.Record {
		return &events.Raw{Head: head(time.Duration(i)*time.Second, client, outside, 4444), Marks: []string{"identity"}, Commands: 2, ShellBy: "orig", Prompt: "# "}
	}))
	if len(found) != 1 {
		t.Errorf("%+v", found)
	}
}
