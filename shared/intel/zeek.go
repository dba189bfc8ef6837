package intel

import (
	"fmt"
	"strings"
)

// zeek reads the form of Zeek's intelligence framework: a line that begins with #fields names the columns, which tabs part.
type zeek struct {
	r      *reading
	fields []string
}

func (z *zeek) line(line int, text string) error {
	if rest, ok := strings.CutPrefix(text, "#fields\t"); ok {
		z.fields = strings.Split(rest, "\t")
		for _, need := range []string{"indicator", "indicator_type"} {
			if z.place(need) < 0 {
				z.r.complain(line, text, fmt.Sprintf("the fields of a Zeek intel file are parted by tabs and include %s", need))
			}
		}
		return nil
	}
	if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
		return nil
	}
	cells := strings.Split(text, "\t")
	get := func(name string) string {
		if i := z.place(name); i >= 0 && i < len(cells) && cells[i] != "-" && cells[i] != "(empty)" {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	value, word := get("indicator"), get("indicator_type")
	if value == "" || word == "" {
		z.r.complain(line, text, "a line has an indicator and an indicator_type, parted by tabs as #fields says")
		return nil
	}
	if unmatched(word) {
		z.r.out.Unused++
		return nil
	}
	kind, known := kindOf(word)
	if !known || !strings.HasPrefix(word, "Intel::") {
		z.r.complain(line, word, "an indicator_type is Intel::ADDR, SUBNET, DOMAIN, URL, FILE_HASH, CERT_HASH, JA3 or JA4")
		return nil
	}
	if kind == CertSHA1 && len(value) == 64 {
		kind = CertSHA256
	}
	return z.r.take(line, kind, value, z.rest(line, get))
}

// rest reads what a line says beside the indicator.
func (z *zeek) rest(line int, get func(string) string) func(*Indicator) {
	w := row{confidence: -1, source: get("meta.source"), text: get("meta.desc")}
	w.from, w.until = z.r.moment(line, get("meta.first_seen")), z.r.moment(line, get("meta.until"))
	if f := get("meta.confidence"); f != "" {
		if n, ok := confidence(f); ok {
			w.confidence = n
		}
	}
	return w.fill
}

func (z *zeek) place(name string) int {
	for i, f := range z.fields {
		if f == name {
			return i
		}
	}
	return -1
}
