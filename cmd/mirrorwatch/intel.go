package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/shared/intel"
)

// intelOptions are the flags of intel.
type intelOptions struct {
	options
	json bool
}

func newIntel() *cobra.Command {
	var o intelOptions
	cmd := &cobra.Command{
		Use:   "intel",
		Short: "Check lists of indicators of threat intelligence, and look values up in them",
		Long: `Lists of indicators say what others know to be hostile: addresses and networks, domains, URLs, JA3 and JA4 fingerprints, hashes of
certificates and of files. read, sensor and serve take them with --intel FILE or FOLDER, as often as needed; sensor and serve read
them anew when they change, and on SIGHUP, and hold them against what was seen within the last day, too.

The form is told from the content:
  CSV     a header names the columns: indicator (or ip, domain, url, ja3, ja4, md5, sha1, sha256, ...), type, source,
          confidence (0-100, or low, medium, high), first_seen, valid_until, tags, subdomains
  list    one value a line, # begins a comment; hxxp:// and [.] are understood; ja3: or certificate_sha256: may stand before a value
  Zeek    an intel file with a #fields line and Intel::ADDR, SUBNET, DOMAIN, URL, FILE_HASH, CERT_HASH
  STIX    a 2.1 bundle; patterns with =, IN, ISSUBSET and OR
A domain stands for itself; with a dot or *. before it, or with --intel-subdomains, for all names below it, too.
What makes no sense, and what would match everything, is told with file and line; the rest is used.`,
		Example: `  mirrorwatch intel check feeds/*.csv bundle.json
  mirrorwatch intel lookup bad.example.com --intel feeds/
  mirrorwatch read --intel feeds/ capture.pcap`,
	}
	cmd.PersistentFlags().BoolVar(&o.json, "json", false, "print JSON instead of text")
	addIntelFlags(cmd.PersistentFlags(), &o.options)
	cmd.AddCommand(&cobra.Command{
		Use: "check FILE...", Short: "Count what lists hold, and say what is wrong with them; exit code 1 where anything is", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return checkLists(cmd, &o, args) },
	}, &cobra.Command{
		Use: "lookup VALUE... --intel FILE", Short: "Say what lists know of values; exit code 1 where they know none of them", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return lookUp(cmd, &o, args) },
	})
	return cmd
}

// flagSet is what addIntelFlags needs of one.
type flagSet interface {
	StringArrayVar(p *[]string, name string, value []string, usage string)
	BoolVar(p *bool, name string, value bool, usage string)
}

func addIntelFlags(f flagSet, o *options) {
	f.StringArrayVar(&o.intel, "intel", nil, "`FILE` or folder of indicators of threat intelligence; may be given again (see 'mirrorwatch intel --help')")
	f.BoolVar(&o.intelPrivate, "intel-private", false, "take private addresses as indicators, too")
	f.BoolVar(&o.intelSubdomains, "intel-subdomains", false, "take each domain with all names below it")
}

func checkLists(cmd *cobra.Command, o *intelOptions, paths []string) error {
	l := &lists{o: intel.Options{Private: o.intelPrivate, Subdomains: o.intelSubdomains}, feed: &intel.Feed{}, say: func(line string) {
		if !o.json {
			fmt.Fprintln(cmd.ErrOrStderr(), clean(line))
		}
	}}
	names, errs := expand(paths)
	x, reports := l.build(names, true)
	for _, r := range reports {
		if r.Bad > 0 || r.Broken {
			errs = append(errs, exitCode(exitInput))
		}
		if !o.json {
			fmt.Fprintln(cmd.OutOrStdout(), clean(reportLine(&r)))
		}
	}
	if o.json {
		if err := writeJSON(cmd.OutOrStdout(), reports); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(cmd.OutOrStdout(), "together: %d indicators, %d kB of memory\n", x.Len(), x.Bytes()/1000)
	}
	for _, err := range errs {
		if errors.As(err, new(exitCode)) {
			continue
		}
		return err
	}
	if len(errs) > 0 {
		return exitCode(exitInput)
	}
	return nil
}

// reportLine says what a list holds, kind by kind.
func reportLine(r *intel.Report) string {
	format := r.Format
	if format == "" {
		format = "empty"
	}
	line := fmt.Sprintf("%s (%s): %d indicators", r.Name, format, r.Taken)
	for k := range intel.Kinds {
		if n := r.Kinds[k]; n > 0 {
			line += fmt.Sprintf(", %d %s", n, k)
		}
	}
	if r.Unused > 0 {
		line += fmt.Sprintf("; %d of kinds that traffic is not held against, or revoked", r.Unused)
	}
	if r.Bad > 0 {
		line += fmt.Sprintf("; %d made no sense", r.Bad)
	}
	return line
}

// known is an indicator as JSON.
type known struct {
	Asked      string `json:"asked"`
	Kind       string `json:"kind"`
	Indicator  string `json:"indicator"`
	Subdomains bool   `json:"subdomains,omitempty"`
	Source     string `json:"source"`
	Confidence int    `json:"confidence"`
	From       string `json:"listed_since,omitempty"`
	Until      string `json:"valid_until,omitempty"`
	Text       string `json:"listed_as,omitempty"`
}

func lookUp(cmd *cobra.Command, o *intelOptions, values []string) error {
	if len(o.intel) == 0 {
		return usageError{errNoLists}
	}
	l, err := newLists(&o.options, func(line string) { fmt.Fprintln(cmd.ErrOrStderr(), clean(line)) })
	if err != nil {
		return err
	}
	found := []known{}
	for _, value := range values {
		in, err := intel.Normal(intel.Unknown, value, true)
		if err != nil {
			return usageError{fmt.Errorf("%q: %w", value, err)}
		}
		for _, k := range kindsLike(in.Kind) {
			in.Kind = k
			if r, ok := l.feed.Index().Find(&in); ok {
				for _, hit := range l.feed.Index().All(r) {
					found = append(found, shownIndicator(value, &hit))
				}
			}
		}
	}
	if err := writeKnown(cmd.OutOrStdout(), found, o.json); err != nil {
		return err
	}
	if len(found) == 0 {
		return exitCode(exitInput)
	}
	return nil
}

// kindsLike gives the kinds whose values look alike.
func kindsLike(k intel.Kind) []intel.Kind {
	switch k {
	case intel.MD5:
		return []intel.Kind{intel.MD5, intel.JA3}
	case intel.SHA1:
		return []intel.Kind{intel.SHA1, intel.CertSHA1}
	case intel.SHA256:
		return []intel.Kind{intel.SHA256, intel.CertSHA256}
	}
	return []intel.Kind{k}
}

func shownIndicator(asked string, in *intel.Indicator) known {
	day := func(t int64) string {
		if t == 0 {
			return ""
		}
		return time.Unix(t, 0).UTC().Format(time.DateOnly)
	}
	return known{asked, in.Kind.String(), in.Value, in.Below, in.Source, int(in.Confidence), day(in.From), day(in.Until), in.Text}
}

func writeKnown(w io.Writer, list []known, asJSON bool) error {
	if asJSON {
		return writeJSON(w, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "not listed")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ASKED\tKIND\tINDICATOR\tSOURCE\tCONFIDENCE\tSINCE\tUNTIL\tLISTED AS")
	for _, k := range list {
		indicator := k.Indicator
		if k.Subdomains {
			indicator = "*." + indicator
		}
		cells := []string{k.Asked, k.Kind, indicator, k.Source, fmt.Sprint(k.Confidence), k.From, k.Until, k.Text}
		for i := range cells {
			cells[i] = clean(cells[i])
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	return t.Flush()
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
