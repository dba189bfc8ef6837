package api

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// exportPage is how many rows are read at a time. An export holds no more than that, however much it gives.
const exportPage = 500

// export is a file that is written while it is read: pages of rows, as CSV or as JSON lines.
type export struct {
	ctx    context.Context
	server *server
	name   string
	csv    bool
	header []string
	// page gives the rows after a cursor: the CSV cells of each, or its JSON line.
	page func(ctx context.Context, cursor string) (rows []exportRow, next string, err error)
}

type exportRow struct {
	cells []string
	line  []byte
}

// VisitExportDetectionsResponse writes it.
func (e *export) VisitExportDetectionsResponse(w http.ResponseWriter) error { return e.write(w) }

// VisitExportRecordsResponse writes it.
func (e *export) VisitExportRecordsResponse(w http.ResponseWriter) error { return e.write(w) }

// VisitExportAuditResponse writes it.
func (e *export) VisitExportAuditResponse(w http.ResponseWriter) error { return e.write(w) }

// write reads the first page before it says 200: what is wrong with the question is still a problem then.
func (e *export) write(w http.ResponseWriter) error {
	rows, next, err := e.page(e.ctx, "")
	if err != nil {
		return err
	}
	kind, ending := "application/jsonl", "jsonl"
	if e.csv {
		kind, ending = "text/csv; charset=utf-8; header=present", "csv"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, e.name, ending))
	w.WriteHeader(http.StatusOK)
	out := e.writer(w)
	for {
		for _, r := range rows {
			out.row(r)
		}
		if next == "" {
			break
		}
		if rows, next, err = e.page(e.ctx, next); err != nil {
			e.server.Log.Error("export broke off", "id", callOf(e.ctx).id, "error", err)
			out.failed(e.server.refusalOf(callOf(e.ctx).request, err))
			break
		}
	}
	return out.close()
}

// exporter writes rows in one format.
type exporter interface {
	row(exportRow)
	failed(*refusal)
	close() error
}

func (e *export) writer(w io.Writer) exporter {
	b := bufio.NewWriterSize(w, 32<<10)
	if !e.csv {
		return &lines{b}
	}
	c := &cells{b, csv.NewWriter(b)}
	c.row(exportRow{cells: e.header})
	return c
}

type lines struct{ b *bufio.Writer }

func (l *lines) row(r exportRow) {
	_, _ = l.b.Write(r.line) // close tells of errors
	_ = l.b.WriteByte('\n')
}

func (l *lines) failed(p *refusal) {
	b, _ := json.Marshal(map[string]string{"error": p.Title + ": " + p.Detail})
	l.row(exportRow{line: b})
}

func (l *lines) close() error { return l.b.Flush() }

type cells struct {
	b *bufio.Writer
	c *csv.Writer
}

func (c *cells) row(r exportRow) {
	safe := make([]string, len(r.cells))
	for i, s := range r.cells {
		safe[i] = inert(s)
	}
	_ = c.c.Write(safe) // close tells of errors
}

func (c *cells) failed(p *refusal) {
	c.row(exportRow{cells: []string{"#error", p.Title + ": " + p.Detail}})
}

func (c *cells) close() error {
	c.c.Flush()
	if err := c.c.Error(); err != nil {
		return err
	}
	return c.b.Flush()
}

// inert keeps a spreadsheet from taking a cell for a formula: what begins like one, also behind blanks, gets a quote before it.
func inert(s string) string {
	t := strings.TrimLeft(s, " \u00a0\ufeff")
	if t != "" && strings.ContainsRune("=+-@\t\r\n|", rune(t[0])) || strings.HasPrefix(t, "\uff1d") || strings.HasPrefix(t, "\uff0b") ||
		strings.HasPrefix(t, "\uff0d") || strings.HasPrefix(t, "\uff20") {
		return "'" + s
	}
	return s
}

func jsonRow(v any) (exportRow, error) {
	b, err := json.Marshal(v)
	return exportRow{line: b}, err
}

