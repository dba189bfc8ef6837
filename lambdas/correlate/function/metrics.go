package function

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/lambdas/correlate/ingest"
)

// counts is what came of one document of Lambda's.
type counts struct {
	Parts      int     `json:"Parts"`
	Failed     int     `json:"Failed"`     // of them those that come again
	Detections int     `json:"Detections"` // events of the stream that were looked at
	Again      int     `json:"Again"`      // contexts that were made again because something came late
	Found      int     `json:"Found"`      // detections in AWS's logs, and their updates
	Objects    int     `json:"Objects"`    // of AWS's logs that were read
	Records    int64   `json:"Records"`    // in them
	Skipped    int64   `json:"Skipped"`    // of them those that made no sense, or that AWS says are missing
	Seconds    float64 `json:"Seconds"`
}

func (c *counts) add(r *ingest.Report) {
	if r.Known {
		return
	}
	c.Objects++
	c.Records += r.Records
	c.Skipped += r.Skipped
}

// emf writes counts in CloudWatch's Embedded Metric Format: one line is a log entry and the metrics in it.
type emf struct{ w io.Writer }

// namespace is that of all metrics of Mirrorwatch.
const namespace = "Mirrorwatch"

func (e emf) tell(now time.Time, c counts) error {
	if e.w == nil {
		return nil
	}
	type metric struct{ Name, Unit string }
	var list []metric
	for _, name := range []string{"Parts", "Failed", "Detections", "Again", "Found", "Objects", "Records", "Skipped"} {
		list = append(list, metric{name, "Count"})
	}
	list = append(list, metric{"Seconds", "Seconds"})
	line := struct {
		AWS      any    `json:"_aws"`
		Function string `json:"Function"`
		counts
	}{map[string]any{
		"Timestamp": now.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": namespace, "Dimensions": [][]string{{"Function"}}, "Metrics": list,
		}},
	}, "correlate", c}
	b, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encode metrics: %w", err)
	}
	_, err = e.w.Write(append(b, '\n'))
	return err
}
