package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Mistake is one thing that is wrong in a policy's text.
type Mistake struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path,omitempty"` // "profiles.web.packet_length"; empty: the text as a whole
	Problem string `json:"problem"`
	Allowed string `json:"allowed,omitempty"` // what may stand there
}

// String is the mistake as one line.
func (m Mistake) String() string {
	if m.Path == "" {
		return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Problem)
	}
	return fmt.Sprintf("%s:%d: %s: %s", m.File, m.Line, m.Path, m.Problem)
}

// Mistakes is the error that Parse gives: every mistake of a text, by line.
type Mistakes []Mistake

// Error is one line a mistake.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// mostMistakes is how many are told. Whoever has more of them mends the first ones first.
const mostMistakes = 200

// sorted gives mistakes in the order of the text, the last of them saying how many there was no room for.
func sorted(found []Mistake, more int) Mistakes {
	slices.SortStableFunc(found, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Path, b.Path))
	})
	if more > 0 {
		last := found[len(found)-1]
		last.Path, last.Allowed, last.Problem = "", "", fmt.Sprintf("and %d more mistakes", more)
		found = append(found, last)
	}
	return found
}

// mostShown is how much of a value is repeated in a message.
const mostShown = 80

var number = regexp.MustCompile(`^[+-]?[0-9][0-9.]*$`)

// shown is a value as messages repeat it: numbers bare, all else quoted, and never longer than a line.
func shown(s string) string {
	if len(s) > mostShown {
		return strconv.Quote(strings.ToValidUTF8(s[:mostShown], "")) + "..."
	}
	if number.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// under is the path of what stands at key below path.
func under(path, key string) string {
	if !plainKey.MatchString(key) {
		key = shown(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// item is the path of the i-th of a list.
func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// nearest is the known word that somebody may have meant, or "".
func nearest(word string, known []string) string {
	if len(word) > mostShown {
		return ""
	}
	best, least := "", max(1, len(word)/3)+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to change, add, take or swap with their neighbour for a to become b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
