// Package hygiene holds the detectors of defects: what is not an attack but makes one easier. What comes in is records; what goes
// out is findings about the servers of the local networks, one a server, of low risk. It never judges servers outside: nobody
// here can mend them.
package hygiene
