package counters

import (
	"fmt"
	"math"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// mostLabel bounds a machine's name in a sentence; EC2 allows 256.
const mostLabel = 64

// sentence says in plain words how a number is beside its usual.
func sentence(q *Query, m *Machine, n *events.CounterNews) string {
	is := "was"
	if q.running() {
		is = "is so far"
	}
	return fmt.Sprintf("%s of %s %s %s for this hour: %s, %s (%s)", n.Metric, label(m), is, beside(n), amount(n.Value, n.Unit), usually(n), n.Basis)
}

// usually tells the usual, and the highest where that says more.
func usually(n *events.CounterNews) string {
	text, high := amount(n.Usual, n.Unit), amount(n.High, n.Unit)
	only := text == high
	if n.Usual == 0 {
		text = "none"
	}
	if only {
		return "usually " + text
	}
	return "usually " + text + " and at the most " + high
}

// beside says how a value stands to its usual. Times is not asked: it is rounded.
func beside(n *events.CounterNews) string {
	ratio := n.Value / n.Usual
	switch {
	case n.Usual == 0:
		return "more than its usual"
	case ratio >= 1.75:
		return times(ratio) + " its usual"
	case ratio >= 1.25:
		return "above its usual"
	case ratio > 0.75:
		return "about its usual"
	}
	return "below its usual"
}

func times(ratio float64) string {
	switch {
	case ratio >= 1e6:
		return "over a million times"
	case ratio < 9.5:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", ratio), ".0") + " times"
	}
	return grouped(ratio) + " times"
}

// label names a machine as people know it. A name is whatever somebody typed, so that it is held to one line.
func label(m *Machine) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(m.Name, " "))
	name = strings.TrimSpace(name)
	if runes := []rune(name); len(runes) > mostLabel {
		name = string(runes[:mostLabel]) + "..."
	}
	if name == "" || name == m.ID {
		return m.ID
	}
	return m.ID + " (" + name + ")"
}

func inHour(q *Query) string {
	if q.running() {
		return "so far in this hour"
	}
	return "in this hour"
}

// amount writes a number of a metric as people read it.
func amount(v float64, unit string) string {
	switch unit {
	case "Bytes":
		return bytes(v)
	case "Percent":
		return short(v) + " %"
	}
	return packets(v)
}

// bytes writes an amount with two figures, in powers of a thousand as AWS bills and graphs them.
func bytes(v float64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	i := 0
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	switch text := fmt.Sprintf("%.0f", v); {
	case i == 0 && text == "1":
		return "1 byte"
	case i == 0:
		return text + " bytes"
	}
	return short(v) + " " + units[i]
}

func packets(v float64) string {
	switch {
	case v >= 999.5e6:
		return short(v/1e9) + " billion packets"
	case v >= 999.5e3:
		return short(v/1e6) + " million packets"
	case grouped(v) == "1":
		return "1 packet"
	}
	return grouped(v) + " packets"
}

// short writes a number with two figures where it is small.
func short(v float64) string {
	if v < 9.95 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return fmt.Sprintf("%.0f", v)
}

// grouped writes a whole number with commas, and no more than three figures that tell.
func grouped(v float64) string {
	if v >= 1000 {
		unit := math.Pow(10, math.Floor(math.Log10(v))-2)
		v = math.Round(v/unit) * unit
	}
	text := fmt.Sprintf("%.0f", v)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// share writes a part of a whole; one too small to write is said to be so.
func share(part float64) string {
	if part < 0.001 {
		return "less than 0.1 %"
	}
	return short(part*100) + " %"
}
