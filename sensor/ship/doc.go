// Package ship is where records and detections leave the sensor. What comes in is finished records, already encoded, and
// detections; what goes out is files that everything which reads Zeek reads. It never changes what it carries, and what it
// could not write it says.
package ship
