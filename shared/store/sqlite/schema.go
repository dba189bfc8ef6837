package sqlite

import "path/filepath"

// mainFile is everything but records.
func mainFile(o Options) file {
	return file{
		path: filepath.Join(o.Folder, MainFile), application: 0x4d575448, // "MWTH"
		migrations: []string{schema1, schema2, schema3, schema4}, pageSize: 4096, sync: "FULL", readers: 8,
		wholeCheck: 512 << 20, checks: []string{"detection_facets", "outbox", "document", "audit", "binding", "coverage", "device"},
		now: o.Now, readOnly: o.ReadOnly,
	}
}

// schema1 is the first schema. A schema that was ever released is never edited: what changes is a migration after it.
//
// Times are nanoseconds since 1970. Bodies are the JSON that the API serves. What has sequences (outbox, audit) never uses one again.
const schema1 = `
CREATE TABLE detection (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of storing
	id       TEXT NOT NULL UNIQUE,
	updated  INTEGER NOT NULL,
	body     BLOB NOT NULL
);
CREATE INDEX detection_updated ON detection (updated);
CREATE TABLE detection_facets ( -- beside the bodies, so that opening reads these pages only
	seq    INTEGER PRIMARY KEY,
	facets BLOB NOT NULL
);
CREATE TABLE outbox (
	seq   INTEGER PRIMARY KEY AUTOINCREMENT,
	event BLOB NOT NULL
);
CREATE TABLE document (
	kind     TEXT NOT NULL,
	id       TEXT NOT NULL,
	revision INTEGER NOT NULL,
	created  INTEGER NOT NULL,
	modified INTEGER NOT NULL,
	expires  INTEGER, -- null: never
	body     BLOB NOT NULL,
	PRIMARY KEY (kind, id)
);
CREATE INDEX document_expires ON document (expires) WHERE expires IS NOT NULL;
CREATE TABLE audit (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	at      INTEGER NOT NULL,
	actor   TEXT NOT NULL,
	address TEXT NOT NULL,
	action  TEXT NOT NULL,
	target  TEXT NOT NULL,
	before  BLOB,
	after   BLOB,
	outcome TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at); -- for the purge
CREATE INDEX audit_target ON audit (target, seq);
CREATE INDEX audit_actor ON audit (actor, seq);
CREATE TABLE device (
	id         TEXT PRIMARY KEY,
	body       BLOB NOT NULL, -- without overrides and revision
	overrides  BLOB,          -- null: none were ever set
	revision   INTEGER NOT NULL DEFAULT 0,
	words      TEXT NOT NULL, -- what a search for text looks through, in lower case, a line each; the overriding name apart
	name       TEXT NOT NULL DEFAULT '', -- the overriding name, in lower case
	last_seen  INTEGER NOT NULL,
	external   INTEGER NOT NULL,
	vni        INTEGER NOT NULL,
	vpc        TEXT NOT NULL,
	account    TEXT NOT NULL,
	role       TEXT NOT NULL DEFAULT '',
	high_value INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE series_device (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE series_metric (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE series ( -- by hour first: what is written now lies on few pages, and what is old goes in one piece
	hour   INTEGER NOT NULL, -- since 1970
	device INTEGER NOT NULL,
	metric INTEGER NOT NULL,
	points BLOB NOT NULL,
	PRIMARY KEY (hour, device, metric)
) WITHOUT ROWID;
CREATE TABLE binding (
	seq        INTEGER PRIMARY KEY,
	vni        INTEGER NOT NULL,
	iface      TEXT NOT NULL,
	began      INTEGER NOT NULL,
	ended      INTEGER, -- null: it lasts
	body       BLOB NOT NULL
);
CREATE UNIQUE INDEX binding_open ON binding (vni) WHERE ended IS NULL;
CREATE INDEX binding_vni ON binding (vni, began);
CREATE INDEX binding_iface ON binding (iface, began);
CREATE TABLE coverage (
	iface    TEXT PRIMARY KEY,
	state    TEXT NOT NULL,
	account  TEXT NOT NULL,
	region   TEXT NOT NULL,
	vpc      TEXT NOT NULL,
	body     BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE snapshot (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	name     TEXT NOT NULL,
	at       INTEGER NOT NULL,
	complete INTEGER NOT NULL
);
CREATE INDEX snapshot_name ON snapshot (name, at);
CREATE TABLE snapshot_chunk (
	snapshot INTEGER NOT NULL,
	n        INTEGER NOT NULL,
	data     BLOB NOT NULL,
	PRIMARY KEY (snapshot, n)
);
`

// schema2 keeps what each sensor heard of each observation point. It is not among the tables that are checked at opening: sensors write it
// anew every minute.
const schema2 = `
CREATE TABLE heard (
	vni       INTEGER NOT NULL,
	sensor    TEXT NOT NULL,
	last_seen INTEGER NOT NULL,
	body      BLOB NOT NULL,
	PRIMARY KEY (vni, sensor)
) WITHOUT ROWID;
CREATE INDEX heard_last_seen ON heard (last_seen); -- for what is forgotten
`

// schema3 keeps what a device's conduct shows beside what people say of it, so that both can be looked for.
const schema3 = `
ALTER TABLE device ADD COLUMN conduct TEXT NOT NULL DEFAULT ''; -- the role that its conduct shows
ALTER TABLE device ADD COLUMN precious INTEGER NOT NULL DEFAULT 0; -- of high value by its conduct
CREATE INDEX device_said ON device (id) WHERE overrides IS NOT NULL; -- read every minute
`

// schema4 keeps what was expected of devices by the hour.
const schema4 = `
CREATE TABLE expectation (
	hour   INTEGER NOT NULL, -- since 1970
	device INTEGER NOT NULL, -- of series_device
	metric INTEGER NOT NULL, -- of series_metric
	low    REAL NOT NULL,
	mid    REAL NOT NULL,
	high   REAL NOT NULL,
	basis  TEXT NOT NULL,
	PRIMARY KEY (device, metric, hour)
) WITHOUT ROWID;
CREATE INDEX expectation_hour ON expectation (hour, device); -- for what is replaced, and for the purge
`
