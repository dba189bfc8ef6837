package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror"
)

// onTerminal says whether a person sees what is written to w.
func onTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// passBar shows on a terminal how far a pass has come: first the accounts that were looked at, then the steps.
type passBar struct {
	w   io.Writer
	bar *progressbar.ProgressBar // nil: nobody watches, or there is nothing to show yet
	of  int
}

func newPassBar(w io.Writer) *passBar {
	if !onTerminal(w) {
		return &passBar{}
	}
	return &passBar{w: w}
}

// show is told by the loop, one call at a time.
func (b *passBar) show(p mirror.Progress) {
	if b.w == nil {
		return
	}
	what, all, n := "looking at accounts and regions", p.Places, p.Looked
	if p.Steps > 0 {
		what, all, n = "steps", p.Steps, p.Taken
	}
	if b.bar == nil || b.of != all || b.bar.State().Description != what {
		b.finish()
		b.of = all
		b.bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(b.w), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	b.bar.Set(n) //nolint:errcheck // a bar that cannot be drawn is no reason to stop
}

// finish clears the line.
func (b *passBar) finish() {
	if b.bar != nil {
		b.bar.Finish() //nolint:errcheck // as above
		b.bar = nil
		fmt.Fprint(b.w, "\r")
	}
}
