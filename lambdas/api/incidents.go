package api

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/incident"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// ListIncidents gives a page of incidents.
func (s *server) ListIncidents(ctx context.Context, q gen.ListIncidentsRequestObject) (gen.ListIncidentsResponseObject, error) {
	p := q.Params
	ask := incident.Query{
		From: timeOrNil(p.From), To: timeOrNil(p.To), MinScore: p.MinScore, Bands: p.Band, Text: p.Text, Worst: p.Sort == gen.ListIncidentsParamsSortMinusScore,
		Limit: p.Limit, Cursor: p.Cursor,
	}
	if len(p.Participant) > 0 {
		var err error
		if ask.Participant, err = incidentParties(p.Participant); err != nil {
			return nil, err
		}
	}
	page, err := incident.List(ctx, s.Store.Documents, ask)
	return gen.ListIncidents200JSONResponse{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next}, err
}

// incidentParties refuses what an incident does not know of those who took part.
func incidentParties(values []string) (*store.ParticipantFilter, error) {
	p, err := participants("participant", values)
	if err != nil {
		return nil, err
	}
	if len(p.VPCs)+len(p.Accounts)+len(p.Interfaces)+len(p.Ports) > 0 {
		return nil, invalidField("participant", values[0], "an address, a network, i-..., a host name, or device: or user: and a value")
	}
	return p, nil
}

// GetIncident gives one, or what it became.
func (s *server) GetIncident(ctx context.Context, q gen.GetIncidentRequestObject) (gen.GetIncidentResponseObject, error) {
	in, err := incident.Get(ctx, s.Store.Documents, q.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetIncident200JSONResponse{Body: in, Headers: gen.GetIncident200ResponseHeaders{ETag: etag(in.Revision)}}, nil
}
