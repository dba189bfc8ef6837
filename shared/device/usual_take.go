package device

import "fmt"

// TakeOver makes what another sensor learned of a device part of what is known here: value is what its Habits saved of it as a whole.
func (m *Model) TakeOver(id string, value []byte) error {
	if len(value) < 1 || value[0] != habitsVersion {
		return fmt.Errorf("take over what is usual of %s: not of version %d", id, habitsVersion)
	}
	_, known, usual, err := m.readHabits(value[1:])
	if err != nil {
		return fmt.Errorf("take over what is usual of %s: %w", id, err)
	}
	var a *activity
	if e := m.inside.Find(id); e != nil {
		a = e.Value.activity
	}
	if a == nil {
		if a = m.comeBack(id); a == nil {
			return fmt.Errorf("take over what is usual of %s: there are %d devices already", id, maxBack)
		}
	}
	for i, u := range usual {
		switch {
		case u == nil:
		case a.usual[i] == nil:
			a.usual[i] = u
		default:
			if err := m.groups.tools.Merge(a.usual[i], u); err != nil {
				return fmt.Errorf("take over what is usual of %s: %w", id, err)
			}
		}
	}
	a.known, a.warm, a.savedAs = max(a.known, known), true, ""
	return nil
}
