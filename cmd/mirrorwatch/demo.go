package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/sensor/replay"
)

// demoFolder is where the captures lie that the project ships, below the folder that the demo is run in.
const demoFolder = "test/replay"

// demoRest is the time between two captures: long enough that what one of them began has ended when the next begins.
const demoRest = 4 * time.Minute

// demoVNI is the first network identifier of captures that no mirror wrapped.
const demoVNI = 1001

func newDemo() *cobra.Command {
	var o serveOptions
	var once bool
	cmd := &cobra.Command{
		Use:   "demo [FOLDER]",
		Short: "Play the captures that come with the project to a server of its own, and say where to look",
		Long: `Demo starts a server on a folder that is deleted when it ends, and plays to it every capture of FOLDER (by default
test/replay, which the project ships: real attack tools and ordinary programs) as VXLAN over loopback, moved to the last hours.
FOLDER/expect.tsv says what each capture is: when all are played, demo asks the API what was found, prints how many
attacks were recognised and whether the honest captures stayed silent, and where to sign in. Then it serves until it is interrupted.`,
		Example: "  make demo\n  mirrorwatch demo\n  mirrorwatch demo --once my-captures/",
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
			return demo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o, folder, once)
		},
	}
	addPipelineFlags(cmd, &o.options)
	cmd.Flags().StringVar(&o.address, "http", "127.0.0.1:8080", "`ADDRESS` of API and console; of port 0 any that is free")
	cmd.Flags().StringVar(&o.data, "data", "", "`FOLDER` to keep everything in, and to leave there (default one that is deleted)")
	cmd.Flags().BoolVar(&once, "once", false, "end when everything was played and told")
	return cmd
}

// scene is one capture of the demo and what it is.
type scene struct {
	name, class, kind, offender string // file, attack or benign, expected detection type, address
	*replay.Scene
}

func demo(ctx context.Context, out, log io.Writer, o serveOptions, folder string, once bool) (err error) {
	scenes, err := loadScenes(folder)
	if err != nil {
		return err
	}
	if o.data == "" {
		if o.data, err = os.MkdirTemp("", "mirrorwatch-demo-"); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.data)) }()
	}
	if o.listen, err = freeUDP(); err != nil {
		return err
	}
	start := replay.Lay(played(scenes), demoRest, time.Now().Add(-demoRest))
	clock := replay.NewClock(start.Add(-time.Second), time.Now)
	s := newServer(o, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	s.clock, s.wrap = clock.Now, clock.Source
	if err := s.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	player := &replay.Player{Clock: clock, Progress: progressOf(log, scenes)}
	if err := player.Play(ctx, o.listen, played(scenes)); err != nil {
		return err
	}
	if err := player.Done(ctx); err != nil {
		return err
	}
	if err := s.reportDemo(ctx, out, scenes); err != nil || once {
		return err
	}
	s.greet(out)
	return s.wait(ctx)
}

func played(scenes []*scene) []*replay.Scene {
	list := make([]*replay.Scene, len(scenes))
	for i, s := range scenes {
		list[i] = s.Scene
	}
	return list
}

// loadScenes reads the captures that FOLDER/expect.tsv names, or, where there is none, all there are, of unknown class.
func loadScenes(folder string) ([]*scene, error) {
	list, err := scenesOf(folder)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no captures", folder)
	}
	for i, s := range list {
		if s.Scene, err = replay.Load(filepath.Join(folder, s.name), demoVNI+uint32(i)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func scenesOf(folder string) ([]*scene, error) {
	f, err := os.Open(filepath.Join(folder, "expect.tsv"))
	if errors.Is(err, os.ErrNotExist) {
		return capturesOf(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("open list of captures: %w", err)
	}
	defer f.Close()
	var out []*scene
	lines := bufio.NewScanner(f)
	for n := 0; lines.Scan(); n++ {
		if line := lines.Text(); n > 0 && line != "" && !strings.HasPrefix(line, "#") {
			cols := append(strings.Split(line, "\t"), "", "", "")
			out = append(out, &scene{name: cols[0], class: cols[1], kind: cols[2], offender: cols[3]})
		}
	}
	return out, lines.Err()
}

func capturesOf(folder string) ([]*scene, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list captures: %w (run the demo in the project's folder, or name one)", err)
	}
	var out []*scene
	for _, e := range entries {
		if strings.Contains(e.Name(), ".pcap") {
			out = append(out, &scene{name: e.Name(), class: "unknown"})
		}
	}
	return out, nil
}
