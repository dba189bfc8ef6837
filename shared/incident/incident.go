// Package incident puts detections that belong together into one story. What comes in is a detection, the calls of AWS APIs that have to
// do with it, and the documents that Keys and then More name; what goes out is which incident it is part of, and the documents to write.
// Chain never calls a store and never reads a clock, and the incidents that there are in the end depend on nothing but the detections. List and
// Get read them for people.
//
// # What is linked
//
// Detections are filed under their parties: devices, external addresses, instances, and principals of AWS. Two that are filed under one
// party are linked when
//
//   - same_offender: it is the offender of both, and the later began within a day of the earlier's last activity;
//   - chain: it is a victim of the earlier and the offender of the later, which began at or after it and within seven days of its last
//     activity. Being scanned makes no offender: what was only scanned must go further within an hour, with at least medium risk. What
//     came at the end (exfiltration, impact) is not followed by what comes before it;
//   - same_session: it is a principal of AWS, or an instance of which one of the two is told by calls of AWS APIs, within a day. A mere scan
//     of an instance is none;
//   - same_victim: it is a victim of both, and the later goes further, within an hour; or within a day where the earlier got in and the
//     later is command and control, exfiltration or impact, both of medium risk or more.
//
// Same_offender and same_victim are weak: they never link two of low risk. Each detection is linked to the nearest before it and the
// nearest after it that a rule allows, which joins as many as linking all pairs of one risk would, and costs less.
//
// Not linked at all are detections that a tuning rule hides, that were closed as false positive or benign, those of a known scanner, and
// of hygiene below high risk. A party that is a victim of more than 16 detections, or the offender of more than 48, that began within a day of one of them is
// a hub for that one: a name server, a proxy, a gateway. Hubs link nothing in that role, so that they do not glue the world together.
//
// An incident is what hangs together, if one of it has at least medium risk, or a chain or session links two.
//
// # How it stays the same in any order
//
// A party's document holds its newest 64 detections in short, and which links it has made. The links that it should have are a function
// of those alone. An incident's document holds its detections, and the links among them. A pass files one detection, compares what the
// links of its parties should be with what they are, and weaves the incidents at their ends anew. So the links do not depend on the order of
// input, and the incidents are what hangs together by them. An incident's id is made of its earliest detection's start and id.
//
// What is later than 64 newer detections of a party is not filed with it, and links of those that fell out stay as they were: only there
// does order show. An incident holds at most 500 detections; links that would make it larger wait.
//
// # What one pass does not reach
//
// A pass writes at most MaxChanges documents. Links whose incidents it could not read are not marked as made, so that the next pass that
// sees the party finds them again; an incident that falls into more pieces than can be written is marked as torn, and the next pass that
// sees it goes on. What such a pass must read is noted in the party's document, so that More names it. Result.Unfinished says that there is
// such work, and a further pass over the same detection does it. An incident that was merged or fell apart leaves a document that says where each of its
// detections went: parties that name it are led on from there, and people who ask for it, too.
package incident

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Limits of one pass, and of what is kept.
const (
	MaxParties = 16 // parties that a detection is filed under
	MaxMore    = 32 // documents that More names
	MaxChanges = 35 // documents that a pass writes

	maxBriefs  = 64   // detections that a party's document holds
	maxOld     = 3    // parties of an earlier form of the detection that one pass clears
	maxWants   = 16   // documents that a party's document asks for
	maxWoven   = 500  // detections that an incident's document holds
	maxForward = 1000 // detections whose way an old incident remembers
	maxAliases = 64
	maxHops    = 16 // from alias to alias
)

// How long documents are kept after the last activity, or after they were written where that is later.
const (
	keepParty    = 30 * 24 * time.Hour // four times as long as the longest link
	keepIncident = 400 * 24 * time.Hour
)

// Result is what came of a pass.
type Result struct {
	Incident string        // id of the incident that the detection is part of; "" where it is part of none
	Changes  []store.Write // at most MaxChanges
	// Unfinished says that another pass over the same detection would change more. Need are documents that it must read, which More names
	// then. Who wants to go on at once reads them, adds them to the documents (an empty Document stands for what is not there), and
	// calls Chain again instead of writing Changes.
	Unfinished bool
	Need       []store.DocumentKey
}

// Chain finds the incident of a detection. Its risk and context must be what will be stored. Docs are what Keys and More named, and
// for what is not there empty documents, as Asked makes them: what is not among docs was not asked for, and is needed. Now is when the documents are written, for their end. An error is of documents
// that make no sense, or of a detection that is older than what is filed (store.ErrConflict); nothing is to be written then.
func Chain(d *events.Detection, calls []events.ContextCall, docs map[store.DocumentKey]store.Document, now time.Time) (Result, error) {
	p, err := begin(d, docs)
	if err != nil {
		return Result{}, err
	}
	if len(p.unread) > 0 {
		return p.needs(), nil
	}
	own, ready := p.sought(d.ID)
	if !ready {
		return p.hint(now)
	}
	w := p.gather(own, calls)
	pieces, ready := w.pieces(p)
	if !ready {
		return p.hint(now)
	}
	return p.finish(w, pieces, now)
}
