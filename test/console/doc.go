// Package console has a real browser use the console of a real server. What comes in is the program with the built console in it, the
// captures that the project ships, and what furnish adds; what goes out is what the browser's tests say (lambdas/console/web/e2e), in
// their own words. Nothing is mocked, and nothing leaves the loopback.
package console
