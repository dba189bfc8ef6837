package events

import "unsafe"

// KindStratum is the log of miners and their pools. Zeek has no such log.
const KindStratum Kind = "stratum"

// Stratum is what a miner says to a pool: one record when it logs in, and one at the end with the counts.
type Stratum struct {
	Head
	Method  string `json:"method,omitempty"` // of the first request: "mining.subscribe", "mining.authorize", "login", "eth_submitLogin", ...
	Worker  string `json:"worker,omitempty"` // wallet or account, at most 128 bytes
	Agent   string `json:"agent,omitempty"`  // the program: "XMRig/6.21.0"
	Algo    string `json:"algo,omitempty"`
	Success *bool  `json:"success,omitempty"` // whether the pool took the log-in
	PoolAsk bool   `json:"pool_is_orig"`      // the pool is the originator: which side began was not seen, and is told wrong
	Jobs    uint32 `json:"jobs"`              // work that the pool gave out
	Submits uint32 `json:"submits"`           // shares that the miner found
}

var stratumEncoder = encoderFor[Stratum]()

// Kind is KindStratum.
func (*Stratum) Kind() Kind { return KindStratum }

// AppendJSON appends the record as one JSON object.
func (r *Stratum) AppendJSON(dst []byte) []byte {
	return stratumEncoder.appendTo(dst, unsafe.Pointer(r))
}
