package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/selftest"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const (
	mostKey   = 4 << 10 // bytes of a file with a key
	askWithin = 30 * time.Second
)

// run does what the flags say.
func (s *selftestOptions) run(cmd *cobra.Command, o *mirrorOptions) error {
	switch {
	case s.listen != "":
		return s.answer(cmd)
	case s.permissions:
		return mirrored(cmd, o, reads, func(ctx context.Context, m *mirroring) error { return m.permissions(ctx, cmd) })
	}
	api, err := s.api(cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	began := time.Now()
	list, err := s.converse(cmd.Context())
	if err != nil {
		return err
	}
	tell, finish := waiting(cmd.ErrOrStderr(), len(list))
	verdicts, err := selftest.Watch(cmd.Context(), list, selftest.WatchOptions{
		Records: func(ctx context.Context, from, to time.Time) ([]selftest.Conn, error) {
			return api.Conns(ctx, list, from, to)
		},
		Began: began, Ended: time.Now(), Timeout: s.timeout, Every: s.every, Now: time.Now, Sleep: ec2api.Sleep, Tell: tell,
	})
	finish()
	if o.json {
		err = errors.Join(err, printJSON(cmd.OutOrStdout(), verdicts))
	} else {
		newView(cmd, o, true).verdicts(verdicts)
	}
	if n := selftest.Failed(verdicts); n > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %s did not come whole", n, count(len(verdicts), "conversation", "conversations")))
	}
	return err
}

// converse has the conversations.
func (s *selftestOptions) converse(ctx context.Context) ([]selftest.Conversation, error) {
	protocols := s.protocols
	if s.peer != "" && len(protocols) == 0 {
		protocols = []string{selftest.TCP, selftest.UDP}
	}
	list, err := selftest.New(s.conversations, protocols, rand.Reader)
	if err != nil {
		return nil, err
	}
	if s.peer != "" {
		return selftest.Talk(ctx, list, selftest.TalkOptions{Peer: s.peer, Now: time.Now})
	}
	return list, selftest.Send(ctx, list, selftest.SendOptions{To: s.via, VNI: s.vni, SplitPorts: s.splitPorts, Sleep: ec2api.Sleep})
}

// answer is the other end of --peer.
func (s *selftestOptions) answer(cmd *cobra.Command) error {
	echo, err := selftest.Listen(cmd.Context(), s.listen, time.Now)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Answering on %s (TCP and UDP). Interrupt to stop.\n", echo.Address())
	return echo.Serve(cmd.Context())
}

// api is the server that is asked for records. The key never goes to another place than the one that was named.
func (s *selftestOptions) api(warn io.Writer) (*selftest.API, error) {
	key := os.Getenv(envKey)
	if s.keyFile != "" {
		f, err := os.Open(s.keyFile)
		if err != nil {
			return nil, fmt.Errorf("read key: %w", err)
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, mostKey))
		if err != nil {
			return nil, fmt.Errorf("read key: %w", err)
		}
		key = string(text)
	}
	if key = strings.TrimSpace(key); key == "" {
		return nil, fmt.Errorf("no key of the API: set %s, or give --key-file; the console makes keys under Settings, API keys", envKey)
	}
	if u, err := url.Parse(s.server); err == nil && u.Scheme == "http" && !onLoopback(u.Hostname()) {
		fmt.Fprintf(warn, "%s is plain HTTP: whoever is on the way can read the key.\n", clean(s.server))
	}
	return &selftest.API{URL: s.server, Key: key, HTTP: &http.Client{
		Timeout: askWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func onLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// waiting shows on a terminal how many conversations were seen whole.
func waiting(w io.Writer, all int) (tell func(found, all int), finish func()) {
	if !onTerminal(w) {
		return nil, func() {}
	}
	bar := progressbar.NewOptions(all, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("waiting for records"),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	tell = func(found, _ int) { bar.Set(found) } //nolint:errcheck // a bar that cannot be drawn is no reason to stop
	return tell, func() { bar.Clear() }          //nolint:errcheck // as above
}

// permissions tries, in every account and region, each call that changes something.
func (m *mirroring) permissions(ctx context.Context, cmd *cobra.Command) error {
	var list []selftest.Permission
	var errs []error
	for _, a := range m.policy.Accounts {
		for _, region := range a.Regions {
			some, err := m.tryAll(ctx, a, region)
			list, errs = append(list, some...), append(errs, err)
		}
	}
	if m.o.json {
		errs = append(errs, printJSON(cmd.OutOrStdout(), list))
	} else {
		newView(cmd, m.o, true).permissions(list)
	}
	n := 0
	for _, p := range list {
		if p.Answer == selftest.Denied {
			n++
		}
	}
	if n > 0 {
		errs = append(errs, fmt.Errorf("%d of %s denied", n, count(len(list), "call is", "calls are")))
	}
	return errors.Join(errs...)
}

func (m *mirroring) tryAll(ctx context.Context, a policy.Account, region string) ([]selftest.Permission, error) {
	api, err := m.openAccount(ctx, a, region)
	if err != nil {
		return nil, fmt.Errorf("open account %s: %w", plan.Place(a.ID, region), err)
	}
	tags := map[string]string{plan.TagDeployment: m.policy.Deployment}
	s, err := selftest.Find(ctx, api.EC2, plan.TagDeployment, m.policy.Deployment)
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", plan.Place(a.ID, region), err)
	}
	return selftest.Permissions(ctx, api, s, tags), nil
}
