package store

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Bind says what becomes of the history of one VNI, oldest first, when b is bound: the place at which the result stands in it, which is
// len(history) for a new binding. b's To is ignored: Release ends a binding.
func Bind(history []events.Binding, b events.Binding) (at int, bound events.Binding, err error) {
	if err := checkBinding(&b); err != nil {
		return 0, b, err
	}
	b.From, b.To = b.From.Round(0).UTC(), nil
	for i, have := range history {
		ends := have.To != nil && !b.From.Before(*have.To)
		if ends {
			continue
		}
		if have.Interface != b.Interface {
			return 0, b, fmt.Errorf("vni %d is held by %s since %s: %w", b.VNI, have.Interface, have.From.Format(time.RFC3339), ErrConflict)
		}
		// Bound already, or a replay of a binding that ended meanwhile.
		have.Name, have.Tags, have.Addresses, have.Instance = b.Name, b.Tags, b.Addresses, b.Instance
		return i, have, nil
	}
	return len(history), b, nil
}

func checkBinding(b *events.Binding) error {
	if err := checkVNI(b.VNI); err != nil {
		return err
	}
	if err := CheckID("interface", b.Interface); err != nil {
		return err
	}
	return checkTime("from", b.From)
}

func checkVNI(vni uint32) error {
	if vni == 0 || vni >= 1<<24 {
		return &Invalid{"vni", fmt.Sprint(vni), "1 to 16777215"}
	}
	return nil
}

// Release says what becomes of the history of one VNI, oldest first, when its last binding ends.
func Release(history []events.Binding, to time.Time) (at int, ended events.Binding, err error) {
	for i, b := range history {
		if b.To != nil {
			continue
		}
		if to.Before(b.From) {
			return 0, b, &Invalid{"to", to.Format(time.RFC3339Nano), "at or after the binding's beginning, " + b.From.Format(time.RFC3339Nano)}
		}
		end := to.Round(0).UTC()
		b.To = &end
		return i, b, nil
	}
	return 0, events.Binding{}, fmt.Errorf("a binding that lasts: %w", ErrNotFound)
}

// Holds says whether a binding holds at a moment: from its beginning, and no more at its end.
func Holds(b *events.Binding, at time.Time) bool {
	return !at.Before(b.From) && (b.To == nil || at.Before(*b.To))
}
