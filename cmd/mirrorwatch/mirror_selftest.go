package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/selftest"
)

const envKey = "MIRRORWATCH_API_KEY"

// selftestOptions are the flags of mirror selftest.
type selftestOptions struct {
	via, peer, listen string // one of them, or permissions
	permissions       bool
	server, keyFile   string
	conversations     int
	protocols         []string
	vni               uint32
	splitPorts        bool
	timeout, every    time.Duration
}

func newMirrorSelftest(o *mirrorOptions) *cobra.Command {
	var s selftestOptions
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Have known conversations, and see whether both directions of each reached one sensor",
		Long: `Selftest has conversations that nobody else has, then asks the API of a server until the record of each shows packets of both sides, from one
and the same sensor, or the time is up. One of:

  --via HOST:4789    sends them itself, wrapped in VXLAN as a mirror session does, to the load balancer or to a sensor: TCP with data from SYN to
                     FIN, a DNS question and its answer, ICMP echo, between addresses of 198.18.0.0/15 (RFC 2544), which no host has. Both
                     directions have one outer port, as AWS sends them; with --split-ports two, as AWS does for its resolver's answers,
                     which meet in one sensor only where the load balancer goes by source address.
  --peer HOST:PORT   has them for real, over TCP and UDP, from an instance that is mirrored to another host, where
                     'mirrorwatch mirror selftest --listen ADDRESS' answers. That tests the mirror session, too.
  --permissions      asks, for every account and region of the policy, whether each call that changes something would be allowed (DryRun). Where
                     nothing of ours is there yet, AWS may not say. Tags, load balancers and shares cannot be asked about so.

Conversations over UDP and ICMP are told of when a minute has passed without a packet: a test of all takes a little longer than that.

The key of the API is read from ` + envKey + `, or from --key-file; role viewer suffices.

Exit codes: 0 every conversation came whole (no call is denied), 1 one is missing, one-sided or split (a call is denied), 2 a mistake on the
command line.`,
		Example: `  mirrorwatch mirror selftest --via sensors-1a2b.elb.eu-central-1.amazonaws.com:4789 --server https://ndr.example.com
  mirrorwatch mirror selftest --via 127.0.0.1:4789 --server http://127.0.0.1:8080 --protocol tcp
  mirrorwatch mirror selftest --listen :7007                       # on one host
  mirrorwatch mirror selftest --peer 10.0.1.7:7007 --server https://ndr.example.com   # on an instance that is mirrored
  mirrorwatch mirror selftest --permissions --policy mirror.yaml`,
		Args: o.args(func(cmd *cobra.Command, args []string) error {
			if err := s.check(); err != nil {
				return usageError{err}
			}
			return noArgument("selftest")(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd, o) },
	}
	s.flags(cmd)
	return cmd
}

func (s *selftestOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.via, "via", "", "`HOST:PORT` of the load balancer or sensor to send VXLAN to")
	f.StringVar(&s.peer, "peer", "", "`HOST:PORT` of a selftest that listens, to have real conversations with")
	f.StringVar(&s.listen, "listen", "", "answer the conversations of --peer on this `ADDRESS` until interrupted")
	f.BoolVar(&s.permissions, "permissions", false, "ask AWS which calls would be allowed")
	f.StringVar(&s.server, "server", "http://127.0.0.1:8080", "`URL` of the server that is asked for records")
	f.StringVar(&s.keyFile, "key-file", "", "`FILE` with the key of the API (else env "+envKey+")")
	f.IntVar(&s.conversations, "conversations", selftest.DefaultConversations, "how many `N` to have")
	f.StringSliceVar(&s.protocols, "protocol", nil, "any of "+strings.Join(selftest.Protocols(), ", ")+" (default all; with --peer all but icmp)")
	f.Uint32Var(&s.vni, "vni", selftest.MostVNI, "network identifier to send with --via: one that no session has")
	f.BoolVar(&s.splitPorts, "split-ports", false, "with --via: send the server's packets from another outer port")
	f.DurationVar(&s.timeout, "timeout", 3*time.Minute, "how long to wait for the records")
	f.DurationVar(&s.every, "every", 2*time.Second, "time between looks")
	cmd.MarkFlagFilename("key-file") //nolint:errcheck // the flag is there
	complete := cobra.FixedCompletions(selftest.Protocols(), cobra.ShellCompDirectiveNoFileComp)
	cmd.RegisterFlagCompletionFunc("protocol", complete) //nolint:errcheck // the flag is there
}

func (s *selftestOptions) check() error {
	ways := 0
	for _, given := range []bool{s.via != "", s.peer != "", s.listen != "", s.permissions} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return errors.New("selftest needs one of --via HOST:4789, --peer HOST:PORT, --listen ADDRESS and --permissions")
	}
	for flag, address := range map[string]string{"--via": s.via, "--peer": s.peer, "--listen": s.listen} {
		if _, _, err := net.SplitHostPort(address); address != "" && err != nil {
			return fmt.Errorf("%s %q: want HOST:PORT", flag, address)
		}
	}
	for _, p := range s.protocols {
		if !slices.Contains(selftest.Protocols(), p) {
			return fmt.Errorf("--protocol %q: want any of %s", p, strings.Join(selftest.Protocols(), ", "))
		}
	}
	switch {
	case s.conversations < 1 || s.conversations > selftest.MostConversations:
		return fmt.Errorf("--conversations %d: want 1 to %d", s.conversations, selftest.MostConversations)
	case s.vni < 1 || s.vni > selftest.MostVNI:
		return fmt.Errorf("--vni %d: want 1 to %d", s.vni, selftest.MostVNI)
	case s.every < 100*time.Millisecond:
		return fmt.Errorf("--every %s: at least 100ms", s.every)
	case s.timeout < 0:
		return fmt.Errorf("--timeout %s: want a time that is not below zero", s.timeout)
	case s.peer != "" && slices.Contains(s.protocols, selftest.ICMP):
		return errors.New("--protocol icmp: --peer has conversations over tcp and udp only")
	}
	if u, err := url.Parse(s.server); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--server %q: want a URL such as https://ndr.example.com", s.server)
	}
	return nil
}
