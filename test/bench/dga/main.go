// Program dga trains the classifier of generated domain names and measures it. What comes in is a list of names (tab separated: name, benign
// or dga, family; gzip); what goes out is a weights file and tables of how well it tells names apart that it never saw. The same list and
// seed give the same weights byte for byte on one kind of processor. It never writes a name anywhere.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// sureShare is the share of held-out benign names of eight characters and more that may score above the strict threshold, as labelled.
const sureShare = 0.01

var errBelow = errors.New("the classifier is below the bar")

func main() {
	list := flag.String("list", "../shared/captures/dga/names.tsv.gz", "list of names to learn from and to measure with")
	out := flag.String("out", "shared/dga/weights.bin", "where the weights are written")
	seed := flag.Uint64("seed", 1, "which fifth is held out, and the order of learning")
	check := flag.Bool("check", false, "measure the weights that are part of the program instead of training; they were trained with seed 1")
	flag.Parse()
	err := run(*list, *out, *seed, *check)
	if err != nil {
		fmt.Fprintln(os.Stderr, "dga: "+err.Error())
	}
	switch {
	case errors.Is(err, errBelow):
		os.Exit(1)
	case err != nil:
		os.Exit(2)
	}
}

func run(list, out string, seed uint64, check bool) error {
	names, err := read(list, seed)
	if err != nil {
		return err
	}
	learn, held := split(names)
	if len(learn) == 0 || len(held) == 0 {
		return fmt.Errorf("read %s: %d names are too few to hold some out", list, len(names))
	}
	var m *dga.Model
	if check {
		m = dga.Embedded()
	} else {
		m = train(learn, standard, seed)
		long := score(m, held, (*name).long)
		m.Likely = single(reaching(long.generated, barRecall))
		m.Sure = single(reaching(long.benign, sureShare))
	}
	met := report(os.Stdout, m, learn, held)
	if !check {
		if err := os.WriteFile(out, m.Append(nil), 0o644); err != nil {
			return fmt.Errorf("write weights: %w", err)
		}
		fmt.Printf("wrote %s, %d bytes\n", out, dga.Size)
	}
	if !met {
		return errBelow
	}
	return nil
}
