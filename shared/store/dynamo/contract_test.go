package dynamo

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// TestContract holds the store against the contract on DynamoDB Local, with the stream as its outbox.
func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) *store.Store {
		w := newWorld(t)
		w.o.Now = now
		w.open(t)
		w.Outbox = w.outbox(t)
		return w.Store
	})
}
