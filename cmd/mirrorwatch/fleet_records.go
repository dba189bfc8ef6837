package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	aws "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"

	"github.com/mirrorwatch/mirrorwatch/sensor/ship/firehose"
	"github.com/mirrorwatch/mirrorwatch/shared/deploy"
	"github.com/mirrorwatch/mirrorwatch/shared/steady"
)

// stopRecords is how long the end may take to send the records that wait. Where there is a spool, the rest lies in it.
const stopRecords = 20 * time.Second

func addRecordFlags(f *pflag.FlagSet, o *sensorOptions) {
	f.StringVar(&o.stream, "records", "", "Firehose stream `NAME` to send records to (default $MIRRORWATCH_RECORDS; none: they are not sent)")
	f.StringVar(&o.spool, "spool", spoolFolder(), "keep records in `DIR` while Firehose does not take them (default $STATE_DIRECTORY/spool; none: a few in memory)")
}

// spoolFolder is where systemd lets a service keep its state; "" where nobody says.
func spoolFolder() string {
	if dir := stateFolder(); dir != "" {
		return filepath.Join(filepath.Dir(dir), "spool")
	}
	return ""
}

// openRecords starts what carries records to the archive; nil where no stream is named.
func openRecords(ctx context.Context, o *sensorOptions, log io.Writer) (*firehose.Shipper, error) {
	stream := cmp.Or(o.stream, os.Getenv(deploy.Records))
	if stream == "" {
		return nil, nil
	}
	conf, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read AWS configuration: %w", err)
	}
	says := slog.New(slog.NewTextHandler(log, nil))
	return firehose.New(firehose.Options{
		Client: aws.NewFromConfig(conf, func(to *aws.Options) { to.HTTPClient = steady.Client(to.HTTPClient) }), Stream: stream, Dir: keptIn(o.spool),
		Failed: func(err error) {
			if err == nil {
				says.Info("Firehose takes records again")
				return
			}
			says.Error("Firehose does not take records: they wait", "error", err)
		},
		Note: func(line string) { says.Warn("records on their way to the archive", "what", line) },
	})
}

// closeRecords gives what ends the shipping; of none it is nothing. The spool of an instance that its group takes away is not read again.
func (w *watching) closeRecords(s *firehose.Shipper) func() error {
	return func() error {
		if s == nil {
			return nil
		}
		return within(w.most(stopRecords), s.Close)
	}
}

// recordDoors are the metrics of how records go to the archive.
type recordDoors struct{ s *firehose.Shipper }

// Describe leaves the collector unchecked: its metrics are the same at every scrape.
func (d recordDoors) Describe(chan<- *prometheus.Desc) {}

// Collect reads the counts once and gives them all.
func (d recordDoors) Collect(out chan<- prometheus.Metric) {
	s := d.s.Stats()
	collect(out, []gauge{
		{"archive_sent_total", "Records that Firehose took.", prometheus.CounterValue, float64(s.Sent)},
		{"archive_sent_bytes_total", "Of them, packed.", prometheus.CounterValue, float64(s.SentBytes)},
		{"archive_retries_total", "Requests of which Firehose did not take everything.", prometheus.CounterValue, float64(s.Retries)},
		{"archive_waiting", "Records in memory that wait for Firehose.", prometheus.GaugeValue, float64(s.Waiting)},
		{"archive_spooled", "Records on disk that wait for Firehose.", prometheus.GaugeValue, float64(s.Spooled)},
		{"archive_spool_bytes", "Of them, packed.", prometheus.GaugeValue, float64(s.SpoolBytes)},
		{"archive_lost_total", "Records that were lost on their way to the archive.", prometheus.CounterValue, float64(s.Lost)},
		{"archive_down", "1 while Firehose takes nothing.", prometheus.GaugeValue, oneIf(d.s.Trouble() != "")},
	})
}
