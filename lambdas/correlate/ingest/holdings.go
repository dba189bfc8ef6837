package ingest

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
)

// Inventory reads a file of who holds what: ours, or what the AWS CLI printed. At is when that was so; what it does not date itself is true
// from then on.
func (i *Ingest) Inventory(ctx context.Context, name string, at time.Time, r io.Reader) (Report, error) {
	out := Report{Object: name, Through: at}
	seen, err := inventory.ReadFile(r, name)
	if err != nil {
		return out, err
	}
	out.Records = int64(len(seen))
	changed, err := inventory.Keep(ctx, i.o.Documents, inventory.Observation{Seen: seen, At: at})
	if err != nil {
		return out, fmt.Errorf("keep %s: %w", name, err)
	}
	out.Kept = int64(changed)
	return out, nil
}

// InventoryOnce reads a file that was not read before. It was so when it is read: a file has no other date.
func (i *Ingest) InventoryOnce(ctx context.Context, name, version string, r io.Reader) (Report, error) {
	known, err := i.known(ctx, events.SourceInventory, name, version)
	if known || err != nil {
		return Report{Object: name, Known: known}, err
	}
	out, err := i.Inventory(ctx, name, i.o.Now(), r)
	if err != nil {
		return out, err
	}
	return out, i.done(ctx, events.SourceInventory, version, &out)
}
