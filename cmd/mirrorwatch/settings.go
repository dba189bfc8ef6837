package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/settings"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// readSettings reads a file of settings. Complaints are lines; what made sense is used all the same. A file that cannot be read is a
// mistake on the command line.
func readSettings(file string, complain func(string)) (settings.Settings, error) {
	if file == "" {
		return settings.Settings{}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return settings.Settings{}, usageError{fmt.Errorf("read settings: %w", err)}
	}
	set, complaints := settings.Parse(text, detectors.Specs())
	for _, c := range complaints {
		complain(fmt.Sprintf("%s:%d: %s", file, c.Line, c.Text))
	}
	return set, nil
}

// storedSettings reads what people set by way of the API.
func storedSettings(ctx context.Context, docs store.Documents, complain func(string)) (settings.Settings, error) {
	var set settings.Settings
	var err error
	if set.Known, err = storedKnown(ctx, docs); err != nil {
		return set, err
	}
	list, err := store.ParameterValues(ctx, docs, store.DetectorSettings)
	if err != nil {
		return set, err
	}
	var bad []error
	set.Detectors, bad = settings.ParseList(list, detectors.Specs())
	for _, err := range bad {
		complain("parameter " + store.DetectorSettings + ": " + err.Error())
	}
	return set, nil
}

// storedKnown reads what people said of the site. The API lets nothing in that cannot be read here.
func storedKnown(ctx context.Context, docs store.Documents) (device.Known, error) {
	var known device.Known
	var errs []error
	values := func(name string, take func(string) bool) {
		list, err := store.ParameterValues(ctx, docs, name)
		errs = append(errs, err)
		for _, text := range list {
			if !take(text) {
				errs = append(errs, fmt.Errorf("parameter %s: %q makes no sense", name, text))
			}
		}
	}
	values(store.TrustedDomains, func(text string) bool {
		d, ok := settings.Domain(text)
		known.TrustedDomains = append(known.TrustedDomains, d)
		return ok
	})
	values(store.OwnRoles, func(text string) bool {
		p, ok := settings.Principal(text)
		known.OwnRoles = append(known.OwnRoles, p)
		return ok
	})
	values(store.PlannedChanges, func(text string) bool {
		c, err := settings.PlannedChange(text)
		known.Changes = append(known.Changes, c)
		return err == nil
	})
	for name, list := range map[string]*[]netip.Prefix{
		store.KnownScanners: &known.Scanners, store.Gateways: &known.Gateways, store.DNSServers: &known.DNSServers,
	} {
		values(name, func(text string) bool {
			p, ok := settings.Network(text)
			*list = append(*list, p)
			return ok
		})
	}
	return known, errors.Join(errs...)
}

// knownSite hands what people said of the site from whoever reads it to the judge's goroutine.
type knownSite struct {
	fixed settings.Settings // of the command line
	next  atomic.Pointer[device.Known]
}

// set takes what is stored now; with it goes what the command line said.
func (k *knownSite) set(stored device.Known) {
	all := settings.Settings{Known: stored}
	all.Add(k.fixed)
	k.next.Store(&all.Known)
}

// turn gives the model what is new, between two records.
func (k *knownSite) turn(model *device.Model) {
	if known := k.next.Swap(nil); known != nil {
		model.SetKnown(*known)
	}
}

// siteEvery is how often what people said of the site is read anew.
const siteEvery = 15 * time.Second

// watchSite keeps what people said of the site as it is stored.
func (k *keeper) watchSite(ctx context.Context, site *knownSite) {
	tick := time.NewTicker(siteEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		known, err := storedKnown(ctx, k.store.Documents)
		if err != nil && ctx.Err() == nil {
			k.log.Warn("parameters of the site were not read", "error", err)
			continue
		}
		site.set(known)
	}
}

func newTuning() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tuning",
		Short: "Check files of settings: parameters of the site and tunables of detectors",
		Long: `A file of settings says what the site is, so that nothing is raised for being what it is, and sets the tunables of
detectors. read, sensor and serve take it with --tuning. What makes no sense is told with its line; the rest is used.

  parameters:
    trusted_domains: [example.com]     # itself and all below it
    known_scanners: [10.0.0.9]         # scan by order
    gateways: [10.0.0.1]               # stand for many hosts
    dns_servers: [10.0.0.2]            # ask for others
    own_roles: [role/mirrorwatch-*]    # of Mirrorwatch itself: what they change is its own work
    planned_changes:                   # what the principal does then is no news
      - {from: 2026-03-02T10:00:00Z, to: 2026-03-02T12:00:00Z, principal: user/ada, reason: new flow logs}
  detectors:
    recon.port_scan: {ports: 40, idle: 12h}
    c2.dns_tunnel: {enabled: false}

'mirrorwatch detections show TYPE' lists a detector's tunables, and what they may be.`,
		Example: `  mirrorwatch tuning check tuning.yaml
  mirrorwatch read --tuning tuning.yaml capture.pcap`,
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with files of settings; exit code 1 where anything is",
		Args:  cobra.MinimumNArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return checkSettings(cmd, args) },
	})
	return cmd
}

func checkSettings(cmd *cobra.Command, files []string) error {
	wrong := false
	for _, file := range files {
		set, err := readSettings(file, func(line string) {
			wrong = true
			fmt.Fprintln(cmd.ErrOrStderr(), clean(line))
		})
		if err != nil {
			return err
		}
		tunables := 0
		for _, of := range set.Detectors {
			tunables += len(of)
		}
		k := &set.Known
		fmt.Fprintf(cmd.OutOrStdout(), "%s: %d trusted domains, %d known scanners, %d gateways, %d DNS servers, %d own roles, %d planned changes, %d settings of %d detectors\n", clean(file),
			len(k.TrustedDomains), len(k.Scanners), len(k.Gateways), len(k.DNSServers), len(k.OwnRoles), len(k.Changes), tunables, len(set.Detectors))
	}
	if wrong {
		return exitCode(exitInput)
	}
	return nil
}

// valueOf gives what holds for a tunable.
func valueOf(s *detect.Spec, t *detect.Tunable, set map[string]map[string]string) string {
	if v, there := set[s.Type][t.Name]; there {
		return v
	}
	return t.Default
}
