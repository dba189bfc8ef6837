package signin

import (
	"encoding/json"
	"runtime"
	"strconv"
)

func itoa(i int) string { return strconv.Itoa(i) }

func jsonOf(v any) ([]byte, error) { return json.Marshal(v) }

// allocated is how many bytes f takes.
func allocated(f func()) uint64 {
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	f()
	runtime.ReadMemStats(&b)
	return b.TotalAlloc - a.TotalAlloc
}
