package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// name is one line of the list.
type name struct {
	text      string
	generated bool
	family    string
	fold      int  // 0 to folds-1, by the seed
	stranger  bool // of a family that is kept from training
}

// folds cut the list; one of them is held out.
const folds = 5

// long says whether the label that was chosen has eight characters and more, which is what the bar is about.
func (n *name) long() bool {
	label, _ := dga.Label(n.text)
	return len(label) >= 8
}

// read reads a list: a header, then lines of name, label (benign or dga) and family, parted by tabs.
func read(path string, seed uint64) ([]name, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no list of names at %s: give one with make dga LIST=FILE (tab separated: name, benign or dga, family; gzip)", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var list []name
	seen := map[string]bool{}
	lines := bufio.NewScanner(z)
	for at := 1; lines.Scan(); at++ {
		if at == 1 && strings.HasPrefix(lines.Text(), "name\t") {
			continue
		}
		n, err := parse(lines.Text(), seed)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, at, err)
		}
		if !seen[n.text] {
			seen[n.text] = true
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b name) int { return strings.Compare(a.text, b.text) })
	return list, lines.Err()
}

func parse(line string, seed uint64) (name, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 3 || fields[0] == "" {
		return name{}, fmt.Errorf("%q: expected name, label and family, parted by tabs", line)
	}
	if fields[1] != "benign" && fields[1] != "dga" {
		return name{}, fmt.Errorf("label %q: expected benign or dga", fields[1])
	}
	n := name{text: strings.ToLower(strings.TrimSuffix(fields[0], ".")), generated: fields[1] == "dga", family: fields[2]}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d\x00%s", seed, n.text)
	n.fold = int(mix(h.Sum64()) % folds)
	return n, nil
}

// mix spreads the bits of FNV, whose low ones hang together (the finaliser of MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
