package events

import "unsafe"

// KindRedis is the log of what clients asked of Redis servers, as far as it rules the server: what reads and writes keys is not logged.
const KindRedis Kind = "redis"

// Redis is one command and how it ended. Source: Zeek's redis.log.
type Redis struct {
	Head
	Name    string `json:"cmd.name"`            // in capitals, with its second word where it has one: "CONFIG SET", "REPLICAOF", "EVAL"
	Key     string `json:"cmd.key,omitempty"`   // its first argument; at most 256 bytes, as the next
	Value   string `json:"cmd.value,omitempty"` // its second; never a password
	Success *bool  `json:"success,omitempty"`   // absent where the answer was not seen
	Reply   string `json:"reply.value,omitempty"`
}

var redisEncoder = encoderFor[Redis]()

// Kind is KindRedis.
func (*Redis) Kind() Kind { return KindRedis }

// AppendJSON appends the record as one JSON object.
func (r *Redis) AppendJSON(dst []byte) []byte { return redisEncoder.appendTo(dst, unsafe.Pointer(r)) }
