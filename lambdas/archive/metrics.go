package archive

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// counts is what came of one batch of messages.
type counts struct {
	Objects  int     `json:"Objects"`
	Gone     int     `json:"Gone"`   // objects that were not there any more
	Failed   int     `json:"Failed"` // messages that come again
	Records  int     `json:"Records"`
	Rejected int     `json:"Rejected"` // lines
	Torn     int     `json:"Torn"`     // places of objects
	Files    int     `json:"Files"`    // that were written
	BytesIn  int64   `json:"BytesIn"`
	BytesOut int64   `json:"BytesOut"`
	Seconds  float64 `json:"Seconds"`
}

func (c *counts) add(r *report) {
	c.Objects++
	c.Records += r.Records
	c.Rejected += r.Rejected
	c.Torn += r.Torn
	c.Files += r.Files
	c.BytesIn += r.BytesIn
	c.BytesOut += r.BytesOut
}

// namespace is that of all metrics of Mirrorwatch.
const namespace = "Mirrorwatch"

// tell writes counts in CloudWatch's Embedded Metric Format: one line is a log entry and the metrics in it.
func tell(to io.Writer, now time.Time, c *counts) error {
	if to == nil {
		return nil
	}
	type metric struct{ Name, Unit string }
	var list []metric
	for _, name := range []string{"Objects", "Gone", "Failed", "Records", "Rejected", "Torn", "Files"} {
		list = append(list, metric{name, "Count"})
	}
	list = append(list, metric{"BytesIn", "Bytes"}, metric{"BytesOut", "Bytes"}, metric{"Seconds", "Seconds"})
	line := struct {
		AWS      any    `json:"_aws"`
		Function string `json:"Function"`
		counts
	}{map[string]any{
		"Timestamp": now.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": namespace, "Dimensions": [][]string{{"Function"}}, "Metrics": list,
		}},
	}, "archive", *c}
	b, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode metrics: %w", err)
	}
	_, err = to.Write(append(b, '\n'))
	return err
}
