package access

import "strings"

// sqlComparison finds "' or '1'='1" and its many relatives: something that ends a value, OR or AND, and a comparison. Behind a quote any
// comparison is sure; behind a number it must be one of two literals, and is sure where they are numbers.
func sqlComparison(t string) (sure, found bool) {
	for i := 0; i < len(t); i++ {
		n := sqlJoins(t, i)
		if n == 0 {
			continue
		}
		before := strings.TrimRight(t[:i], " )(%")
		if before == "" && !strings.ContainsAny(t[:i], "'\"") {
			continue
		}
		quote := strings.HasSuffix(before, "'") || strings.HasSuffix(before, `"`)
		digit := before != "" && before[len(before)-1] >= '0' && before[len(before)-1] <= '9'
		left, op, right := sqlSides(t[i+n:])
		switch {
		case op == "" && quote && left != "" && (sqlLiteral(left) || strings.HasPrefix(left, "exists")):
			return true, true // ' or 1 --
		case op == "":
		case quote && right != "":
			return true, true
		case digit && sqlLiteral(left) && sqlLiteral(right):
			return true, true
		case sqlLiteral(left) && left == right:
			return false, true
		}
	}
	return false, false
}

// sqlJoins says how long an OR or AND at i is; 0 where there is none.
func sqlJoins(t string, i int) int {
	for _, w := range [...]string{"or", "and", "xor", "||", "&&"} {
		if !strings.HasPrefix(t[i:], w) {
			continue
		}
		end := i + len(w)
		if webLetter(w[0]) && (i > 0 && webWordByte(t[i-1]) && t[i-1] != '\'' || end < len(t) && webWordByte(t[end])) {
			continue
		}
		return len(w)
	}
	return 0
}

// sqlSides reads "left op right" from the beginning of a text.
func sqlSides(t string) (left, op, right string) {
	left, t = sqlTerm(t)
	t = strings.TrimLeft(t, " ")
	for _, o := range [...]string{"=", "<>", "!=", "<", ">", "like ", "rlike ", "regexp ", "between ", "in (", "in(", "is null", "is not", "not like "} {
		if strings.HasPrefix(t, o) {
			right, _ = sqlTerm(t[len(o):])
			if right == "" && o == "=" && strings.TrimLeft(t[1:], " ") == "'" {
				right = "'"
			}
			return left, strings.TrimSpace(o), right
		}
	}
	return left, "", ""
}

// sqlTerm takes a literal, a name or a call off the beginning of a text. Quotes of a literal that the application closes are left open.
func sqlTerm(t string) (term, rest string) {
	t = strings.TrimLeft(t, " (+-!~")
	t = strings.TrimPrefix(t, "not ")
	if t == "" {
		return "", ""
	}
	if t[0] == '\'' || t[0] == '"' {
		end := strings.IndexByte(t[1:], t[0])
		if end < 0 {
			return t[1:], ""
		}
		if end == 0 {
			return "''", t[2:]
		}
		return t[1 : end+1], t[end+2:]
	}
	n := 0
	for n < len(t) && (webWordByte(t[n]) || t[n] == '.' || t[n] == '@') {
		n++
	}
	term, rest = t[:n], t[n:]
	if strings.HasPrefix(rest, "(") { // a call: its arguments belong to it
		if end := strings.IndexByte(rest, ')'); end >= 0 {
			return term + rest[:end+1], rest[end+1:]
		}
	}
	return term, rest
}

// sqlLiteral says whether a term is a number, or a word so short that it says nothing.
func sqlLiteral(term string) bool {
	if term == "" {
		return false
	}
	for i := range len(term) {
		if term[i] < '0' || term[i] > '9' {
			return term == "''" || term == "true" || term == "false" || len(term) == 1
		}
	}
	return true
}

// sqlCutOff finds a closed quote behind which a comment cuts off the rest of the statement, or ORDER BY asks for a column by number.
func sqlCutOff(t string) (sure, found bool) {
	for i := 0; i < len(t); i++ {
		if t[i] != '\'' && t[i] != '"' {
			continue
		}
		rest := strings.TrimLeft(t[i+1:], " );")
		switch {
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "/*"):
			return t[i] == '\'' && len(t) <= 128, true
		case strings.HasPrefix(rest, "#") && len(strings.TrimSpace(rest[1:])) == 0:
			return true, true
		case strings.HasPrefix(rest, "order by ") && len(rest) > 9 && rest[9] >= '0' && rest[9] <= '9':
			return true, true
		}
	}
	if at := webWord(t, "order by", 0); at > 0 && len(t) > at+9 && t[at+9] >= '0' && t[at+9] <= '9' && t[0] >= '0' && t[0] <= '9' {
		return false, true
	}
	return false, false
}
