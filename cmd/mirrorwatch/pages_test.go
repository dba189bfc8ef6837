package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake/wire/stage"
)

// TestMirrorPage runs the story that docs/mirror.md tells of the imitation, and wants every line that it shows in what comes out, in order.
func TestMirrorPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/mirror.md")
	if err != nil {
		t.Fatal(err)
	}
	_, story, found := strings.Cut(string(page), "\n## Try it\n")
	story, _, ends := strings.Cut(story, "\n## ")
	if !found || !ends {
		t.Fatal("docs/mirror.md has no part 'Try it' any more")
	}
	c := onStage(t, "")
	t.Chdir(filepath.Dir(c.file))
	// The page's policy, but for the pace: a test need not spare an account.
	policy := strings.Replace(blocks(story, "yaml")[0], "regions: [us-east-1]", "regions: [us-east-1], calls: {read: 1000, write: 1000}", 1)
	if err := os.WriteFile("mirror.yaml", []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, block := range blocks(story, "console") {
		for _, one := range strings.Split("\n"+block, "\n$ ")[1:] {
			command, shown, _ := strings.Cut(one, "\n")
			commands++
			follows(t, command, shown, c.typed(command))
		}
	}
	if commands < 10 {
		t.Errorf("%d commands", commands)
	}
}

// blocks gives what stands between fences with a word behind them.
func blocks(text, word string) (out []string) {
	for _, part := range strings.Split(text, "```"+word+"\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		out = append(out, block)
	}
	return out
}

// typed does what a command of the page does. The AWS CLI takes a second to start and need not be there, so what it would do is done directly.
func (c *company) typed(command string) string {
	c.t.Helper()
	args := strings.Fields(command)
	if args[0] == "mirrorwatch" {
		_, stdout, stderr := do(args[1:]...)
		return stdout + stderr
	}
	var err error
	ec2 := c.Cloud.Account(stage.Account, stage.Region).EC2
	switch strings.Join(args[:3], " ") {
	case "aws elbv2 delete-listener":
		err = c.Cloud.DeleteListener(args[4])
	case "aws ec2 modify-traffic-mirror-filter-rule":
		was := c.rule(args[4])
		is := was
		is.Action = args[6]
		_, err = ec2.ModifyTrafficMirrorFilterRule(context.Background(), ec2api.ModifyTrafficMirrorFilterRule{ID: args[4], Was: was, To: is})
	case "aws ec2 create-tags":
		key, value, _ := strings.Cut(strings.TrimPrefix(args[6], "Key="), ",Value=")
		err = ec2.CreateTags(context.Background(), []string{args[4]}, map[string]string{key: value})
	default:
		err = fmt.Errorf("the test does not know it")
	}
	if err != nil {
		c.t.Fatalf("%s: %v", command, err)
	}
	return ""
}

// rule finds a rule by its id.
func (c *company) rule(id string) ec2api.RuleSpec {
	c.t.Helper()
	filters, err := ec2api.All(c.t.Context(), c.Cloud.Account(stage.Account, stage.Region).EC2.DescribeTrafficMirrorFilters, ec2api.Query{})
	for _, f := range filters {
		for _, r := range slices.Concat(f.Ingress, f.Egress) {
			if r.ID == id {
				return r.RuleSpec
			}
		}
	}
	c.t.Fatalf("no rule %s: %v", id, err)
	return ec2api.RuleSpec{}
}

// follows wants the lines that are shown one after the other in the output. "…" is anything; blanks are worth the same, however many.
func follows(t *testing.T, command, shown, output string) {
	t.Helper()
	lines := strings.Split(output, "\n")
	for line := range strings.Lines(shown) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" || line == "…" {
			continue
		}
		pattern := regexp.MustCompile("^" + regexp.MustCompile(" ?… ?").ReplaceAllString(regexp.QuoteMeta(line), ".*") + "$")
		at := slices.IndexFunc(lines, func(l string) bool { return pattern.MatchString(strings.Join(strings.Fields(l), " ")) })
		if at < 0 {
			t.Errorf("%s: the page shows\n%s\nand it prints\n%s", command, line, output)
			return
		}
		lines = lines[at+1:]
	}
}

var shownCommand = regexp.MustCompile("(?m)(?:^(?:    |\\$ )[^#\\n]*?|`)(?:bin/|sudo )*mirrorwatch ([a-z][^`|>#;\n]*)")

// TestCommandsShown: every command that a page or a help text shows is there, with its flags.
func TestCommandsShown(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	shown := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range shownCommand.FindAllStringSubmatch(string(text), -1) {
			shown++
			understood(t, filepath.Base(page), found[1])
		}
	}
	if shown < 40 {
		t.Errorf("%d commands are shown", shown)
	}
	helped(t, newRoot())
}

func helped(t *testing.T, c *cobra.Command) {
	t.Helper()
	for line := range strings.Lines(c.Example) {
		for _, found := range shownCommand.FindAllStringSubmatch("  "+line, -1) {
			understood(t, c.CommandPath()+" --help", found[1])
		}
	}
	for _, sub := range c.Commands() {
		helped(t, sub)
	}
}

// understood wants a command line that the program could run, whatever its names are.
func understood(t *testing.T, where, line string) {
	t.Helper()
	root := newRoot()
	root.InitDefaultCompletionCmd()
	c, rest, err := root.Find(strings.Fields(line))
	if err == nil {
		c.InitDefaultHelpFlag()
		err = c.ParseFlags(rest)
	}
	if err == nil && c.HasSubCommands() && c.Flags().NArg() > 0 {
		err = fmt.Errorf("%s has no command %s", c.CommandPath(), c.Flags().Arg(0))
	}
	if err != nil {
		t.Errorf("%s shows 'mirrorwatch %s': %v", where, strings.TrimSpace(line), err)
	}
}
