package query

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// Condition writes what a plan asks as a SQL condition over the columns of its kind. It is never NULL: a field that is missing makes
// the test not hold, as everywhere else.
func Condition(p *Plan, d Dialect) string {
	join := func(between string) func([]string) string {
		return func(parts []string) string { return "(" + strings.Join(parts, between) + ")" }
	}
	return Walk(p, Walker[string]{
		Test:     func(i int) string { return d.bound(p, p.Tests[i]) },
		Constant: func(holds bool) string { return strings.ToUpper(strconv.FormatBool(holds)) },
		And:      join(" AND "),
		Or:       join(" OR "),
		Not:      func(part string) string { return "NOT " + part },
	})
}

func (d Dialect) bound(p *Plan, b Bound) string {
	var any []string
	for _, on := range b.On {
		any = append(any, d.test(b.Test, p.Fields[on.At]))
	}
	if len(any) == 1 {
		return any[0]
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// test is one test of one field.
func (d Dialect) test(t Test, f Field) string {
	column := quoted(f.Name)
	if f.List {
		return "coalesce(" + d.Any(column, "x", "coalesce("+d.compare(t, f.Type, "x")+", FALSE)") + ", FALSE)"
	}
	if t.Op == Present {
		return column + " IS NOT NULL"
	}
	return "coalesce(" + d.compare(t, f.Type, column) + ", FALSE)"
}

// compare may be NULL where x is.
func (d Dialect) compare(t Test, of Type, x string) string {
	if t.Op == Present {
		return x + " IS NOT NULL"
	}
	switch of {
	case Text, Address:
		return d.compareText(t, of, x)
	case Bool:
		return x + " " + sqlOp(t.Op) + " " + strings.ToUpper(strconv.FormatBool(t.Value.Bool))
	}
	n, _ := t.Operand(of)
	return x + " " + sqlOp(t.Op) + " " + numberLiteral(n, of)
}

func sqlOp(op Op) string {
	if op == NotEqual {
		return "<>"
	}
	return string(op)
}

// numberLiteral writes a whole number as one for a column of whole numbers, so that the engine can leave out parts of a file by their
// least and greatest value; the answer is the same up to 2^53, from where a double no longer tells them apart.
func numberLiteral(n float64, of Type) string {
	if of == Number && n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		return strconv.FormatInt(int64(n), 10)
	}
	return strings.ToUpper(strconv.FormatFloat(n, 'e', -1, 64))
}

func (d Dialect) compareText(t Test, of Type, x string) string {
	low, value := lowered(x, t.Value.Text), Lower(t.Value.Text)
	switch t.Op {
	case Equal:
		return d.equalText(t, of, x)
	case NotEqual:
		return x + " IS NOT NULL AND NOT coalesce(" + d.equalText(t, of, x) + ", FALSE)"
	case Contains:
		if value == "" {
			return x + " IS NOT NULL"
		}
		return "strpos(" + low + ", " + Literal(value) + ") > 0"
	}
	// Order looks at letters that the value does not have, so that it is always the small ones that are compared.
	return alwaysLowered(x) + " " + sqlOp(t.Op) + " " + Literal(value)
}

func (d Dialect) equalText(t Test, of Type, x string) string {
	value := Lower(t.Value.Text)
	low := lowered(x, value)
	switch {
	case t.Value.IsNet && of == Address:
		return d.inNetwork(t.Value.Network, x)
	case t.Value.IsNet:
		return "(" + low + " = " + Literal(value) + " OR coalesce(" + d.inNetwork(t.Value.Network, x) + ", FALSE))"
	case strings.Contains(value, "*"):
		return low + " LIKE " + Literal(likePattern(value)) + ` ESCAPE '\'`
	}
	return low + " = " + Literal(value)
}

// inNetwork keeps the families apart: to Trino an IPv4 address is also one of IPv6, to us it is not.
func (d Dialect) inNetwork(n netip.Prefix, x string) string {
	if n.Addr().Is4() {
		if n.IsSingleIP() {
			return x + " = " + Literal(n.Addr().String())
		}
		return "strpos(" + x + ", ':') = 0 AND " + d.Between(x, n)
	}
	return "strpos(" + x + ", ':') > 0 AND " + d.Between(x, n)
}

func likePattern(value string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`, "*", "%").Replace(value)
}

// lowered makes the ASCII letters of x small, where the value has any that it could differ by. SQL's own lower knows more alphabets than
// the language does.
func lowered(x, value string) string {
	if !strings.ContainsFunc(value, func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }) {
		return x
	}
	return alwaysLowered(x)
}

func alwaysLowered(x string) string {
	return "translate(" + x + ", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
}
