package selftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	pageRecords = "1000"
	mostPages   = 20
	mostBody    = 32 << 20
	mostProblem = 1 << 10 // bytes of an answer that are repeated
)

// ErrRefused is what the API says to a key that it does not take: asking again changes nothing.
var ErrRefused = errors.New("the API does not take the key")

// API is a server's.
type API struct {
	URL  string // "https://ndr.example.com"
	Key  string
	HTTP *http.Client
}

// Conns asks for the records of conversations, and of whatever else had to do with their addresses in that time.
func (a *API) Conns(ctx context.Context, list []Conversation, from, to time.Time) ([]Conn, error) {
	q := url.Values{"kind": {"conn"}, "limit": {pageRecords}, "query": {query(list)}, "from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}}
	var all []Conn
	for range mostPages {
		var page struct {
			Items []struct {
				Record Conn `json:"record"`
			} `json:"items"`
			Next     string `json:"next"`
			Complete bool   `json:"complete"`
			Why      string `json:"why"`
		}
		if err := a.get(ctx, "/v1/records?"+q.Encode(), &page); err != nil {
			return nil, err
		}
		for i := range page.Items {
			all = append(all, page.Items[i].Record)
		}
		if page.Next == "" && !page.Complete {
			return nil, fmt.Errorf("ask API for records: the answer is not whole: %s", page.Why)
		}
		if page.Next == "" {
			return all, nil
		}
		q.Set("cursor", page.Next)
	}
	return nil, fmt.Errorf("ask API for records: there are more than %d pages", mostPages)
}

// query narrows records down: to the server's port where all conversations were with it, else to the networks of the clients.
func query(list []Conversation) string {
	if len(list) == 0 {
		return ""
	}
	one := true
	var nets []string
	seen := map[netip.Prefix]bool{}
	for i := range list {
		one = one && list[i].Server == list[0].Server && list[i].Client.Addr() == list[0].Client.Addr()
		net, err := list[i].Client.Addr().Prefix(min(24, list[i].Client.Addr().BitLen()))
		if err == nil && !seen[net] {
			seen[net] = true
			nets = append(nets, "addr = "+net.String())
		}
	}
	if one {
		return fmt.Sprintf("addr = %s and addr = %s and port = %d", list[0].Client.Addr(), list[0].Server.Addr(), list[0].Server.Port())
	}
	return strings.Join(nets, " or ")
}

func (a *API) get(ctx context.Context, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(a.URL, "/")+path, nil)
	if err != nil {
		return fmt.Errorf("ask API: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+a.Key)
	w, err := a.HTTP.Do(r)
	if err != nil {
		return fmt.Errorf("ask API: %w", err)
	}
	defer w.Body.Close()
	switch {
	case w.StatusCode == http.StatusUnauthorized || w.StatusCode == http.StatusForbidden:
		return fmt.Errorf("ask API: %s: %w", w.Status, ErrRefused)
	case w.StatusCode != http.StatusOK:
		text, _ := io.ReadAll(io.LimitReader(w.Body, mostProblem)) //nolint:errcheck // the status says enough
		return fmt.Errorf("ask API: %s: %s", w.Status, text)
	}
	if err := json.NewDecoder(io.LimitReader(w.Body, mostBody)).Decode(into); err != nil {
		return fmt.Errorf("read API's answer: %w", err)
	}
	return nil
}
