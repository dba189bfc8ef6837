// Package ship is where records and detections leave the sensor. What comes in is finished records, already encoded, detections, devices,
// and what was heard; what goes out is files that everything which reads Zeek reads, or rows of a store. It never changes what it carries,
// and what it could not write it says.
package ship
