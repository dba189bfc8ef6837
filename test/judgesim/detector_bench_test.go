package judgesim

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// moment is a record and when the judge was shown it.
type moment struct {
	at events.Time
	r  events.Record
}

// days gives what a site of 200 devices says in two days.
func days(b *testing.B) (list []moment, site *Site) {
	b.Helper()
	site = New(Options{Seed: 1, Days: 2, Devices: 200})
	site.Play(func(at events.Time, r events.Record) { list = append(list, moment{at, r}) })
	return list, site
}

// judge shows all of it to a judge with these detectors, a tick a second of packet time at the most.
func judge(list []moment, site *Site, specs []detect.Spec) {
	model := device.New(device.Options{Who: site.Owner, Learned: site.Learned})
	model.SetKnown(site.Known())
	j := detect.NewJudge(specs, model, detect.Options{})
	last := events.Time(0)
	for _, m := range list {
		if m.at.Sub(last) >= 1e9 {
			last = m.at
			j.Tick(last)
		}
		j.Observe(m.r)
	}
	j.Close(last)
}

// BenchmarkDetectors tells what two days of records cost a record: with the model alone, and then with each detector added to it by itself.
// What a detector costs is the difference to the model.
func BenchmarkDetectors(b *testing.B) {
	list, site := days(b)
	run := func(name string, specs []detect.Spec) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				judge(list, site, specs)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/record")
		})
	}
	run("model", nil)
	for _, s := range all.Specs() {
		run(s.Type, []detect.Spec{s})
	}
	run("all", all.Specs())
}
