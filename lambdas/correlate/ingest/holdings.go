package ingest

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/inventory"
)

// Inventory reads a file of who holds what: ours, or what the AWS CLI printed. At is when it is read. Of a file with a mistake the good part is
// kept, and the error names the rest.
func (i *Ingest) Inventory(ctx context.Context, name string, at time.Time, r io.Reader) (Report, error) {
	out := Report{Object: name, Through: at}
	list, bad := inventory.ReadFile(r, name)
	out.Records = int64(len(list))
	changed, err := inventory.Import(ctx, i.o.Documents, list, at)
	if err != nil {
		return out, fmt.Errorf("keep %s: %w", name, err)
	}
	out.Kept = int64(changed)
	return out, bad
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
