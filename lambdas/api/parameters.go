package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// parameter is what a parameter may be, in the contract's types. The list is the contract's enumeration, in order; a test holds them
// together.
type parameter struct {
	name      gen.ParameterKey
	kind      gen.ParameterKind
	text      string
	otherwise []string // what holds where it was never set
	low, high int64    // of days and bytes
}

func parameterList() []parameter {
	var list []parameter
	for _, s := range store.ParameterSpecs() {
		list = append(list, parameter{gen.ParameterKey(s.Name), gen.ParameterKind(s.Kind), s.Text, s.Default, s.Low, s.High})
	}
	return list
}

func (p *parameter) allowed() string {
	switch p.kind {
	case gen.ParameterKindNetworks:
		return "a list of 1 to 200 networks in CIDR form"
	case gen.ParameterKindDays:
		return fmt.Sprintf("one whole number of days from %d to %d", p.low, p.high)
	}
	switch p.kind {
	case gen.ParameterKindDomains:
		return fmt.Sprintf("a list of at most %d domains of two labels or more, such as example.com", maxSiteValues)
	case gen.ParameterKindAddresses:
		return fmt.Sprintf("a list of at most %d addresses and networks in CIDR form", maxSiteValues)
	case gen.ParameterKindPrincipals:
		return fmt.Sprintf("a list of at most %d patterns of principals, such as role/mirrorwatch-* or a whole ARN; * alone is none", maxSiteValues)
	case gen.ParameterKindChanges:
		return fmt.Sprintf("a list of at most %d changes FROM/TO PRINCIPAL REASON, such as 2026-03-02T10:00:00Z/2026-03-02T12:00:00Z user/ada new flow logs", maxSiteValues)
	case gen.ParameterKindSettings:
		return fmt.Sprintf("a list of at most %d settings TYPE.TUNABLE=VALUE, such as recon.port_scan.ports=40, each once", maxSiteValues)
	}
	if p.kind == gen.ParameterKindTags {
		return fmt.Sprintf("a list of at most %d keys of tags, each of 1 to 128 characters", store.MaxCoverageTags)
	}
	return fmt.Sprintf("one whole number of bytes from %d to %d", p.low, p.high)
}

// check gives the values in the form in which they are kept.
func (p *parameter) check(values []string) ([]string, error) {
	switch p.kind {
	case gen.ParameterKindNetworks:
		return p.checkNetworks(values)
	case gen.ParameterKindTags:
		return p.checkTags(values)
	case gen.ParameterKindDomains, gen.ParameterKindAddresses, gen.ParameterKindPrincipals, gen.ParameterKindChanges, gen.ParameterKindSettings:
		return p.checkSite(values)
	}
	if len(values) != 1 {
		return nil, invalidField("values", fmt.Sprint(len(values), " values"), p.allowed())
	}
	n, err := strconv.ParseInt(values[0], 10, 64)
	if err != nil || n < p.low || n > p.high {
		return nil, invalidField("values", values[0], p.allowed())
	}
	return []string{strconv.FormatInt(n, 10)}, nil
}

func (p *parameter) checkNetworks(values []string) ([]string, error) {
	if len(values) == 0 {
		return nil, invalidField("values", "0 values", p.allowed())
	}
	var out []string
	for _, v := range values {
		n, ok := store.Network(v)
		if !ok {
			return nil, invalidField("values", v, p.allowed())
		}
		out = append(out, n.String())
	}
	return unique(out), nil
}

// maxTagKey is how long the key of a tag may be in AWS.
const maxTagKey = 128

// checkTags takes keys that differ only in the case of letters once: they mean the same tag.
func (p *parameter) checkTags(values []string) ([]string, error) {
	out := []string{}
	for _, v := range values {
		if len(v) > maxTagKey {
			return nil, invalidField("values", v, p.allowed())
		}
		if !slices.ContainsFunc(out, func(have string) bool { return strings.EqualFold(have, v) }) {
			out = append(out, v)
		}
	}
	if len(out) > store.MaxCoverageTags {
		return nil, invalidField("values", fmt.Sprint(len(out), " values"), p.allowed())
	}
	return out, nil
}

func findParameter(name gen.ParameterKey) (parameter, error) {
	for _, p := range parameterList() {
		if p.name == name {
			return p, nil
		}
	}
	return parameter{}, fmt.Errorf("parameter %s: %w", name, store.ErrNotFound)
}

func (s *server) parameter(ctx context.Context, p parameter) (gen.Parameter, error) {
	out := gen.Parameter{
		Name: p.name, Kind: p.kind, Description: p.text, Allowed: p.allowed(), Default: p.otherwise, Values: p.otherwise,
	}
	i, err := s.parameters.Get(ctx, string(p.name))
	if errors.Is(err, store.ErrNotFound) {
		return out, nil
	}
	out.Values, out.Set, out.Revision = list(i.Value.Values), true, i.Revision
	return out, err
}

// ListParameters gives every parameter.
func (s *server) ListParameters(ctx context.Context, _ gen.ListParametersRequestObject) (gen.ListParametersResponseObject, error) {
	out := gen.ListParameters200JSONResponse{Complete: true}
	for _, p := range parameterList() {
		one, err := s.parameter(ctx, p)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}

// GetParameter gives one.
func (s *server) GetParameter(ctx context.Context, q gen.GetParameterRequestObject) (gen.GetParameterResponseObject, error) {
	p, err := findParameter(q.Name)
	if err != nil {
		return nil, err
	}
	one, err := s.parameter(ctx, p)
	return gen.GetParameter200JSONResponse{Body: one, Headers: gen.GetParameter200ResponseHeaders{ETag: etag(one.Revision)}}, err
}

// PutParameter sets one.
func (s *server) PutParameter(ctx context.Context, q gen.PutParameterRequestObject) (gen.PutParameterResponseObject, error) {
	p, err := findParameter(q.Name)
	if err != nil {
		return nil, err
	}
	want, err := expected(q.Params.IfMatch, q.Body.Revision)
	if err != nil {
		return nil, err
	}
	values, err := p.check(q.Body.Values)
	if err == nil && p.kind == gen.ParameterKindSettings {
		values, err = s.checkSettings(values)
	}
	if err != nil {
		return nil, err
	}
	before, err := s.parameter(ctx, p)
	if err != nil {
		return nil, err
	}
	if want == anyRevision {
		want = before.Revision
	}
	i := store.Item[store.Parameter]{ID: string(p.name), Value: store.Parameter{Values: values}}
	if _, err := s.parameters.Put(ctx, i, condition(want), s.entry(ctx, "parameter.update", i.ID, before.Values, values)); err != nil {
		return nil, err
	}
	if s.Changed != nil {
		s.Changed(string(p.name))
	}
	one, err := s.parameter(ctx, p)
	return gen.PutParameter200JSONResponse{Body: one, Headers: gen.PutParameter200ResponseHeaders{ETag: etag(one.Revision)}}, err
}
