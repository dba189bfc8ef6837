package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/settings"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxSiteValues is how many values a parameter about the site may have.
const maxSiteValues = 200

// checkSite checks what is said of the site, and what is set of detectors. None at all is allowed.
func (p *parameter) checkSite(values []string) ([]string, error) {
	out := []string{}
	for _, v := range values {
		kept, ok := p.checkSiteValue(v)
		if !ok {
			return nil, invalidField("values", v, p.allowed())
		}
		out = append(out, kept)
	}
	out = append([]string{}, unique(out)...)
	if len(out) > maxSiteValues {
		return nil, invalidField("values", fmt.Sprint(len(out), " values"), p.allowed())
	}
	return out, nil
}

func (p *parameter) checkSiteValue(v string) (string, bool) {
	switch p.kind {
	case gen.ParameterKindDomains:
		return settings.Domain(v)
	case gen.ParameterKindAddresses:
		n, ok := settings.Network(v)
		return n.String(), ok
	case gen.ParameterKindPrincipals:
		return settings.Principal(v)
	case gen.ParameterKindChanges:
		c, err := settings.PlannedChange(v)
		return settings.PlannedText(c), err == nil
	}
	return v, v != ""
}

// checkSettings holds settings of detectors against the catalogue: each must make sense, and stand there once.
func (s *server) checkSettings(values []string) ([]string, error) {
	out, names := []string{}, []string{}
	for _, v := range values {
		kind, name, value, err := settings.ParseOne(v, s.Catalogue)
		if err != nil {
			return nil, invalidField("values", v, err.Error())
		}
		path := kind + "." + name
		if slices.Contains(names, path) {
			return nil, invalidField("values", v, "each tunable once")
		}
		names, out = append(names, path), append(out, path+"="+value)
	}
	return out, nil
}

// detectorSettings gives what is set of detectors now, by type and tunable. What a newer or older version does not know is left out.
func (s *server) detectorSettings(ctx context.Context) (map[string]map[string]string, error) {
	values, err := store.ParameterValues(ctx, s.Store.Documents, store.DetectorSettings)
	if err != nil {
		return nil, err
	}
	set, _ := settings.ParseList(values, s.Catalogue)
	return set, nil
}

func tunables(spec *detect.Spec, set map[string]string) []gen.Tunable {
	out := []gen.Tunable{}
	for _, t := range spec.Tuning.List() {
		out = append(out, gen.Tunable{Name: t.Name, Text: t.Text, Value: cmp.Or(set[t.Name], t.Default), Default: t.Default, Allowed: t.Allowed})
	}
	return out
}
