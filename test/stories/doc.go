// Package stories plays whole stories through the program as people run it: a mirrored capture, flow logs and CloudTrail files of the same
// hour and hosts go in, incidents come out. The flow logs are written from real packets by a second account of what AWS writes
// (aws_flows_test.go), which shares no code with the reader. It is never imported.
package stories
