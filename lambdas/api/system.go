package api

import (
	"bytes"
	"context"
	"errors"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// GetHealth says that the API answers.
func (s *server) GetHealth(context.Context, gen.GetHealthRequestObject) (gen.GetHealthResponseObject, error) {
	return gen.GetHealth200JSONResponse{Ok: true}, nil
}

// GetOpenapi gives the contract.
func (s *server) GetOpenapi(context.Context, gen.GetOpenapiRequestObject) (gen.GetOpenapiResponseObject, error) {
	return gen.GetOpenapi200ApplicationyamlResponse{Body: bytes.NewReader(document), ContentLength: int64(len(document))}, nil
}

// GetStatus says how it all fares.
func (s *server) GetStatus(ctx context.Context, _ gen.GetStatusRequestObject) (gen.GetStatusResponseObject, error) {
	out := gen.GetStatus200JSONResponse{Version: s.Version, Time: s.Now().UTC(), Sensors: []events.Health{}}
	if s.Health != nil {
		sensors, err := s.Health(ctx)
		if err != nil {
			return nil, err
		}
		out.Sensors = list(sensors)
	}
	if s.Store.Records == nil {
		return out, nil
	}
	size, err := s.Store.Records.Size(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		return out, nil // Athena would have to look at every file
	}
	if err != nil {
		return nil, err
	}
	out.Records = &gen.RecordsKept{Records: size.Records, Bytes: size.Bytes, Oldest: timeOrNil(size.Oldest)}
	return out, nil
}

// GetCatalogue gives every type of detection.
func (s *server) GetCatalogue(ctx context.Context, _ gen.GetCatalogueRequestObject) (gen.GetCatalogueResponseObject, error) {
	out := gen.GetCatalogue200JSONResponse{Items: []gen.DetectionType{}, Complete: true}
	set, err := s.detectorSettings(ctx)
	if err != nil {
		return nil, err
	}
	for _, spec := range s.Catalogue {
		out.Items = append(out.Items, gen.DetectionType{
			Type: spec.Type, Title: spec.Title, Text: spec.Text, Background: spec.Background, Mitigation: list(spec.Mitigation), Yields: list(spec.Yields),
			Category: spec.Category, Tactics: list(spec.Tactics),
			Techniques: list(spec.Techniques), GuarddutyEquivalent: spec.GuardDuty, Version: spec.Version,
			Risk:    gen.BaseRisk{Likelihood: spec.Risk.Likelihood, Complexity: spec.Risk.Complexity, Impact: spec.Risk.Impact},
			Enabled: spec.Enabled(set[spec.Type]), Tunables: tunables(&spec, set[spec.Type]),
		})
	}
	return out, nil
}

// ListIntel gives which lists of threat intelligence sensors have.
func (s *server) ListIntel(ctx context.Context, _ gen.ListIntelRequestObject) (gen.ListIntelResponseObject, error) {
	items, complete, err := store.Intels(ctx, s.Store.Documents)
	return gen.ListIntel200JSONResponse{Items: list(items), Complete: complete}, err
}
