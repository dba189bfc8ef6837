// Package evasion holds the detectors of who wants not to be seen. What comes in is calls of AWS APIs; what goes out is findings about the
// principals that made them, and about what is not watched any more. It never asks AWS whether something was put back: it knows what the
// calls say.
package evasion
