package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/state"
)

// stateOptions are the flags of state.
type stateOptions struct {
	dir        string
	json       bool
	detections bool
	out        string
}

func newState() *cobra.Command {
	var o stateOptions
	cmd := &cobra.Command{
		Use:   "state",
		Short: "What was learned: look at what is kept, check it, carry a device's to another sensor",
		Long: `What a sensor learns (devices, what is usual of them, what is rare at the site, what detectors watch, detections that go on) is
kept in a folder once a minute: by sensor and read where --state says, by serve in the folder learned of its --data. A process that
was killed goes on from the last minute. Show, check and export may look at a folder that is in use; import may not.`,
		Example: `  mirrorwatch state show --state /var/lib/mirrorwatch/learned
  mirrorwatch state check
  mirrorwatch state export eni-0a1b2c3d --out eni-0a1b2c3d.state     # on the sensor that had the device
  mirrorwatch state import eni-0a1b2c3d.state                        # on the one that has it now, while it is stopped`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&o.dir, "state", usualState(), "`DIR` that it is kept in")
	cmd.PersistentFlags().BoolVar(&o.json, "json", false, "print JSON instead of text")
	show := &cobra.Command{
		Use: "show", Short: "Tell what is kept: parts, entries, bytes, and of which minute", Args: cobra.NoArgs,
		Example: "  mirrorwatch state show --json\n  mirrorwatch state show --detections",
		RunE:    func(cmd *cobra.Command, _ []string) error { return showState(cmd, o) },
	}
	show.Flags().BoolVar(&o.detections, "detections", false, "show the detections that are remembered instead")
	export := &cobra.Command{
		Use: "export DEVICE", Short: "Write what was learned of one device to a file", Args: one("state export", "device"),
		Example: "  mirrorwatch state export eni-0a1b2c3d --out web-1.state",
		RunE:    func(cmd *cobra.Command, args []string) error { return exportDevice(cmd, o, args[0]) },
	}
	export.Flags().StringVar(&o.out, "out", "", "`FILE` to write (default the device's id and .state)")
	cmd.AddCommand(show, &cobra.Command{
		Use: "check", Short: "Read everything as a start would, and fail where something would be left out", Args: cobra.NoArgs,
		Example: "  mirrorwatch state check --state /var/lib/mirrorwatch/learned",
		RunE:    func(cmd *cobra.Command, _ []string) error { return checkState(cmd, o) },
	}, export, &cobra.Command{
		Use: "import FILE", Short: "Take over what another sensor learned of a device", Args: one("state import", "file"),
		Example: "  mirrorwatch state import web-1.state",
		RunE:    func(cmd *cobra.Command, args []string) error { return importDevice(cmd, o, args[0]) },
	})
	return cmd
}

// one is what a command takes.
func one(command, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s takes one %s, but got %d", command, what, len(args))}
		}
		return nil
	}
}

// usualState is where what was learned lies on this machine: a service's, else that of serve.
func usualState() string {
	if dir := stateFolder(); dir != "" {
		return dir
	}
	if dir := dataFolder(); dir != "" {
		return filepath.Join(dir, learnedName)
	}
	return ""
}

// looked is what a look at a folder gives.
type looked struct {
	state.Report
	dir   string
	model *device.Model
}

// look reads a folder into a judge, as a start does. Each, which may be nil, is shown every entry.
func look(o stateOptions, each func(state.Entry)) (l looked, err error) {
	if o.dir == "" {
		return l, usageError{errors.New("state needs --state DIR, for there is no home folder")}
	}
	l.dir, l.model = o.dir, device.New(device.Options{})
	judge := detect.NewJudge(detectors.Specs(), l.model, detect.Options{})
	l.Report, err = state.Read(state.Options{Dir: o.dir, Parts: partsOf(judge), Now: time.Now}, func(e state.Entry) error {
		if err := judge.Load(e.Part.Name, e.Key, e.Value); err != nil {
			return err
		}
		if each != nil {
			each(e)
		}
		return nil
	})
	return l, err
}

// stateShown is what show and check print as JSON.
type stateShown struct {
	Folder  string      `json:"folder"`
	Until   *time.Time  `json:"until"` // the minute, in the packets' time; null where nothing is kept
	Files   int         `json:"files"`
	Bytes   int64       `json:"bytes"`
	Entries int         `json:"entries"`
	Seconds float64     `json:"read_seconds"`
	Parts   []partShown `json:"parts"`
	LeftOut []string    `json:"left_out"`
	Aside   []string    `json:"aside"`
}

type partShown struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Entries int    `json:"entries"`
	Bytes   int64  `json:"bytes"`
}

func (l *looked) shown() stateShown {
	s := stateShown{
		Folder: l.dir, Files: l.Files, Bytes: l.Bytes, Entries: l.Entries, Seconds: l.Took.Seconds(),
		Parts: []partShown{}, LeftOut: append([]string{}, l.LeftOut...), Aside: append([]string{}, l.Aside...),
	}
	if l.At != 0 {
		at := events.Time(l.At).Time().UTC()
		s.Until = &at
	}
	for _, p := range l.Parts {
		s.Parts = append(s.Parts, partShown{p.Name, p.Version, p.Entries, p.Bytes})
	}
	return s
}

