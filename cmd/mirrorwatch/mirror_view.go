package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// mostRows is how many rows of a table are shown without --all.
const mostRows = 50

// mostWide is how wide a column of sentences gets before it is wrapped, on a terminal.
const mostWide = 72

// view prints for people: tables, and colours where a terminal shows them. Everything that it prints goes through clean: names and tags
// are whatever somebody in the account wrote.
type view struct {
	w      io.Writer
	colour bool
	wrap   bool
	all    bool // every row, however many
}

func newView(cmd *cobra.Command, o *mirrorOptions, all bool) *view {
	w := cmd.OutOrStdout()
	terminal := onTerminal(w)
	return &view{w: w, colour: terminal && !o.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", wrap: terminal, all: all}
}

// The colours have the same meaning everywhere.
func good() text.Colors  { return text.Colors{text.FgGreen} }
func amend() text.Colors { return text.Colors{text.FgYellow} }
func bad() text.Colors   { return text.Colors{text.FgRed} }
func faint() text.Colors { return text.Colors{text.Faint} }
func bold() text.Colors  { return text.Colors{text.Bold} }

// paint gives text that is safe to print, in colours where there are any.
func (v *view) paint(c text.Colors, s string) string {
	s = clean(s)
	if !v.colour || len(c) == 0 || s == "" {
		return s
	}
	return c.EscapeSeq() + s + text.Reset.EscapeSeq()
}

// say prints a line.
func (v *view) say(format string, args ...any) { v.tell(nil, format, args...) }

// tell prints a line in colours.
func (v *view) tell(c text.Colors, format string, args ...any) {
	fmt.Fprintln(v.w, v.paint(c, fmt.Sprintf(format, args...)))
}

// space prints an empty line.
func (v *view) space() { fmt.Fprintln(v.w) }

// cell is what stands in a table.
type cell struct {
	text   string
	colour text.Colors
}

func plain(s string) cell { return cell{text: s} }

func row(cells ...string) []cell {
	out := make([]cell, len(cells))
	for i, s := range cells {
		out[i] = plain(s)
	}
	return out
}

// table prints rows, at most as many as are shown at once, and says how many more there are. The last column is wrapped on a terminal.
func (v *view) table(header []string, rows [][]cell) {
	shown := rows
	if !v.all && len(rows) > mostRows {
		shown = rows[:mostRows]
	}
	t := table.NewWriter()
	t.SetStyle(plainStyle())
	t.SuppressTrailingSpaces()
	if len(header) > 0 {
		t.AppendHeader(v.cells(row(header...), faint()))
	}
	width := 0
	for _, r := range shown {
		t.AppendRow(v.cells(r, nil))
		width = max(width, len(r))
	}
	if v.wrap {
		t.SetColumnConfigs([]table.ColumnConfig{{Number: width, WidthMax: mostWide, WidthMaxEnforcer: text.WrapSoft}})
	}
	fmt.Fprintln(v.w, t.Render())
	v.more(len(rows) - len(shown))
}

func (v *view) cells(r []cell, standard text.Colors) table.Row {
	out := make(table.Row, len(r))
	for i, c := range r {
		if c.colour == nil {
			c.colour = standard
		}
		out[i] = v.paint(c.colour, c.text)
	}
	return out
}

// more says that not everything is shown.
func (v *view) more(n int) {
	if n > 0 {
		v.tell(faint(), "... and %d more; --all shows them", n)
	}
}

// plainStyle has columns two spaces apart and no lines.
func plainStyle() table.Style {
	s := table.StyleDefault
	s.Name, s.Options = "plain", table.OptionsNoBordersAndSeparators
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "  "
	s.Format.Header, s.Format.HeaderAlign = text.FormatDefault, text.AlignLeft
	return s
}

// printJSON writes a value for programs: JSON escapes every control character itself.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
