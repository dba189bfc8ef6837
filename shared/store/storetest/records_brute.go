package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// questions pairs a query with what it means, said in Go.
var questions = []struct {
	text  string
	kinds []events.Kind
	holds func(kind events.Kind, m map[string]any) bool
}{
	{"", nil, func(events.Kind, map[string]any) bool { return true }},
	{"", []events.Kind{events.KindDNS, events.KindSSL}, func(k events.Kind, _ map[string]any) bool { return k == events.KindDNS || k == events.KindSSL }},
	{"proto = tcp", nil, func(_ events.Kind, m map[string]any) bool { return m["proto"] == "tcp" }},
	{"id.resp_p = 443 or id.resp_p = 80", nil, func(_ events.Kind, m map[string]any) bool { return m["id.resp_p"] == 443.0 || m["id.resp_p"] == 80.0 }},
	{"not service = dns", nil, func(_ events.Kind, m map[string]any) bool { return m["service"] != "dns" }},
	{"service != dns", nil, func(_ events.Kind, m map[string]any) bool { return m["service"] != nil && m["service"] != "dns" }},
	{"orig_bytes > 30000 and conn_state = SF", nil, func(_ events.Kind, m map[string]any) bool {
		n, _ := m["orig_bytes"].(float64)
		return n > 30000 && m["conn_state"] == "SF"
	}},
	{`query ~ "EXAMPLE.net"`, nil, func(_ events.Kind, m map[string]any) bool {
		s, _ := m["query"].(string)
		return strings.Contains(s, "example.net")
	}},
	{"rcode = 3", nil, func(_ events.Kind, m map[string]any) bool { return m["rcode"] == 3.0 }},
	{"id.orig_h = 10.0.0.0/21", nil, func(_ events.Kind, m map[string]any) bool {
		s, _ := m["id.orig_h"].(string)
		return slices.Contains([]string{"10.0.0", "10.0.1", "10.0.2", "10.0.3", "10.0.4", "10.0.5", "10.0.6", "10.0.7"}, s[:strings.LastIndex(s, ".")])
	}},
	{"alpn = h2", nil, func(_ events.Kind, m map[string]any) bool { return m["alpn"] != nil }},
	{"kind = http and status_code >= 400", nil, func(k events.Kind, m map[string]any) bool {
		n, _ := m["status_code"].(float64)
		return k == events.KindHTTP && n >= 400
	}},
}

func (h *harness) topOf(rows []store.Row, fields []string) (list []store.TopValue, missing int) {
	h.Helper()
	groups := map[string]*store.TopValue{}
	for i := range rows {
		m := members(h, &rows[i])
		m["kind"] = string(rows[i].Kind)
		combinations := [][]string{nil}
		for _, f := range fields {
			var longer [][]string
			for _, c := range combinations {
				for _, v := range textsOf(m[f]) {
					longer = append(longer, append(slices.Clone(c), v))
				}
			}
			combinations = longer
		}
		if len(combinations) == 0 {
			missing++
		}
		sum, _ := m["orig_bytes"].(float64)
		for _, c := range combinations {
			key := strings.Join(c, "\x00")
			if groups[key] == nil {
				groups[key] = &store.TopValue{Values: c, Sums: []float64{0}}
			}
			groups[key].Count++
			groups[key].Sums[0] += sum
		}
	}
	for _, g := range groups {
		list = append(list, *g)
	}
	slices.SortFunc(list, func(a, b store.TopValue) int { return cmp.Or(b.Count-a.Count, slices.Compare(a.Values, b.Values)) })
	return list, missing
}

func textsOf(v any) (texts []string) {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		for _, one := range v {
			texts = append(texts, textsOf(one)...)
		}
		slices.Sort(texts)
		return slices.Compact(texts)
	}
	return []string{fmt.Sprint(v)}
}
