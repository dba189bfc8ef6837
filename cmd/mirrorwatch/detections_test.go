package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	detectors "github.com/mirrorwatch/mirrorwatch/shared/detect/all"
)

var update = flag.Bool("update", false, "write golden files and generated documents anew")

// TestDetectionsDocument keeps docs/detections.md, which is made from the specs, in step with them. Run with -update after a change.
func TestDetectionsDocument(t *testing.T) {
	const path = "../../docs/detections.md"
	var b bytes.Buffer
	b.WriteString("# What Mirrorwatch detects\n\nMade from the specifications of the detectors: `go test ./cmd/mirrorwatch -run Document -update`.\n")
	for _, s := range detectors.Specs() {
		fmt.Fprintf(&b, "\n## %s\n\n**%s.** %s\n\n", s.Type, s.Title, s.Text)
		fmt.Fprintf(&b, "- Source: `shared/detect/%s.go`, version %d\n", strings.ReplaceAll(s.Type, ".", "/"), s.Version)
		var kinds []string
		for _, k := range s.Wants {
			kinds = append(kinds, string(k))
		}
		fmt.Fprintf(&b, "- Reads: %s\n", strings.Join(kinds, ", "))
		if len(s.Techniques) > 0 {
			fmt.Fprintf(&b, "- MITRE ATT&CK: %s (%s)\n", strings.Join(s.Techniques, ", "), strings.Join(s.Tactics, ", "))
		}
		fmt.Fprintf(&b, "- Risk before the instance is known: likelihood %s, complexity %s, impact %s\n", s.Risk.Likelihood, s.Risk.Complexity, s.Risk.Impact)
		if s.GuardDuty != "" {
			fmt.Fprintf(&b, "- Nearest GuardDuty finding: %s\n", s.GuardDuty)
		}
		if len(s.Yields) > 0 {
			fmt.Fprintf(&b, "- Yields to: %s\n", strings.Join(s.Yields, ", "))
		}
		fmt.Fprintf(&b, "\n%s\n\nWhat to do:\n\n", s.Background)
		for i, step := range s.Mitigation {
			fmt.Fprintf(&b, "%d. %s\n", i+1, step)
		}
		if list := s.Tuning.List(); len(list) > 0 {
			b.WriteString("\n| tunable | default | what it is |\n|---|---|---|\n")
			for _, one := range list {
				fmt.Fprintf(&b, "| `%s` | %s | %s; %s |\n", one.Name, short(one.Default), one.Text, one.Allowed)
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not what the specifications say; run with -update", path)
	}
}

// TestSpecsAreWhole: a detector without a sentence for the analyst, a kind to read or a version cannot be explained at three in the
// morning.
func TestSpecsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range detectors.Specs() {
		tactic, name, ok := strings.Cut(s.Type, ".")
		if !ok || tactic != s.Category || seen[s.Type] {
			t.Errorf("%s: category %q, or named twice", s.Type, s.Category)
		}
		seen[s.Type] = true
		if _, err := os.Stat(fmt.Sprintf("../../shared/detect/%s/%s.go", tactic, name)); err != nil {
			t.Errorf("%s: its name is not its path: %v", s.Type, err)
		}
		_, watches := s.New().(detect.Watcher) // it may live on minutes and hours alone
		if s.Title == "" || s.Text == "" || len(s.Wants) == 0 && !watches || s.Version < 1 || s.New == nil {
			t.Errorf("%s is not whole: %+v", s.Type, s)
		}
	}
}

// TestReadmeCountsTheTypes: the README says how many types each tactic has. Run with -update after adding one.
func TestReadmeCountsTheTypes(t *testing.T) {
	const path = "../../README.md"
	count := map[string]int{}
	for _, s := range detectors.Specs() {
		count[s.Category]++
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9]+)` \\| (\\d+) \\|")
	said := row.ReplaceAllFunc(have, func(b []byte) []byte {
		m := row.FindSubmatch(b)
		n := count[string(m[1])]
		delete(count, string(m[1]))
		return fmt.Appendf(nil, "| `%s` | %d |", m[1], n)
	})
	if *update {
		if err := os.WriteFile(path, said, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(have, said) {
		t.Error("README.md counts other types than there are; run with -update")
	}
	for category, n := range count {
		t.Errorf("README.md does not name %s, which has %d types", category, n)
	}
}
