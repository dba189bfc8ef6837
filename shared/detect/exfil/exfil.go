// Package exfil holds the detectors of data that leaves. What comes in is records of conversations; what goes out is findings that
// name which inside host sent how much to whom. It never sees the data.
package exfil
