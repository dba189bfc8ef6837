package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// parameter says what a parameter may be. The list is the contract's enumeration, in order; a test holds them together.
type parameter struct {
	name      gen.ParameterKey
	kind      gen.ParameterKind
	text      string
	otherwise []string // what holds where it was never set
	low, high int64    // of days and bytes
}

func parameterList() []parameter {
	return []parameter{
		{gen.ParameterKeyLocalNetworks, gen.ParameterKindNetworks, "Networks whose addresses are our own; all others are outside.",
			[]string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"}, 0, 0},
		{gen.ParameterKeyRetentionDaysDetections, gen.ParameterKindDays, "How long detections are kept after their last update.", []string{"90"}, 1, 3650},
		{gen.ParameterKeyRetentionDaysRecords, gen.ParameterKindDays, "How long records are kept.", []string{"30"}, 1, 3650},
		{gen.ParameterKeyRetentionBytesRecords, gen.ParameterKindBytes, "How much room records may take on disk; the oldest go first. 0: no limit.",
			[]string{"53687091200"}, 0, 1 << 50},
		{gen.ParameterKeyRetentionDaysMetrics, gen.ParameterKindDays, "How long the metrics of devices are kept.", []string{"35"}, 1, 3650},
		{gen.ParameterKeyRetentionDaysAudit, gen.ParameterKindDays, "How long the audit log is kept.", []string{"365"}, 30, 3650},
	}
}

// ParameterDefault gives what holds where nobody has set a parameter; nothing of one that there is not.
func ParameterDefault(name string) []string {
	p, err := findParameter(gen.ParameterKey(name))
	if err != nil {
		return nil
	}
	return p.otherwise
}

func (p *parameter) allowed() string {
	switch p.kind {
	case gen.ParameterKindNetworks:
		return "a list of 1 to 200 networks in CIDR form"
	case gen.ParameterKindDays:
		return fmt.Sprintf("one whole number of days from %d to %d", p.low, p.high)
	}
	return fmt.Sprintf("one whole number of bytes from %d to %d", p.low, p.high)
}

// check gives the values in the form in which they are kept.
func (p *parameter) check(values []string) ([]string, error) {
	if p.kind == gen.ParameterKindNetworks {
		return p.checkNetworks(values)
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
