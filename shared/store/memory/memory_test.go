package memory_test

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(_ *testing.T, now func() time.Time) *store.Store {
		return memory.New(memory.Options{Now: now, Schema: storetest.Schema()})
	})
}
