package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// progress is a source that shows how far it has come on standard error, when that is a terminal and the size is known.
type progress struct {
	capture.Source
	bar   *progressbar.ProgressBar
	every int
}

func newProgress(name string, src capture.Source) *progress {
	p := &progress{Source: src}
	if total := src.Stats().Size; total > 0 && isTerminal(os.Stderr) {
		p.bar = progressbar.NewOptions64(int64(total),
			progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionSetDescription(clean(filepath.Base(name))),
			progressbar.OptionShowBytes(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// Next passes the call on and moves the bar every few batches.
func (p *progress) Next(b *capture.Batch) error {
	err := p.Source.Next(b)
	if p.bar != nil {
		if p.every++; p.every%16 == 0 {
			p.bar.Set64(int64(p.Source.Stats().ReadBytes)) //nolint:errcheck // a bar that cannot be drawn is no reason to stop
		}
	}
	return err
}

func (p *progress) finish() {
	if p.bar != nil {
		p.bar.Finish() //nolint:errcheck // as above
	}
}