// ExportDetections gives every detection that matches.
func (s *server) ExportDetections(ctx context.Context, q gen.ExportDetectionsRequestObject) (gen.ExportDetectionsResponseObject, error) {
	f, err := flatFilter(callOf(ctx).request.URL.Query(), who(ctx).Name)
	if err != nil {
		return nil, err
	}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if err := s.log(ctx, "detection.export", string(q.Params.Format), f); err != nil {
		return nil, err
	}
	asCSV := q.Params.Format == gen.ExportDetectionsParamsFormatCsv
	page := func(ctx context.Context, cursor string) ([]exportRow, string, error) {
		p, err := s.Store.Detections.Search(ctx, store.DetectionQuery{Filter: f, Sort: store.ByCreated, Limit: exportPage, Cursor: cursor})
		if err != nil {
			return nil, "", err
		}
		rows := make([]exportRow, len(p.Items))
		for i := range p.Items {
			if asCSV {
				rows[i].cells = detectionCells(&p.Items[i])
			} else if rows[i], err = jsonRow(&p.Items[i]); err != nil {
				return nil, "", err
			}
		}
		return rows, p.Next, nil
	}
	return &export{ctx: ctx, server: s, name: "detections", csv: asCSV, header: detectionColumns(), page: page}, nil
}

func detectionColumns() []string {
	return []string{
		"id", "type", "title", "category", "description", "score", "band", "confidence", "status", "resolution", "assignee", "start", "update", "end",
		"offenders", "victims", "tactics", "techniques", "vni", "sensor", "hidden_by", "revision",
	}
}

func detectionCells(d *events.Detection) []string {
	end := ""
	if d.End != nil {
		end = stamp(*d.End)
	}
	return []string{
		d.ID, d.Type, d.Title, d.Category, d.Description, strconv.Itoa(d.Risk.Score), string(d.Risk.Band), strconv.FormatFloat(d.Confidence, 'g', -1, 64),
		string(d.Status), string(d.Resolution), d.Assignee, stamp(d.Start), stamp(d.Update), end,
		names(d, "offender"), names(d, "victim"), strings.Join(d.Tactics, " "), strings.Join(d.Techniques, " "),
		strconv.FormatUint(uint64(d.VNI), 10), d.Sensor, d.HiddenBy, strconv.FormatInt(d.Revision, 10),
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// names lists the participants of a role: "host (address)".
func names(d *events.Detection, role string) string {
	var out []string
	for _, p := range parties(*d, role) {
		out = append(out, p.Label())
	}
	return strings.Join(out, "; ")
}

// ExportAudit gives the audit log.
func (s *server) ExportAudit(ctx context.Context, q gen.ExportAuditRequestObject) (gen.ExportAuditResponseObject, error) {
	p := q.Params
	aq := store.AuditQuery{From: p.From, To: p.To, Actor: p.Actor, Action: p.Action, Target: p.Target, Limit: exportPage}
	if err := s.log(ctx, "audit.export", string(p.Format), nil); err != nil {
		return nil, err
	}
	asCSV := p.Format == gen.ExportAuditParamsFormatCsv
	page := func(ctx context.Context, cursor string) ([]exportRow, string, error) {
		aq.Cursor = cursor
		got, err := s.Store.Audit.Entries(ctx, aq)
		if err != nil {
			return nil, "", err
		}
		rows := make([]exportRow, len(got.Items))
		for i, e := range got.Items {
			if asCSV {
				rows[i].cells = []string{e.ID, stamp(e.Time), e.Actor, e.Address, e.Action, e.Target, string(e.Before), string(e.After), e.Outcome}
			} else if rows[i], err = jsonRow(e); err != nil {
				return nil, "", err
			}
		}
		return rows, got.Next, nil
	}
	header := []string{"id", "time", "actor", "address", "action", "target", "before", "after", "outcome"}
	return &export{ctx: ctx, server: s, name: "audit", csv: asCSV, header: header, page: page}, nil
}
