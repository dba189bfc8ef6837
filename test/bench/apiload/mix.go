package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// client asks the API as a console and a few programs would.
type client struct {
	base, key  string
	http       *http.Client
	detections []string
	devices    []string
}

// call is one request of the mix. What path and body give may depend on what the store holds, and on the request's number.
type call struct {
	name   string
	weight int // of sum weights
	make   func(c *client, i int, now time.Time) (method, path string, body any)
}

type object = map[string]any

func span(now time.Time, back time.Duration) object {
	return object{"from": now.Add(-back).Format(time.RFC3339), "to": now.Add(time.Minute).Format(time.RFC3339)}
}

func with(o object, more object) object {
	for k, v := range more {
		o[k] = v
	}
	return o
}

func get(format string, a ...any) (string, string, any) {
	return http.MethodGet, fmt.Sprintf(format, a...), nil
}

// mix is what is asked, by weight: mostly what a console shows, some triage, some questions to the records.
func mix() []call {
	return []call{
		{"detections", 20, func(_ *client, i int, _ time.Time) (string, string, any) {
			return get("/v1/detections?limit=50&sort=-score&min_score=%d", i%60)
		}},
		{"detections search", 10, func(_ *client, i int, now time.Time) (string, string, any) {
			return http.MethodPost, "/v1/detections/search", object{"count": true, "filter": object{"participant": object{"addresses": []string{fmt.Sprintf("10.20.%d.0/24", i%16)}}}}
		}},
		{"histogram", 10, func(_ *client, _ int, now time.Time) (string, string, any) {
			return http.MethodPost, "/v1/detections/histogram", with(span(now, 24*time.Hour), object{"buckets": 48})
		}},
		{"groups", 10, func(_ *client, i int, now time.Time) (string, string, any) {
			by := []string{"type", "offender", "victim", "technique", "band"}[i%5]
			return http.MethodPost, "/v1/detections/groups", object{"by": by, "buckets": 24, "filter": span(now, 24*time.Hour)}
		}},
		{"detection", 10, func(c *client, i int, _ time.Time) (string, string, any) {
			return get("/v1/detections/%s", pick(c.detections, i))
		}},
		{"related", 4, func(c *client, i int, _ time.Time) (string, string, any) {
			return get("/v1/detections/%s/related", pick(c.detections, i))
		}},
		{"detection's map", 3, func(c *client, i int, _ time.Time) (string, string, any) {
			return get("/v1/detections/%s/activity-map", pick(c.detections, i))
		}},
		{"triage", 5, func(c *client, i int, _ time.Time) (string, string, any) {
			return http.MethodPost, "/v1/detections/bulk", object{"ids": []string{pick(c.detections, i)}, "change": object{"assignee": fmt.Sprint("analyst", i%3)}}
		}},
		{"devices", 6, func(_ *client, i int, _ time.Time) (string, string, any) {
			return get("/v1/devices?limit=50&external=%v", i%2 == 0)
		}},
		{"device's series", 6, func(c *client, i int, now time.Time) (string, string, any) {
			return get("/v1/devices/%s/series?metric=bytes_out&%s", pick(c.devices, i), query(span(now, time.Hour)))
		}},
		{"records", 6, func(_ *client, i int, now time.Time) (string, string, any) {
			return http.MethodPost, "/v1/records/search", with(span(now, 10*time.Minute), object{"query": fmt.Sprintf("addr = 10.0.%d.0/24", i%16), "limit": 50})
		}},
		{"records by time", 3, func(_ *client, _ int, now time.Time) (string, string, any) {
			return http.MethodPost, "/v1/records/histogram", with(span(now, 10*time.Minute), object{"query": "kind = dns", "buckets": 60})
		}},
		{"records' top", 2, func(_ *client, _ int, now time.Time) (string, string, any) {
			return http.MethodPost, "/v1/records/top", with(span(now, 10*time.Minute), object{"fields": []string{"id.resp_h"}, "sum": []string{"orig_bytes"}, "query": "kind = conn"})
		}},
		{"coverage", 2, func(*client, int, time.Time) (string, string, any) { return get("/v1/coverage/summary") }},
		{"me", 3, func(*client, int, time.Time) (string, string, any) { return get("/v1/me") }},
	}
}

// choose spreads the calls evenly: the order is the same in every run.
func choose(list []call, i int) call {
	sum := 0
	for _, c := range list {
		sum += c.weight
	}
	at := i * 37 % sum // 37 has no factor in common with a hundred
	for _, c := range list {
		if at -= c.weight; at < 0 {
			return c
		}
	}
	return list[0]
}

func pick(list []string, i int) string {
	if len(list) == 0 {
		return "none"
	}
	return url.PathEscape(list[i%len(list)])
}

func query(o object) string {
	v := url.Values{}
	for k, m := range o {
		v.Set(k, fmt.Sprint(m))
	}
	return v.Encode()
}

// ask sends request i of the mix and reads its answer to the end.
func (c *client) ask(ctx context.Context, i int, due time.Time) answer {
	call := choose(mix(), i)
	method, path, body := call.make(c, i, due)
	a := answer{name: call.name}
	_, err := c.do(ctx, method, path, body)
	if a.took = time.Since(due); err != nil {
		a.err = err.Error()
	}
	return a
}

func (c *client) do(ctx context.Context, method, path string, body any) ([]byte, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	w, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err == nil && w.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %.300s", method, path, w.Status, b)
	}
	return b, err
}

// learn asks what there is, so that the mix asks for what exists.
func (c *client) learn(ctx context.Context) error {
	if c.key == "" {
		return errors.New("set MIRRORWATCH_API_KEY to a key of role analyst")
	}
	for path, into := range map[string]*[]string{"/v1/detections?limit=200": &c.detections, "/v1/devices?limit=200&external=false": &c.devices} {
		b, err := c.do(ctx, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		var page struct{ Items []struct{ ID string } }
		if err := json.Unmarshal(b, &page); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		for _, i := range page.Items {
			*into = append(*into, i.ID)
		}
		if len(*into) == 0 {
			return fmt.Errorf("%s: there is nothing to ask for", path)
		}
	}
	return nil
}
