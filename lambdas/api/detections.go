package api

import (
	"context"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// ListDetections searches with flat parameters.
func (s *server) ListDetections(ctx context.Context, q gen.ListDetectionsRequestObject) (gen.ListDetectionsResponseObject, error) {
	f, err := flatFilter(callOf(ctx).request.URL.Query(), who(ctx).Name)
	if err != nil {
		return nil, err
	}
	page, err := s.search(ctx, store.DetectionQuery{Filter: f, Sort: q.Params.Sort, Limit: q.Params.Limit, Cursor: q.Params.Cursor, Count: q.Params.Count})
	return gen.ListDetections200JSONResponse(page), err
}

// SearchDetections searches with the whole filter.
func (s *server) SearchDetections(ctx context.Context, q gen.SearchDetectionsRequestObject) (gen.SearchDetectionsResponseObject, error) {
	b := q.Body
	page, err := s.search(ctx, store.DetectionQuery{Filter: b.Filter, Sort: b.Sort, Limit: b.Limit, Cursor: b.Cursor, Count: b.Count})
	return gen.SearchDetections200JSONResponse(page), err
}

func (s *server) search(ctx context.Context, q store.DetectionQuery) (gen.DetectionList, error) {
	if err := q.Validate(); err != nil {
		return gen.DetectionList{}, err
	}
	page, err := s.Store.Detections.Search(ctx, q)
	if err != nil {
		return gen.DetectionList{}, err
	}
	return gen.DetectionList{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next, Total: total(page.Page, q.Count)}, nil
}

// HistogramDetections counts by time and band.
func (s *server) HistogramDetections(ctx context.Context, q gen.HistogramDetectionsRequestObject) (gen.HistogramDetectionsResponseObject, error) {
	h := store.HistogramQuery{From: q.Body.From, To: q.Body.To, Buckets: q.Body.Buckets}
	if err := h.Validate(); err != nil {
		return nil, err
	}
	if err := q.Body.Filter.Validate(); err != nil {
		return nil, err
	}
	got, err := s.Store.Detections.Histogram(ctx, q.Body.Filter, h)
	return gen.HistogramDetections200JSONResponse(histogram(got)), err
}

func histogram(h store.Histogram) gen.Histogram {
	return gen.Histogram{Buckets: list(h.Buckets), Complete: h.Complete, Why: h.Why, StepSeconds: h.Step.Seconds()}
}

// defaultGroups is how many groups an answer has when nothing else is said.
const defaultGroups = 100

// GroupDetections counts by a field.
func (s *server) GroupDetections(ctx context.Context, q gen.GroupDetectionsRequestObject) (gen.GroupDetectionsResponseObject, error) {
	g := store.GroupQuery{By: q.Body.By, Limit: q.Body.Limit, Buckets: q.Body.Buckets}
	if g.Limit == 0 {
		g.Limit = defaultGroups
	}
	if err := g.Validate(&q.Body.Filter); err != nil {
		return nil, err
	}
	got, err := s.Store.Detections.Groups(ctx, q.Body.Filter, g)
	return gen.GroupDetections200JSONResponse{Items: list(got.Items), Complete: got.Complete, Why: got.Why, Total: got.Total}, err
}

// GetDetection gives one.
func (s *server) GetDetection(ctx context.Context, q gen.GetDetectionRequestObject) (gen.GetDetectionResponseObject, error) {
	d, err := s.Store.Detections.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetDetection200JSONResponse{Body: d, Headers: gen.GetDetection200ResponseHeaders{ETag: etag(d.Revision)}}, nil
}

// UpdateDetection changes the triage of one.
func (s *server) UpdateDetection(ctx context.Context, q gen.UpdateDetectionRequestObject) (gen.UpdateDetectionResponseObject, error) {
	want, err := expected(q.Params.IfMatch, q.Body.Revision)
	if err != nil {
		return nil, err
	}
	d, err := s.Store.Detections.Update(ctx, q.Id, triage(*q.Body, pointer(want)), s.actor(ctx))
	if err != nil {
		return nil, err
	}
	return gen.UpdateDetection200JSONResponse{Body: d, Headers: gen.UpdateDetection200ResponseHeaders{ETag: etag(d.Revision)}}, nil
}

func triage(c gen.TriageChange, ifRevision *int64) store.TriageChange {
	return store.TriageChange{IfRevision: ifRevision, Status: c.Status, Resolution: c.Resolution, Assignee: c.Assignee, Note: c.Note}
}

// AddNote adds a note.
func (s *server) AddNote(ctx context.Context, q gen.AddNoteRequestObject) (gen.AddNoteResponseObject, error) {
	d, err := s.Store.Detections.Update(ctx, q.Id, store.TriageChange{Note: &q.Body.Text}, s.actor(ctx))
	if err != nil {
		return nil, err
	}
	return gen.AddNote200JSONResponse{Body: d, Headers: gen.AddNote200ResponseHeaders{ETag: etag(d.Revision)}}, nil
}

// ListHistory gives the audit entries of one, without the addresses that people came from.
func (s *server) ListHistory(ctx context.Context, q gen.ListHistoryRequestObject) (gen.ListHistoryResponseObject, error) {
	if _, err := s.Store.Detections.Get(ctx, q.Id); err != nil {
		return nil, err
	}
	page, err := s.Store.Audit.Entries(ctx, store.AuditQuery{Action: "detection", Target: q.Id, Limit: q.Params.Limit, Cursor: q.Params.Cursor})
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		page.Items[i].Address = ""
	}
	return gen.ListHistory200JSONResponse{Items: list(page.Items), Complete: page.Complete, Why: page.Why, Next: page.Next}, nil
}

// GetPackets says where the packets of one are.
func (s *server) GetPackets(ctx context.Context, q gen.GetPacketsRequestObject) (gen.GetPacketsResponseObject, error) {
	d, err := s.Store.Detections.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	if !q.Params.Check { // who only asks whether there are any has read none
		if err := s.log(ctx, "packets.read", d.ID, nil); err != nil {
			return nil, err
		}
	}
	if s.Packets == nil {
		return nil, notKept("Packets", "no packet store is set up; the records of the detection tell what was said")
	}
	files, err := s.Packets.Find(ctx, d)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, notKept("Packets of this detection", "they were never kept, or their time was up")
	}
	out := gen.GetPackets200JSONResponse{Complete: len(files) <= 100, Filter: capture(d)}
	for _, f := range files[:min(len(files), 100)] {
		if q.Params.Check {
			f.URL = ""
		}
		out.Items = append(out.Items, gen.PacketFile{Url: f.URL, From: f.From, To: f.To, Bytes: f.Bytes})
	}
	if !out.Complete {
		out.Why = "the first 100 files"
	}
	return out, nil
}

// capture is the BPF expression of the conversations between offenders and victims, as far as its bound allows.
func capture(d events.Detection) string {
	expr := ""
	for _, o := range addresses(d, "offender") {
		for _, v := range addresses(d, "victim") {
			one := "(host " + o + " and host " + v + ")"
			if len(expr)+len(one)+4 > 4096 {
				return expr
			}
			if expr != "" {
				expr += " or "
			}
			expr += one
		}
	}
	if one := append(addresses(d, "offender"), addresses(d, "victim")...); expr == "" && len(one) > 0 {
		expr = "host " + one[0]
	}
	return expr
}

func parties(d events.Detection, role string) []events.Participant {
	var list []events.Participant
	for _, p := range d.Participants {
		if p.Role == role {
			list = append(list, p)
		}
	}
	return list
}
