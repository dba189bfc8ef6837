package detect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// ongoing is a detection that the judge remembers, and whether it is of before the program began anew.
type ongoing struct {
	events.Detection
	restored bool // it is, and there was no news of it since
	asked    bool // the store was asked how it stood in the end
	owed     int  // alerts that the store has and the detectors do not remember: they will be raised again
}

// knew takes up a detection where it stood before the program began anew, and says whether the finding was told of it by then. What was
// kept of it is of the last minute that was saved; the store may have it as it stood later.
func (j *Judge) knew(d *ongoing, fresh bool, f *Finding) bool {
	known := !fresh
	if !d.asked && j.takeUp(d, fresh) {
		known = true
	}
	d.restored = known && !f.End.Time().After(d.Update)
	if d.restored && f.Final && f.Description != d.Description && f.End.Time().Equal(d.Update) {
		d.restored = false // the last word of what was told: the numbers have moved on
	}
	if d.restored && d.owed > 0 {
		d.owed--
	}
	return d.restored
}

// repeats says whether an alert is one that was raised before the program began anew, and was then forgotten: there are such, and this one
// weighs no more than the last that is known. It brings the numbers up to date, and is no news.
func (d *ongoing) repeats() bool {
	if d.owed == 0 || len(d.Activity) == 0 || d.Risk.Score > d.Activity[len(d.Activity)-1].Score {
		return false
	}
	d.owed--
	return true
}

// takeUp asks the store how a detection stood, and takes that where it is no older.
func (j *Judge) takeUp(d *ongoing, fresh bool) bool {
	d.asked = true
	if j.recall == nil {
		return false
	}
	before, known := j.recall(d.ID)
	if !known || !fresh && before.Update.Before(d.Update) {
		return false
	}
	d.owed = len(before.Activity)
	if !fresh {
		d.owed = max(d.owed-len(d.Activity), 0)
	}
	version := d.DetectorVersion
	d.Detection = before
	d.DetectorVersion = version
	// Correlation's part is the store's, which has it still: a judge that kept it would tell of it as of its own, and keep it over and over.
	d.Context, d.Risk = nil, before.Risk.Adjusted(nil)
	return true
}

// saveLive hands over the detections that changed: as JSON, as everyone else stores them, for they are few.
func (j *Judge) saveLive(put func(key, value []byte) bool) (done bool) {
	return j.changed.Take(func(key string) bool {
		d := j.live.Peek(key)
		if d == nil {
			return put([]byte(key), nil)
		}
		value, err := d.AppendJSON(nil)
		if err != nil {
			return true // evidence that is no JSON: the store has refused it, too
		}
		return put([]byte(key), value)
	})
}

// loadLive takes back a detection.
func (j *Judge) loadLive(key, value []byte) error {
	d := ongoing{restored: true}
	if err := json.Unmarshal(value, &d.Detection); err != nil {
		return fmt.Errorf("read detection: %w", err)
	}
	kind, _, ok := strings.Cut(string(key), "\x00")
	switch {
	case !ok || kind != d.Type:
		return fmt.Errorf("read detection: its type is %q, and it stands under %q", d.Type, kind)
	case len(d.ID) != 32:
		return fmt.Errorf("read detection: its id %.40q is not of 32 digits", d.ID)
	case d.Update.IsZero() || d.Start.IsZero():
		return errors.New("read detection: it has no time")
	}
	have, _ := j.live.Put(string(key))
	*have = d
	j.acts.note(string(key), &d.Detection)
	return nil
}