func showState(cmd *cobra.Command, o stateOptions) error {
	if o.detections {
		return showRemembered(cmd, o)
	}
	l, err := look(o, nil)
	if err != nil {
		return err
	}
	return l.print(cmd.OutOrStdout(), o.json)
}

func (l *looked) print(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(l.shown())
	}
	if l.At == 0 {
		fmt.Fprintf(w, "%s: nothing is kept yet\n", l.dir)
	} else {
		fmt.Fprintf(w, "%s: learned until %s; %d entries, %s in %d files, read in %.1f s\n",
			l.dir, packetTime(l.At), l.Entries, size(uint64(l.Bytes)), l.Files, l.Took.Seconds())
	}
	if len(l.Parts) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "PART\tVERSION\tENTRIES\tSIZE")
		for _, p := range l.Parts {
			fmt.Fprintf(t, "%s\t%d\t%d\t%s\n", p.Name, p.Version, p.Entries, size(uint64(p.Bytes)))
		}
		t.Flush() //nolint:errcheck // the writer below it says so, too
	}
	for _, line := range l.LeftOut {
		fmt.Fprintln(w, "left out:", clean(line))
	}
	for _, name := range l.Aside {
		fmt.Fprintf(w, "kept aside: %s: delete it when nobody needs it\n", clean(name))
	}
	return nil
}

// showRemembered prints the detections that the judge remembers, as read does.
func showRemembered(cmd *cobra.Command, o stateOptions) error {
	var list []*events.Detection
	_, err := look(o, func(e state.Entry) {
		d := &events.Detection{}
		if e.Part.Name == detect.LivePart && json.Unmarshal(e.Value, d) == nil {
			list = append(list, d)
		}
	})
	if err != nil {
		return err
	}
	detect.Sort(list)
	return printDetections(cmd.OutOrStdout(), list, o.json)
}

func checkState(cmd *cobra.Command, o stateOptions) error {
	l, err := look(o, nil)
	if err != nil {
		return err
	}
	if err := l.print(cmd.OutOrStdout(), o.json); err != nil {
		return err
	}
	if n := len(l.LeftOut); n > 0 {
		return fmt.Errorf("check state %s: left out would be: %d", o.dir, n)
	}
	return nil
}

// exportDevice writes what is usual of a device to a file. The rest of what is known of it shows again within minutes of its traffic, and goes
// by numbers that are each sensor's own.
func exportDevice(cmd *cobra.Command, o stateOptions, id string) error {
	l, err := look(o, nil)
	if err != nil {
		return err
	}
	key, value := l.model.Habits().Whole(id)
	if value == nil {
		return fmt.Errorf("export %s: nothing is kept of such a device in %s", id, o.dir)
	}
	whole := state.Entry{Part: state.Part{Name: detect.UsualPart, Version: detect.UsualVersion}, Key: key, Value: value}
	if o.out == "" {
		o.out = strings.Map(fileRune, id) + ".state"
	}
	if err := state.WriteFile(o.out, l.At, []state.Entry{whole}); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: what is usual of %s, learned until %s\n", o.out, id, packetTime(l.At))
	return nil
}

// fileRune lets pass what a file's name may hold everywhere.
func fileRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' || r == '_' {
		return r
	}
	return '_'
}

// importDevice takes a file's entries into a folder that nobody uses.
func importDevice(cmd *cobra.Command, o stateOptions, file string) error {
	var list []state.Entry
	r, err := state.ReadFile(file, func(e state.Entry) error {
		list = append(list, state.Entry{Part: e.Part, Key: append([]byte(nil), e.Key...), Value: append([]byte(nil), e.Value...)})
		return nil
	})
	if err != nil {
		return err
	}
	for _, line := range r.LeftOut {
		fmt.Fprintln(cmd.ErrOrStderr(), "mirrorwatch:", clean(line))
	}
	if o.dir == "" {
		return usageError{errors.New("state needs --state DIR, for there is no home folder")}
	}
	model := device.New(device.Options{})
	judge := detect.NewJudge(detectors.Specs(), model, detect.Options{})
	log, err := state.Open(state.Options{Dir: o.dir, Parts: partsOf(judge), Now: time.Now}, func(e state.Entry) error {
		return judge.Load(e.Part.Name, e.Key, e.Value)
	})
	if err != nil {
		return err
	}
	taken, failed := takeIn(judge, log, list)
	log.Commit(max(log.Report().At, r.At))
	if err := log.Close(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d of %d entries taken into %s\n", file, taken, len(list), o.dir)
	return failed
}

func takeIn(judge *detect.Judge, log *state.Log, list []state.Entry) (taken int, failed error) {
	versions := map[string]int{}
	for _, p := range judge.Parts() {
		versions[p.Name] = p.Version
	}
	for _, e := range list {
		if v, known := versions[e.Part.Name]; !known || v != e.Part.Version {
			failed = errors.Join(failed, fmt.Errorf("import: part %s of version %d is not read here", e.Part.Name, e.Part.Version))
			continue
		}
		value, err := judge.TakeOver(e.Part.Name, e.Key, e.Value)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if value != nil {
			log.Put(e.Part.Name, e.Key, value)
			taken++
		}
	}
	return taken, failed
}
