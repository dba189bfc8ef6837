package region

import (
	"maps"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// monitoring is CloudWatch: it takes metrics, in the protocol that its client speaks, and gives none. The roles may not ask for them here;
// a context says so, and is made all the same.
func (r *Region) monitoring(w http.ResponseWriter, in *http.Request) {
	if !strings.HasSuffix(in.URL.Path, "/operation/PutMetricData") {
		http.Error(w, "", http.StatusForbidden)
		return
	}
	b, ok := body(w, in)
	if !ok {
		return
	}
	v, err := cbor.Decode(b)
	put, isMap := v.(cbor.Map)
	if err != nil || !isMap {
		r.fault("CloudWatch does not understand %d bytes: %v", len(b), err)
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	space, _ := put["Namespace"].(cbor.String)
	list, _ := put["MetricData"].(cbor.List)
	r.mu.Lock()
	for _, one := range list {
		m, _ := one.(cbor.Map)
		name, _ := m["MetricName"].(cbor.String)
		if value, err := cbor.AsFloat64(m["Value"]); err == nil {
			r.metrics[string(space)+" "+string(name)] += value
		}
	}
	r.mu.Unlock()
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Write(cbor.Encode(cbor.Map{})) //nolint:errcheck // the client sees it
}

// Metrics gives what CloudWatch was told so far: the sum of the values by "namespace name".
func (r *Region) Metrics() map[string]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.metrics)
}
