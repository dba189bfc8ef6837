// Package storetest is the contract of the store as tests. What comes in is a way to open a store; what goes out is the verdict, one
// test for each sentence that shared/store promises. It also makes up detections and records, the same ones each time, for tests and
// benchmarks. It knows no implementation, and never looks behind the ports.
package storetest
