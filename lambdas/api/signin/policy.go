package signin

import (
	_ "embed" // the list of passwords that everybody knows
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// How long a password may be, in characters.
const (
	MinPassword = 12
	MaxPassword = 128
)

// common.txt has one password or stem a line, lower case.
//
//go:embed common.txt
var commonText string

// CheckPassword says what is wrong with a new password of a user, nil where nothing is: any Unicode, no rule of what it must be made
// of, but not what a guesser tries first. The error never holds the password.
func CheckPassword(user, password string) error {
	why := ""
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword || n > MaxPassword:
		why = fmt.Sprintf("%d to %d characters long", MinPassword, MaxPassword)
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		why = "Unicode text without control characters"
	case len(user) >= 3 && strings.Contains(strings.ToLower(password), strings.ToLower(user)):
		why = "one that does not hold the user name"
	case isPattern(strings.ToLower(password)):
		why = "other than a repetition or a row of neighbours (abcd, 1234, qwerty)"
	case isCommon(strings.ToLower(password)):
		why = "one that is not among those that everybody knows"
	default:
		return nil
	}
	return &store.Invalid{Field: "password", Value: "(hidden)", Allowed: why}
}

// rows are what fingers walk along. A step within one of them, in either direction, adds nothing to guess.
func rows() []string {
	return []string{
		"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiopü", "azertyuiop",
		"!@#$%^&*()_+", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
	}
}

// isPattern says whether little is left when what follows from the characters before is taken away.
func isPattern(lower string) bool {
	r := []rune(lower)
	return distinct(r) < 5 || period(r)*3 <= len(r) || surprises(r) < 5
}

func distinct(r []rune) int {
	seen := map[rune]bool{}
	for _, c := range r {
		seen[c] = true
	}
	return len(seen)
}

// period is the length of the shortest beginning whose repetition is the whole.
func period(r []rune) int {
	for n := 1; n < len(r); n++ {
		same := true
		for i := n; i < len(r) && same; i++ {
			same = r[i] == r[i-n]
		}
		if same {
			return n
		}
	}
	return len(r)
}

// surprises counts the characters that are neither the one before again nor its neighbour in a row.
func surprises(r []rune) int {
	n := 1
	for i := 1; i < len(r); i++ {
		if r[i] != r[i-1] && !neighbours(r[i-1], r[i]) {
			n++
		}
	}
	return n
}

func neighbours(a, b rune) bool {
	forth, back := string([]rune{a, b}), string([]rune{b, a})
	for _, row := range rows() {
		if strings.Contains(row, forth) || strings.Contains(row, back) {
			return true
		}
	}
	return false
}

// isCommon looks for the password, and for what is left of it without the usual ornaments: digits and signs at either end, and
// digits that stand for letters.
func isCommon(lower string) bool {
	ornament := func(r rune) bool { return !unicode.IsLetter(r) }
	leet := strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t", "!", "i")
	trimmed := strings.TrimFunc(lower, ornament)
	squeezed := strings.Map(func(r rune) rune {
		if ornament(r) {
			return -1
		}
		return r
	}, lower)
	forms := []string{lower, trimmed, squeezed, leet.Replace(trimmed), strings.TrimFunc(leet.Replace(lower), ornament)}
	for line := range strings.Lines(commonText) {
		word := strings.TrimSpace(line)
		if word == "" || strings.HasPrefix(word, "#") {
			continue
		}
		for _, have := range forms {
			if have == word || have == word+word {
				return true
			}
		}
	}
	return false
}
