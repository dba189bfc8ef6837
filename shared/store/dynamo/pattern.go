package dynamo

// Pattern names one way in which the table is read or written. Every call carries the name of its own; docs/dynamodb.md tells what
// each costs, and a test holds the two against each other.
type Pattern string

// The patterns.
const (
	DetectionGet      Pattern = "detection.get"
	DetectionBodies   Pattern = "detection.bodies"
	DetectionPut      Pattern = "detection.put"
	DetectionHint     Pattern = "detection.hint"
	DetectionTriage   Pattern = "detection.triage"
	DetectionContext  Pattern = "detection.context"
	DetectionPurge    Pattern = "detection.purge"
	DetectionsStarted Pattern = "detections.started"
	DetectionsUpdated Pattern = "detections.updated"
	DetectionsCreated Pattern = "detections.created"
	DetectionsOfType  Pattern = "detections.of_type"
	DetectionsOf      Pattern = "detections.of_participant"
	CalendarMark      Pattern = "calendar.mark"
	CalendarRead      Pattern = "calendar.read"
	DocumentGet       Pattern = "document.get"
	DocumentsGet      Pattern = "documents.get"
	DocumentList      Pattern = "document.list"
	DocumentWrite     Pattern = "document.write"
	AuditLog          Pattern = "audit.log"
	AuditEntries      Pattern = "audit.entries"
	AuditPurge        Pattern = "audit.purge"
	DevicePut         Pattern = "device.put"
	DeviceGet         Pattern = "device.get"
	DeviceList        Pattern = "device.list"
	DeviceOverride    Pattern = "device.override"
	DevicePurge       Pattern = "device.purge"
	SamplePut         Pattern = "sample.put"
	SampleRead        Pattern = "sample.read"
	SamplePurge       Pattern = "sample.purge"
	BindingRead       Pattern = "binding.read"
	BindingAt         Pattern = "binding.at"
	BindingOf         Pattern = "binding.of_interface"
	BindingWrite      Pattern = "binding.write"
	BindingsLasting   Pattern = "bindings.lasting"
	HeardPut          Pattern = "heard.put"
	HeardList         Pattern = "heard.list"
	CoverageGet       Pattern = "coverage.get"
	CoveragePut       Pattern = "coverage.put"
	CoverageList      Pattern = "coverage.list"
	CoverageForget    Pattern = "coverage.forget"
	SnapshotChunk     Pattern = "snapshot.chunk"
	SnapshotCommit    Pattern = "snapshot.commit"
	SnapshotVersions  Pattern = "snapshot.versions"
	SnapshotLoad      Pattern = "snapshot.load"
	SnapshotPrune     Pattern = "snapshot.prune"
	SnapshotNames     Pattern = "snapshot.names"
	EventPut          Pattern = "event.put"
	StreamPosition    Pattern = "stream.position"
	StreamRead        Pattern = "stream.read"
)

// index says which index a pattern reads; the zero value is the table itself.
func (p Pattern) index() index {
	name := map[Pattern]string{
		DetectionsStarted: IndexStart, DetectionsUpdated: IndexUpdate, DetectionsCreated: IndexCreated, DetectionsOfType: IndexType,
	}[p]
	for _, x := range indexes() {
		if x.name == name {
			return x
		}
	}
	return index{"", attrPK, attrSK}
}
