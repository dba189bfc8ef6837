package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// demoFolder is where the captures lie that the project ships, below the folder that the demo is run in.
const demoFolder = "test/replay"

func newDemo() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "demo [FOLDER]",
		Short: "Analyse the captures that come with the project and print what is found",
		Long: `Demo reads every capture of a folder on its own (by default test/replay, which the project ships: real attack tools and
ordinary programs, recorded across network namespaces) and prints the detections. FOLDER/expect.tsv says what each
capture is; the demo ends with how many attacks were found and how many honest captures stayed silent.`,
		Example: "  make demo\n  mirrorwatch demo my-captures/",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("demo takes one folder, but got %d", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := demoFolder
			if len(args) == 1 {
				folder = args[0]
			}
			return demo(cmd.OutOrStdout(), o, folder)
		},
	}
	addPipelineFlags(cmd, &o)
	return cmd
}

// scene is one capture of the demo and what it is.
type scene struct {
	name, class, kind string // file, attack or benign, expected detection type
}

// tally is how the demo went.
type tally struct {
	attacks, found, honest, silent int
	types                          []string
	packets                        uint64
}

func demo(w io.Writer, o options, folder string) error {
	begin := time.Now()
	scenes, err := scenesOf(folder)
	if err != nil {
		return err
	}
	var all tally
	for _, s := range scenes {
		list, packets, err := play(o, filepath.Join(folder, s.name))
		if err != nil {
			return err
		}
		all.add(s, list, packets)
		fmt.Fprintf(w, "== %s (%s)\n", clean(s.name), s.class)
		writeTable(w, list)
		fmt.Fprintln(w)
	}
	all.print(w, time.Since(begin))
	return nil
}

// scenesOf reads FOLDER/expect.tsv, or, where there is none, takes every capture for one of unknown class.
func scenesOf(folder string) ([]scene, error) {
	f, err := os.Open(filepath.Join(folder, "expect.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		return capturesOf(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("open list of captures: %w", err)
	}
	defer f.Close()
	var out []scene
	lines := bufio.NewScanner(f)
	for n := 0; lines.Scan(); n++ {
		if line := lines.Text(); n > 0 && line != "" && !strings.HasPrefix(line, "#") {
			cols := append(strings.Split(line, "\t"), "", "")
			out = append(out, scene{cols[0], cols[1], cols[2]})
		}
	}
	return out, lines.Err()
}

func capturesOf(folder string) ([]scene, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list captures: %w (run the demo in the project's folder, or name one)", err)
	}
	var out []scene
	for _, e := range entries {
		if strings.Contains(e.Name(), ".pcap") {
			out = append(out, scene{name: e.Name(), class: "unknown"})
		}
	}
	return out, nil
}

// play reads one capture through a pipeline of its own.
func play(o options, path string) ([]*events.Detection, uint64, error) {
	p, err := newPipeline(o, nil)
	if err != nil {
		return nil, 0, err
	}
	if err := p.readFile(path); err != nil {
		return nil, 0, err
	}
	p.engine.Finish()
	return p.judge.Detections(), p.engine.Stats().Packets, p.close()
}

func (t *tally) add(s scene, list []*events.Detection, packets uint64) {
	t.packets += packets
	for _, d := range list {
		if s.class != "benign" && !slices.Contains(t.types, d.Type) {
			t.types = append(t.types, d.Type)
		}
	}
	switch s.class {
	case "attack":
		t.attacks++
		if slices.ContainsFunc(list, func(d *events.Detection) bool { return d.Type == s.kind }) {
			t.found++
		}
	case "benign":
		t.honest++
		if len(list) == 0 {
			t.silent++
		}
	}
}

func (t *tally) print(w io.Writer, took time.Duration) {
	slices.Sort(t.types)
	fmt.Fprintf(w, "%d of %d attacks found, by %d types of detection: %s\n", t.found, t.attacks, len(t.types), strings.Join(t.types, ", "))
	fmt.Fprintf(w, "%d of %d honest captures silent\n", t.silent, t.honest)
	fmt.Fprintf(w, "%d packets in %.2f s\n", t.packets, took.Seconds())
}
