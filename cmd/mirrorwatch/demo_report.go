package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/signin"
	"github.com/mirrorwatch/mirrorwatch/lambdas/console"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// settle is how long nothing must wait before what was played counts as told: longer than the sensor's longest pause.
const settle = 500 * time.Millisecond

// freeUDP gives an address of loopback on which nobody listens.
func freeUDP() (string, error) {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.LocalAddr().String(), nil
}

// progressOf draws how much was played, on a terminal.
func progressOf(w io.Writer, scenes []*scene) func(string, int) {
	if f, ok := w.(*os.File); !ok || !isTerminal(f) {
		return nil
	}
	total := 0
	for _, s := range scenes {
		total += s.Packets()
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("playing"),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	return func(_ string, sent int) { bar.Set(sent) } //nolint:errcheck // a bar that cannot be drawn is no reason to stop
}

// reportDemo asks the API what was found, as any program would, and says how that compares with what was played.
func (s *server) reportDemo(ctx context.Context, w io.Writer, scenes []*scene) error {
	if err := s.settled(ctx); err != nil {
		return err
	}
	list, err := s.askDetections(ctx)
	if err != nil {
		return err
	}
	pointers := make([]*events.Detection, len(list))
	for i := range list {
		pointers[i] = &list[i]
	}
	slices.SortStableFunc(pointers, func(a, b *events.Detection) int { return a.Start.Compare(b.Start) })
	writeTable(w, pointers)
	fmt.Fprintln(w)
	var t tally
	for i, sc := range scenes {
		until := time.Now()
		if i+1 < len(scenes) {
			until = scenes[i+1].Start
		}
		t.add(w, sc, list, until)
	}
	t.print(w, len(list), s.pipeline.engine.Stats().Packets)
	return nil
}

// settled returns when everything that was played is stored.
func (s *server) settled(ctx context.Context) error {
	for quiet := time.Duration(0); quiet < settle; quiet += settle / 10 {
		rounds, _ := s.pipeline.engine.Waiting()
		batches, _ := s.keep.ship.Waiting()
		if rounds+batches > 0 {
			quiet = 0
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(settle / 10):
		}
	}
	return nil
}

// askDetections walks the pages of the API with a key that is revoked again.
func (s *server) askDetections(ctx context.Context) ([]events.Detection, error) {
	by := store.Actor{Name: "system"}
	key, made, err := s.signin.CreateKey(ctx, signin.KeyRequest{Name: "demo", Role: store.RoleViewer, Owner: signin.FirstUser}, by)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	defer s.signin.RevokeKey(ctx, made.ID, by) //nolint:errcheck // the folder goes with it
	var all []events.Detection
	for cursor := ""; ; {
		var page struct {
			Items    []events.Detection
			Next     string
			Complete bool
			Why      string
		}
		if err := s.get(ctx, key, "/v1/detections?limit=200&sort=created&cursor="+url.QueryEscape(cursor), &page); err != nil {
			return nil, err
		}
		if !page.Complete {
			return nil, fmt.Errorf("ask for detections: %s", page.Why)
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

func (s *server) get(ctx context.Context, key, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.listener.Addr().String()+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("ask API: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		return fmt.Errorf("ask API: %s: %s", answer.Status, text)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("read API's answer: %w", err)
	}
	return nil
}

// tally is how the demo went.
type tally struct {
	attacks, found, continued, honest, silent int
	types                                     []string
}

// add holds what was found against what a capture is. Alerts between its start and the next one's are its own. What the same offender
// did before to the same victim is one detection, which alerts again at the next order of magnitude only: then the attack is part of it.
func (t *tally) add(w io.Writer, s *scene, list []events.Detection, until time.Time) {
	alerts, minor := 0, []string{}
	own, earlier := false, false
	for i := range list {
		d := &list[i]
		right := d.Type == s.kind && tookPart(d, s.offender)
		earlier = earlier || right && d.Start.Before(s.Start)
		if !alerted(d, s.Start, until) {
			continue
		}
		if s.allows(d) {
			minor = append(minor, d.Type)
		} else {
			alerts++
		}
		own = own || right
		if !slices.Contains(t.types, d.Type) {
			t.types = append(t.types, d.Type)
		}
	}
	fmt.Fprintf(w, "%-28s %-8s %s\n", clean(s.name), s.class, t.verdict(s, alerts, own, earlier)+asides(minor))
}

// allows says whether a detection is one of the minor ones that an honest capture may raise: a Telnet session is honest, and Telnet in use.
func (s *scene) allows(d *events.Detection) bool {
	return s.class == "benign" && d.Risk.Band == "low" && slices.Contains(strings.Split(s.kind, ","), d.Type)
}

func asides(minor []string) string {
	if len(minor) == 0 {
		return ""
	}
	return " but for " + strings.Join(minor, " and ") + ", of low risk"
}

func alerted(d *events.Detection, from, until time.Time) bool {
	return slices.ContainsFunc(d.Activity, func(a events.Activity) bool { return !a.Time.Before(from) && a.Time.Before(until) })
}

func (t *tally) verdict(s *scene, alerts int, own, earlier bool) string {
	switch s.class {
	case "attack":
		t.attacks++
		switch {
		case own:
			t.found++
			return "found: " + s.kind
		case earlier:
			t.continued++
			return "part of an earlier detection: " + s.kind
		}
		return "NOT FOUND: " + s.kind
	case "benign":
		t.honest++
		if alerts == 0 {
			t.silent++
			return "silent"
		}
	}
	return fmt.Sprintf("%d detections", alerts)
}

// tookPart says whether an address is among those who took part; any will do where none is named.
func tookPart(d *events.Detection, address string) bool {
	want, err := netip.ParseAddr(address)
	return err != nil || slices.ContainsFunc(d.Participants, func(p events.Participant) bool { return p.Address == want })
}

func (t *tally) print(w io.Writer, detections int, packets uint64) {
	fmt.Fprintf(w, "\n%d of %d attacks raised a detection, %d went on in one that was raised before; %d types of detection; "+
		"%d of %d honest captures silent. %d packets, %d detections.\n\n",
		t.found, t.attacks, t.continued, len(t.types), t.silent, t.honest, packets, detections)
}

// greet says where to look, and the password of the first start.
func (s *server) greet(w io.Writer) {
	fmt.Fprintf(w, "API and console: %s\n", s.url())
	if !console.Built() {
		fmt.Fprintln(w, "This program was built without its console: 'make console build' builds both.")
	}
	fmt.Fprintf(w, "Packets: %s\nData: %s\n", s.o.from(), s.o.data)
	if s.password != "" {
		fmt.Fprintf(w, "Sign in as %s with the password  %s  (it is shown this once, and must be changed)\n", signin.FirstUser, s.password)
	}
	fmt.Fprintln(w, "Interrupt to stop.")
}
