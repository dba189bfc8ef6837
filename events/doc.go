// Package events holds the nouns of Mirrorwatch: the records that describe what was on the wire and the detections that
// say what it means. What comes in is nothing: these are plain values, filled by analyzers and detectors. What goes out is
// JSON with Zeek's field names, the same bytes in a log file, a store, an event bus and the console. It never parses a
// packet, never judges, and never imports anything but the standard library.
package events
