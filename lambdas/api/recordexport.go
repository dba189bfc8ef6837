package api

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// ExportRecords gives every record that matches, oldest first.
func (s *server) ExportRecords(ctx context.Context, q gen.ExportRecordsRequestObject) (gen.ExportRecordsResponseObject, error) {
	records, err := s.records()
	if err != nil {
		return nil, err
	}
	p := q.Params
	rq, err := s.recordQuery(p.Query, p.From, p.To, p.Kind)
	if err != nil {
		return nil, err
	}
	for _, name := range p.Fields {
		if !s.hasField(name) {
			return nil, invalidField("fields", name, "the name of a field of a record (see /v1/records/fields)")
		}
	}
	if err := s.log(ctx, "record.export", string(p.Format), map[string]any{"query": p.Query, "from": p.From, "to": p.To, "kinds": p.Kind}); err != nil {
		return nil, err
	}
	rq.Oldest, rq.Limit = true, exportPage
	columns := p.Fields
	if len(columns) == 0 {
		columns = []string{"ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "vni", "sensor", "community_id"}
	}
	asCSV := p.Format == gen.ExportRecordsParamsFormatCsv
	page := func(ctx context.Context, cursor string) ([]exportRow, string, error) {
		rq.Cursor = cursor
		got, err := records.Search(ctx, rq)
		if err != nil {
			return nil, "", err
		}
		rows := make([]exportRow, len(got.Items))
		for i, item := range got.Items {
			rows[i].line = item.Line
			if asCSV {
				rows[i].cells = recordCells(item, columns, len(p.Fields) == 0)
			}
		}
		return rows, got.Next, nil
	}
	header := append([]string{"kind"}, columns...)
	if len(p.Fields) == 0 {
		header = append(header, "record")
	}
	return &export{ctx: ctx, server: s, name: "records", csv: asCSV, header: header, page: page}, nil
}

func recordCells(item store.RecordItem, columns []string, whole bool) []string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(item.Line, &members) // what is no object has no members, and stands whole in the last column
	out := []string{string(item.Kind)}
	for _, name := range columns {
		out = append(out, cellOf(members[name]))
	}
	if whole {
		out = append(out, string(item.Line))
	}
	return out
}

// cellOf is a JSON value as a cell: texts without quotes, lists of texts with blanks between.
func cellOf(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	var texts []string
	if json.Unmarshal(v, &texts) == nil {
		return strings.Join(texts, " ")
	}
	return string(v)
}
