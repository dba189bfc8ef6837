package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
)

const (
	leastEvery = 10 * time.Second // describes of a large account take about as long
	mostAnswer = 256              // bytes of an answer that are read
)

type applyOptions struct {
	yes, all bool
	every    time.Duration
}

func newMirrorApply(o *mirrorOptions) *cobra.Command {
	var a applyOptions
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Make mirror sessions as the policy asks",
		Long: `Apply prints the plan, asks whether to go on, looks once more and does what is due then. Where nobody can be asked, because standard input is no
terminal, it wants --yes. A lease an account and region keeps two of them, or one and the function in Lambda, from acting at once.

With --every it goes on until it is interrupted, a pass each time and one line a pass: for those who run without Lambda. The policy is
read anew for each pass.

Exit codes: 0 all was done (what rails hold back is for later passes), 1 something failed or was left, 2 a mistake on the command line.`,
		Example: `  mirrorwatch mirror apply
  mirrorwatch mirror apply --yes --json > report.json
  mirrorwatch mirror apply --yes --every 5m --table mirrorwatch`,
		Args: o.args(func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("every") && a.every < leastEvery:
				return usageError{fmt.Errorf("--every %s: at least %s", a.every, leastEvery)}
			case a.every > 0 && !a.yes && !onTerminal(cmd.InOrStdin()):
				return usageError{errors.New("apply --every cannot ask here: give --yes")}
			}
			return noArgument("apply")(cmd, args)
		}),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return mirrored(cmd, o, writes, func(ctx context.Context, m *mirroring) error { return m.apply(ctx, cmd, a) })
		},
	}
	cmd.Flags().BoolVarP(&a.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&a.all, "all", false, "show every row of long tables, not the first 50")
	cmd.Flags().DurationVar(&a.every, "every", 0, "make a pass each `TIME` until interrupted, such as 5m")
	return cmd
}

// apply shows what is due and, if nobody minds, does it.
func (m *mirroring) apply(ctx context.Context, cmd *cobra.Command, a applyOptions) error {
	if a.every > 0 && a.yes {
		return m.keep(ctx, cmd, a.every)
	}
	if !a.yes || !m.o.json {
		if agreed, err := m.agreed(ctx, cmd, a); err != nil || !agreed {
			return err
		}
	}
	if a.every > 0 {
		return m.keep(ctx, cmd, a.every)
	}
	r, err := m.loop.Sweep(ctx)
	m.bar.finish()
	return m.outcome(cmd, a.all, &r, err)
}

// agreed shows the plan and asks. Where there is nothing to do nobody is asked, and no pass is made that might find something meanwhile.
func (m *mirroring) agreed(ctx context.Context, cmd *cobra.Command, a applyOptions) (bool, error) {
	p, _, err := m.loop.Plan(ctx, nil)
	m.bar.finish()
	if err != nil && p.Coverage == nil && p.Empty() {
		return false, err
	}
	v := newView(cmd, m.o, a.all)
	if m.o.json {
		v.w = cmd.ErrOrStderr() // standard output is the report's
	}
	v.plan(&p)
	switch {
	case a.yes:
		return true, nil
	case p.Empty() && a.every == 0:
		return false, err
	case !onTerminal(cmd.InOrStdin()):
		return false, errors.New("nobody can be asked here, for standard input is no terminal: give --yes to apply this")
	}
	yes, askErr := ask(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), fmt.Sprintf("apply %s? [y/N] ", count(len(p.Steps), "step", "steps")))
	if askErr != nil {
		return false, askErr
	}
	if answer := strings.ToLower(yes); answer != "y" && answer != "yes" {
		return false, errors.New("nothing was applied")
	}
	return true, nil
}

// ask puts a question and gives the line that is the answer. Whoever interrupts does not have to press Enter too.
func ask(ctx context.Context, in io.Reader, out io.Writer, question string) (string, error) {
	fmt.Fprint(out, question)
	type answer struct {
		line string
		err  error
	}
	given := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(in, mostAnswer)).ReadString('\n')
		given <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-given:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return "", fmt.Errorf("read answer: %w", a.err)
		}
		return strings.TrimSpace(a.line), nil
	}
}

// outcome prints what a pass did, and gives the error that the exit code is of.
func (m *mirroring) outcome(cmd *cobra.Command, all bool, r *mirror.Report, err error) error {
	if m.o.json {
		err = errors.Join(err, printJSON(cmd.OutOrStdout(), r))
	} else {
		newView(cmd, m.o, all).report(r)
	}
	return errors.Join(err, undone(r))
}

// undone is the error of a pass that did not do all.
func undone(r *mirror.Report) error {
	done, failed, left := r.Outcomes()
	taken := r.Taken()
	switch {
	case failed > 0 || left > 0:
		return fmt.Errorf("%s done, %d failed, %d left for the next pass", count(done, "step", "steps"), failed, left)
	case len(taken) > 0:
		return fmt.Errorf("another pass holds %s: try again in a minute", strings.Join(taken, ", "))
	}
	return nil
}

// keep makes passes until it is told to stop. A pass that fails is told and followed by the next.
func (m *mirroring) keep(ctx context.Context, cmd *cobra.Command, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		r, err := m.loop.Sweep(ctx)
		m.bar.finish()
		if m.o.json {
			if err := printJSON(cmd.OutOrStdout(), &r); err != nil {
				return err
			}
		} else {
			fmt.Fprintln(cmd.OutOrStdout(), clean(passLine(&r, err)))
		}
		if err != nil && ctx.Err() == nil {
			for line := range strings.Lines(err.Error()) {
				fmt.Fprintln(cmd.ErrOrStderr(), "mirrorwatch:", clean(strings.TrimSuffix(line, "\n")))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// passLine is a pass in one line.
func passLine(r *mirror.Report, err error) string {
	done, failed, left := r.Outcomes()
	line := fmt.Sprintf("%s %d done, %d failed, %d left, %d held, %d sessions, USD %.2f a month, %.1f s", r.At.UTC().Format(time.RFC3339),
		done, failed, left, len(r.Plan.Held), r.Plan.Estimate.SessionsAfter, r.Plan.Estimate.MonthlyUSDAfter, r.Metrics.Seconds)
	if taken := r.Taken(); len(taken) > 0 {
		line += ", another pass held " + strings.Join(taken, ", ")
	}
	if err != nil {
		line += ", with errors"
	}
	return line
}
