// Command main builds the functions of Lambda into build/, as a deployment does, and prints how large each is. It deploys nothing.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/mirrorwatch/mirrorwatch/infra/pack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	for _, p := range pack.Functions() {
		folder, err := pack.Build(ctx, ".", "build", p)
		if err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(folder, p.Binary))
		if err != nil {
			return fmt.Errorf("measure %s: %w", p.Name, err)
		}
		fmt.Printf("%-12s %6.1f MB\n", p.Name, float64(info.Size())/1e6)
	}
	return nil
}
