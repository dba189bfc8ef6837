// Command compare times whole programs beside each other: what comes in is command lines, each run in turn, several times; what goes
// out is the median of their CPU seconds, wall seconds and peak memory, and the ratios to the first. It never interprets what they
// print, and it judges nothing: machines are noisy, so look at the ratios.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sample is one run as the kernel accounted for it.
type sample struct {
	cpu, wall float64 // seconds
	peak      float64 // MiB
}

func main() {
	runs := flag.Int("n", 5, "counted `runs` of each command, after one to warm up")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: compare [-n RUNS] NAME=COMMAND ...\n\nExample: compare 'one=mirrorwatch read --workers 1 a.pcap' 'two=mirrorwatch read --workers 2 a.pcap'")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := compare(*runs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func compare(runs int, args []string) error {
	if len(args) == 0 || runs < 1 {
		return errors.New("give at least one NAME=COMMAND and one run")
	}
	samples := make([][]sample, len(args))
	for run := range runs + 1 {
		for i, arg := range args {
			s, err := measure(arg)
			if err != nil {
				return err
			}
			if run > 0 { // the first of each warms the caches
				samples[i] = append(samples[i], s)
			}
		}
	}
	for i, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		fmt.Printf("%-12s %6.2f CPU s  %6.2f wall s  %4.0f MiB peak", name,
			median(samples[i], sample.cpuOf), median(samples[i], sample.wallOf), median(samples[i], sample.peakOf))
		if i > 0 {
			fmt.Printf("   CPU x%.2f, wall x%.2f of the first", ratio(samples[0], samples[i], sample.cpuOf), ratio(samples[0], samples[i], sample.wallOf))
		}
		fmt.Println()
	}
	return nil
}

func measure(arg string) (sample, error) {
	name, line, ok := strings.Cut(arg, "=")
	if !ok {
		return sample{}, fmt.Errorf("%q is not NAME=COMMAND", arg)
	}
	cmd := exec.Command("sh", "-c", "exec "+line+" >/dev/null 2>&1")
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("run %s: %w", name, err)
	}
	s := sample{
		cpu:  (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		wall: time.Since(begin).Seconds(),
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = float64(usage.Maxrss) / 1024
	}
	return s, nil
}

func (s sample) cpuOf() float64  { return s.cpu }
func (s sample) wallOf() float64 { return s.wall }
func (s sample) peakOf() float64 { return s.peak }

func median(list []sample, of func(sample) float64) float64 {
	values := make([]float64, len(list))
	for i, s := range list {
		values[i] = of(s)
	}
	return middle(values)
}

// ratio is the median of the ratios of runs that followed each other, so that a machine that drifts does not show.
func ratio(first, other []sample, of func(sample) float64) float64 {
	values := make([]float64, len(first))
	for i := range first {
		values[i] = of(other[i]) / max(of(first[i]), 1e-9)
	}
	return middle(values)
}

func middle(values []float64) float64 {
	slices.SortFunc(values, cmp.Compare[float64])
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
