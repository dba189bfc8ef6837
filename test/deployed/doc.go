// Package deployed is an installation whole, as infrastructure deploys it, on one machine: the bootstraps of the functions, a sensor of
// the fleet, DynamoDB Local, the imitation of EC2, and test/region for what AWS does between them. What comes in is a tag, packets of a
// recorded attack and a call of somebody who opened the door for it; what goes out is whether the one session, the one detection with its
// names and its context, the events, the one message and the answers of the API are there, and how long that took. It never leaves the
// loopback, and is never imported.
package deployed
